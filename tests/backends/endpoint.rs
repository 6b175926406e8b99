//! LocalStack for a test: at AWS_ENDPOINT_URL, or in containers of our own where Docker runs and has
//! the image. Where there is neither, nothing is tested, and that is said.

use std::error::Error;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use alchemiser::aws::AwsSetup;
use alchemiser_binding::endpoint::clients_of;
use aws_smithy_http_client::Builder;
use libtest_mimic::{Arguments, Failed, Trial};
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};
use tokio::runtime::Runtime;

/// The last release that needs no token; `docker-compose.yml` has the same.
const IMAGE: (&str, &str) = ("localstack/localstack", "4.14.0");

/// How many containers run at a time, where there are as many cores.
const MOST: usize = 4;

/// Runs trials, each of which has an endpoint for itself: as many at a time as there are endpoints.
pub fn run(name: &str, trials: impl FnOnce(&Arc<Endpoints>) -> Vec<Trial>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let opened = match open(&runtime) {
        Ok(opened) => opened,
        Err(reason) => {
            println!("NOT RUN: {name}: {reason}");
            return ExitCode::SUCCESS;
        }
    };
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(opened.len());
    let (endpoints, containers): (_, Vec<_>) = opened.into_iter().unzip();
    let endpoints = Arc::new(Endpoints(Mutex::new(endpoints)));
    let verdict = libtest_mimic::run(&arguments, trials(&endpoints)).exit_code();
    for container in containers.into_iter().flatten() {
        if let Err(error) = runtime.block_on(container.rm()) {
            println!("the container of LocalStack could not be removed: {error}");
        }
    }
    verdict
}

/// The endpoints that no trial is at.
pub struct Endpoints(Mutex<Vec<String>>);

impl Endpoints {
    /// Takes one until it is dropped.
    pub fn take(self: &Arc<Self>) -> Endpoint {
        let url = self.free().pop();
        Endpoint {
            url: url.expect("there are as many endpoints as threads"),
            of: Arc::clone(self),
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An endpoint that one trial has for itself.
pub struct Endpoint {
    /// Where it is.
    pub url: String,
    of: Arc<Endpoints>,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.of.free().push(std::mem::take(&mut self.url));
    }
}

/// An endpoint, and the container that it is in, if it was started for this.
type Opened = (String, Option<ContainerAsync<GenericImage>>);

fn open(runtime: &Runtime) -> Result<Vec<Opened>, Box<dyn Error>> {
    if let Ok(endpoint) = std::env::var("AWS_ENDPOINT_URL") {
        return Ok(vec![(endpoint, None)]);
    }
    let (name, tag) = IMAGE;
    let known = std::process::Command::new("docker")
        .args(["image", "inspect", &format!("{name}:{tag}")])
        .output();
    if !known.is_ok_and(|output| output.status.success()) {
        return Err(format!("Docker does not run here, or has no image {name}:{tag}").into());
    }
    let mut opened = Vec::new();
    for _ in 0..available_parallelism()?.get().min(MOST) {
        let image = GenericImage::new(name, tag)
            .with_exposed_port(4566.tcp())
            .with_wait_for(WaitFor::message_on_stdout("Ready."))
            .with_env_var("SERVICES", "events,sqs,dynamodb,scheduler")
            .with_env_var("EAGER_SERVICE_LOADING", "1");
        let container = runtime.block_on(image.start())?;
        let port = runtime.block_on(container.get_host_port_ipv4(4566))?;
        opened.push((format!("http://127.0.0.1:{port}"), Some(container)));
    }
    Ok(opened)
}

/// Clients of the endpoint that try once.
pub fn clients(endpoint: &str) -> AwsSetup {
    clients_of(endpoint, Builder::new().build_http(), "us-east-1", 1)
}

/// Waits for a trial that calls AWS.
pub fn block_on(trial: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(trial)
}
