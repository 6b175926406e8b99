//! The rules of a journal, and what they match, by a matcher of their own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use event_pattern::reference;
use simulated_cloud::cloud_event::{CloudEvent, RuleTarget};

/// A rule as it was at some moment of a run.
#[derive(Clone, Debug)]
pub struct RuleState {
    /// The ARN.
    pub arn: String,
    /// The event pattern; none for a rule that a schedule fires.
    pub pattern: Option<Value>,
    /// Whether it matches at all.
    pub enabled: bool,
    /// Where it sends what matches.
    pub targets: Vec<RuleTarget>,
}

/// The rules as they are at one place of the journal, by bus and name.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: BTreeMap<(String, String), RuleState>,
}

impl Rules {
    /// Goes one record on.
    pub fn take(&mut self, record: &CloudEvent) {
        match record {
            CloudEvent::RuleChanged {
                bus,
                rule,
                arn,
                pattern,
                enabled,
                targets,
            } => {
                let pattern = pattern
                    .as_ref()
                    .and_then(|text| serde_json::from_str(text).ok());
                let state = RuleState {
                    arn: arn.clone(),
                    pattern,
                    enabled: *enabled,
                    targets: targets.clone(),
                };
                self.rules.insert((bus.clone(), rule.clone()), state);
            }
            CloudEvent::RuleDeleted { bus, rule } => {
                self.rules.remove(&(bus.clone(), rule.clone()));
            }
            _ => {}
        }
    }

    /// Whether no rule was ever told of: so it is where EventBridge is not part of the world.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rule of that name on that bus.
    pub fn get(&self, bus: &str, rule: &str) -> Option<&RuleState> {
        self.rules.get(&(bus.to_owned(), rule.to_owned()))
    }

    /// The rules that a put event goes to, by name: those of its bus that are enabled, whose
    /// pattern matches, and that a replay does not leave out.
    pub fn matching<'a>(
        &'a self,
        put: &CloudEvent,
        filter: &[String],
    ) -> Vec<(&'a str, &'a RuleState)> {
        let CloudEvent::EventPut { bus, .. } = put else {
            return Vec::new();
        };
        let is_asked =
            |rule: &RuleState| rule.enabled && (filter.is_empty() || filter.contains(&rule.arn));
        let of_bus = self
            .rules
            .iter()
            .filter(|((of_bus, _), rule)| of_bus == bus && is_asked(rule));
        let mut of_place: BTreeMap<Place<'_>, Vec<(&str, &RuleState)>> = BTreeMap::new();
        for ((_, name), rule) in of_bus {
            if let Some(place) = Place::of(&rule.arn) {
                of_place.entry(place).or_default().push((name, rule));
            }
        }
        let mut found = Vec::new();
        for (place, rules) in of_place {
            let event = envelope(put, place);
            let leaves = reference::Leaves::of(&event);
            let matches = |rule: &RuleState| {
                let pattern = rule.pattern.as_ref();
                pattern.is_some_and(|pattern| leaves.match_pattern(pattern))
            };
            found.extend(rules.into_iter().filter(|(_, rule)| matches(rule)));
        }
        found.sort_by_key(|(name, _)| *name);
        found
    }
}

/// Where a rule is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    region: &'a str,
    account: &'a str,
}

impl<'a> Place<'a> {
    fn of(arn: &'a str) -> Option<Self> {
        let mut parts = arn.split(':').skip(3);
        Some(Self {
            region: parts.next()?,
            account: parts.next()?,
        })
    }
}

/// The event as a rule there sees it: account and region are the rule's own.
fn envelope(put: &CloudEvent, Place { region, account }: Place<'_>) -> Value {
    let CloudEvent::EventPut {
        id,
        source,
        detail_type,
        time,
        resources,
        detail,
        replay,
        ..
    } = put
    else {
        return Value::Null;
    };
    let mut event = json!({
        "version": "0",
        "id": id,
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": region,
        "resources": resources,
        "detail": detail,
    });
    if let Some(replay) = replay {
        event["replay-name"] = replay.as_str().into();
    }
    event
}
