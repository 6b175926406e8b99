//! The Lambda function: the trading system on the machine's own clock, randomness and sockets.
//!
//! A cold start that fails is told to Lambda as an init error, which names every wrong setting.

use std::collections::BTreeMap;
use std::io::stdout;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use alchemiser::app::{Ports, build, load_strategies};
use alchemiser::aws::{AwsSetup, connector};
use alchemiser::clock::SystemClock;
use alchemiser::config::Settings;
use alchemiser::id::RandomTokens;
use alchemiser::logging::json_lines;
use alchemiser::notification::TcpDialer;
use alchemiser::payload::Payload;
use alchemiser::router::Router;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

/// Strategy files are in this folder of the package.
const STRATEGIES: &str = "strategies";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let environment = environment();
    let http = connector();
    let router = match cold_start(&environment, http.clone()).await {
        Ok(router) => router,
        Err(problem) => return give_up(&environment, &http, &problem).await,
    };
    let router = &router;
    let served = lambda_runtime::run(service_fn(|event| answer(router, event)));
    match served.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the runtime API cannot be used");
            ExitCode::FAILURE
        }
    }
}

/// Answers one event; an error goes to Lambda by its class. Boxed, because the runtime wraps it
/// many times.
fn answer<'a>(
    router: &'a Router,
    event: LambdaEvent<Payload<'static>>,
) -> BoxFuture<'a, Result<Value, Diagnostic>> {
    async move {
        let answer = router
            .handle(event.payload, &event.context.request_id)
            .await;
        answer.map_err(|error| Diagnostic {
            error_type: error.class().to_owned(),
            error_message: error.to_string(),
        })
    }
    .boxed()
}

/// The environment variables. One that is no Unicode is none of ours.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Builds the router over real ports.
async fn cold_start(
    environment: &BTreeMap<String, String>,
    http: SharedHttpConnector,
) -> Result<Router, String> {
    let settings = Settings::from_environment(environment);
    let level = settings
        .as_ref()
        .map_or(LevelFilter::INFO, |settings| settings.log_level);
    tracing::subscriber::set_global_default(json_lines(level, Arc::new(SystemClock), stdout))
        .map_err(|error| error.to_string())?;
    let settings = settings.map_err(|error| error.to_string())?;
    let root = environment
        .get("LAMBDA_TASK_ROOT")
        .map_or_else(|| PathBuf::from("."), PathBuf::from);
    let read = |name: &str| std::fs::read_to_string(root.join(STRATEGIES).join(name));
    let strategies = load_strategies(&settings, read).map_err(|error| error.to_string())?;
    let dialer = dialer(&root, settings.email.ca_file.as_deref())?;
    let aws = AwsSetup::from_machine(http.clone(), settings.event_bus.max_retry_attempts)
        .await
        .map_err(|error| error.to_string())?;
    let ports = Ports {
        clock: Arc::new(SystemClock),
        tokens: Arc::new(RandomTokens),
        http,
        dynamodb: aws.dynamodb(),
        eventbridge: aws.eventbridge(),
        dialer: Arc::new(dialer),
    };
    Ok(build(settings, strategies, ports))
}

fn dialer(root: &Path, ca_file: Option<&str>) -> Result<TcpDialer, String> {
    let Some(name) = ca_file else {
        return Ok(TcpDialer::default());
    };
    let pem = std::fs::read(root.join(name))
        .map_err(|error| format!("EMAIL__CA_FILE {name:?}: {error}"))?;
    TcpDialer::trusting(&pem).map_err(|error| format!("EMAIL__CA_FILE {name:?}: {error}"))
}

/// Tells Lambda why the function cannot start, and ends.
async fn give_up(
    environment: &BTreeMap<String, String>,
    http: &SharedHttpConnector,
    problem: &str,
) -> ExitCode {
    tracing::error!(problem, "the function cannot start");
    if let Err(error) = report_init_error(environment, http, problem).await {
        tracing::error!(error, "Lambda could not be told");
    }
    ExitCode::FAILURE
}

async fn report_init_error(
    environment: &BTreeMap<String, String>,
    http: &SharedHttpConnector,
    problem: &str,
) -> Result<(), String> {
    const ERROR_TYPE: &str = "Configuration";
    let api = environment
        .get("AWS_LAMBDA_RUNTIME_API")
        .ok_or("AWS_LAMBDA_RUNTIME_API is not set")?;
    let body =
        json!({ "errorType": ERROR_TYPE, "errorMessage": problem, "stackTrace": [] }).to_string();
    let request = http::Request::post(format!("http://{api}/2018-06-01/runtime/init/error"))
        .header("content-type", "application/json")
        .header("lambda-runtime-function-error-type", ERROR_TYPE)
        .body(SdkBody::from(body))
        .map_err(|error| error.to_string())?;
    let request = HttpRequest::try_from(request).map_err(|error| error.to_string())?;
    let answer = http
        .call(request)
        .await
        .map_err(|error| error.to_string())?;
    if answer.status().is_success() {
        Ok(())
    } else {
        Err(format!("it answered {}", answer.status().as_u16()))
    }
}
