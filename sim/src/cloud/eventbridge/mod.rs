//! Amazon EventBridge: buses, rules and targets, archives and replays. It decides what is to be delivered; the
//! [`cloud`](super) delivers it.

mod archive;
mod archive_operations;
mod put_events;
mod rule_operations;

pub use archive::{ArchivedEvent, Replay};
pub use put_events::Entry;
pub(in crate::cloud) use put_events::{Put, answer as put_answer};

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use self::archive::ArchiveState;
use super::error::ServiceError;
use super::pattern::{FlatEvent, Pattern};
use super::template::{Bus, Pseudo, Rule, Stack};
use super::transform;

/// The state of EventBridge in one account and region.
#[derive(Debug)]
pub struct EventBridge {
    pseudo: Pseudo,
    limit_bytes: usize,
    buses: BTreeMap<String, Bus>,
    rules: Vec<RuleState>,
    archives: BTreeMap<String, ArchiveState>,
    replays: BTreeMap<String, Replay>,
    sequence: u64,
    seed: u64,
}

#[derive(Debug)]
struct RuleState {
    rule: Rule,
    pattern: Option<Pattern>,
    /// The service that the rule belongs to, if it is not the owner's.
    managed_by: Option<&'static str>,
}

/// An event as the bus has it.
#[derive(Clone, Debug, PartialEq)]
pub struct BusEvent {
    /// The bus.
    pub bus: String,
    /// The id that PutEvents gave.
    pub id: String,
    /// The sender.
    pub source: String,
    /// The type.
    pub detail_type: String,
    /// The event's own time.
    pub time: DateTime<Utc>,
    /// The content.
    pub detail: Value,
    /// The envelope as targets get it: compact, keys in AWS's order.
    pub envelope: String,
    /// The replay that put it.
    pub replay: Option<String>,
    /// The only rules that may see it, by ARN; empty for all. Replays have such filters.
    pub filter: Vec<String>,
    /// It came from another bus.
    pub is_forwarded: bool,
}

impl EventBridge {
    /// What `stack` describes.
    ///
    /// # Errors
    /// A pattern that EventBridge would refuse, with AWS's words and the rule's place in the template.
    pub fn new(stack: &Stack, pseudo: &Pseudo, limit_bytes: usize, seed: u64) -> Result<Self, String> {
        let parse = |pattern: &Option<String>, owner: &str, line: usize| match pattern {
            Some(text) => Pattern::parse(text).map(Some).map_err(|error| format!("line {line}: {owner}: {}", error.message())),
            None => Ok(None),
        };
        let mut buses: BTreeMap<String, Bus> = stack.buses.iter().map(|bus| (bus.name.clone(), bus.clone())).collect();
        buses.entry("default".to_owned()).or_insert_with(|| default_bus(pseudo));
        let mut rules = Vec::new();
        for rule in &stack.rules {
            let pattern = parse(&rule.pattern, &rule.logical_id, rule.position.line)?;
            for target in &rule.targets {
                let transformer = target.input_transformer.as_ref();
                let checked = transformer.map_or(Ok(()), |transformer| transform::check(transformer, &target.id));
                checked.map_err(|error| format!("line {}: {}: {error}", target.position.line, rule.logical_id))?;
            }
            rules.push(RuleState { rule: rule.clone(), pattern, managed_by: None });
        }
        let mut eventbridge = Self {
            pseudo: pseudo.clone(),
            limit_bytes,
            buses,
            rules,
            archives: BTreeMap::new(),
            replays: BTreeMap::new(),
            sequence: 0,
            seed,
        };
        for archive in &stack.archives {
            let pattern = parse(&archive.pattern, &archive.logical_id, archive.position.line)?;
            eventbridge.add_archive(archive.clone(), pattern);
        }
        Ok(eventbridge)
    }

    /// The rules of `bus` that match `event`, in the order of the template.
    #[must_use]
    pub fn matching(&self, event: &BusEvent) -> Vec<Rule> {
        let Ok(flat) = FlatEvent::parse(&event.envelope) else { return Vec::new() };
        self.rules
            .iter()
            .filter(|state| state.rule.enabled && state.managed_by.is_none() && state.rule.bus == event.bus)
            .filter(|state| event.filter.is_empty() || event.filter.contains(&state.rule.arn))
            .filter(|state| state.pattern.as_ref().is_some_and(|pattern| pattern.matches(&flat)))
            .map(|state| state.rule.clone())
            .collect()
    }

