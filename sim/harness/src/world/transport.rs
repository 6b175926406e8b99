use std::fmt;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response, Uri};
use tokio::time::Instant;

/// Where the calls of functions go.
pub(super) enum Transport {
    /// To the world's own cloud and counterparties, in memory.
    InMemory,
    /// To the same over sockets: each execution environment's own gateway.
    Loopback(Sockets),
    /// To others, over sockets.
    External(Outside),
}

/// What it takes to use sockets.
pub(super) struct Sockets {
    /// Carries HTTP.
    pub http: SharedHttpConnector,
    /// Real while a socket is waited for.
    pub time: RealTime,
}

/// The addresses of the others.
pub(super) struct Outside {
    /// How they are reached.
    pub sockets: Sockets,
    /// Base URL of an AWS endpoint.
    pub aws: String,
    /// The counterparties, in the order of the world's.
    pub parties: Vec<OutsideParty>,
    /// What their threads take for the present, in milliseconds since 1970.
    pub now: Arc<AtomicI64>,
}

/// A counterparty that listens on sockets, if it speaks HTTP. Byte streams stay in memory: what is said
/// over them is for faults to strike.
pub(super) struct OutsideParty {
    /// Base URL of its HTTP server, if it speaks HTTP.
    pub http: Option<String>,
    /// Held by who calls it: one at a time, so that what it tells of is known to be the caller's.
    pub call: tokio::sync::Mutex<()>,
}

/// The runtime's time is virtual, except while somebody waits for a socket: then it runs as it does
/// outside, and the world's stands still. So waits within the system cost nothing, those for others
/// are real, and nobody within can tell how long they took.
#[derive(Clone, Debug, Default)]
pub(super) struct RealTime(Arc<Mutex<Waits>>);

#[derive(Debug, Default)]
struct Waits {
    /// How many wait now.
    count: usize,
    /// Since when somebody has waited.
    since: Option<Instant>,
    /// How long somebody waited before that.
    past: Duration,
}

/// A wait for a socket; time is real until the last one is dropped.
#[derive(Debug)]
pub(super) struct Waiting(RealTime);

impl RealTime {
    /// Begins to wait. Must be called on a current-thread runtime that began paused.
    pub fn wait(&self) -> Waiting {
        let mut waits = self.waits();
        waits.count += 1;
        if waits.count == 1 {
            waits.since = Some(Instant::now());
            tokio::time::resume();
        }
        drop(waits);
        Waiting(self.clone())
    }

    /// How much time has passed while nobody waited, since a `start` before the first wait.
    pub fn virtual_since(&self, start: Instant) -> Duration {
        let waits = self.waits();
        let end = waits.since.unwrap_or_else(Instant::now);
        end.duration_since(start).saturating_sub(waits.past)
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waits = self.0.waits();
        waits.count -= 1;
        if waits.count == 0 {
            tokio::time::pause();
            let waited = waits
                .since
                .take()
                .map_or(Duration::ZERO, |since| since.elapsed());
            waits.past += waited;
        }
    }
}

impl Transport {
    /// Whether somebody waits for the answer of this counterparty outside.
    pub fn is_called(&self, party: usize) -> bool {
        match self {
            Self::External(outside) => outside.parties[party].call.try_lock().is_err(),
            Self::InMemory | Self::Loopback(_) => false,
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InMemory => formatter.write_str("InMemory"),
            Self::Loopback(_) => formatter.write_str("Loopback"),
            Self::External(outside) => formatter
                .debug_struct("External")
                .field("aws", &outside.aws)
                .finish_non_exhaustive(),
        }
    }
}

impl Sockets {
    pub fn new(time: RealTime) -> Self {
        Self {
            http: SharedHttpConnector::new(Connector::builder().build_http()),
            time,
        }
    }

    /// Sends `request` to the server at `base` in place of the one that it names.
    pub async fn forward(
        &self,
        base: &str,
        request: &Request<Bytes>,
    ) -> Result<Response<Bytes>, ConnectorError> {
        let target = request
            .uri()
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let uri: Uri = format!("{base}{target}")
            .parse()
            .map_err(|error| ConnectorError::user(Box::new(error)))?;
        let mut outgoing = Request::builder().method(request.method().clone()).uri(uri);
        for (name, value) in request
            .headers()
            .iter()
            .filter(|(name, _)| *name != http::header::HOST)
        {
            outgoing = outgoing.header(name, value);
        }
        let outgoing = outgoing
            .body(SdkBody::from(request.body().clone()))
            .map_err(|error| ConnectorError::user(Box::new(error)))?;
        let outgoing = HttpRequest::try_from(outgoing)
            .map_err(|error| ConnectorError::user(Box::new(error)))?;
        let _waiting = self.time.wait();
        let answer = self.http.call(outgoing).await?;
        let (parts, body) = answer
            .try_into_http1x()
            .map_err(|error| ConnectorError::other(error.into(), None))?
            .into_parts();
        let collected = aws_smithy_types::byte_stream::ByteStream::new(body)
            .collect()
            .await;
        let bytes = collected
            .map_err(|error| ConnectorError::io(Box::new(error)))?
            .into_bytes();
        Ok(Response::from_parts(parts, bytes))
    }
}
