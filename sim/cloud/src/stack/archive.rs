/// An archive of the events of one bus (`AWS::Events::Archive`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The name inside the template.
    pub logical_id: String,
    /// Physical name, at most 48 characters.
    pub name: String,
    /// `arn:...:archive/NAME`.
    pub arn: String,
    /// ARN of the bus whose events are kept.
    pub source_arn: String,
    /// Which events are kept, as compact JSON; every event if `None`.
    pub pattern: Option<String>,
    /// Days that an event is kept; 0 is for ever.
    pub retention_days: u32,
}
