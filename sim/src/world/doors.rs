use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response, Uri};

/// Where calls of production code go.
pub(super) enum Doors {
    /// To the world's own cloud, broker and mail server, in memory.
    Inside,
    /// To the same over sockets: each execution environment's own gateway.
    Gateways(Sockets),
    /// To others, over sockets.
    Outside(Outside),
}

/// What it takes to use sockets.
pub(super) struct Sockets {
    /// Carries HTTP.
    pub http: SharedHttpConnector,
    /// Whose time is real while a socket is waited for.
    pub time: RealTime,
}

/// The addresses of the others.
pub(super) struct Outside {
    /// How they are reached.
    pub sockets: Sockets,
    /// Base URL of an AWS endpoint.
    pub aws: String,
    /// Base URL of the broker.
    pub broker: String,
    /// Where the mail server listens.
    pub mail: SocketAddr,
    /// What the broker's thread takes for the present, in milliseconds since 1970.
    pub broker_now: Arc<AtomicI64>,
}

/// Time that is virtual, except while somebody waits for a socket: then it runs as it does outside. So waits within
/// the system cost nothing, and those for others are real.
#[derive(Clone, Debug, Default)]
pub(super) struct RealTime(Arc<AtomicUsize>);

/// A wait for a socket; time is real until the last one is dropped.
#[derive(Debug)]
pub(super) struct Waiting(Arc<AtomicUsize>);

impl RealTime {
    /// Begins to wait. Must be called on a current-thread runtime that began paused.
    pub fn wait(&self) -> Waiting {
        if self.0.fetch_add(1, Ordering::Relaxed) == 0 {
            tokio::time::resume();
        }
        Waiting(Arc::clone(&self.0))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.0.fetch_sub(1, Ordering::Relaxed) == 1 {
            tokio::time::pause();
        }
    }
}

impl fmt::Debug for Doors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inside => formatter.write_str("Inside"),
            Self::Gateways(_) => formatter.write_str("Gateways"),
            Self::Outside(outside) => formatter.debug_struct("Outside").field("aws", &outside.aws).finish_non_exhaustive(),
        }
    }
}

impl Sockets {
    pub fn new(time: RealTime) -> Self {
        Self { http: SharedHttpConnector::new(Connector::builder().build_http()), time }
    }

    /// Sends `request` to the server at `base` in place of the one that it names.
    pub async fn forward(&self, base: &str, request: &Request<Bytes>) -> Result<Response<Bytes>, ConnectorError> {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let uri: Uri = format!("{base}{target}").parse().map_err(|error| ConnectorError::user(Box::new(error)))?;
        let mut outgoing = Request::builder().method(request.method().clone()).uri(uri);
        for (name, value) in request.headers().iter().filter(|(name, _)| *name != http::header::HOST) {
            outgoing = outgoing.header(name, value);
        }
        let outgoing = outgoing.body(SdkBody::from(request.body().clone())).map_err(|error| ConnectorError::user(Box::new(error)))?;
        let outgoing = HttpRequest::try_from(outgoing).map_err(|error| ConnectorError::user(Box::new(error)))?;
        let _waiting = self.time.wait();
        let answer = self.http.call(outgoing).await?;
        let (parts, body) = answer.try_into_http1x().map_err(|error| ConnectorError::other(error.into(), None))?.into_parts();
        let collected = aws_smithy_types::byte_stream::ByteStream::new(body).collect().await;
        let bytes = collected.map_err(|error| ConnectorError::io(Box::new(error)))?.into_bytes();
        Ok(Response::from_parts(parts, bytes))
    }
}
