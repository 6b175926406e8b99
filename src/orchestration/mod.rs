//! The orchestrator: starts workflows, watches them, and asks for the one mail of each.

mod notify;
mod session;
mod start;
mod watchdog;

pub use notify::Notifier;
pub use start::{Start, Starter};
pub use watchdog::{Round, Watchdog};
