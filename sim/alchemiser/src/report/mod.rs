//! What a person, or a machine, sees of a run.

mod cost;
mod curve;
mod difference;
mod effects;
mod failure;
mod json;
mod junit;
mod log;
mod mark;
mod not_run;
mod paper;
mod premises;
mod seeds;
mod story;
mod summary;
mod timeline;

pub use cost::{Cost, cost_of};
pub use curve::is_sdk_call;
pub use curve::{Point, curve, months, plot};
pub use difference::{difference, parts_from_virtual};
pub use failure::{expected, failure};
pub use json::{not_run_verdict, verdict};
pub use junit::junit;
pub use log::{log_lines, workflows};
pub use mark::Mark;
pub use not_run::{NotRun, Reason};
pub use paper::{Paper, columns};
pub use premises::{judged, landmarks, never_judged, premises};
pub use seeds::{seeds_summary, seeds_total};
pub use story::{day, fitted, heading};
pub use summary::summary;
