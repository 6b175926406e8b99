//! What the tests of the root package share: ports that answer from a script, and a router over
//! them.

pub mod events;
mod http;
mod idle_cloud;
pub mod json;
mod router;
pub mod socket;
pub mod strategies;
mod tables;

pub use http::{Answer, NoCalls, ScriptedHttp};
pub use idle_cloud::IdleCloud;
pub use router::{
    FixedClock, aws_over, block_on, opening, router_at, router_on_eventbridge, router_over,
};
pub use tables::Tables;
