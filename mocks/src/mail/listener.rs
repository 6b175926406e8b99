//! The mail server on a socket, for clients that need one.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

use super::server::MailServer;

/// A [`MailServer`] behind a loopback port; stops listening when dropped.
pub struct MailListener {
    server: MailServer,
    address: SocketAddr,
    accepting: AbortHandle,
}

impl MailListener {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server behind the port.
    pub fn server(&self) -> &MailServer {
        &self.server
    }
}

impl Drop for MailListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl MailServer {
    /// Listens on a free port of 127.0.0.1, one task a connection, on the tokio runtime this is
    /// called in.
    ///
    /// # Errors
    /// No port could be bound.
    #[expect(
        clippy::disallowed_methods,
        reason = "a listener on a socket is not part of any invocation"
    )]
    pub async fn listen(self) -> io::Result<MailListener> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, self.clone())).abort_handle();
        Ok(MailListener {
            server: self,
            address,
            accepting,
        })
    }
}

/// Serves until it is aborted; connections end with it.
async fn accept(listener: TcpListener, server: MailServer) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // A session of small lines must not wait for Nagle; a socket that refuses is merely
        // slower.
        let _ = stream.set_nodelay(true);
        let server = server.clone();
        connections.spawn(async move { server.serve(stream).await });
        while connections.try_join_next().is_some() {}
    }
}
