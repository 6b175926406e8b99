//! Puts the system together from settings and ports: the one place that knows all parts.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use rust_decimal::Decimal;

use crate::alpaca::Alpaca;
use crate::bus::{DualBus, EventBridgeBus, EventBus, InMemoryBus};
use crate::clock::SharedClock;
use crate::config::{ConfigError, Settings};
use crate::execution::TradingExecution;
use crate::id::SharedTokens;
use crate::idempotency::Claims;
use crate::notification::{MailTransport, NotificationService, SharedDialer};
use crate::orchestration::{Notifier, Starter, Watchdog};
use crate::portfolio::PortfolioAnalysis;
use crate::router::Router;
use crate::secrets::Secrets;
use crate::services::Services;
use crate::step::Steps;
use crate::strategy::{self, SignalGeneration, Strategy};
use crate::workflow::Workflows;

/// Everything that comes in from outside.
#[derive(Clone, Debug)]
pub struct Ports {
    /// Tells the time.
    pub clock: SharedClock,
    /// Gives names that must be fresh.
    pub tokens: SharedTokens,
    /// Carries HTTP to the broker.
    pub http: SharedHttpConnector,
    /// Amazon DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Amazon EventBridge.
    pub eventbridge: aws_sdk_eventbridge::Client,
    /// Carries SMTP to the mail server.
    pub dialer: SharedDialer,
}

/// Reads the strategy files that the settings name; `read` gives a file's text.
///
/// # Errors
/// [`ConfigError`] lists every file that cannot be read or parsed.
pub fn load_strategies(
    settings: &Settings,
    read: impl Fn(&str) -> std::io::Result<String>,
) -> Result<Vec<Strategy>, ConfigError> {
    let mut problems = Vec::new();
    let mut strategies = Vec::new();
    for (name, allocation) in &settings.strategies {
        match load_strategy(name, *allocation, &read) {
            Ok(strategy) => strategies.push(strategy),
            Err(problem) => problems.push(format!("strategy {name}: {problem}")),
        }
    }
    if problems.is_empty() {
        Ok(strategies)
    } else {
        Err(ConfigError(problems))
    }
}

/// Why a strategy's file cannot be used.
#[derive(Debug, thiserror::Error)]
enum StrategyFileError {
    #[error(transparent)]
    Unreadable(#[from] std::io::Error),
    #[error(transparent)]
    Syntax(#[from] strategy::SyntaxError),
    #[error(transparent)]
    Meaning(#[from] strategy::EvaluationError),
}

fn load_strategy(
    name: &str,
    allocation: Decimal,
    read: impl Fn(&str) -> std::io::Result<String>,
) -> Result<Strategy, StrategyFileError> {
    let expression = strategy::parse(&read(name)?)?;
    strategy::check(&expression)?;
    Ok(Strategy {
        name: name.to_owned(),
        allocation,
        expression,
    })
}

/// Builds the router over everything.
#[must_use]
pub fn build(settings: Settings, strategies: Vec<Strategy>, ports: Ports) -> Router {
    let settings = Arc::new(settings);
    let bus_settings = &settings.event_bus;
    let eventbridge = EventBridgeBus::new(
        ports.eventbridge,
        Arc::clone(&ports.clock),
        &bus_settings.event_bus_name,
        bus_settings.max_payload_size_bytes,
    );
    let local = Arc::new(InMemoryBus::default());
    let mut router_local = Some(Arc::clone(&local));
    let mut router_dual = None;
    let bus: Arc<dyn EventBus> = if bus_settings.enable_dual_publish {
        let dual = Arc::new(DualBus::new(local, eventbridge));
        router_dual = Some(Arc::clone(&dual));
        dual
    } else if bus_settings.use_eventbridge {
        router_local = None;
        Arc::new(eventbridge)
    } else {
        local
    };
    let claims = Claims::new(
        ports.dynamodb.clone(),
        &settings.idempotency_table,
        Arc::clone(&ports.clock),
        Arc::clone(&ports.tokens),
    );
    let services = Services {
        steps: Steps::new(claims, bus, &bus_settings.source_prefix),
        workflows: Workflows::new(
            ports.dynamodb,
            &settings.workflow_table,
            Arc::clone(&ports.clock),
        ),
        alpaca: Alpaca::new(ports.http, &ports.clock, &settings.alpaca),
        clock: ports.clock,
        settings,
    };
    let notification = NotificationService::new(
        services.clone(),
        MailTransport::new(ports.dialer, ports.tokens),
    );
    Router {
        starter: Starter::new(services.clone()),
        signals: SignalGeneration::new(services.clone(), Arc::new(strategies)),
        portfolio: PortfolioAnalysis::new(services.clone()),
        execution: TradingExecution::new(services.clone()),
        notifier: Notifier::new(services.clone()),
        watchdog: Watchdog::new(services.clone(), notification.clone()),
        notification,
        secrets: Secrets::of(&services.settings),
        services,
        local: router_local,
        dual: router_dual,
    }
}
