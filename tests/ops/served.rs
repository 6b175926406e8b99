//! The simulated cloud on a port, and the program that looks after it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Output, Stdio};
use std::rc::Rc;
use std::sync::mpsc::channel;
use std::time::Duration;

use alchemiser::aws::{AwsSetup, connector};
use async_trait::async_trait;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::http_client_fn;
use harness::server::{FunctionHost, Server, WireSetup};
use serde_json::{Value, json};
use simulated_cloud::knobs::Knobs;
use simulated_cloud::lambda::{Invocation, InvocationResult};
use simulated_cloud::stack::Account;
use simulated_cloud::template::load;
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

/// A function that fails on whatever names a doomed workflow.
#[derive(Debug)]
struct Doom;

#[async_trait(?Send)]
impl FunctionHost for Doom {
    async fn invoke(&self, invocation: &Invocation, _endpoint: &str) -> InvocationResult {
        let payload: Value = serde_json::from_str(&invocation.payload).expect("a JSON payload");
        let (detail, observed) = (
            &payload["detail"]["correlation_id"],
            &payload["observe"]["detail"]["correlation_id"],
        );
        let is_doomed = detail.as_str().is_some_and(|id| id.starts_with("doomed"))
            || observed == "doomed-twice";
        if is_doomed {
            return InvocationResult::Failed {
                error_type: "BrokerUnavailable".to_owned(),
                message: "the broker answered 503".to_owned(),
            };
        }
        InvocationResult::Success(json!({"status": "success"}))
    }
}

/// A cloud with the template's stack in it, until the test ends.
pub struct Served {
    address: SocketAddr,
    /// For calls of the test itself.
    pub aws: AwsSetup,
    runtime: Runtime,
}

impl Served {
    /// Serves on a thread of its own, because the program is waited for on this one.
    #[expect(
        clippy::disallowed_methods,
        reason = "a server in real time beside the test"
    )]
    pub fn new() -> Self {
        let (tell, told) = channel();
        std::thread::spawn(move || {
            let runtime = Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            LocalSet::new().block_on(&runtime, async {
                let server = Server::bind(0, setup(), Rc::new(Doom))
                    .await
                    .expect("a free port");
                tell.send(server.address()).expect("the test waits");
                server.run().await;
            });
        });
        let address = told.recv().expect("the server starts");
        let http = connector();
        let aws = AwsSetup {
            http: http_client_fn(move |_, _| http.clone()),
            credentials: AwsSetup::static_credentials("test", "test"),
            region: "us-east-1".to_owned(),
            time: SharedTimeSource::default(),
            endpoint: Some(format!("http://{address}")),
            attempts: 1,
        };
        Self {
            address,
            aws,
            runtime: Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
        }
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Lets time jump, and all happen that is due.
    pub fn advance(&self, seconds: u32) {
        let body = format!("{{\"seconds\":{seconds}}}");
        let mut stream = TcpStream::connect(self.address).expect("the server lives");
        let head = format!(
            "POST /_sim/clock/advance HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream
            .write_all(format!("{head}{body}").as_bytes())
            .expect("the server reads");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("the server answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    fn command(endpoint: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ops"));
        command
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .current_dir(env!("CARGO_TARGET_TMPDIR"));
        command.envs([
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
        ]);
        command
    }

    /// Runs the program against another AWS.
    pub fn run_against(endpoint: &str, arguments: &[&str]) -> Output {
        Self::command(endpoint, arguments)
            .output()
            .expect("the program runs")
    }

    /// The program with these arguments, not yet started.
    pub fn start(&self, arguments: &[&str]) -> Command {
        Self::command(&self.endpoint(), arguments)
    }

    /// Runs the program and gives what it wrote and its exit code.
    pub fn run(&self, arguments: &[&str]) -> Output {
        Self::run_against(&self.endpoint(), arguments)
    }

    /// Runs the program while the cloud's time goes ten times as fast.
    pub fn run_in_haste(&self, arguments: &[&str]) -> Output {
        let mut child = Self::command(&self.endpoint(), arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        while child.try_wait().expect("the child can be asked").is_none() {
            std::thread::sleep(Duration::from_millis(200));
            self.advance(2);
        }
        child.wait_with_output().expect("the program has ended")
    }

    /// The object that the program prints with `--json`; it must succeed.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            written(&output)
        );
        serde_json::from_slice(&output.stdout).expect("one JSON object")
    }
}

fn setup() -> WireSetup {
    let account = Account {
        stack: "alchemiser".to_owned(),
        ..Account::default()
    };
    let stack = load(
        "template.yaml",
        include_str!("../../template.yaml"),
        &BTreeMap::new(),
        &account,
    )
    .expect("a sound template");
    WireSetup {
        stack,
        account,
        knobs: Knobs {
            unknown_roles_may_everything: true,
            ..Knobs::default()
        },
        seed: 1,
    }
}

/// Everything that a run of the program wrote, as a person sees it, with its exit code.
pub fn written(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{}{}[exit {}]\n",
        text(&output.stdout),
        text(&output.stderr),
        output.status.code().expect("it ended by itself")
    )
}
