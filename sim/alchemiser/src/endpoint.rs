//! Clients of an AWS endpoint on this machine, such as LocalStack or `cargo sim serve`.

use alchemiser::aws::AwsSetup;
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// What the clients of `endpoint` share: keys that such endpoints do not look at, and the machine's
/// clock, by which they judge signatures.
#[must_use]
pub fn clients_of(endpoint: &str, http: SharedHttpClient, region: &str, attempts: u32) -> AwsSetup {
    AwsSetup {
        http,
        credentials: AwsSetup::static_credentials("test", "test"),
        region: region.to_owned(),
        time: SharedTimeSource::new(SystemTimeSource::new()),
        endpoint: Some(endpoint.to_owned()),
        attempts,
    }
}
