/// An event bus (`AWS::Events::EventBus`). The account's `default` bus is always there and never
/// listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bus {
    /// The name inside the template.
    pub logical_id: String,
    /// Physical name.
    pub name: String,
    /// `arn:...:event-bus/NAME`.
    pub arn: String,
}
