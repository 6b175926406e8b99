//! Rules, targets and buses as an owner manages them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{EventBridge, RuleState, default_bus, describe, limit_exceeded, not_found};
use crate::cloud::error::ServiceError;
use crate::cloud::pattern::Pattern;
use crate::cloud::schedule_expression::{Dialect, ScheduleExpression};
use crate::cloud::template::{InputTransformer, RetryPolicy, Rule, Target};
use crate::cloud::transform;

const TARGETS_MAX: usize = 5;
const RULES_MAX: usize = 300;
const NAME_FORM: &str = r"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+";

impl EventBridge {
    /// PutRule: a new rule, or an existing one with everything replaced but its targets. Gives its ARN.
    ///
    /// # Errors
    /// As AWS does (semantics 3.1).
    pub fn put_rule(&mut self, input: &Value) -> Result<String, ServiceError> {
        let text = |name: &str| input.get(name).and_then(Value::as_str).map(str::to_owned);
        let name = text("Name").unwrap_or_default();
        if !is_name(&name) {
            return Err(constraint(&name, "name", NAME_FORM));
        }
        let bus = self.known_bus(input)?;
        let (event_pattern, schedule_expression) = (text("EventPattern"), text("ScheduleExpression"));
        if event_pattern.is_none() && schedule_expression.is_none() {
            return Err(ServiceError::validation("Parameter(s) EventPattern or ScheduleExpression must be specified."));
        }
        if let Some(expression) = &schedule_expression {
            if bus != "default" {
                return Err(ServiceError::validation("ScheduleExpression is supported only on the default event bus."));
            }
            ScheduleExpression::parse(expression, Dialect::Rule).map_err(|error| ServiceError::validation(error.to_string()))?;
        }
        let pattern = event_pattern.as_deref().map(Pattern::parse).transpose();
        let pattern = pattern.map_err(|error| ServiceError::client("InvalidEventPatternException", error.message()))?;
        let enabled = text("State").is_none_or(|state| state != "DISABLED");
        let path = if bus == "default" { format!("rule/{name}") } else { format!("rule/{bus}/{name}") };
        let arn = self.pseudo.arn("events", &path);
        let rule = Rule {
            logical_id: name.clone(),
            position: Default::default(),
            name: name.clone(),
            arn: arn.clone(),
            bus: bus.clone(),
            pattern: event_pattern,
            schedule_expression,
            enabled,
            targets: Vec::new(),
        };
        if let Some(state) = self.rules.iter_mut().find(|state| state.rule.bus == bus && state.rule.name == name) {
            state.refuse_managed(input)?;
            let targets = std::mem::take(&mut state.rule.targets);
            *state = RuleState { rule: Rule { targets, ..rule }, pattern, managed_by: None };
        } else if self.rules.iter().filter(|state| state.rule.bus == bus).count() >= RULES_MAX {
            return Err(limit_exceeded());
        } else {
            self.rules.push(RuleState { rule, pattern, managed_by: None });
        }
        Ok(arn)
    }

    /// Operations on rules, targets and buses that need nothing but this service's own state; nothing for any other.
    pub(in crate::cloud) fn manage(&mut self, operation: &str, input: &Value) -> Option<Result<Value, ServiceError>> {
        Some(match operation {
            "DescribeRule" => self.describe_rule(input),
            "ListRules" => self.list_rules(input),
            "DeleteRule" => self.delete_rule(input),
            "PutTargets" => self.put_targets(input),
            "RemoveTargets" => self.remove_targets(input),
            "ListTargetsByRule" => self.list_targets(input),
            "CreateEventBus" => self.create_bus(input),
            "DescribeEventBus" => self.describe_bus(input),
            "DeleteEventBus" => self.delete_bus(input),
            "ListEventBuses" => Ok(json!({ "EventBuses": self.buses.values().map(bus_shown).collect::<Vec<_>>() })),
            _ => return None,
        })
    }

    fn describe_rule(&mut self, input: &Value) -> Result<Value, ServiceError> {
        self.find_rule(input).map(|state| describe(state))
    }

    fn list_rules(&self, input: &Value) -> Result<Value, ServiceError> {
        let bus = self.known_bus(input)?;
        let prefix = input.get("NamePrefix").and_then(Value::as_str).unwrap_or_default();
        let rules = self.rules.iter().filter(|state| state.rule.bus == bus && state.rule.name.starts_with(prefix));
        Ok(json!({ "Rules": rules.map(describe).collect::<Vec<_>>() }))
    }

    /// A rule that is not there is deleted already.
    fn delete_rule(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let bus = self.known_bus(input)?;
        let name = input.get("Name").and_then(Value::as_str).unwrap_or_default();
        let Some(state) = self.rules.iter().find(|state| state.rule.bus == bus && state.rule.name == name) else {
            return Ok(json!({}));
        };
        state.refuse_managed(input)?;
        if !state.rule.targets.is_empty() {
            return Err(ServiceError::validation("Rule can't be deleted since it has targets."));
        }
        self.rules.retain(|state| state.rule.bus != bus || state.rule.name != name);
        Ok(json!({}))
    }

