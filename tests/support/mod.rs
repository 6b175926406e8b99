//! What the tests of the root package share: ports that answer from a script, and a router over
//! them.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test crate uses its own part"
)]

pub mod events;
mod http;
mod idle_cloud;
pub mod json;
mod router;
pub mod socket;
pub mod strategies;
mod tables;

pub use http::{Answer, Asked, NoCalls, ScriptedHttp};
pub use idle_cloud::IdleCloud;
pub use router::{
    FixedClock, aws_over, block_on, opening, router_at, router_on_eventbridge, router_over,
    settings,
};
pub use tables::Tables;
