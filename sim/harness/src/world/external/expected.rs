use serde_json::json;

use crate::world::WorldError;
use event_pattern::{FlatEvent, Pattern};
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::stack::{Account, Stack};

/// How many deliveries the rules expected: what has not arrived by then is late, not lost.
pub(super) struct ExpectedDeliveries {
    rules: Vec<ExpectingRule>,
    account: String,
    region: String,
}

struct ExpectingRule {
    bus: String,
    name: String,
    enabled: bool,
    pattern: Pattern,
    targets: usize,
}

impl ExpectedDeliveries {
    /// # Errors
    /// A pattern that EventBridge would refuse.
    pub fn of(stack: &Stack, account: &Account) -> Result<Self, WorldError> {
        let functions: Vec<&str> = stack
            .functions
            .iter()
            .map(|function| function.arn.as_str())
            .collect();
        let mut rules = Vec::new();
        for rule in &stack.rules {
            let Some(pattern) = &rule.pattern else {
                continue;
            };
            let pattern = Pattern::parse(pattern).map_err(|source| WorldError::Pattern {
                rule: rule.name.clone(),
                source,
            })?;
            let targets = rule
                .targets
                .iter()
                .filter(|target| functions.contains(&target.arn.as_str()))
                .count();
            rules.push(ExpectingRule {
                bus: rule.bus.clone(),
                name: rule.name.clone(),
                enabled: rule.enabled,
                pattern,
                targets,
            });
        }
        Ok(Self {
            rules,
            account: account.id.clone(),
            region: account.region.clone(),
        })
    }

    /// A rule was enabled or disabled.
    pub fn set_rule(&mut self, bus: &str, name: &str, enabled: bool) {
        for rule in self
            .rules
            .iter_mut()
            .filter(|rule| rule.bus == bus && rule.name == name)
        {
            rule.enabled = enabled;
        }
    }

    /// How many messages for functions follow from a step of the cloud.
    pub fn deliveries(&self, record: &CloudEvent) -> usize {
        let CloudEvent::EventPut {
            bus,
            source,
            detail_type,
            detail,
            ..
        } = record
        else {
            return 0;
        };
        let event = json!({
            "version": "0", "id": "", "time": "", "resources": [], "account": self.account, "region": self.region,
            "source": source, "detail-type": detail_type, "detail": detail,
        });
        let Ok(event) = FlatEvent::from_value(&event) else {
            return 0;
        };
        let matching = self
            .rules
            .iter()
            .filter(|rule| rule.enabled && rule.bus == *bus && rule.pattern.matches(&event));
        matching.map(|rule| rule.targets).sum()
    }
}
