use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Where a gateway listens.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    pub http: SocketAddr,
    /// By the names of the counterparties that take byte streams.
    pub streams: BTreeMap<&'static str, SocketAddr>,
}