    /// The rules that fire on a schedule.
    pub fn scheduled_rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|state| &state.rule).filter(|rule| rule.schedule_expression.is_some())
    }

    /// The rule with that ARN.
    #[must_use]
    pub fn rule(&self, arn: &str) -> Option<&Rule> {
        self.rules.iter().map(|state| &state.rule).find(|rule| rule.arn == arn)
    }

    /// The event that a scheduled rule puts (semantics 5.1).
    pub fn scheduled_event(&mut self, rule: &Rule, at: DateTime<Utc>) -> BusEvent {
        let id = self.next_id("scheduled");
        self.event(Entry {
            bus: rule.bus.clone(),
            id,
            source: "aws.events".to_owned(),
            detail_type: "Scheduled Event".to_owned(),
            time: at,
            resources: vec![rule.arn.clone()],
            detail: "{}".to_owned(),
            replay: None,
        })
    }

    fn next_id(&mut self, kind: &str) -> String {
        self.sequence += 1;
        super::derive_id(self.seed, kind, self.sequence)
    }

    fn bus_name(&self, name_or_arn: Option<&str>) -> String {
        let name = name_or_arn.unwrap_or("default");
        name.rsplit_once('/').map_or(name, |(_, name)| name).to_owned()
    }

    /// The bus that a request names by `EventBusName`, if it is there.
    fn known_bus(&self, input: &Value) -> Result<String, ServiceError> {
        let bus = self.bus_name(input.get("EventBusName").and_then(Value::as_str));
        if self.buses.contains_key(&bus) { Ok(bus) } else { Err(not_found(format!("Event bus {bus} does not exist."))) }
    }

    /// Whether there is a bus of that name or ARN.
    #[must_use]
    pub fn has_bus(&self, name_or_arn: &str) -> bool {
        self.buses.contains_key(&self.bus_name(Some(name_or_arn)))
    }

    /// A new event that a service puts on a bus, named by its ARN.
    pub(in crate::cloud) fn event_of(&mut self, mut entry: Entry) -> BusEvent {
        entry.bus = self.bus_name(Some(&entry.bus));
        entry.id = self.next_id("event");
        self.event(entry)
    }

    /// The same event on another bus; nothing if it was forwarded before.
    pub(in crate::cloud) fn forwarded(&self, event: &BusEvent, bus_arn: &str) -> Option<BusEvent> {
        (!event.is_forwarded).then(|| BusEvent {
            bus: self.bus_name(Some(bus_arn)),
            is_forwarded: true,
            filter: Vec::new(),
            ..event.clone()
        })
    }

    fn find_rule(&mut self, input: &Value) -> Result<&mut RuleState, ServiceError> {
        let bus = self.known_bus(input)?;
        let name = input.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.rules
            .iter_mut()
            .find(|state| state.rule.bus == bus && state.rule.name == name)
            .ok_or_else(|| not_found(format!("Rule {name} does not exist on EventBus {bus}.")))
    }

    /// Whether a request may change the state of the rule that it names.
    ///
    /// # Errors
    /// Where there is no such rule, or a service manages it.
    pub(in crate::cloud) fn check_rule(&mut self, input: &Value) -> Result<(), ServiceError> {
        self.find_rule(input)?.refuse_managed(input)
    }

    /// EnableRule and DisableRule. Events in between are not queued.
    ///
    /// # Errors
    /// Where there is no such rule.
    pub fn set_rule_state(&mut self, input: &Value, enabled: bool) -> Result<Value, ServiceError> {
        let state = self.find_rule(input)?;
        state.refuse_managed(input)?;
        state.rule.enabled = enabled;
        Ok(json!({}))
    }
}

fn describe(state: &RuleState) -> Value {
    let rule = &state.rule;
    json!({
        "Name": rule.name,
        "Arn": rule.arn,
        "EventPattern": rule.pattern,
        "ScheduleExpression": rule.schedule_expression,
        "State": if rule.enabled { "ENABLED" } else { "DISABLED" },
        "EventBusName": rule.bus,
        "ManagedBy": state.managed_by,
    })
}

fn default_bus(pseudo: &Pseudo) -> Bus {
    Bus {
        logical_id: "default".to_owned(),
        position: Default::default(),
        name: "default".to_owned(),
        arn: format!("arn:{}:events:{}:{}:event-bus/default", pseudo.partition, pseudo.region, pseudo.account),
    }
}

fn limit_exceeded() -> ServiceError {
    ServiceError::client("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
}

fn not_found(message: String) -> ServiceError {
    ServiceError::client("ResourceNotFoundException", message)
}
