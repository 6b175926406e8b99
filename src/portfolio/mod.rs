//! The planner: SignalGenerated → RebalancePlanned (rules.md 6).

mod funds;
mod handler;
mod planned_trade;
mod planner;
mod survey;

pub use handler::PortfolioAnalysis;
pub use planned_trade::PlannedTrade;
pub(crate) use planner::CASH;
pub use planner::{Holding, PlanError, Snapshot, plan};
