use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use http::Request;
use tokio::net::{TcpListener, TcpStream};

use super::connector::{Outgoing, carry, hand_in};
use super::environment::Context;
use super::shared::Shared;
use crate::wire::connection::{self, Unanswered, plain};

/// The world's cloud, broker and mail server on sockets, for one execution environment: so the
/// world knows who calls. Connections live while the environment works, and stand still between its
/// invocations.
pub(super) struct Gateway {
    http: TcpListener,
    mail: TcpListener,
    addresses: Addresses,
    duty: Duty,
    connections: FuturesUnordered<Pin<Box<dyn Future<Output = ()>>>>,
}

/// Where a gateway listens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addresses {
    pub http: SocketAddr,
    pub mail: SocketAddr,
}

/// What a gateway does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duty {
    /// It hands it in; the client's own transport has latency and faults.
    HandIn,
    /// It is the transport: latency and faults happen here.
    Carry,
}

impl Gateway {
    /// Listens on two free ports of this machine.
    pub fn open(duty: Duty) -> io::Result<Self> {
        let (http, mail) = (listen()?, listen()?);
        let addresses = Addresses {
            http: http.local_addr()?,
            mail: mail.local_addr()?,
        };
        Ok(Self {
            http,
            mail,
            addresses,
            duty,
            connections: FuturesUnordered::new(),
        })
    }

    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Serves for as long as it is polled.
    pub async fn serve(&mut self, shared: &Arc<Shared>, context: &Arc<Context>) -> Infallible {
        loop {
            let opened = tokio::select! {
                accepted = self.http.accept() => accepted.map(|(stream, _)| self.connections.push(speak_http(stream, self.duty, shared, context))),
                accepted = self.mail.accept() => accepted.map(|(stream, _)| self.connections.push(speak_smtp(stream, shared, context))),
                Some(()) = self.connections.next(), if !self.connections.is_empty() => Ok(()),
            };
            if opened.is_err() {
                // Too many open files, most likely: they will be closed.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// Serves what there is to serve: nothing in a world without sockets.
pub(super) async fn serve(
    gateway: &mut Option<Gateway>,
    shared: &Arc<Shared>,
    context: &Arc<Context>,
) -> Infallible {
    match gateway {
        Some(gateway) => gateway.serve(shared, context).await,
        None => pending().await,
    }
}

fn listen() -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

fn speak_http(
    stream: TcpStream,
    duty: Duty,
    shared: &Arc<Shared>,
    context: &Arc<Context>,
) -> Pin<Box<dyn Future<Output = ()>>> {
    let (shared, context) = (Arc::clone(shared), Arc::clone(context));
    let answer = move |request: Request<Bytes>| {
        let (shared, context) = (Arc::clone(&shared), Arc::clone(&context));
        async move {
            match duty {
                Duty::HandIn => {
                    let request = Outgoing::new(&shared, request);
                    Ok(plain(hand_in(&shared, &context, &request)))
                }
                Duty::Carry => carry(&shared, &context, request)
                    .await
                    .map(plain)
                    .map_err(|_| Unanswered),
            }
        }
    };
    Box::pin(connection::serve(stream, None, answer))
}

fn speak_smtp(
    stream: TcpStream,
    shared: &Arc<Shared>,
    context: &Arc<Context>,
) -> Pin<Box<dyn Future<Output = ()>>> {
    let (shared, context) = (Arc::clone(shared), Arc::clone(context));
    Box::pin(async move {
        // How a dialogue ends shows in the reports of the mail server.
        let _ended = shared.mail.serve(stream).await;
        shared.collect(Some(context.invocation()));
    })
}
