use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{EventBridge, limit_exceeded};
use crate::api::error::ServiceError;
use crate::api::parameters::{check_name, integer, page, required, text, texts, violated_at};
use crate::stack::{InputTransformer, RetryPolicy, Target};
use crate::transform::{self, TEMPLATE_CHARACTERS_MAX};

const TARGETS_A_RULE_MAX: usize = 5;
const INPUT_CHARACTERS_MAX: usize = 8192;
const PATH_CHARACTERS_MAX: usize = 256;

impl EventBridge {
    /// PutTargets: adds targets, or replaces those of the same id.
    pub(crate) fn put_targets(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let name = required(input, "Rule")?;
        let entries = input
            .get("Targets")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        if entries.is_empty() {
            return Err(violated_at(
                "'[]'".to_owned(),
                "targets",
                "Member must have length greater than or equal to 1",
            ));
        }
        let read = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| read_target(entry, index + 1))
            .collect::<Result<Vec<_>, _>>()?;
        let state = self.find_rule_called(input, name)?;
        state.refuse_managed(input)?;
        let mut targets = state.rule.targets.clone();
        for target in read {
            match targets.iter_mut().find(|known| known.id == target.id) {
                Some(known) => *known = target,
                None => targets.push(target),
            }
        }
        if targets.len() > TARGETS_A_RULE_MAX {
            return Err(limit_exceeded());
        }
        Arc::make_mut(&mut state.rule).targets = targets;
        Ok(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
    }

