//! The planner: SignalGenerated → RebalancePlanned (specification 6).

mod funds;
mod handler;
mod planner;

pub use handler::PortfolioAnalysis;
pub use planner::{Holding, PlanError, PlannedTrade, Snapshot, plan};
