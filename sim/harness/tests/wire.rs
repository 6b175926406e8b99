//! The simulated cloud on a real socket: the AWS SDK's own clients, and requests that no client
//! would send.

#[path = "wire/fuzz.rs"]
mod fuzz;
#[path = "wire/sdk.rs"]
mod sdk;

use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;

use harness::server::{FunctionHost, Server, WireSetup};
use serde_json::Value;
use simulated_cloud::knobs::Knobs;
use simulated_cloud::stack::{Account, Stack};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

/// A server on a free port. It makes progress while [`Served::block_on`] runs.
struct Served {
    runtime: Runtime,
    tasks: LocalSet,
    address: SocketAddr,
}

fn account() -> Account {
    Account {
        stack: "wire".to_owned(),
        ..Account::default()
    }
}

impl Served {
    fn new(stack: Stack, host: Rc<dyn FunctionHost>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let tasks = LocalSet::new();
        let knobs = Knobs {
            unknown_roles_may_everything: true,
            ..Knobs::default()
        };
        let setup = WireSetup {
            stack,
            account: account(),
            knobs,
            seed: 1,
        };
        let server = tasks
            .block_on(&runtime, Server::bind(0, setup, host))
            .expect("a free port");
        let address = server.address();
        tasks.spawn_local(async move { server.run().await });
        Self {
            runtime,
            tasks,
            address,
        }
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.tasks.block_on(&self.runtime, future)
    }
}

/// What came back over the socket.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

/// Sends a request and reads what comes until the server closes.
async fn exchange(address: SocketAddr, request: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).await.expect("the server lives");
    // A server that refuses early may close before it has read everything.
    let _sent = stream.write_all(request).await;
    read(stream).await
}

/// Sends bytes and nothing more.
async fn throw(address: SocketAddr, bytes: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).await.expect("the server lives");
    let _sent = stream.write_all(bytes).await;
    let _closed = stream.shutdown().await;
    read(stream).await
}

async fn read(mut stream: TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    let _read = stream.read_to_end(&mut bytes).await;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer {
        status,
        head,
        body: bytes[end + 4..].to_vec(),
    })
}

/// A request as it goes over the wire; the connection ends with the answer.
fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        bytes += &format!("{name}: {value}\r\n");
    }
    bytes += "\r\n";
    let mut bytes = bytes.into_bytes();
    bytes.extend(body);
    bytes
}

async fn advance(address: SocketAddr, seconds: u32) -> Value {
    let body = format!("{{\"seconds\":{seconds}}}");
    exchange(
        address,
        &request("POST", "/_sim/clock/advance", &[], body.as_bytes()),
    )
    .await
    .expect("an answer")
    .json()
}
