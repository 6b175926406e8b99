//! The exchange as a client sees it: requests in, answers out, and the books afterwards.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod actor;
mod client;
mod data;
mod manners;
mod not_simulated;
mod orders;
mod positions;
mod properties;
mod scripts;
mod shown;
