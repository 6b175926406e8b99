//! Amazon EventBridge: buses, rules and targets, archives and replays. It decides what is to be
//! delivered; the [`cloud`](super) delivers it.

mod archive;
mod archive_operations;
mod bus_operations;
mod put_events;
mod rule_operations;
mod target_operations;
mod test_event_pattern;
#[cfg(test)]
mod tests;

pub use archive::{ArchivedEvent, Replay};
pub use put_events::Entry;
pub(crate) use put_events::{Put, answer as put_answer};
pub(crate) use test_event_pattern::test_event_pattern;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use self::archive::ArchiveState;
use self::bus_operations::Label;
use super::cloud_event::{CloudEvent, RuleTarget};
use super::packed_json::PackedJson;
use super::transform;
use crate::api::error::ServiceError;
use crate::stack::{Account, Bus, Rule, Stack, StackError, Target};
use event_pattern::{PATTERN_CHARACTERS_QUOTA, Pattern, PatternIndex};
use seeded_dice::Key;

/// The state of EventBridge in one account and region.
#[derive(Debug)]
pub struct EventBridge {
    account: Account,
    limit_bytes: usize,
    buses: BTreeMap<String, Bus>,
    rules: Vec<RuleState>,
    /// By bus; none once the rules have changed, until an event asks for them.
    patterns: Option<BTreeMap<String, BusPatterns>>,
    archives: BTreeMap<String, ArchiveState>,
    replays: BTreeMap<String, Replay>,
    /// By ARN.
    labels: BTreeMap<String, Label>,
    /// The rules as they were told of, by ARN.
    told: BTreeMap<String, CloudEvent>,
    /// The rules that may have changed since, by ARN.
    touched: BTreeSet<String>,
    sequence: u64,
    seed: u64,
}

#[derive(Debug)]
struct RuleState {
    rule: Arc<Rule>,
    pattern: Option<Pattern>,
    /// The service that the rule belongs to, if it is not the owner's.
    managed_by: Option<&'static str>,
}

/// The patterns of the rules of one bus.
#[derive(Debug)]
struct BusPatterns {
    index: PatternIndex,
    /// Whose pattern each is: places in the list of rules.
    rules: Vec<usize>,
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
    /// ARNs, or whatever the sender likes.
    pub resources: Vec<String>,
    /// The content.
    pub detail: PackedJson,
    /// The envelope as targets get it: compact, keys in AWS's order.
    pub envelope: Arc<str>,
    /// The replay that put it.
    pub replay: Option<String>,
    /// The only rules that may see it, by ARN; empty for all. Replays have such filters.
    pub filter: Vec<String>,
    /// It came from another bus.
    pub is_forwarded: bool,
}

impl BusEvent {
    /// What the event is to the dice: its maker's own id for it where there is one, so that the
    /// same event is the same cause whenever it is put.
    pub(crate) fn cause(&self) -> Key {
        let key = Key::of("event").text(&self.bus).text(&self.detail_type);
        match self.detail.view().at("event_id").as_str() {
            Some(id) => key.text(id),
            None => key.text(&self.detail.to_string()),
        }
    }
}

impl EventBridge {
    /// What `stack` describes.
    ///
    /// # Errors
    /// A pattern that EventBridge would refuse, with AWS's words and the rule's place in the
    /// template.
    pub fn new(
        stack: &Stack,
        account: &Account,
        limit_bytes: usize,
        seed: u64,
        now: DateTime<Utc>,
    ) -> Result<Self, StackError> {
        let mut buses: BTreeMap<String, Bus> = stack
            .buses
            .iter()
            .map(|bus| (bus.name.clone(), bus.clone()))
            .collect();
        buses
            .entry("default".to_owned())
            .or_insert_with(|| default_bus(account));
        let mut rules = Vec::new();
        for rule in &stack.rules {
            let pattern = parse(rule.pattern.as_deref())
                .map_err(|reason| stack.refused(&rule.logical_id, reason))?;
            for target in &rule.targets {
                let transformer = target.input_transformer.as_ref();
                let checked = transformer.map_or(Ok(()), |transformer| {
                    transform::check(transformer, &target.id)
                });
                checked.map_err(|error| stack.refused(&rule.logical_id, error))?;
            }
            rules.push(RuleState {
                rule: Arc::new(rule.clone()),
                pattern,
                managed_by: None,
            });
        }
        let (archives, replays, labels) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut made = Self {
            account: account.clone(),
            limit_bytes,
            buses,
            rules,
            patterns: None,
            archives,
            replays,
            labels,
            told: BTreeMap::new(),
            touched: stack.rules.iter().map(|rule| rule.arn.clone()).collect(),
            sequence: 0,
            seed,
        };
        for archive in &stack.archives {
            let pattern = parse(archive.pattern.as_deref())
                .map_err(|reason| stack.refused(&archive.logical_id, reason))?;
            made.add_archive(now, archive.clone(), pattern);
        }
        Ok(made)
    }

