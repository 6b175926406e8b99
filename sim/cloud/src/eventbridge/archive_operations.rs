use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::archive::ArchiveState;
use super::bus_operations::Label;
use super::rule_operations::parse_pattern;
use super::{EventBridge, RuleState, already_exists, not_found};
use crate::api::error::ServiceError;
use crate::api::parameters::{integer, page, required, required_name, text};
use crate::cloud_event::ReplayState;
use crate::stack::{Archive, Rule};
use event_pattern::Pattern;

/// The service that owns the rules behind archives.
const ARCHIVES: &str = "prod.vhs.events.aws.internal";

impl EventBridge {
    pub(crate) fn create_archive(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let name = required_name(input, "ArchiveName", 48)?.to_owned();
        let source = required(input, "EventSourceArn")?;
        let bus = self.existing_bus(Some(source))?;
        if self.archives.contains_key(&name) {
            return Err(already_exists(format!("Archive {name} already exists.")));
        }
        let pattern = text(input, "EventPattern");
        let parsed = pattern.map(parse_pattern).transpose()?;
        let archive = Archive {
            logical_id: name.clone(),
            arn: self.account.arn("events", &format!("archive/{name}")),
            source_arn: self
                .buses
                .get(&bus)
                .map(|bus| bus.arn.clone())
                .unwrap_or_default(),
            pattern: pattern.map(str::to_owned),
            retention_days: integer(input, "RetentionDays", 0..=u32::MAX)?.unwrap_or(0),
            name,
        };
        let answer = json!({ "ArchiveArn": archive.arn, "State": "ENABLED", "CreationTime": now.timestamp() });
        self.labels.insert(archive.arn.clone(), Label::read(input));
        self.add_archive(now, archive, parsed);
        Ok(answer)
    }

    /// An archive is a managed rule on its bus.
    pub(super) fn add_archive(
        &mut self,
        now: DateTime<Utc>,
        archive: Archive,
        pattern: Option<Pattern>,
    ) {
        let bus = self.bus_name(Some(&archive.source_arn));
        let name = rule_name(&archive.name);
        let rule = Rule {
            logical_id: name.clone(),
            arn: self.rule_arn(&bus, &name),
            name,
            bus,
            pattern: Some(rule_pattern(&archive)),
            schedule_expression: None,
            enabled: true,
            targets: Vec::new(),
        };
        // The archive judges for itself what it wants: its rule is for show, and in no index.
        self.rules.push(RuleState {
            rule: Arc::new(rule),
            pattern: None,
            managed_by: Some(ARCHIVES),
        });
        self.archives.insert(
            archive.name.clone(),
            ArchiveState::new(archive, pattern, now),
        );
    }

    pub(crate) fn update_archive(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let (pattern, description) = (text(input, "EventPattern"), text(input, "Description"));
        let retention = integer(input, "RetentionDays", 0..=u32::MAX)?;
        if pattern.is_none() && description.is_none() && retention.is_none() {
            return Err(ServiceError::validation(
                "At least one of EventPattern, RetentionDays or Description must be provided.",
            ));
        }
        let parsed = pattern.map(parse_pattern).transpose()?;
        self.drop_expired(now);
        let state = self.archives.get_mut(required(input, "ArchiveName")?);
        let state = state.ok_or_else(|| unknown_archive(input))?;
        if let Some(text) = pattern {
            state.archive.pattern = Some(text.to_owned());
            state.pattern = parsed;
            let name = rule_name(&state.archive.name);
            if let Some(state_of_rule) = self
                .rules
                .iter_mut()
                .find(|known| known.managed_by == Some(ARCHIVES) && known.rule.name == name)
            {
                Arc::make_mut(&mut state_of_rule.rule).pattern = Some(rule_pattern(&state.archive));
            }
        }
        state.archive.retention_days = retention.unwrap_or(state.archive.retention_days);
        let arn = state.archive.arn.clone();
        let created = state.created;
        if let Some(description) = description {
            self.labels.entry(arn.clone()).or_default().description = Some(description.to_owned());
        }
        Ok(json!({ "ArchiveArn": arn, "State": "ENABLED", "CreationTime": created.timestamp() }))
    }

