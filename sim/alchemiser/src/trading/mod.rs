//! What the harness is told of the trading system: how its events are named, its counterparties, and
//! what these note in the journal.

mod broker;
mod log;
mod mail;
mod naming;
mod record;
mod settings;
mod trouble;

pub use self::broker::{BROKER, Broker, ORDERS};
pub use self::log::install as install_log;
pub use self::mail::{MAIL, Mailbox};
pub use self::naming::{OPERATIONS, READS, Trading, WRITES, event_id, trigger_of};
pub use self::record::{TradingFact, TradingJournal, TradingRecord};
pub use self::settings::{BusMode, Settings};
pub use self::trouble::{Trouble, TroubleKind};