    fn put_targets(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let entries = input.get("Targets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for (number, entry) in entries.iter().enumerate() {
            check_target(number + 1, entry)?;
        }
        let state = self.find_target_rule(input)?;
        state.refuse_managed(input)?;
        let mut targets = state.rule.targets.clone();
        for entry in entries {
            let target = target_of(entry);
            match targets.iter_mut().find(|known| known.id == target.id) {
                Some(known) => *known = target,
                None => targets.push(target),
            }
        }
        if targets.len() > TARGETS_MAX {
            return Err(limit_exceeded());
        }
        state.rule.targets = targets;
        Ok(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
    }

    fn remove_targets(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let state = self.find_target_rule(input)?;
        state.refuse_managed(input)?;
        let ids: Vec<&str> = input["Ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        state.rule.targets.retain(|target| !ids.contains(&target.id.as_str()));
        Ok(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
    }

    fn list_targets(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let targets = &self.find_target_rule(input)?.rule.targets;
        let shown = targets
            .iter()
            .map(|target| json!({ "Id": target.id, "Arn": target.arn, "Input": target.input, "InputPath": target.input_path }));
        Ok(json!({ "Targets": shown.collect::<Vec<_>>() }))
    }

    /// The rule that a request about targets names.
    fn find_target_rule(&mut self, input: &Value) -> Result<&mut RuleState, ServiceError> {
        self.find_rule(&json!({ "Name": input["Rule"], "EventBusName": input["EventBusName"] }))
    }

    fn create_bus(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let name = input.get("Name").and_then(Value::as_str).unwrap_or_default();
        if self.buses.contains_key(name) {
            return Err(ServiceError::client("ResourceAlreadyExistsException", format!("Event bus {name} already exists.")));
        }
        let arn = self.pseudo.arn("events", &format!("event-bus/{name}"));
        let bus = super::Bus { logical_id: name.to_owned(), name: name.to_owned(), arn: arn.clone(), ..default_bus(&self.pseudo) };
        self.buses.insert(name.to_owned(), bus);
        Ok(json!({ "EventBusArn": arn }))
    }

    fn describe_bus(&self, input: &Value) -> Result<Value, ServiceError> {
        let name = self.bus_name(input.get("Name").and_then(Value::as_str));
        self.buses.get(&name).map(bus_shown).ok_or_else(|| not_found(format!("Event bus {name} does not exist.")))
    }

    fn delete_bus(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let name = input.get("Name").and_then(Value::as_str).unwrap_or_default();
        if name == "default" {
            return Err(ServiceError::validation("Cannot delete event bus default."));
        }
        if self.rules.iter().any(|state| state.rule.bus == name && state.managed_by.is_none()) {
            return Err(ServiceError::validation(format!("Event bus {name} can't be deleted since it has rules.")));
        }
        self.buses.remove(name);
        Ok(json!({}))
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
                let message = format!("Rule {} is managed by {owner} and cannot be changed without Force.", self.rule.name);
                Err(ServiceError::client("ManagedRuleException", message))
            }
            _ => Ok(()),
        }
    }
}

fn bus_shown(bus: &super::Bus) -> Value {
    json!({ "Name": bus.name, "Arn": bus.arn })
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|character| character.is_ascii_alphanumeric() || ".-_".contains(character))
}

fn constraint(value: &str, place: &str, rule: &str) -> ServiceError {
    ServiceError::validation(format!("1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: {rule}"))
}

fn check_target(number: usize, entry: &Value) -> Result<(), ServiceError> {
    let id = entry.get("Id").and_then(Value::as_str).unwrap_or_default();
    if !is_name(id) {
        return Err(constraint(id, &format!("targets.{number}.member.id"), NAME_FORM));
    }
    let shapes = ["Input", "InputPath", "InputTransformer"];
    if shapes.iter().filter(|shape| entry.get(**shape).is_some_and(|value| !value.is_null())).count() > 1 {
        let message = format!("Only one of Input, InputPath, or InputTransformer must be provided for target {id}.");
        return Err(ServiceError::validation(message));
    }
    match target_of(entry).input_transformer {
        Some(transformer) => transform::check(&transformer, id).map_err(ServiceError::validation),
        None => Ok(()),
    }
}

fn target_of(entry: &Value) -> Target {
    let text = |path: &str| entry.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let count = |path: &str| entry.pointer(path).and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
    let paths: BTreeMap<String, String> = entry["InputTransformer"]["InputPathsMap"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, path)| Some((name.clone(), path.as_str()?.to_owned())))
        .collect();
    let default = RetryPolicy::default();
    Target {
        position: Default::default(),
        id: text("/Id").unwrap_or_default(),
        arn: text("/Arn").unwrap_or_default(),
        input: text("/Input"),
        input_path: text("/InputPath"),
        input_transformer: text("/InputTransformer/InputTemplate").map(|template| InputTransformer { paths, template }),
        retry_policy: RetryPolicy {
            maximum_retry_attempts: count("/RetryPolicy/MaximumRetryAttempts").unwrap_or(default.maximum_retry_attempts),
            maximum_event_age_seconds: count("/RetryPolicy/MaximumEventAgeInSeconds").unwrap_or(default.maximum_event_age_seconds),
        },
        dead_letter_arn: text("/DeadLetterConfig/Arn"),
        message_group_id: text("/SqsParameters/MessageGroupId"),
        role_arn: text("/RoleArn"),
    }
}
