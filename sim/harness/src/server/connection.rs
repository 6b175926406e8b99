//! One HTTP/1.1 server for all that listens here: bounded in size, in connections and in time.

use std::convert::Infallible;
use std::fmt;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt, Stream};
use http::request::Parts;
use http::uri::Authority;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::REQUEST_BYTES_MAX;
use super::error::ServerError;
use simulated_cloud::api::error::ServiceError;
use simulated_cloud::api::error_answer;

/// Bytes that come in pieces.
pub type Lines = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>>>>;

/// The body of an answer.
pub type Body = Either<Full<Bytes>, StreamBody<Lines>>;

/// The client gets no answer: the connection is closed.
#[derive(Clone, Copy, Debug)]
pub struct Unanswered;

impl fmt::Display for Unanswered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is closed without an answer")
    }
}

impl std::error::Error for Unanswered {}

/// Listens on a port of this machine, 0 for a free one. Nobody else is let in: there is no
/// authentication.
///
/// # Errors
/// The port is taken.
pub async fn listen(port: u16) -> Result<TcpListener, ServerError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            ErrorKind::AddrInUse => ServerError::PortTaken(port),
            _ => ServerError::Bind { address, source },
        })
}

/// Connections that are open at once at most. One more waits until another one ends.
const CONNECTIONS_MAX: usize = 1_024;
/// How long a client may take for the head of a request, the time before its first byte included,
/// and then for its body.
const READ_LIMIT: Duration = Duration::from_secs(60);

/// Serves every connection, for ever. Must be polled inside a `LocalSet`.
pub async fn accept<F>(
    listener: &TcpListener,
    answer: impl Fn(Request<Bytes>) -> F + Clone + 'static,
) where
    F: Future<Output = Result<Response<Body>, Unanswered>> + 'static,
{
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        match listener.accept().await {
            Ok((stream, _)) => {
                let serve = serve(stream, Some(READ_LIMIT), answer.clone());
                tokio::task::spawn_local(async move {
                    serve.await;
                    drop(place);
                });
            }
            // Too many open files, most likely: they will be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Serves one connection to its end. Requests come whole, each part within `limit` where there is
/// one; what is too large, too slow, or a web page's, is refused here.
pub async fn serve<F>(
    stream: TcpStream,
    limit: Option<Duration>,
    answer: impl Fn(Request<Bytes>) -> F,
) where
    F: Future<Output = Result<Response<Body>, Unanswered>>,
{
    // Answers are small and awaited: they must not wait for company.
    let _unimportant = stream.set_nodelay(true);
    let answer = &answer;
    let service = service_fn(|request| async move {
        let answered = AssertUnwindSafe(read_and(request, limit, answer))
            .catch_unwind()
            .await;
        answered.unwrap_or_else(|_| {
            let error = ServiceError::client(
                "InternalFailure",
                "The simulated cloud failed: this is a mistake in it.",
            );
            Ok(plain(error_answer(
                &ServiceError {
                    status: 500,
                    ..error
                },
                "internal-failure",
            )))
        })
    });
    // A client that goes away, or speaks no HTTP, concerns nobody else.
    let mut http = http1::Builder::new();
    if let Some(limit) = limit {
        http.timer(TokioTimer::new()).header_read_timeout(limit);
    }
    let _ended = http.serve_connection(TokioIo::new(stream), service).await;
}

async fn read_and<F>(
    request: Request<Incoming>,
    limit: Option<Duration>,
    answer: impl Fn(Request<Bytes>) -> F,
) -> Result<Response<Body>, Unanswered>
where
    F: Future<Output = Result<Response<Body>, Unanswered>>,
{
    let (parts, body) = request.into_parts();
    if is_of_a_web_page(&parts) {
        let error = ServiceError::client(
            "AccessDeniedException",
            "Web pages have no access to the simulated cloud.",
        );
        return Ok(plain(error_answer(
            &ServiceError {
                status: 403,
                ..error
            },
            "refused",
        )));
    }
    let body = Limited::new(body, REQUEST_BYTES_MAX).collect();
    let body = match limit {
        None => body.await,
        Some(limit) => tokio::time::timeout(limit, body)
            .await
            .map_err(|_| Unanswered)?,
    };
    match body {
        Ok(body) => answer(Request::from_parts(parts, body.to_bytes())).await,
        Err(error) => Ok(plain(unreadable(
            error.is::<LengthLimitError>(),
            &error.to_string(),
        ))),
    }
}

/// Whether a browser sends this for a page: with an origin, as an image or a link from elsewhere,
/// or by a name that is not this machine's.
fn is_of_a_web_page(parts: &Parts) -> bool {
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let is_embedded = header("sec-fetch-site").is_some_and(|site| site != "none");
    let is_local = parts
        .headers
        .get_all("host")
        .iter()
        .all(|host| host.to_str().is_ok_and(is_this_machine));
    parts.headers.contains_key("origin")
        || is_embedded
        || parts.method == Method::OPTIONS
        || !is_local
}

/// Whether a `Host` header names this machine: `localhost`, a name below it (which never leaves the
/// machine, RFC 6761), or an address that loops back. Other names may lead here too, and are pages'
/// of somebody else.
fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name)
        .parse::<IpAddr>();
    let is_local_name = || {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        name == "localhost" || name.ends_with(".localhost")
    };
    // The library takes what stands before an `@` for a user, and leaves out what stands after a
    // bracket.
    let is_whole = host
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
    is_whole
        && address.map_or_else(
            |_| is_local_name(),
            |address| address.to_canonical().is_loopback(),
        )
}

fn unreadable(is_too_large: bool, reason: &str) -> Response<Bytes> {
    let error = if is_too_large {
        let message = format!("The request is larger than {REQUEST_BYTES_MAX} bytes.");
        let error = ServiceError::client("RequestEntityTooLargeException", message);
        ServiceError {
            status: StatusCode::PAYLOAD_TOO_LARGE.as_u16(),
            ..error
        }
    } else {
        ServiceError::client("SerializationException", reason)
    };
    error_answer(&error, "unread")
}

/// An answer that is there at once.
pub fn plain(response: Response<Bytes>) -> Response<Body> {
    response.map(|bytes| Either::Left(Full::new(bytes)))
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn a_host_is_this_machine_by_its_address_or_by_a_name_that_never_leaves_it() {
        for host in [
            "localhost",
            "LocalHost:4566",
            "sqs.us-east-1.localhost:4566",
            "localhost.",
            "127.0.0.1:1",
            "127.8.9.1",
            "[::1]:80",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "127.evil.example",
            "127.0.0.1.nip.io",
            "127.0.0.1.",
            "127.1",
            "0x7f.0.0.1",
            "evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "localhost@evil.example",
            "evil.example@localhost",
            "[::1].evil.example",
            "[::2]",
            "0.0.0.0",
            "10.0.0.1",
            "",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
