//! The AWS clients as this system configures them: one HTTP connector, a clock from outside, short time-outs.

use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

/// One try of a call may take this long.
const TRY_LIMIT: Duration = Duration::from_secs(4);
/// A call with all its tries may take this long.
const CALL_LIMIT: Duration = Duration::from_secs(12);

/// What all clients share.
#[derive(Clone, Debug)]
pub struct AwsSetup {
    /// Carries HTTP.
    pub http: SharedHttpClient,
    /// Whose calls they are.
    pub credentials: SharedCredentialsProvider,
    /// Where.
    pub region: String,
    /// Tells the time that requests are signed with.
    pub time: SharedTimeSource,
    /// Another address than AWS's own.
    pub endpoint: Option<String>,
    /// Tries of one call.
    pub attempts: u32,
}

macro_rules! client {
    ($setup:expr, $service:ident) => {{
        let setup: &AwsSetup = $setup;
        let builder = $service::config::Builder::new()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(setup.region.clone()))
            .credentials_provider(setup.credentials.clone())
            .http_client(setup.http.clone())
            .time_source(setup.time.clone())
            .sleep_impl(TokioSleep::new())
            .retry_config(RetryConfig::standard().with_max_attempts(setup.attempts))
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(TRY_LIMIT).operation_timeout(CALL_LIMIT).build());
        let builder = match &setup.endpoint {
            Some(endpoint) => builder.endpoint_url(endpoint),
            None => builder,
        };
        $service::Client::from_conf(builder.build())
    }};
}

impl AwsSetup {
    /// Fixed credentials.
    #[must_use]
    pub fn static_credentials(key: &str, secret: &str) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Credentials::new(key, secret, None, None, "static"))
    }

    /// A client of Amazon DynamoDB.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        client!(self, aws_sdk_dynamodb)
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
