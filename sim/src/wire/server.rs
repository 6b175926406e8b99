use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;

use bytes::Bytes;
use futures::{FutureExt, Stream};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::REQUEST_BYTES_MAX;
use super::control;
use super::host::FunctionHost;
use super::shared::{Shared, WireSetup};
use crate::cloud::error::ServiceError;
use crate::cloud::wire::error_answer;

/// Bytes that come in pieces.
pub(super) type Lines = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>>>>;

/// The body of an answer.
pub(super) type Body = Either<Full<Bytes>, StreamBody<Lines>>;

/// A cloud on a port of the loopback interface.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    shared: Rc<Shared>,
}

impl Server {
    /// Takes the port (0 for a free one), and makes the cloud.
    ///
    /// # Errors
    /// The port is taken, or AWS would refuse what is to be there from the start.
    pub async fn bind(port: u16, setup: WireSetup, host: Rc<dyn FunctionHost>) -> Result<Self, String> {
        // Nobody but this machine: there is no authentication.
        let asked = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(asked).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("port {port} is taken by another program; end that, or choose another one with --port (0 takes any free one)")
            }
            _ => format!("{asked}: {error}"),
        })?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let shared = Rc::new(Shared::new(setup, format!("http://{address}"), host)?);
        Ok(Self { listener, address, shared })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves, for ever. Must be polled inside a `LocalSet`.
    pub async fn run(&self) {
        tokio::join!(self.shared.keep_time(), self.accept());
    }

    async fn accept(&self) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let shared = Rc::clone(&self.shared);
                    tokio::task::spawn_local(connection(shared, stream));
                }
                // Too many open files, most likely: they will be closed.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        }
    }
}

async fn connection(shared: Rc<Shared>, stream: TcpStream) {
    // Answers are small and awaited: they must not wait for company.
    let _unimportant = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let shared = Rc::clone(&shared);
        async move { Ok::<_, Infallible>(respond(&shared, request).await) }
    });
    // A client that goes away, or speaks no HTTP, concerns nobody else.
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(shared: &Rc<Shared>, request: Request<Incoming>) -> Response<Body> {
    let answer = AssertUnwindSafe(answer(shared, request)).catch_unwind().await;
    answer.unwrap_or_else(|_| {
        let error = ServiceError::client("InternalFailure", "The simulated cloud failed: this is a mistake in it.");
        plain(error_answer(&ServiceError { status: 500, ..error }, "internal-failure"))
    })
}

async fn answer(shared: &Rc<Shared>, request: Request<Incoming>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if parts.headers.contains_key("origin") || parts.method == Method::OPTIONS {
        let error = ServiceError::client("AccessDeniedException", "Web pages have no access to the simulated cloud.");
        return plain(error_answer(&ServiceError { status: 403, ..error }, "refused"));
    }
    let body = match Limited::new(body, REQUEST_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return plain(unreadable(error.is::<LengthLimitError>(), &error.to_string())),
    };
    let request = Request::from_parts(parts, body);
    match control::answer(shared, &request).await {
        Some(response) => response,
        None => plain(shared.answer(&request).await),
    }
}

fn unreadable(is_too_large: bool, reason: &str) -> Response<Bytes> {
    let error = if is_too_large {
        let message = format!("The request is larger than {REQUEST_BYTES_MAX} bytes.");
        let error = ServiceError::client("RequestEntityTooLargeException", message);
        ServiceError { status: StatusCode::PAYLOAD_TOO_LARGE.as_u16(), ..error }
    } else {
        ServiceError::client("SerializationException", reason)
    };
    error_answer(&error, "unread")
}

pub(super) fn plain(response: Response<Bytes>) -> Response<Body> {
    response.map(|bytes| Either::Left(Full::new(bytes)))
}
