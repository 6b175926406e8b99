//! What a person, or a machine, sees of a run.

mod cost;
mod difference;
mod failure;
mod json;
mod junit;
mod log;
mod summary;
mod timeline;

pub use cost::{Cost, cost_of};
pub use difference::difference;
pub use failure::failure;
pub use json::verdict;
pub use junit::junit;
pub use log::{log_lines, workflows};
pub use summary::summary;
pub use timeline::day;
