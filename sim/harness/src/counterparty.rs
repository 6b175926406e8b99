//! Somebody beside AWS whom functions call: a broker, a payment service, a mail server.

use std::any::Any;
use std::fmt::{self, Debug};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response, Uri};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::fault::Unmet;
use crate::ports::ByteStream;

/// A conversation over a byte stream; it ends with the stream.
pub type Conversation = Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>;

/// Tells the world's time to a counterparty that serves sockets.
pub type WorldTime = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Somebody beside AWS, simulated. It has no clock of its own: the world tells it the time, and asks
/// when it wants to be woken.
///
/// It speaks HTTP ([`accepts`](Self::accepts), [`handle`](Self::handle)), byte streams
/// ([`listens_at`](Self::listens_at), [`converse`](Self::converse)), or both. All other methods have
/// defaults that fit one without state.
#[async_trait]
pub trait Counterparty: Send + Sync {
    /// Its name: the first word of its fault sites, and the key of its socket's address.
    fn name(&self) -> &'static str;

    /// Whether HTTP requests to `uri` are for it. The first counterparty that accepts one gets it.
    fn accepts(&self, uri: &Uri) -> bool {
        let _ = uri;
        false
    }

    /// What a request does, as fault sites name it, without this counterparty's name: `POST orders`.
    fn operation(&self, request: &Request<Bytes>) -> String {
        format!("{} {}", request.method(), request.uri().path())
    }

    /// What makes repeated calls one within a step, such as an idempotency key. Calls with such a key
    /// are numbered by it, all others as they come.
    fn call_key(&self, request: &Request<Bytes>) -> Option<String> {
        let _ = request;
        None
    }

    /// Answers a request.
    fn handle(&self, now: DateTime<Utc>, request: &Request<Bytes>) -> Response<Bytes> {
        let _ = (now, request);
        plain_failure(501)
    }

    /// The answer when a fault makes a request fail with `status`, in this counterparty's own shape.
    fn failure(&self, status: u16) -> Response<Bytes> {
        plain_failure(status)
    }

    /// Whether byte streams to `host` and `port` are for it.
    fn listens_at(&self, host: &str, port: u16) -> bool {
        let _ = (host, port);
        false
    }

    /// Whether it takes byte streams at all: a world on sockets then listens for it.
    fn takes_streams(&self) -> bool {
        false
    }

    /// Speaks over `stream` until it ends. What is asked of it meanwhile that changes something, it
    /// announces to `calls`, so that faults may strike it.
    fn converse(&self, stream: Box<dyn ByteStream>, calls: Arc<dyn StreamCalls>) -> Conversation {
        drop((stream, calls));
        Box::pin(async { Ok(()) })
    }

    /// Serves HTTP on a socket of this machine, for a world whose AWS is outside.
    ///
    /// # Errors
    /// No port is free.
    async fn listen(&self, time: WorldTime) -> io::Result<Listening> {
        let _ = time;
        Ok(Listening::default())
    }

    /// Runs all of its own timers due by `now`.
    fn advance(&self, now: DateTime<Utc>) {
        let _ = now;
    }

    /// When its next timer is due.
    fn next_due(&self) -> Option<DateTime<Utc>> {
        None
    }

    /// Takes what happened since the last time, for the journal.
    fn take_records(&self) -> Vec<PartyRecord> {
        Vec::new()
    }

    /// How things stand when the run ends, for the journal.
    fn closing_records(&self, now: DateTime<Utc>) -> Vec<PartyRecord> {
        let _ = now;
        Vec::new()
    }

    /// The scripted lines that met nothing.
    fn unused(&self) -> Vec<Unmet> {
        Vec::new()
    }
}

/// Calls that are made over a stream, as those of HTTP are: each is a place for faults, and an entry
/// of the journal. One at a time.
pub trait StreamCalls: Send + Sync {
    /// A call came, and its work is not done: `operation` without the counterparty's name. False
    /// where the connection is broken.
    fn begin<'a>(&'a self, operation: &'a str) -> Decision<'a>;

    /// Its work is done, and answered with this code. False where the connection is broken before
    /// the answer is on its way.
    fn end(&self, code: u16) -> Decision<'_>;

    /// Its work is done, and the counterparty breaks the connection by itself.
    fn abandon(&self);
}

/// A decision that may take its time.
pub type Decision<'a> = Pin<Box<dyn Future<Output = bool> + Send + Sync + 'a>>;

/// Where a counterparty listens, for as long as this lives.
#[derive(Default)]
pub struct Listening {
    /// Base URL of its HTTP server, if it speaks HTTP.
    pub http: Option<String>,
    /// What keeps it listening.
    pub guard: Option<Box<dyn Any>>,
}

impl Debug for Listening {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Listening")
            .field("http", &self.http)
            .finish_non_exhaustive()
    }
}

/// What a counterparty tells the journal. The journal shows it as JSON; a system's own checks and
/// reports read it as the type that it is ([`PartyRecord::get`]).
pub trait JournalRecord: Any + Debug + Send + Sync {
    /// A JSON object whose member `fact` names its kind.
    fn to_json(&self) -> Value;

    /// Whether a script of the scenario made it happen.
    fn is_injected(&self) -> bool {
        false
    }
}

/// A record of a counterparty.
#[derive(Clone, Debug)]
pub struct PartyRecord(Arc<dyn JournalRecord>);

impl PartyRecord {
    /// Wraps a record.
    pub fn new(record: impl JournalRecord) -> Self {
        Self(Arc::new(record))
    }

    /// The record as the type that it is; nothing if it is of another.
    #[must_use]
    pub fn get<R: JournalRecord>(&self) -> Option<&R> {
        let any: &dyn Any = self.0.as_ref();
        any.downcast_ref()
    }

    /// Whether a script of the scenario made it happen.
    #[must_use]
    pub fn is_injected(&self) -> bool {
        self.0.is_injected()
    }
}

impl PartialEq for PartyRecord {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_json() == other.0.to_json()
    }
}

impl Serialize for PartyRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_json().serialize(serializer)
    }
}

/// Something that somebody else than the functions does at a counterparty, such as the owner of an
/// account.
#[derive(Clone)]
pub struct PartyAction {
    /// At whom, as a reader of the story is told: `the broker`.
    pub party: &'static str,
    /// What, in words that follow "to": `cancel the order`.
    pub words: String,
    /// The part of the scenario that says so, as its findings name it.
    pub part: &'static str,
    /// Does it; gives the counterparty's words if that refuses.
    pub act: Arc<dyn Fn(DateTime<Utc>) -> Result<(), String> + Send + Sync>,
}

impl Debug for PartyAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at {}", self.words, self.party)
    }
}

fn plain_failure(status: u16) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .body(Bytes::new())
        .expect("a status alone is a valid answer")
}