    /// RemoveTargets; an id that is not there is no error.
    pub(crate) fn remove_targets(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let ids = texts(input, "Ids");
        if ids.is_empty() {
            return Err(violated_at(
                "'[]'".to_owned(),
                "ids",
                "Member must have length greater than or equal to 1",
            ));
        }
        let state = self.find_rule_called(input, required(input, "Rule")?)?;
        state.refuse_managed(input)?;
        Arc::make_mut(&mut state.rule)
            .targets
            .retain(|target| !ids.contains(&target.id.as_str()));
        Ok(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
    }

    pub(crate) fn list_targets_by_rule(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let targets = self
            .find_rule_called(input, required(input, "Rule")?)?
            .rule
            .targets
            .iter()
            .map(show)
            .collect();
        page(input, "Limit", "Targets", targets)
    }
}

/// One entry of `Targets`; `place` counts from 1.
fn read_target(entry: &Value, place: usize) -> Result<Target, ServiceError> {
    let member = |name: &str| format!("targets.{place}.member.{name}");
    let needed = |name: &str, place: &str| {
        text(entry, name)
            .ok_or_else(|| violated_at("null".to_owned(), place, "Member must not be null"))
    };
    let id = needed("Id", &member("id"))?;
    check_name(id, &member("id"), 64)?;
    let arn = needed("Arn", &member("arn"))?;
    if !arn.starts_with("arn:") || arn.split(':').count() < 6 {
        return Err(ServiceError::validation(format!(
            "Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
        )));
    }
    let own = |name: &str| text(entry, name).map(str::to_owned);
    let group = entry
        .get("SqsParameters")
        .and_then(|parameters| text(parameters, "MessageGroupId"))
        .map(str::to_owned);
    if arn.ends_with(".fifo") && group.is_none() {
        return Err(ServiceError::validation(format!(
            "Parameter(s) SqsParameters must be specified for target: {id}."
        )));
    }
    let (input, input_path) = (own("Input"), own("InputPath"));
    check_length(input.as_deref(), &member("input"), INPUT_CHARACTERS_MAX)?;
    check_length(
        input_path.as_deref(),
        &member("inputPath"),
        PATH_CHARACTERS_MAX,
    )?;
    let transformer = entry
        .get("InputTransformer")
        .filter(|value| value.is_object());
    let shapes = [input.is_some(), input_path.is_some(), transformer.is_some()];
    if shapes.into_iter().filter(|is_given| *is_given).count() > 1 {
        return Err(ServiceError::validation(format!(
            "Only one of Input, InputPath, or InputTransformer must be provided for target {id}."
        )));
    }
    if let Some(error) = input
        .as_deref()
        .and_then(|input| serde_json::from_str::<Value>(input).err())
    {
        return Err(ServiceError::validation(format!(
            "Input for target {id} is not valid JSON: {error}"
        )));
    }
    Ok(Target {
        id: id.to_owned(),
        arn: arn.to_owned(),
        input,
        input_path,
        input_transformer: transformer
            .map(|transformer| read_transformer(transformer, id, place))
            .transpose()?,
        retry_policy: read_retry_policy(entry)?,
        dead_letter_arn: entry
            .get("DeadLetterConfig")
            .and_then(|config| text(config, "Arn"))
            .map(str::to_owned),
        message_group_id: group,
        role_arn: own("RoleArn"),
    })
}

fn read_retry_policy(entry: &Value) -> Result<RetryPolicy, ServiceError> {
    let given = entry.get("RetryPolicy").unwrap_or(&Value::Null);
    let default = RetryPolicy::default();
    Ok(RetryPolicy {
        maximum_retry_attempts: integer(given, "MaximumRetryAttempts", 0..=185)?
            .unwrap_or(default.maximum_retry_attempts),
        maximum_event_age_seconds: integer(given, "MaximumEventAgeInSeconds", 60..=86_400)?
            .unwrap_or(default.maximum_event_age_seconds),
    })
}

fn check_length(text: Option<&str>, place: &str, limit: usize) -> Result<(), ServiceError> {
    match text.filter(|text| text.chars().count() > limit) {
        None => Ok(()),
        Some(text) => {
            let rule = format!("Member must have length less than or equal to {limit}");
            Err(violated_at(format!("'{text}'"), place, rule))
        }
    }
}

fn read_transformer(
    transformer: &Value,
    id: &str,
    place: usize,
) -> Result<InputTransformer, ServiceError> {
    let entries = transformer
        .get("InputPathsMap")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let paths: BTreeMap<String, String> = entries
        .filter_map(|(name, path)| Some((name.clone(), path.as_str()?.to_owned())))
        .collect();
    let template = required(transformer, "InputTemplate")?.to_owned();
    let member = format!("targets.{place}.member.inputTransformer");
    check_length(
        Some(&template),
        &format!("{member}.inputTemplate"),
        TEMPLATE_CHARACTERS_MAX,
    )?;
    for path in paths.values() {
        check_length(
            Some(path),
            &format!("{member}.inputPathsMap"),
            PATH_CHARACTERS_MAX,
        )?;
    }
    let read = InputTransformer { paths, template };
    transform::check(&read, id).map_err(ServiceError::validation)?;
    Ok(read)
}

fn show(target: &Target) -> Value {
    let mut shown = json!({ "Id": target.id, "Arn": target.arn });
    let texts = [
        ("Input", &target.input),
        ("InputPath", &target.input_path),
        ("RoleArn", &target.role_arn),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            shown[name] = value.as_str().into();
        }
    }
    if let Some(transformer) = &target.input_transformer {
        shown["InputTransformer"] =
            json!({ "InputPathsMap": transformer.paths, "InputTemplate": transformer.template });
    }
    if let Some(arn) = &target.dead_letter_arn {
        shown["DeadLetterConfig"] = json!({ "Arn": arn });
    }
    if let Some(group) = &target.message_group_id {
        shown["SqsParameters"] = json!({ "MessageGroupId": group });
    }
    if target.retry_policy != RetryPolicy::default() {
        shown["RetryPolicy"] = json!({
            "MaximumRetryAttempts": target.retry_policy.maximum_retry_attempts,
            "MaximumEventAgeInSeconds": target.retry_policy.maximum_event_age_seconds,
        });
    }
    shown
}
