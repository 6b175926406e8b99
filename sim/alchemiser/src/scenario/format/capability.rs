use schemars::JsonSchema;
use serde::Deserialize;

/// Something that not every backend can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Time that jumps.
    VirtualTime,
    /// Faults at the transport.
    CallFaults,
    /// Faults in the delivery of events.
    DeliveryFaults,
    /// Schedules that fire.
    Schedules,
    /// Archive and replay.
    Replay,
    /// Dead letters of rules and functions.
    DeadLetters,
    /// Alarms.
    Alarms,
    /// Rules that are disabled see nothing.
    DisabledRules,
    /// Input transformers that keep quotes within texts.
    QuotedText,
    /// Roles that are enforced.
    Roles,
    /// Functions that are programs; `lambda: binary` implies it.
    Programs,
}

impl Capability {
    /// As scenario files write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VirtualTime => "virtual_time",
            Self::CallFaults => "call_faults",
            Self::DeliveryFaults => "delivery_faults",
            Self::Schedules => "schedules",
            Self::Replay => "replay",
            Self::DeadLetters => "dead_letters",
            Self::Alarms => "alarms",
            Self::DisabledRules => "disabled_rules",
            Self::QuotedText => "quoted_text",
            Self::Roles => "roles",
            Self::Programs => "programs",
        }
    }
}
