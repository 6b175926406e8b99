use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;

use super::context::Context;
use super::shared::Shared;
use super::stream_calls::{Dialogue, OpenCall, Way, broken};
use super::transport::{Sockets, Transport, Waiting};
use crate::counterparty::Conversation;
use crate::fault::Phase;
use crate::journal::CallOutcome;
use crate::ports::{ByteStream, Dialer};

/// The address of who is at no address: the other end of a stream in memory.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Streams to the world's counterparties: the real dialogue over memory. The server's half lives and
/// dies with the client's, so that no task is needed for it.
pub(super) struct WorldDialer {
    shared: Arc<Shared>,
    context: Arc<Context>,
}

impl fmt::Debug for WorldDialer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WorldDialer")
            .finish_non_exhaustive()
    }
}

impl WorldDialer {
    pub fn new(shared: Arc<Shared>, context: Arc<Context>) -> Self {
        Self { shared, context }
    }

    /// The counterparty's socket, in a world that has one.
    fn outside(&self, party: usize) -> Option<(&Sockets, SocketAddr)> {
        let Transport::Loopback(sockets) = &self.shared.transport else {
            return None;
        };
        let name = self.shared.parties[party].name();
        let address = *self.context.gateway()?.streams.get(name)?;
        Some((sockets, address))
    }
}

#[async_trait]
impl Dialer for WorldDialer {
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn ByteStream>> {
        let mut parties = self.shared.parties.iter();
        let party = parties
            .position(|party| party.listens_at(host, port))
            .ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::HostUnreachable,
                    format!("nobody in this world listens at {host}:{port}"),
                )
            })?;
        let (shared, context) = (&self.shared, &self.context);
        let name = shared.parties[party].name();
        let call = OpenCall::begin(shared, context, format!("{name} connect"), Way::Takes).await;
        let invocation = context.invocation();
        if !call.goes_on(shared, context, Phase::Before).await {
            call.end(shared, broken());
            let refused = io::ErrorKind::ConnectionRefused;
            return Err(io::Error::new(refused, "connection refused"));
        }
        // The work of a connection is that it is there.
        call.done(shared);
        call.end(shared, CallOutcome::Connected);
        if let Some((sockets, address)) = self.outside(party) {
            let waiting = sockets.time.wait();
            return Ok(Box::new(SocketStream {
                socket: TcpStream::connect(address).await?,
                _waiting: waiting,
            }));
        }
        let (client, server) = tokio::io::duplex(64 * 1024);
        let shared = Arc::clone(&self.shared);
        let conversation = self.shared.parties[party].converse(
            Box::new(server),
            Arc::new(Dialogue {
                shared: Arc::clone(&self.shared),
                context: Arc::clone(&self.context),
                party: name,
                open: Mutex::default(),
            }),
        );
        let serving = Box::pin(async move {
            let result = conversation.await;
            shared.collect(Some(invocation));
            result
        });
        Ok(Box::new(MemoryStream {
            client,
            serving: Some(serving),
        }))
    }
}

/// The client's end of a stream, which drives the server at the other end whenever it is used.
struct MemoryStream {
    client: DuplexStream,
    serving: Option<Conversation>,
}

impl fmt::Debug for MemoryStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MemoryStream")
            .finish_non_exhaustive()
    }
}

impl MemoryStream {
    fn drive(&mut self, task: &mut TaskContext<'_>) {
        // How a conversation ends shows in the records of the counterparty.
        if let Some(serving) = &mut self.serving
            && serving.as_mut().poll(task).is_ready()
        {
            self.serving = None;
        }
    }
}

impl ByteStream for MemoryStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(NOWHERE)
    }
}

impl AsyncRead for MemoryStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.drive(task);
        Pin::new(&mut self.client).poll_read(task, buffer)
    }
}

impl AsyncWrite for MemoryStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.client).poll_write(task, bytes);
        self.drive(task);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        self.drive(task);
        Pin::new(&mut self.client).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.client).poll_shutdown(task);
        self.drive(task);
        shut
    }
}

impl ByteStream for DuplexStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(NOWHERE)
    }
}

impl ByteStream for TcpStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Self::peer_addr(self)
    }
}

/// A dialogue over a socket; time is real while it lasts.
#[derive(Debug)]
struct SocketStream {
    socket: TcpStream,
    _waiting: Waiting,
}

impl ByteStream for SocketStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }
}

impl AsyncRead for SocketStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(task, buffer)
    }
}

impl AsyncWrite for SocketStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(task, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(task)
    }
}
