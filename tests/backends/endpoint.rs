//! LocalStack for a test: at AWS_ENDPOINT_URL, or in a container of our own where Docker runs and
//! has the image. Where there is neither, nothing is tested, and that is said.

use std::process::ExitCode;

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

/// Runs the trials of an endpoint, one after the other, because they share it.
pub fn run(name: &str, trials: impl FnOnce(&str) -> Vec<Trial>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (endpoint, container) = match open(&runtime) {
        Ok(opened) => opened,
        Err(reason) => {
            println!("NOT RUN: {name}: {reason}");
            return ExitCode::SUCCESS;
        }
    };
    let verdict = libtest_mimic::run(&arguments, trials(&endpoint)).exit_code();
    if let Some(container) = container
        && let Err(error) = runtime.block_on(container.rm())
    {
        println!("the container of LocalStack could not be removed: {error}");
    }
    verdict
}

/// An endpoint, and the container that it is in, if it was started for this.
fn open(runtime: &Runtime) -> Result<(String, Option<ContainerAsync<GenericImage>>), String> {
    if let Ok(endpoint) = std::env::var("AWS_ENDPOINT_URL") {
        return Ok((endpoint, None));
    }
    let (name, tag) = IMAGE;
    let known = std::process::Command::new("docker")
        .args(["image", "inspect", &format!("{name}:{tag}")])
        .output();
    if !known.is_ok_and(|output| output.status.success()) {
        return Err(format!(
            "Docker does not run here, or has no image {name}:{tag}"
        ));
    }
    let image = GenericImage::new(name, tag)
        .with_exposed_port(4566.tcp())
        .with_wait_for(WaitFor::message_on_stdout("Ready."));
    let image = image
        .with_env_var("SERVICES", "events,sqs,dynamodb,scheduler")
        .with_env_var("EAGER_SERVICE_LOADING", "1");
    runtime.block_on(async {
        let container = image.start().await.map_err(|error| error.to_string())?;
        let port = container
            .get_host_port_ipv4(4566)
            .await
            .map_err(|error| error.to_string())?;
        Ok((format!("http://127.0.0.1:{port}"), Some(container)))
    })
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
