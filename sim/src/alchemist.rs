//! The production system as a function of a world: production's own composition on the world's
//! ports.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use serde_json::Value;

use alchemiser::app::{Ports, build, load_strategies};
use alchemiser::aws::AwsSetup;
use alchemiser::clock::SharedClock;
use alchemiser::config::Settings;
use alchemiser::payload::Payload;
use alchemiser::router::Router;

use crate::runtime::{Event, FunctionCode, FunctionPorts, Handler, HandlerError};

/// The trading system, with its strategy files.
#[derive(Clone, Debug, Default)]
pub struct Alchemiser {
    /// File name to text.
    pub strategies: BTreeMap<String, String>,
}

#[derive(Debug)]
struct WorldTime(SharedClock);

impl TimeSource for WorldTime {
    fn now(&self) -> std::time::SystemTime {
        self.0.now().into()
    }
}

struct Warm(Router);

impl FunctionCode for Alchemiser {
    fn cold_start(&self, ports: FunctionPorts) -> Result<Box<dyn Handler>, String> {
        let settings =
            Settings::from_environment(&ports.environment).map_err(|error| error.to_string())?;
        let read = |name: &str| {
            let missing = || {
                std::io::Error::new(
                    std::io::ErrorKind::NotFound,
                    format!("no such file; there are {:?}", self.strategies.keys()),
                )
            };
            self.strategies.get(name).cloned().ok_or_else(missing)
        };
        let strategies = load_strategies(&settings, read).map_err(|error| error.to_string())?;
        let aws = AwsSetup {
            http: client_over(ports.http.clone()),
            credentials: AwsSetup::static_credentials("AKIAWORLD", "world"),
            region: ports.region,
            time: SharedTimeSource::new(WorldTime(Arc::clone(&ports.clock))),
            endpoint: None,
            attempts: settings.event_bus.max_retry_attempts,
        };
        let router = build(
            settings,
            strategies,
            Ports {
                clock: ports.clock,
                tokens: ports.tokens,
                http: ports.http,
                dynamodb: aws.dynamodb(),
                eventbridge: aws.eventbridge(),
                dialer: ports.dialer,
            },
        );
        Ok(Box::new(Warm(router)))
    }
}

/// The SDK's client over a connector.
fn client_over(
    connector: SharedHttpConnector,
) -> aws_smithy_runtime_api::client::http::SharedHttpClient {
    http_client_fn(move |_, _| connector.clone())
}

#[async_trait]
impl Handler for Warm {
    async fn handle(&mut self, event: Event<'_>) -> Result<Value, HandlerError> {
        let payload = Payload::parse(event.text).map_err(|error| HandlerError::Failed {
            error_type: "Runtime.UnmarshalError".to_owned(),
            message: error.to_string(),
        })?;
        let answer = self.0.handle(payload, event.request_id).await;
        answer.map_err(|error| HandlerError::Failed {
            error_type: error.class().to_owned(),
            message: error.to_string(),
        })
    }
}
