use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll};

use async_trait::async_trait;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::client::{AsyncTokioStream, Certificate, TlsParameters};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;

use alchemiser::notification::{Dialer, tls_trusting};

use super::doors::{Doors, Sockets, Waiting};
use super::environment::Context;
use super::shared::Shared;
use crate::fault::{CallEffect, CallVerdict, Phase, Site};
use crate::journal::Fact;

/// Streams to the world's mail server: the real dialogue over memory. The server's half lives and
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

    /// The mail server's socket, in a world that has one.
    fn outside(&self) -> Option<(&Sockets, SocketAddr)> {
        match &self.shared.doors {
            Doors::Inside => None,
            Doors::Gateways(sockets) => self
                .context
                .gateway()
                .map(|gateway| (sockets, gateway.mail)),
            Doors::Outside(outside) => Some((&outside.sockets, outside.mail)),
        }
    }

    fn site(&self) -> (u64, u32, Site) {
        self.context.with(|current| {
            let calls = current.calls.entry("smtp connect".to_owned()).or_default();
            *calls += 1;
            let site = Site {
                trigger: current.trigger.clone(),
                operation: "smtp connect".to_owned(),
                number: *calls,
            };
            (current.invocation, current.attempt, site)
        })
    }
}

#[async_trait]
impl Dialer for WorldDialer {
    async fn dial(&self, _host: &str, _port: u16) -> io::Result<Box<dyn AsyncTokioStream>> {
        let (invocation, attempt, site) = self.site();
        let cause = self.context.next_try(&site);
        tokio::time::sleep(self.shared.latency(cause.text("there"))).await;
        self.shared
            .meanwhile(invocation, attempt, &site, Phase::Before);
        let verdict = self
            .shared
            .with_faults(|faults| faults.on_call(self.shared.now(), &site, attempt, cause));
        if let Some(CallVerdict { effect, .. }) = verdict {
            self.shared.push(
                Some(invocation),
                Fact::Fault {
                    site: site.clone(),
                    phase: Phase::Before,
                    effect: effect.clone(),
                },
            );
            match effect {
                CallEffect::Delay(by) => tokio::time::sleep(by).await,
                CallEffect::Crash => {
                    self.context.crash.notify_one();
                    std::future::pending::<()>().await;
                }
                CallEffect::Freeze => {
                    self.context.freeze.notify_one();
                    std::future::pending::<()>().await;
                }
                CallEffect::Hang => std::future::pending::<()>().await,
                CallEffect::Reset | CallEffect::Status(_) => {
                    return Err(io::Error::new(
                        io::ErrorKind::ConnectionRefused,
                        "connection refused",
                    ));
                }
            }
        }
        // The work of a connection is that it is there: what is said over it are no calls.
        self.shared
            .meanwhile(invocation, attempt, &site, Phase::After);
        if let Some((sockets, address)) = self.outside() {
            let waiting = sockets.time.wait();
            return Ok(Box::new(SocketStream {
                socket: TcpStream::connect(address).await?,
                _waiting: waiting,
            }));
        }
        let (client, server) = tokio::io::duplex(64 * 1024);
        let mail = self.shared.mail.clone();
        let shared = Arc::clone(&self.shared);
        let serving = Box::pin(async move {
            let result = mail.serve(server).await;
            shared.collect(Some(invocation));
            result
        });
        Ok(Box::new(MemoryStream {
            client,
            serving: Some(serving),
        }))
    }

    fn tls(&self, server: &str) -> Result<TlsParameters, SmtpError> {
        let key = (server.to_owned(), self.shared.mail.certificate_der());
        let mut known = TLS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tls) = known.get(&key) {
            return Ok(tls.clone());
        }
        let certificate = Certificate::from_der(key.1.clone())?;
        let tls = tls_trusting(server, &[certificate])?;
        known.insert(key, tls.clone());
        Ok(tls)
    }
}

/// By server and its certificate, once a process: worlds resume each other's sessions, for a
/// handshake with signatures costs more than all else about a mail. Nothing of TLS is in a journal.
static TLS: Mutex<BTreeMap<(String, Vec<u8>), TlsParameters>> = Mutex::new(BTreeMap::new());

/// The client's end of a stream, which drives the server at the other end whenever it is used.
struct MemoryStream {
    client: DuplexStream,
    serving: Option<Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>>,
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
        // How a dialogue ends shows in the reports of the mail server.
        if let Some(serving) = &mut self.serving
            && serving.as_mut().poll(task).is_ready()
        {
            self.serving = None;
        }
    }
}

impl AsyncTokioStream for MemoryStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 587)))
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

/// A dialogue over a socket; time is real while it lasts.
#[derive(Debug)]
struct SocketStream {
    socket: TcpStream,
    _waiting: Waiting,
}

impl AsyncTokioStream for SocketStream {
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
