//! A world in virtual time for event-driven systems on AWS: the same production code, through the
//! real AWS SDK clients, on a simulated cloud that is built from the system's own template.
//!
//! [`cloud`] is the cloud, sans I/O; [`world`] gives it time, seed and counterparties and keeps the
//! [`journal`]; [`scenario`] reads scenario files and [`run`] runs them; [`check`] judges a
//! journal; [`report`] shows it.

pub mod alchemist;
pub mod check;
pub mod cli;
pub mod endpoint;
pub mod fault;
pub mod journal;
pub mod program;
pub mod projection;
pub mod report;
pub mod run;
pub mod runtime;
pub mod scenario;
mod text_file;
pub mod wire;
pub mod world;
