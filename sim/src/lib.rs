//! A world in virtual time for event-driven systems on AWS: the same production code, through the
//! real AWS SDK clients, on a simulated cloud that is built from the system's own template.
//!
//! [`cloud`] is the cloud, sans I/O; [`world`] gives it time, seed and counterparties and keeps the
//! [`journal`]; [`scenario`] reads scenario files and [`run`] runs them; [`check`] judges a
//! journal; [`report`] shows it.

pub mod binary;
pub mod check;
pub mod cli;
pub mod endpoint;
pub mod in_process;

pub mod projection;
pub mod report;
pub mod run;

pub mod scenario;
mod text_file;

pub mod trading;
