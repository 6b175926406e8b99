use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use http::Request;
use tokio::net::{TcpListener, TcpStream};

use super::addresses::Addresses;
use super::connector::{Outgoing, Sender, carry, hand_in};
use super::context::Context;
use super::shared::Shared;
use super::stream_calls::Dialogue;
use crate::server::connection::{self, Unanswered, plain};

/// The world's cloud and counterparties on sockets, for one execution environment: so the world
/// knows who calls. Connections live while the environment works, and stand still between its
/// invocations.
pub(super) struct Gateway {
    http: TcpListener,
    /// One for each counterparty that takes byte streams.
    streams: Vec<(&'static str, TcpListener)>,
    addresses: Addresses,
    role: GatewayRole,
    connections: FuturesUnordered<Pin<Box<dyn Future<Output = ()>>>>,
}

/// What a gateway does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GatewayRole {
    /// It hands it in; the client's own transport has latency and faults.
    HandIn,
    /// It is the transport: latency and faults happen here.
    Carry,
}

impl Gateway {
    /// Listens on free ports of this machine: one for HTTP, and one for each counterparty that
    /// takes byte streams.
    pub fn open(role: GatewayRole, parties: &[&'static str]) -> io::Result<Self> {
        let http = listen()?;
        let mut addresses = Addresses {
            http: http.local_addr()?,
            streams: BTreeMap::new(),
        };
        let mut streams = Vec::new();
        for party in parties {
            let listener = listen()?;
            addresses.streams.insert(party, listener.local_addr()?);
            streams.push((*party, listener));
        }
        Ok(Self {
            http,
            streams,
            addresses,
            role,
            connections: FuturesUnordered::new(),
        })
    }

    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Serves for as long as it is polled.
    pub async fn serve(&mut self, shared: &Arc<Shared>, context: &Arc<Context>) -> Infallible {
        loop {
            let opened = tokio::select! {
                accepted = self.http.accept() => accepted.map(|(stream, _)| self.connections.push(speak_http(stream, self.role, shared, context))),
                accepted = accept_any(&self.streams) => accepted.map(|(party, stream)| self.connections.push(converse(party, stream, shared, context))),
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
    role: GatewayRole,
    shared: &Arc<Shared>,
    context: &Arc<Context>,
) -> Pin<Box<dyn Future<Output = ()>>> {
    let (shared, context) = (Arc::clone(shared), Arc::clone(context));
    let answer = move |request: Request<Bytes>| {
        let (shared, context) = (Arc::clone(&shared), Arc::clone(&context));
        async move {
            match role {
                GatewayRole::HandIn => Outgoing::new(&shared, request)
                    .map(|request| plain(hand_in(&shared, &Sender::of(&context), &request)))
                    .map_err(|_| Unanswered),
                GatewayRole::Carry => carry(&shared, &context, request)
                    .await
                    .map(plain)
                    .map_err(|_| Unanswered),
            }
        }
    };
    Box::pin(connection::serve(stream, None, answer))
}

/// The next connection to any of the counterparties that take byte streams; never if there is none.
async fn accept_any(
    streams: &[(&'static str, TcpListener)],
) -> io::Result<(&'static str, TcpStream)> {
    let accepting = streams.iter().map(|(party, listener)| {
        Box::pin(async move {
            let (stream, _) = listener.accept().await?;
            Ok((*party, stream))
        })
    });
    let mut accepting: FuturesUnordered<_> = accepting.collect();
    match accepting.next().await {
        Some(accepted) => accepted,
        None => pending().await,
    }
}

fn converse(
    party: &'static str,
    stream: TcpStream,
    shared: &Arc<Shared>,
    context: &Arc<Context>,
) -> Pin<Box<dyn Future<Output = ()>>> {
    let (shared, context) = (Arc::clone(shared), Arc::clone(context));
    Box::pin(async move {
        let found = shared.parties.iter().find(|known| known.name() == party);
        if let Some(found) = found {
            let dialogue = Dialogue {
                shared: Arc::clone(&shared),
                context: Arc::clone(&context),
                party,
                open: Mutex::default(),
            };
            // How a conversation ends shows in the records of the counterparty.
            let _ended = found.converse(Box::new(stream), Arc::new(dialogue)).await;
        }
        shared.collect(Some(context.invocation()));
    })
}
