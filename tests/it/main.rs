//! The trading system from outside, in one program, so that the SDK is linked once.

mod alpaca_contract;
mod bootstrap;
mod build;
mod bus;
mod claims;
mod determinism;
mod every_run;
mod hostile_events;
mod https_trust;
mod logging;
mod mail_trust;
mod pages;
mod planner_properties;
mod properties;
mod response;
mod router_table;
mod rules;
mod secrets;
mod session_bounds;
mod strategy_neighbours;
mod strategy_properties;
mod strategy_runs;
mod support;
mod workflows;
