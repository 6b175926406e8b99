//! The simulated cloud served over HTTP: a [`Cloud`](simulated_cloud::Cloud) on a loopback socket,
//! for clients in any language. State is in memory; time is the machine's, plus what
//! clients let it jump.
//!
//! [`Server::bind`] takes the port, [`Server::run`] serves until its future is dropped. Functions
//! run where a [`FunctionHost`] runs them.

mod clock;
pub mod connection;
mod control;
mod error;
mod host;
mod http_server;
mod journal;
mod memory;
mod programs;
mod shared;

pub use self::error::ServerError;
pub use self::host::FunctionHost;
pub use self::http_server::Server;
pub use self::programs::ProgramHost;
pub use self::shared::WireSetup;

/// The largest request that is read. The services' own limits are far below.
pub(crate) const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;