    /// The rules of `bus` that match `event`, in the order of the template.
    #[must_use]
    pub fn matching(&mut self, event: &BusEvent) -> Vec<Arc<Rule>> {
        let by_bus = self.patterns.get_or_insert_with(|| index(&self.rules));
        let Some(patterns) = by_bus.get(&event.bus) else {
            return Vec::new();
        };
        let Ok(flat) = patterns.index.flatten(&event.envelope) else {
            return Vec::new();
        };
        let matching = patterns
            .index
            .matching(&flat)
            .into_iter()
            .map(|place| &self.rules[patterns.rules[place]].rule);
        matching
            .filter(|rule| {
                rule.enabled && (event.filter.is_empty() || event.filter.contains(&rule.arn))
            })
            .map(Arc::clone)
            .collect()
    }

    /// The rules that changed, came or went since this was last asked. The rules behind archives
    /// have no targets and are none of them.
    pub(crate) fn rule_changes(&mut self) -> Vec<CloudEvent> {
        let (mut gone, mut changed) = (Vec::new(), Vec::new());
        for arn in std::mem::take(&mut self.touched) {
            let state = self
                .rules
                .iter()
                .find(|state| state.rule.arn == arn && state.managed_by.is_none());
            let now = state.map(|state| told(&state.rule));
            let before = self.told.get(&arn);
            match (before, now) {
                (Some(CloudEvent::RuleChanged { bus, rule, .. }), None) => {
                    gone.push(CloudEvent::RuleDeleted {
                        bus: bus.clone(),
                        rule: rule.clone(),
                    });
                    self.told.remove(&arn);
                }
                (before, Some(now)) if before != Some(&now) => {
                    changed.push(now.clone());
                    self.told.insert(arn, now);
                }
                _ => {}
            }
        }
        gone.extend(changed);
        gone
    }

    /// The rules have changed. Their indexes are made when an event asks for them, not at each of a
    /// thousand changes.
    fn reindex(&mut self) {
        self.patterns = None;
    }

