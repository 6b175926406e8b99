use std::sync::Arc;

use serde_json::{Value, json};

use super::bus_operations::Label;
use super::{EventBridge, RuleState, limit_exceeded, not_found};
use crate::api::error::ServiceError;
use crate::api::parameters::{choice, page, required, required_name, text};
use crate::schedule_expression::{Dialect, ScheduleExpression};
use crate::stack::Rule;
use event_pattern::Pattern;

/// AWS's default quota.
const RULES_A_BUS_MAX: usize = 300;

impl EventBridge {
    /// PutRule: makes a rule, or replaces everything about one but its targets and tags. Gives its
    /// ARN.
    pub(crate) fn put_rule(&mut self, input: &Value) -> Result<String, ServiceError> {
        let (rule, pattern) = self.read_rule(input)?;
        let arn = rule.arn.clone();
        let mut label = Label::read(input);
        let known = self.rules.iter().position(|state| state.rule.arn == arn);
        if let Some(place) = known {
            self.rules[place].refuse_managed(input)?;
            // Tags are set when a rule is made, and by TagResource only.
            label.tags = self
                .labels
                .remove(&arn)
                .map(|label| label.tags)
                .unwrap_or_default();
        } else {
            let siblings = self.rules.iter().filter(|one| one.rule.bus == rule.bus);
            if siblings.count() >= RULES_A_BUS_MAX {
                return Err(limit_exceeded());
            }
        }
        let targets = known.map(|place| self.rules[place].rule.targets.clone());
        let state = RuleState {
            rule: Arc::new(Rule {
                targets: targets.unwrap_or_default(),
                ..rule
            }),
            pattern,
            managed_by: None,
        };
        match known {
            Some(place) => self.rules[place] = state,
            None => self.rules.push(state),
        }
        self.labels.insert(arn.clone(), label);
        self.touched.insert(arn.clone());
        self.reindex();
        Ok(arn)
    }

    /// The rule that a request describes, without targets, and its pattern.
    fn read_rule(&self, input: &Value) -> Result<(Rule, Option<Pattern>), ServiceError> {
        let name = required_name(input, "Name", 64)?.to_owned();
        let bus = self.existing_bus(text(input, "EventBusName"))?;
        let (pattern, schedule) = (
            text(input, "EventPattern"),
            text(input, "ScheduleExpression"),
        );
        if pattern.is_none() && schedule.is_none() {
            return Err(ServiceError::validation(
                "Parameter(s) EventPattern or ScheduleExpression must be specified.",
            ));
        }
        if let Some(expression) = schedule {
            if bus != "default" {
                return Err(ServiceError::validation(
                    "ScheduleExpression is supported only on the default event bus.",
                ));
            }
            ScheduleExpression::parse(expression, Dialect::Rule)
                .map_err(|error| ServiceError::validation(error.to_string()))?;
        }
        let parsed = pattern.map(parse_pattern).transpose()?;
        let state = choice(
            input,
            "State",
            &[
                "ENABLED",
                "DISABLED",
                "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
            ],
        )?;
        let rule = Rule {
            logical_id: name.clone(),
            arn: self.rule_arn(&bus, &name),
            name,
            bus,
            pattern: pattern.map(str::to_owned),
            schedule_expression: schedule.map(str::to_owned),
            enabled: state != Some("DISABLED"),
            targets: Vec::new(),
        };
        Ok((rule, parsed))
    }

    /// DeleteRule. Gives the rule's ARN.
    pub(crate) fn delete_rule(&mut self, input: &Value) -> Result<String, ServiceError> {
        required(input, "Name")?;
        let state = self.find_rule(input)?;
        state.refuse_managed(input)?;
        let rule = &state.rule;
        if !rule.targets.is_empty() {
            return Err(ServiceError::validation(
                "Rule can't be deleted since it has targets.",
            ));
        }
        let arn = rule.arn.clone();
        self.rules.retain(|state| state.rule.arn != arn);
        self.reindex();
        self.labels.remove(&arn);
        Ok(arn)
    }

    /// EnableRule and DisableRule. Events in between are not queued.
    ///
    /// # Errors
    /// Where there is no such rule, or a service manages it.
    pub fn set_rule_state(&mut self, input: &Value, enabled: bool) -> Result<(), ServiceError> {
        let state = self.find_rule(input)?;
        state.refuse_managed(input)?;
        Arc::make_mut(&mut state.rule).enabled = enabled;
        Ok(())
    }

