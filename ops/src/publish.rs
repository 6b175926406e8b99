use std::path::PathBuf;

use alchemiser::bus::BusEntry;
use alchemiser::envelope::SOURCE_PREFIX;
use alchemiser::event::{
    Body, Event, Origin, SystemNotificationRequested, TradingNotificationRequested, WorkflowStarted,
};
use alchemiser::id::CorrelationId;
use alchemiser::timestamp::Timestamp;
use clap::{ArgGroup, Args, ValueEnum};
use rust_decimal::Decimal;
use serde_json::json;

use crate::Confirmation;
use crate::account::Account;
use crate::dlq::DRY_RUN;
use crate::event_file::{check, read};
use crate::outcome::{Outcome, Problem};
use crate::routes::{Put, Sendable, put, rules_of, takers};
use crate::table::facts;

/// What `publish` takes.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("event").args(["file", "example"]).required(true))]
pub struct PublishArguments {
    /// The event, as JSON: source, detail-type, detail. `-` reads standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// A made-up event instead of a file.
    #[arg(long, value_enum, value_name = "TYPE")]
    example: Option<Example>,
    /// The workflow of the example. The same workflow gives the same event id: a second one is a
    /// duplicate.
    #[arg(long, requires = "example", value_name = "ID")]
    correlation: Option<String>,
    /// Put it even if the function could not read it.
    #[arg(long)]
    unchecked: bool,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// The made-up events.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Example {
    /// SystemNotificationRequested: is observed, and nothing acts on it.
    Ping,
    /// TradingNotificationRequested: sends a mail.
    Mail,
    /// WorkflowStarted: a trading day, if the session is free and the market open.
    Trade,
}

/// Puts one event on the bus.
pub async fn publish(account: &Account, arguments: &PublishArguments) -> Result<Outcome, Problem> {
    let event = match (&arguments.file, arguments.example) {
        (Some(path), _) => read(path)?,
        (None, Some(example)) => made_up(example, arguments.correlation.as_deref(), account.now()),
        (None, None) => return Err(Problem::Usage("a file or --example is needed".to_owned())),
    };
    if !arguments.unchecked {
        check(&event)?;
    }
    let bus = account.bus().await?;
    let rules = rules_of(account, &bus.name).await?;
    let taking = takers(account, &rules, &event).await?;
    let names = |is_enabled: bool| {
        taking
            .iter()
            .filter(move |rule| rule.is_enabled == is_enabled)
            .map(|rule| rule.name.clone())
    };
    let (enabled, disabled): (Vec<String>, Vec<String>) =
        (names(true).collect(), names(false).collect());
    let id = if arguments.confirmation.yes {
        match put(account, &bus.name, &event).await? {
            Put::Accepted(id) => Some(id),
            Put::Refused(reason) => {
                return Err(Problem::Failed(format!("EventBridge refused it: {reason}")));
            }
        }
    } else {
        None
    };
    let text = facts(&[
        (
            if id.is_some() {
                "Published"
            } else {
                "Would publish"
            },
            Some(format!("{} from {}", event.detail_type, event.source)),
        ),
        ("on", Some(bus.name.clone())),
        (
            "taken by",
            (!enabled.is_empty()).then(|| enabled.join(", ")),
        ),
        ("its id", id.clone()),
    ]);
    let json = json!({
        "done": id.is_some(), "id": id, "bus": bus.name, "source": event.source, "detail_type": event.detail_type,
        "detail": serde_json::from_str::<serde_json::Value>(&event.detail).unwrap_or_default(), "rules": enabled, "disabled_rules": disabled,
    });
    let mut notes: Vec<String> = disabled
        .iter()
        .map(|name| format!("The rule {name} would take it, but is disabled."))
        .collect();
    if enabled.is_empty() {
        notes.push("No enabled rule takes it: nobody will get it.".to_owned());
    }
    if !event.source.starts_with(SOURCE_PREFIX) {
        notes.push(format!(
            "Its source does not begin with {SOURCE_PREFIX}: the archive does not keep it."
        ));
    }
    if id.is_none() {
        notes.push(DRY_RUN.to_owned());
    }
    Ok(Outcome::new(text, json).noting(notes))
}

fn made_up(example: Example, correlation_id: Option<&str>, at: Timestamp) -> Sendable {
    let correlation_id =
        CorrelationId::new(correlation_id.map_or_else(|| format!("ops-{at}"), str::to_owned));
    // The cause is the workflow itself, so that the id follows from it.
    let origin = Origin {
        correlation_id: &correlation_id,
        causation_id: correlation_id.as_str(),
        at,
    };
    let body: Body = match example {
        Example::Ping => SystemNotificationRequested {
            notification_type: "ping".to_owned(),
            subject: "A test of the bus".to_owned(),
            html_content: "A test of the bus".to_owned(),
            text_content: None,
            recipient_override: None,
        }
        .into(),
        Example::Mail => TradingNotificationRequested {
            trading_success: true,
            trading_mode: "TEST".to_owned(),
            orders_placed: 0,
            orders_succeeded: 0,
            total_trade_value: alchemiser::decimal::Money::new(Decimal::ZERO),
            execution_data: Default::default(),
            error_message: None,
            error_code: None,
            recipient_override: None,
        }
        .into(),
        Example::Trade => WorkflowStarted {
            workflow_type: "trading".to_owned(),
            requested_by: "ops".to_owned(),
            configuration: Default::default(),
        }
        .into(),
    };
    let entry = BusEntry::new(
        &Event::caused(&origin, body, 0),
        SOURCE_PREFIX.trim_end_matches('.'),
    );
    Sendable {
        source: entry.source,
        detail_type: entry.detail_type,
        detail: entry.detail,
        resources: entry.resources,
        time: Some(at.get().timestamp()),
    }
}
