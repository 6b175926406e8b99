//! Orders: RebalancePlanned → TradeExecuted (specification 7).

mod closing;
mod desk;
mod handler;
mod leg;
mod quote;
mod settlement;
mod ticket;

pub(crate) use handler::LIMIT;
pub use handler::TradingExecution;
pub use quote::{SaneQuote, limit_price, usable_quotes};
