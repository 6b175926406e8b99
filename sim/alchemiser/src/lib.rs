//! The trading system in the harness.
//!
//! [`trading`] tells the harness how the system's events are named and who its counterparties are;
//! [`in_process`] and [`binary`] run its function; [`scenario`] reads scenario files and [`run`]
//! runs them; [`explore`] tries what can go wrong in them; [`check`] judges a journal by the
//! invariants of trading, [`landmark`] says what many runs must have come by; [`projection`] and [`report`] show what happened.

pub mod binary;
pub mod check;
pub mod endpoint;
pub mod explore;
pub mod in_process;
pub mod landmark;
pub mod projection;
pub mod report;
pub mod run;
pub mod scenario;
pub mod text_file;
pub mod trading;
