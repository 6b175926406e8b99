//! Orders: RebalancePlanned → TradeExecuted (rules.md 7).

mod closing;
mod context;
mod funds;
mod handler;
mod leg;
mod outcome;
mod phase;
mod price;
mod ticket;

pub(crate) use context::MAXIMUM_LEGS;
pub use handler::{LIMIT, TradingExecution};
pub use price::limit_price;