    /// The rules that fire on a schedule.
    pub fn scheduled_rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules
            .iter()
            .map(|state| state.rule.as_ref())
            .filter(|rule| rule.schedule_expression.is_some())
    }

    /// The rule with that ARN.
    #[must_use]
    pub fn rule(&self, arn: &str) -> Option<&Arc<Rule>> {
        self.rules
            .iter()
            .map(|state| &state.rule)
            .find(|rule| rule.arn == arn)
    }

    /// The event that a scheduled rule puts (`schedule-01` of semantics.md).
    pub fn scheduled_event(&mut self, rule: &Rule, at: DateTime<Utc>) -> Arc<BusEvent> {
        let id = self.next_id("scheduled");
        Arc::new(self.event(Entry {
            bus: rule.bus.clone(),
            id,
            source: "aws.events".to_owned(),
            detail_type: "Scheduled Event".to_owned(),
            time: at,
            resources: vec![rule.arn.clone()],
            detail: "{}".to_owned(),
            replay: None,
        }))
    }

    fn next_id(&mut self, kind: &str) -> String {
        self.sequence += 1;
        crate::id::derive_id(self.seed, kind, self.sequence)
    }

    fn bus_name(&self, name_or_arn: Option<&str>) -> String {
        let name = name_or_arn.unwrap_or("default");
        name.rsplit_once('/')
            .map_or(name, |(_, name)| name)
            .to_owned()
    }

    /// Whether there is a bus of that name or ARN.
    #[must_use]
    pub fn has_bus(&self, name_or_arn: &str) -> bool {
        self.buses.contains_key(&self.bus_name(Some(name_or_arn)))
    }

    /// A new event that a service puts on a bus, named by its ARN.
    pub(crate) fn event_of(&mut self, mut entry: Entry) -> Arc<BusEvent> {
        entry.bus = self.bus_name(Some(&entry.bus));
        entry.id = self.next_id("event");
        Arc::new(self.event(entry))
    }

    /// The same event on another bus; nothing if it was forwarded before.
    pub(crate) fn forwarded(&self, event: &BusEvent, bus_arn: &str) -> Option<Arc<BusEvent>> {
        (!event.is_forwarded).then(|| {
            Arc::new(BusEvent {
                bus: self.bus_name(Some(bus_arn)),
                is_forwarded: true,
                filter: Vec::new(),
                ..event.clone()
            })
        })
    }

    /// The name of a bus that exists.
    fn existing_bus(&self, name_or_arn: Option<&str>) -> Result<String, ServiceError> {
        let name = self.bus_name(name_or_arn);
        if self.buses.contains_key(&name) {
            Ok(name)
        } else {
            Err(not_found(format!("Event bus {name} does not exist.")))
        }
    }
}

/// The patterns of `rules`, by bus.
fn index(rules: &[RuleState]) -> BTreeMap<String, BusPatterns> {
    let mut by_bus: BTreeMap<String, (Vec<Pattern>, Vec<usize>)> = BTreeMap::new();
    for (place, state) in rules.iter().enumerate() {
        if let Some(pattern) = &state.pattern {
            let (patterns, places) = by_bus.entry(state.rule.bus.clone()).or_default();
            patterns.push(pattern.clone());
            places.push(place);
        }
    }
    by_bus
        .into_iter()
        .map(|(bus, (patterns, rules))| {
            (
                bus,
                BusPatterns {
                    index: patterns.into(),
                    rules,
                },
            )
        })
        .collect()
}

fn told(rule: &Rule) -> CloudEvent {
    CloudEvent::RuleChanged {
        bus: rule.bus.clone(),
        rule: rule.name.clone(),
        arn: rule.arn.clone(),
        pattern: rule.pattern.clone(),
        enabled: rule.enabled,
        targets: rule.targets.iter().map(target).collect(),
    }
}

fn target(target: &Target) -> RuleTarget {
    RuleTarget {
        id: target.id.clone(),
        arn: target.arn.clone(),
        is_reshaped: !target.gets_the_event(),
    }
}

/// Reads the pattern of a rule or an archive, as AWS would on deployment.
fn parse(pattern: Option<&str>) -> Result<Option<Pattern>, String> {
    let Some(text) = pattern else { return Ok(None) };
    let length = text.chars().count();
    if length > PATTERN_CHARACTERS_QUOTA {
        return Err(format!(
            "the event pattern has {length} characters; the default quota is {PATTERN_CHARACTERS_QUOTA}"
        ));
    }
    Pattern::parse(text)
        .map(Some)
        .map_err(|error| error.message().to_owned())
}

fn default_bus(account: &Account) -> Bus {
    Bus {
        logical_id: "default".to_owned(),
        name: "default".to_owned(),
        arn: format!(
            "arn:{}:events:{}:{}:event-bus/default",
            account.partition, account.region, account.id
        ),
    }
}

fn not_found(message: String) -> ServiceError {
    ServiceError::client("ResourceNotFoundException", message)
}

fn already_exists(message: String) -> ServiceError {
    ServiceError::client("ResourceAlreadyExistsException", message)
}

fn limit_exceeded() -> ServiceError {
    ServiceError::client(
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.",
    )
}
