//! The scenarios with AWS played by LocalStack, whose histories must be those of the simulated
//! cloud, and the operator's program against it: at AWS_ENDPOINT_URL, or in a container of our own
//! where Docker runs and has the image. Where there is neither, nothing is tested, and that is
//! said.

#[path = "support/limits.rs"]
mod limits;
#[path = "support/operator.rs"]
mod operator;

use std::process::ExitCode;
use std::sync::Arc;

use alchemiser::aws::AwsSetup;
use alchemiser_sim::endpoint::clients_of;
use alchemiser_sim::report::{difference, failure};
use alchemiser_sim::run::Backend;
use alchemiser_sim::run::run_on;
use alchemiser_sim::scenario::{Capability, Library, load_scenario};
use aws_smithy_http_client::Builder;
use libtest_mimic::{Arguments, Failed, Trial};
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};
use tokio::runtime::Runtime;

/// The last release that needs no token; `docker-compose.yml` has the same.
const IMAGE: (&str, &str) = ("localstack/localstack", "4.14.0");

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // They share one endpoint.
    arguments.test_threads = Some(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (endpoint, container) = match open(&runtime) {
        Ok(opened) => opened,
        Err(reason) => {
            println!("NOT RUN: the LocalStack tests: {reason}");
            return ExitCode::SUCCESS;
        }
    };
    let mut trials = trials(&Backend::Endpoint(endpoint.clone()));
    trials.extend(limits::trials(&endpoint));
    trials.extend(operator::trials(&endpoint));
    let verdict = libtest_mimic::run(&arguments, trials).exit_code();
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

fn trials(backend: &Backend) -> Vec<Trial> {
    let library = Arc::new(Library::of_this_project().expect("the project's files are there"));
    let files = library
        .scenario_files()
        .expect("the scenario folder can be read");
    let trial = |(name, path): (String, std::path::PathBuf)| {
        let loaded = load_scenario(&library, &path, &name).expect("the scenario is sound");
        let missing = backend.missing(&loaded.scenario);
        let kind = missing
            .iter()
            .map(|need| Capability::name(*need))
            .collect::<Vec<_>>()
            .join(", ");
        let ignored = loaded.scenario.long || !missing.is_empty();
        let (library, backend) = (Arc::clone(&library), backend.clone());
        let test = move || {
            let run = run_on(&backend, &library, &loaded, 1)
                .map_err(|mistake| Failed::from(mistake.to_string()))?;
            if !run.passed() {
                return Err(Failed::from(failure(&run)));
            }
            let inside = run_on(&Backend::Virtual, &library, &loaded, 1)
                .map_err(|mistake| Failed::from(mistake.to_string()))?;
            let lines = difference(("virtual", &inside.journal), ("localstack", &run.journal));
            if lines.is_empty() {
                Ok(())
            } else {
                Err(Failed::from(lines.join("\n")))
            }
        };
        // Those that LocalStack cannot carry are listed as ignored, with what they need.
        let kind = if !missing.is_empty() {
            format!("needs {kind}")
        } else {
            String::new()
        };
        Trial::test(name, test)
            .with_kind(kind)
            .with_ignored_flag(ignored)
    };
    files.into_iter().map(trial).collect()
}

/// Clients of the endpoint that try once.
fn endpoint_clients(endpoint: &str) -> AwsSetup {
    clients_of(endpoint, Builder::new().build_http(), "us-east-1", 1)
}

fn block_on(trial: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(trial)
}
