use crate::stack::Target;

/// A rule on a bus (`AWS::Events::Rule`, or a SAM event of type EventBridgeRule or Schedule).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name inside the template; for a SAM event, the one that SAM generates.
    pub logical_id: String,
    /// Physical name, at most 64 characters.
    pub name: String,
    /// `arn:...:rule/BUS/NAME`, or `arn:...:rule/NAME` on the default bus.
    pub arn: String,
    /// Name of the bus, `default` if the template names none.
    pub bus: String,
    /// Which events match, as compact JSON.
    pub pattern: Option<String>,
    /// `rate(...)` or `cron(...)`, in UTC.
    pub schedule_expression: Option<String>,
    /// A disabled rule sees nothing.
    pub enabled: bool,
    /// Up to five receivers.
    pub targets: Vec<Target>,
}