    /// Whether a request may change the state of the rule that it names.
    ///
    /// # Errors
    /// Where there is no such rule, or a service manages it.
    pub(crate) fn check_rule(&mut self, input: &Value) -> Result<(), ServiceError> {
        self.find_rule(input)?.refuse_managed(input)
    }

    /// DescribeRule.
    ///
    /// # Errors
    /// Where there is no such rule.
    pub fn describe_rule(&self, input: &Value) -> Result<Value, ServiceError> {
        let place = self.rule_place(input, required(input, "Name")?)?;
        Ok(self.show_rule(&self.rules[place]))
    }

    /// ListRules, by prefix.
    ///
    /// # Errors
    /// Where there is no such bus.
    pub fn list_rules(&self, input: &Value) -> Result<Value, ServiceError> {
        let bus = self.existing_bus(text(input, "EventBusName"))?;
        let prefix = text(input, "NamePrefix").unwrap_or_default();
        let rules = self
            .rules
            .iter()
            .filter(|state| state.rule.bus == bus && state.rule.name.starts_with(prefix));
        page(
            input,
            "Limit",
            "Rules",
            rules.map(|state| self.show_rule(state)).collect(),
        )
    }

    pub(crate) fn list_rule_names_by_target(&self, input: &Value) -> Result<Value, ServiceError> {
        let target = required(input, "TargetArn")?;
        let bus = self.existing_bus(text(input, "EventBusName"))?;
        let rules = self.rules.iter().map(|state| &state.rule);
        let rules = rules
            .filter(|rule| rule.bus == bus && rule.targets.iter().any(|known| known.arn == target));
        page(
            input,
            "Limit",
            "RuleNames",
            rules.map(|rule| rule.name.as_str().into()).collect(),
        )
    }

    pub(super) fn rule_arn(&self, bus: &str, name: &str) -> String {
        let path = if bus == "default" {
            format!("rule/{name}")
        } else {
            format!("rule/{bus}/{name}")
        };
        self.account.arn("events", &path)
    }

    pub(super) fn find_rule(&mut self, input: &Value) -> Result<&mut RuleState, ServiceError> {
        self.find_rule_called(input, text(input, "Name").unwrap_or_default())
    }

    pub(super) fn find_rule_called(
        &mut self,
        input: &Value,
        name: &str,
    ) -> Result<&mut RuleState, ServiceError> {
        let place = self.rule_place(input, name)?;
        self.touched.insert(self.rules[place].rule.arn.clone());
        Ok(&mut self.rules[place])
    }

    fn rule_place(&self, input: &Value, name: &str) -> Result<usize, ServiceError> {
        let bus = self.existing_bus(text(input, "EventBusName"))?;
        let place = self
            .rules
            .iter()
            .position(|state| state.rule.bus == bus && state.rule.name == name);
        place.ok_or_else(|| not_found(format!("Rule {name} does not exist on EventBus {bus}.")))
    }

    fn show_rule(&self, state: &RuleState) -> Value {
        let rule = &state.rule;
        let mut shown = json!({
            "Name": rule.name,
            "Arn": rule.arn,
            "State": if rule.enabled { "ENABLED" } else { "DISABLED" },
            "EventBusName": rule.bus,
        });
        for (name, value) in [
            ("EventPattern", &rule.pattern),
            ("ScheduleExpression", &rule.schedule_expression),
        ] {
            if let Some(value) = value {
                shown[name] = value.as_str().into();
            }
        }
        if let Some(owner) = state.managed_by {
            shown["ManagedBy"] = owner.into();
        }
        self.describe_label(&rule.arn, &mut shown);
        shown
    }
}

impl RuleState {
    /// A rule that a service manages changes only by force.
    ///
    /// # Errors
    /// `ManagedRuleException`.
    pub(super) fn refuse_managed(&self, input: &Value) -> Result<(), ServiceError> {
        match self.managed_by {
            Some(owner) if input.get("Force").and_then(Value::as_bool) != Some(true) => {
                let message = format!(
                    "Rule {} is managed by {owner} and cannot be changed without Force.",
                    self.rule.name
                );
                Err(ServiceError::client("ManagedRuleException", message))
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn parse_pattern(text: &str) -> Result<Pattern, ServiceError> {
    Pattern::parse(text)
        .map_err(|error| ServiceError::client("InvalidEventPatternException", error.message()))
}