    pub(crate) fn delete_archive(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let state = self
            .archives
            .remove(required(input, "ArchiveName")?)
            .ok_or_else(|| unknown_archive(input))?;
        self.labels.remove(&state.archive.arn);
        let rule = rule_name(&state.archive.name);
        self.rules
            .retain(|known| known.managed_by != Some(ARCHIVES) || known.rule.name != rule);
        self.reindex();
        Ok(json!({}))
    }

    pub(crate) fn describe_archive(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        self.drop_expired(now);
        let state = self
            .archives
            .get(required(input, "ArchiveName")?)
            .ok_or_else(|| unknown_archive(input))?;
        let mut shown = show_archive(now, state);
        shown["ArchiveArn"] = state.archive.arn.as_str().into();
        if let Some(pattern) = &state.archive.pattern {
            shown["EventPattern"] = pattern.as_str().into();
        }
        self.describe_label(&state.archive.arn, &mut shown);
        Ok(shown)
    }

    pub(crate) fn list_archives(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        one_filter(input)?;
        self.drop_expired(now);
        let (prefix, source) = (
            text(input, "NamePrefix").unwrap_or_default(),
            text(input, "EventSourceArn"),
        );
        let wanted = |archive: &Archive| {
            archive.name.starts_with(prefix)
                && source.is_none_or(|source| archive.source_arn == source)
                && text(input, "State").is_none_or(|state| state == "ENABLED")
        };
        let archives = self
            .archives
            .values()
            .filter(|state| wanted(&state.archive))
            .map(|state| show_archive(now, state))
            .collect();
        page(input, "Limit", "Archives", archives)
    }

    /// CancelReplay: no further slice is put.
    pub(crate) fn cancel_replay(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let name = required(input, "ReplayName")?;
        let replay = self
            .replays
            .get_mut(name)
            .ok_or_else(|| not_found(format!("Replay {name} does not exist.")))?;
        if !matches!(replay.state, ReplayState::Starting | ReplayState::Running) {
            let message = format!("Replay {name} is not in a valid state for this operation.");
            return Err(ServiceError::client("IllegalStatusException", message));
        }
        replay.state = ReplayState::Cancelling;
        Ok(
            json!({ "ReplayArn": self.account.arn("events", &format!("replay/{name}")), "State": "CANCELLING" }),
        )
    }

    pub(crate) fn list_replays(&self, input: &Value) -> Result<Value, ServiceError> {
        one_filter(input)?;
        let (prefix, state) = (
            text(input, "NamePrefix").unwrap_or_default(),
            text(input, "State"),
        );
        let source = text(input, "EventSourceArn");
        let wanted = self.replays.values().filter(|replay| {
            replay.name.starts_with(prefix)
                && state.is_none_or(|state| replay.state.to_string() == state)
                && source.is_none_or(|source| replay.archive_arn == source)
        });
        page(
            input,
            "Limit",
            "Replays",
            wanted.map(super::Replay::to_json).collect(),
        )
    }
}

fn unknown_archive(input: &Value) -> ServiceError {
    not_found(format!(
        "Archive {} does not exist.",
        text(input, "ArchiveName").unwrap_or_default()
    ))
}

fn rule_name(archive: &str) -> String {
    format!("Events-Archive-{archive}")
}

/// What the archive wants, and no replays.
fn rule_pattern(archive: &Archive) -> String {
    let mut pattern: Value = archive
        .pattern
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_else(|| json!({}));
    pattern["replay-name"] = json!([{ "exists": false }]);
    pattern.to_string()
}

fn show_archive(now: DateTime<Utc>, state: &ArchiveState) -> Value {
    let (count, bytes) = state.holds(now);
    json!({
        "ArchiveName": state.archive.name,
        "EventSourceArn": state.archive.source_arn,
        "State": "ENABLED",
        "RetentionDays": state.archive.retention_days,
        "EventCount": count,
        "SizeBytes": bytes,
        "CreationTime": state.created.timestamp(),
    })
}

fn one_filter(input: &Value) -> Result<(), ServiceError> {
    if ["NamePrefix", "EventSourceArn", "State"]
        .iter()
        .filter(|name| text(input, name).is_some())
        .count()
        > 1
    {
        return Err(ServiceError::validation(
            "At most one filter is allowed. Use either : State, EventSourceArn, or NamePrefix.",
        ));
    }
    Ok(())
}
