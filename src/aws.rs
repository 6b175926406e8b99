//! The AWS clients as this system configures them: one HTTP connector, a clock from outside, short
//! time-outs.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::conflict::RetryConflicts;

/// A connection that is not there by then will not come.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// One try of a call may take this long.
const TRY_LIMIT: Duration = Duration::from_secs(4);
/// A call with all its tries may take this long.
const CALL_LIMIT: Duration = Duration::from_secs(12);

/// What all clients share.
#[derive(Clone, Debug)]
pub struct AwsSetup {
    /// Makes HTTP connections.
    pub http: SharedHttpClient,
    /// Whose calls they are.
    pub credentials: SharedCredentialsProvider,
    /// The AWS region.
    pub region: String,
    /// Tells the time that requests are signed with.
    pub time: SharedTimeSource,
    /// Another address than AWS's own.
    pub endpoint: Option<String>,
    /// Tries of one call.
    pub attempts: u32,
}

/// HTTP with TLS, for AWS and the broker alike: one pool of connections.
#[must_use]
pub fn connector() -> SharedHttpConnector {
    let connector = Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .sleep_impl(TokioSleep::new())
        .connector_settings(
            HttpConnectorSettings::builder()
                .connect_timeout(CONNECT_LIMIT)
                .build(),
        )
        .build();
    SharedHttpConnector::new(connector)
}

macro_rules! client {
    ($setup:expr, $service:ident $(, $classifier:expr)?) => {{
        let setup: &AwsSetup = $setup;
        let builder = $service::config::Builder::new()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(setup.region.clone()))
            .credentials_provider(setup.credentials.clone())
            .http_client(setup.http.clone())
            .time_source(setup.time.clone())
            .sleep_impl(TokioSleep::new())
            .retry_config(RetryConfig::standard().with_max_attempts(setup.attempts))
            .retry_partition(retries_of_its_own())
            $(.retry_classifier($classifier))?
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(TRY_LIMIT)
                    .operation_timeout(CALL_LIMIT)
                    .build(),
            );
        let builder = match &setup.endpoint {
            Some(endpoint) => builder.endpoint_url(endpoint),
            None => builder,
        };
        $service::Client::from_conf(builder.build())
    }};
}

/// What a client may spend on retries, with the costs that the SDK has by default. Its default
/// partition lies in a static of the process: clients that have nothing to do with each other would
/// use up each other's retries.
fn retries_of_its_own() -> RetryPartition {
    let bucket = TokenBucket::builder()
        .retry_cost(14)
        .timeout_retry_cost(14)
        .throttling_retry_cost(5)
        .build();
    RetryPartition::custom("alchemiser")
        .token_bucket(bucket)
        .build()
}

/// What this machine lacks to be a client of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AwsSetupError {
    /// No source of credentials.
    #[error("no AWS credentials can be found")]
    NoCredentials,
    /// No region.
    #[error("no AWS region: AWS_REGION is not set")]
    NoRegion,
}

impl AwsSetup {
    /// Credentials, region and endpoint as every AWS client finds them on this machine.
    ///
    /// # Errors
    /// [`AwsSetupError`]
    pub async fn from_machine(
        http: SharedHttpConnector,
        attempts: u32,
    ) -> Result<Self, AwsSetupError> {
        let http = http_client_fn(move |_, _| http.clone());
        let found = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http.clone())
            .load()
            .await;
        Ok(Self {
            http,
            credentials: found
                .credentials_provider()
                .ok_or(AwsSetupError::NoCredentials)?,
            region: found.region().ok_or(AwsSetupError::NoRegion)?.to_string(),
            time: SharedTimeSource::default(),
            endpoint: found.endpoint_url().map(str::to_owned),
            attempts,
        })
    }

    /// Fixed credentials.
    #[must_use]
    pub fn static_credentials(key: &str, secret: &str) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Credentials::new(key, secret, None, None, "static"))
    }

    /// A client of Amazon DynamoDB.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        client!(self, aws_sdk_dynamodb, RetryConflicts)
    }

    /// A client of Amazon SQS.
    #[must_use]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        client!(self, aws_sdk_sqs)
    }

    /// A client of Amazon EventBridge.
    #[must_use]
    pub fn eventbridge(&self) -> aws_sdk_eventbridge::Client {
        client!(self, aws_sdk_eventbridge)
    }
}
