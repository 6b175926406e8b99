//! Scenario files: given a world, when this happens, with these faults, expect that.

mod amount;
mod bounded;
mod date;
mod document;
mod duration;
mod expectation;
mod fault;
mod format;
mod knobs;
mod library;
mod load;
mod mail_script;
mod mistake;
mod moment;
mod names;
mod places;
mod scalar_text;
mod signed;
mod topology;
mod validate;
mod yaml_error;

pub use amount::Amount;
pub use bounded::{
    ErrorStatus, FileName, Invariant, Ordinal, OutOfBounds, Pace, PerMille, Percent, Times,
};
pub use date::{Date, DateError};
pub use document::Document;
pub use duration::{Span, SpanError};
pub use expectation::evaluate;
pub use fault::Fault;
pub use format::{
    AccountChangeSpec, Action, AssetChangeSpec, AssetSpec, BrokerSpec, Capability,
    DeadLetterExpected, ExchangeSpec, Expect, Expectation, Given, Lambda, MailExpected,
    MeanwhileSpec, OrderEffectSpec, OrderExpected, OrderNameSpec, OrderRuleSpec, PlaceSpec,
    QuoteSpec, ReplaceSpec, ReplaySpec, ResponseExpected, Scenario, ShowSpec, ShownStatus,
    SideSpec, Topology,
};
pub use knobs::Knobs;
pub use library::{Library, account_with};
pub use load::{LoadError, Loaded, load_scenario, read_scenario};
pub use mail_script::MailScript;
pub use mistake::{Mistake, Mistakes};
pub use moment::{Moment, MomentError, Start};
pub use names::{Names, SYNTHETIC};
pub use places::{Places, Pointer};
pub use signed::SignedAmount;
pub use topology::change;
