use crate::stack::RetryPolicy;

/// A schedule of the EventBridge Scheduler (`AWS::Scheduler::Schedule`, or a SAM event of type
/// ScheduleV2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The name inside the template; for a SAM event, the one that SAM generates.
    pub logical_id: String,
    /// Physical name, at most 64 characters.
    pub name: String,
    /// Schedule group, `default` if the template names none.
    pub group: String,
    /// `arn:...:schedule/GROUP/NAME`.
    pub arn: String,
    /// `rate(...)`, `cron(...)` or `at(...)`.
    pub expression: String,
    /// IANA name of the time zone, default `UTC`.
    pub timezone: String,
    /// A disabled schedule does not fire.
    pub enabled: bool,
    /// Width of the flexible time window, 1 to 1440 minutes; `None` is off.
    pub flexible_window_minutes: Option<u32>,
    /// What is called.
    pub target: ScheduleTarget,
    /// First moment, as the template writes it (ISO 8601).
    pub start: Option<String>,
    /// Last moment, as the template writes it (ISO 8601).
    pub end: Option<String>,
    /// `DELETE` or `NONE`.
    pub action_after_completion: String,
}

/// What a schedule calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleTarget {
    /// The function, queue, topic, bus or SDK action.
    pub arn: String,
    /// The role that the Scheduler assumes.
    pub role_arn: String,
    /// The payload, with context attributes such as `<aws.scheduler.scheduled-time>` still in it.
    pub input: Option<String>,
    /// How long a call is tried again.
    pub retry_policy: RetryPolicy,
    /// ARN of the queue for calls that were given up.
    pub dead_letter_arn: Option<String>,
    /// For a bus: what the event is called.
    pub event: Option<ScheduledEvent>,
    /// For a FIFO queue: the message group.
    pub message_group_id: Option<String>,
}

/// How a schedule names the event that it puts on a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledEvent {
    /// The event's detail-type.
    pub detail_type: String,
    /// The event's source.
    pub source: String,
}
