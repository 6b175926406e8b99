use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

/// The image that is run where no endpoint is given: the last release that needs no token.
pub const IMAGE: &str = "localstack/localstack:4.14.0";

/// A LocalStack of our own, for as long as this lives.
#[derive(Debug)]
pub struct Container {
    id: String,
    endpoint: String,
}

const PATIENCE: Duration = Duration::from_secs(90);

impl Container {
    /// Starts one with Docker, from an image that is there already.
    ///
    /// # Errors
    /// Why there is none: no Docker, no image, or no sign of life.
    pub fn start() -> Result<Self, String> {
        docker(&["info", "--format", "{{.ServerVersion}}"]).map_err(|error| format!("Docker does not run here: {error}"))?;
        docker(&["image", "inspect", IMAGE]).map_err(|_| format!("the image {IMAGE} is not here"))?;
        let services = ["-e", "SERVICES=events,sqs,dynamodb,scheduler", "-e", "EAGER_SERVICE_LOADING=1"];
        let run = ["run", "--detach", "--rm", "--pull=never", "--publish", "127.0.0.1::4566"];
        let id = docker(&[&run[..], &services[..], &[IMAGE]].concat())?;
        let mut container = Self { id, endpoint: String::new() };
        let port = docker(&["port", &container.id, "4566/tcp"])?;
        let address = port.lines().next().unwrap_or_default().to_owned();
        container.endpoint = format!("http://{address}");
        container.wait(&address)?;
        Ok(container)
    }

    /// Its base URL.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    #[expect(clippy::disallowed_methods, reason = "a container starts in real time")]
    fn wait(&self, address: &str) -> Result<(), String> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if TcpStream::connect(address).is_ok() && docker(&["logs", &self.id]).is_ok_and(|log| log.contains("Ready.")) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(250));
        }
        Err(format!("LocalStack was not ready after {} s", PATIENCE.as_secs()))
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // It is removed when it stops; where even that fails, there is nobody left to tell.
        let _stopped = docker(&["kill", &self.id]);
    }
}

fn docker(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("docker").args(arguments).output().map_err(|error| format!("docker: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        let (out, log) = (text(&output.stdout), text(&output.stderr));
        Ok(if out.is_empty() { log } else { out })
    } else {
        Err(text(&output.stderr).lines().next_back().unwrap_or("docker failed").to_owned())
    }
}
