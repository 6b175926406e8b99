use aws_sdk_eventbridge::types::RuleState;
use serde_json::{Value, json};

use crate::account::Account;
use crate::outcome::{Problem, failed};

/// A rule of the bus.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Whether it takes events.
    pub is_enabled: bool,
    /// What it takes.
    pub pattern: Option<String>,
    /// What it is for.
    pub description: String,
    /// The service that keeps it for itself, if one does.
    pub managed_by: Option<String>,
}

impl Rule {
    /// Its state in AWS's word.
    pub fn state(&self) -> &'static str {
        if self.is_enabled {
            "ENABLED"
        } else {
            "DISABLED"
        }
    }
}

/// All rules of the bus of that name, by name.
pub async fn rules_of(account: &Account, bus: &str) -> Result<Vec<Rule>, Problem> {
    let mut rules = Vec::new();
    let mut next = None;
    loop {
        let asked = account
            .events
            .list_rules()
            .event_bus_name(bus)
            .set_next_token(next)
            .send()
            .await;
        let page = asked.map_err(|error| failed(&format!("listing the rules of {bus}"), &error))?;
        rules.extend(page.rules().iter().map(|rule| Rule {
            name: rule.name().unwrap_or_default().to_owned(),
            arn: rule.arn().unwrap_or_default().to_owned(),
            is_enabled: rule.state() != Some(&RuleState::Disabled),
            pattern: rule.event_pattern().map(str::to_owned),
            description: rule.description().unwrap_or_default().to_owned(),
            managed_by: rule.managed_by().map(str::to_owned),
        }));
        next = page.next_token;
        if next.is_none() {
            break;
        }
    }
    rules.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(rules)
}

/// What is put on the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sendable {
    /// The sender, such as `alchemiser.strategy`.
    pub source: String,
    /// The type.
    pub detail_type: String,
    /// The content, as JSON text.
    pub detail: String,
    /// `correlation:` and `causation:`.
    pub resources: Vec<String>,
    /// The time of the event in seconds; that of the receipt if not said.
    pub time: Option<i64>,
}

/// The rules whose pattern takes the event, whatever their state. Those that other services keep
/// are left out.
pub async fn takers<'a>(
    account: &Account,
    rules: &'a [Rule],
    event: &Sendable,
) -> Result<Vec<&'a Rule>, Problem> {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
    let whole = json!({
        "version": "0", "id": "00000000-0000-0000-0000-000000000000", "account": "123456789012", "region": "us-east-1",
        "time": "2025-01-01T00:00:00Z", "source": event.source, "detail-type": event.detail_type, "resources": event.resources,
        "detail": detail,
    })
    .to_string();
    let mut taking = Vec::new();
    for rule in rules.iter().filter(|rule| rule.managed_by.is_none()) {
        let Some(pattern) = &rule.pattern else {
            continue;
        };
        let asked = account
            .events
            .test_event_pattern()
            .event_pattern(pattern)
            .event(&whole)
            .send()
            .await;
        if asked
            .map_err(|error| {
                failed(
                    &format!("trying the pattern of the rule {}", rule.name),
                    &error,
                )
            })?
            .result()
        {
            taking.push(rule);
        }
    }
    Ok(taking)
}

/// What EventBridge answers to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// It took the event, and gave it this id.
    Accepted(String),
    /// It did not, for this reason.
    Refused(String),
}

/// Puts the event on the bus of that name.
///
/// # Errors
/// EventBridge did not answer, or refused the whole request.
pub async fn put(account: &Account, bus: &str, event: &Sendable) -> Result<Put, Problem> {
    let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
        .event_bus_name(bus)
        .source(&event.source)
        .detail_type(&event.detail_type)
        .detail(&event.detail)
        .set_resources(Some(event.resources.clone()))
        .set_time(event.time.map(aws_smithy_types::DateTime::from_secs))
        .build();
    let answer = account.events.put_events().entries(entry).send().await;
    let answer = answer
        .map_err(|error| failed(&format!("putting {} on {bus}", event.detail_type), &error))?;
    let Some(result) = answer.entries().first() else {
        return Ok(Put::Refused("EventBridge gave no answer for it".to_owned()));
    };
    Ok(match (result.event_id(), result.error_code()) {
        (Some(id), None) => Put::Accepted(id.to_owned()),
        (_, code) => Put::Refused(format!(
            "{}: {}",
            code.unwrap_or("no code"),
            result.error_message().unwrap_or_default()
        )),
    })
}
