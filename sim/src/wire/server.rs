use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response};
use tokio::net::TcpListener;

use super::connection::{self, Body, Unanswered, plain};
use super::control;
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
                    tokio::task::spawn_local(connection::serve(stream, move |request| answer(Rc::clone(&shared), request)));
                }
                // Too many open files, most likely: they will be closed.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        }
    }
}

async fn answer(shared: Rc<Shared>, request: Request<Bytes>) -> Result<Response<Body>, Unanswered> {
    Ok(match control::answer(&shared, &request).await {
        Some(response) => response,
        None => plain(shared.answer(&request).await),
    })
}
