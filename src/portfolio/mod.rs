//! The planner: SignalGenerated → RebalancePlanned (rules.md 6).

mod funds;
mod handler;
mod planner;
mod survey;

pub use handler::PortfolioAnalysis;
pub(crate) use planner::CASH;
pub use planner::{Holding, PlanError, PlannedTrade, Snapshot, plan};
