//! Scenario files: given a world, when this happens, with these faults, expect that.

mod amount;
mod duration;
mod expectation;
mod format;
mod load;
mod moment;
mod projection;
mod runner;

pub use amount::Amount;
pub use duration::Span;
pub use expectation::judge;
pub use format::{
    Action, AssetGiven, CallEffectGiven, DeadLetterExpected, DeliveryEffectGiven, Expect, Fault, Given, Knobs, MailExpected, MailRuleGiven,
    OrderExpected, OrderRuleGiven, ResponseExpected, Scenario, Topology,
};
pub use load::{Library, LoadError, Loaded, load_scenario};
pub use moment::Moment;
pub use projection::{Event as ProjectedEvent, MailLine, OrderLine, dead_letters, events, mails, orders, trigger_of};
pub use runner::{Run, invoke_once, run};
