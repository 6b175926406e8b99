use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

/// A redrive out of a dead-letter queue.
#[derive(Clone, Debug)]
pub(super) struct MoveTask {
    pub(super) handle: String,
    pub(super) source_arn: String,
    /// Each message's original queue if absent.
    pub(super) destination_arn: Option<String>,
    /// As asked for.
    pub(super) rate: Option<u32>,
    pub(super) started_at: DateTime<Utc>,
    pub(super) status: Status,
    pub(super) moved: u32,
    pub(super) to_move: usize,
    pub(super) failure_reason: Option<String>,
    /// Between two messages.
    pub(super) interval: TimeDelta,
    pub(super) next_move_at: DateTime<Utc>,
}

/// Where a move task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Running,
    Completed,
    Cancelling,
    Cancelled,
    Failed,
}

impl MoveTask {
    /// Still at work, so that no second task may start on the same source.
    pub(super) fn is_active(&self) -> bool {
        matches!(self.status, Status::Running | Status::Cancelling)
    }

    /// The task as `ListMessageMoveTasks` shows it: its handle only while it runs.
    pub(super) fn to_json(&self) -> Value {
        let status = match self.status {
            Status::Running => "RUNNING",
            Status::Completed => "COMPLETED",
            Status::Cancelling => "CANCELLING",
            Status::Cancelled => "CANCELLED",
            Status::Failed => "FAILED",
        };
        let fields = [
            (
                "TaskHandle",
                (self.status == Status::Running).then(|| self.handle.as_str().into()),
            ),
            ("Status", Some(status.into())),
            ("SourceArn", Some(self.source_arn.as_str().into())),
            (
                "DestinationArn",
                self.destination_arn.as_deref().map(Value::from),
            ),
            ("MaxNumberOfMessagesPerSecond", self.rate.map(Value::from)),
            ("ApproximateNumberOfMessagesMoved", Some(self.moved.into())),
            (
                "ApproximateNumberOfMessagesToMove",
                Some(self.to_move.into()),
            ),
            (
                "FailureReason",
                self.failure_reason.as_deref().map(Value::from),
            ),
            (
                "StartedTimestamp",
                Some(self.started_at.timestamp_millis().into()),
            ),
        ];
        Value::Object(
            fields
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                .collect::<Map<_, _>>(),
        )
    }
}
