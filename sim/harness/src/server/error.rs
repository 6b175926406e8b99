use std::io;
use std::net::SocketAddr;

/// Why a server cannot begin, or cannot begin anew.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Another program listens there.
    #[error(
        "port {0} is taken by another program; end that, or choose another one with --port (0 \
         takes any free one)"
    )]
    PortTaken(u16),
    /// The operating system refuses the address.
    #[error("{address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's words.
        source: io::Error,
    },
    /// The operating system does not say where it listens.
    #[error(transparent)]
    Address(io::Error),
    /// AWS would refuse what is to be there from the start.
    #[error(transparent)]
    Cloud(simulated_cloud::stack::StackError),
}
