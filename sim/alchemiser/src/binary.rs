//! The production system as the program that is deployed: a process in a folder of its own, which
//! reaches the world over sockets and lives on the machine's clock.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::trading::Mailbox;
use harness::function::{ColdStartError, Event, FunctionCode, Handler, HandlerError};
use harness::ports::{FunctionPorts, LogSink, SocketPorts};
use lambda_host::{Host, HostedFunction, OutputLine};
use simulated_cloud::lambda::InvocationResult;

/// The mail server's certificate, in the package.
const CERTIFICATE: &str = "mail.pem";

/// The program, with its strategy files.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Lambda's `bootstrap`.
    pub path: PathBuf,
    /// File name to text.
    pub strategies: BTreeMap<String, String>,
    /// The mail server's certificate, PEM.
    pub mail_certificate: String,
}

/// Why there is no program to run.
#[derive(Debug, thiserror::Error)]
pub enum BinaryError {
    /// The operating system does not say where this program is.
    #[error("where this program is: {0}")]
    OwnPath(io::Error),
    /// It was not built.
    #[error("there is no program `bootstrap` beside {}: cargo build --bin bootstrap", .0.display())]
    NotBuilt(PathBuf),
}

/// Why a program does not start in an execution environment.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("a program needs a world with sockets")]
    NoSockets,
    #[error("the package cannot be unpacked: {0}")]
    Package(io::Error),
    #[error("the world has no mail server")]
    NoMail,
}

impl Binary {
    /// The program that was built beside the one that runs now.
    ///
    /// # Errors
    /// It was not built.
    pub fn of_this_build(
        strategies: BTreeMap<String, String>,
        mail_certificate: String,
    ) -> Result<Self, BinaryError> {
        let here = std::env::current_exe().map_err(BinaryError::OwnPath)?;
        // Tests are in a folder below the one of programs.
        let folders = here.ancestors().skip(1).take(2);
        let path = folders
            .map(|folder| folder.join("bootstrap"))
            .find(|path| path.is_file());
        let path = path.ok_or(BinaryError::NotBuilt(here))?;
        Ok(Self {
            path,
            strategies,
            mail_certificate,
        })
    }

    /// Its package: what `LAMBDA_TASK_ROOT` holds.
    fn unpack(&self) -> io::Result<TempDir> {
        let package = tempfile::Builder::new().prefix("alchemiser-").tempdir()?;
        let strategies = package.path().join("strategies");
        std::fs::create_dir(&strategies)?;
        for (name, text) in &self.strategies {
            std::fs::write(strategies.join(name), text)?;
        }
        std::fs::write(package.path().join(CERTIFICATE), &self.mail_certificate)?;
        Ok(package)
    }
}

impl FunctionCode for Binary {
    fn cold_start(&self, ports: FunctionPorts) -> Result<Box<dyn Handler>, ColdStartError> {
        let sockets = ports.sockets.ok_or(StartError::NoSockets)?;
        let package = self.unpack().map_err(StartError::Package)?;
        let mut environment = ports.environment;
        environment.extend(reaching(&sockets)?);
        let function = HostedFunction {
            environment,
            task_root: Path::to_path_buf(package.path()),
            region: ports.region,
            ..HostedFunction::new("the-alchemiser", &self.path)
        };
        Ok(Box::new(Warm {
            host: Host::new(function),
            log: sockets.log,
            _package: package,
        }))
    }
}

/// The settings that lead it to the world.
fn reaching(sockets: &SocketPorts) -> Result<[(String, String); 6], StartError> {
    let base = format!("http://{}", sockets.http);
    let mail = sockets
        .streams
        .get(Mailbox::NAME)
        .ok_or(StartError::NoMail)?;
    let settings = [
        ("AWS_ENDPOINT_URL", base.clone()),
        ("ALPACA__ENDPOINT", base.clone()),
        ("ALPACA__DATA_ENDPOINT", base),
        ("EMAIL__SMTP_SERVER", "localhost".to_owned()),
        ("EMAIL__SMTP_PORT", mail.port().to_string()),
        ("EMAIL__CA_FILE", CERTIFICATE.to_owned()),
    ];
    Ok(settings.map(|(name, value)| (name.to_owned(), value)))
}

struct Warm {
    host: Host,
    log: Arc<dyn LogSink>,
    _package: TempDir,
}

impl Warm {
    fn tell(&self) {
        for line in self.host.take_lines() {
            let (level, message, fields) = read(line);
            self.log.write(level, message, fields);
        }
    }
}

/// A process that is killed has told something before.
impl Drop for Warm {
    fn drop(&mut self) {
        self.tell();
    }
}

/// A JSON line in its parts; another one is a message as it is.
fn read(line: OutputLine) -> (String, String, Value) {
    let Ok(mut fields) = serde_json::from_str::<Map<String, Value>>(&line.text) else {
        return ("INFO".to_owned(), line.text, Value::Object(Map::new()));
    };
    let mut take = |name: &str| match fields.remove(name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (level, message) = (take("level"), take("message"));
    (level, message, Value::Object(fields))
}

#[async_trait]
impl Handler for Warm {
    async fn handle(&mut self, event: Event<'_>) -> Result<Value, HandlerError> {
        let invoked = self
            .host
            .invoke(event.text, event.request_id, event.timeout)
            .await;
        self.tell();
        let failed = |error_type: &str, message: String| HandlerError::Failed {
            error_type: error_type.to_owned(),
            message,
        };
        match invoked
            .map_err(|error| {
                failed(
                    "Sim.NoRuntimeApi",
                    format!("the Runtime API cannot be served: {error}"),
                )
            })?
            .result
        {
            InvocationResult::Success(answer) => Ok(answer),
            InvocationResult::Failed {
                error_type,
                message,
            } => Err(failed(&error_type, message)),
            InvocationResult::TimedOut => Err(HandlerError::TimedOut),
            InvocationResult::Crashed => Err(HandlerError::Exited),
        }
    }
}
