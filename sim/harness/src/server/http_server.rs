use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response};
use tokio::net::TcpListener;

use super::connection::{self, Body, Unanswered, plain};
use super::control;
use super::error::ServerError;
use super::host::FunctionHost;
use super::shared::{Shared, WireSetup};

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
    pub async fn bind(
        port: u16,
        setup: WireSetup,
        host: Rc<dyn FunctionHost>,
    ) -> Result<Self, ServerError> {
        let listener = connection::listen(port).await?;
        let address = listener.local_addr().map_err(ServerError::Address)?;
        let shared = Rc::new(Shared::new(setup, format!("http://{address}"), host)?);
        Ok(Self {
            listener,
            address,
            shared,
        })
    }

    /// Refuses what adds something once the cloud holds more than so many bytes.
    pub fn limit_memory(&self, bytes: u64) {
        self.shared.memory.limit(bytes);
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves, for ever. Must be polled inside a `LocalSet`.
    pub async fn run(&self) {
        let shared = Rc::clone(&self.shared);
        let accept = connection::accept(&self.listener, move |request| {
            answer(Rc::clone(&shared), request)
        });
        tokio::join!(self.shared.keep_time(), accept);
    }
}

async fn answer(shared: Rc<Shared>, request: Request<Bytes>) -> Result<Response<Body>, Unanswered> {
    Ok(match control::answer(&shared, &request).await {
        Some(response) => response,
        None => plain(shared.answer(&request).await),
    })
}
