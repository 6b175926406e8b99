//! Archives and replays as an owner manages them (semantics 4).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::archive::ArchiveState;
use super::{EventBridge, RuleState, not_found};
use crate::cloud::error::ServiceError;
use crate::cloud::pattern::Pattern;
use crate::cloud::template::{Archive, Rule};

/// The service that owns the rules behind archives.
const ARCHIVES: &str = "prod.vhs.events.aws.internal";

impl EventBridge {
    /// Operations on archives, and on replays that exist; nothing for any other.
    pub(in crate::cloud) fn manage_archives(
        &mut self,
        now: DateTime<Utc>,
        operation: &str,
        input: &Value,
    ) -> Option<Result<Value, ServiceError>> {
        self.drop_expired(now);
        Some(match operation {
            "CreateArchive" => self.create_archive(input),
            "DescribeArchive" => self.describe_archive(input),
            "UpdateArchive" => self.update_archive(input),
            "DeleteArchive" => self.delete_archive(input),
            "ListArchives" => self.list_archives(input),
            "DescribeReplay" => self.describe_replay(input),
            "ListReplays" => self.list_replays(input),
            "CancelReplay" => self.cancel_replay(input),
            _ => return None,
        })
    }

    fn create_archive(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let text = |name: &str| input.get(name).and_then(Value::as_str).map(str::to_owned);
        let name = text("ArchiveName").unwrap_or_default();
        let source_arn = text("EventSourceArn").unwrap_or_default();
        let bus = self.bus_name(Some(&source_arn));
        if !self.buses.contains_key(&bus) {
            return Err(not_found(format!("Event bus {bus} does not exist.")));
        }
        if self.archives.contains_key(&name) {
            return Err(ServiceError::client("ResourceAlreadyExistsException", format!("Archive {name} already exists.")));
        }
        let archive = Archive {
            logical_id: name.clone(),
            position: Default::default(),
            arn: self.pseudo.arn("events", &format!("archive/{name}")),
            name,
            source_arn,
            pattern: text("EventPattern"),
            retention_days: days(input).unwrap_or(0),
        };
        let pattern = archive.pattern.as_deref().map(Pattern::parse).transpose();
        let pattern = pattern.map_err(|error| ServiceError::client("InvalidEventPatternException", error.message()))?;
        let answer = json!({ "ArchiveArn": archive.arn, "State": "ENABLED" });
        self.add_archive(archive, pattern);
        Ok(answer)
    }

    /// An archive is a managed rule on its bus.
    pub(super) fn add_archive(&mut self, archive: Archive, pattern: Option<Pattern>) {
        let bus = self.bus_name(Some(&archive.source_arn));
        let name = rule_name(&archive.name);
        let path = if bus == "default" { format!("rule/{name}") } else { format!("rule/{bus}/{name}") };
        let mut shown: Value =
            archive.pattern.as_deref().and_then(|pattern| serde_json::from_str(pattern).ok()).unwrap_or_else(|| json!({}));
        shown["replay-name"] = json!([{ "exists": false }]);
        let rule = Rule {
            logical_id: name.clone(),
            position: archive.position,
            arn: self.pseudo.arn("events", &path),
            name,
            bus,
            pattern: Some(shown.to_string()),
            schedule_expression: None,
            enabled: true,
            targets: Vec::new(),
        };
        self.rules.push(RuleState { rule, pattern: None, managed_by: Some(ARCHIVES) });
        self.archives.insert(archive.name.clone(), ArchiveState::new(archive, pattern));
    }

    fn find_archive(&mut self, input: &Value) -> Result<&mut ArchiveState, ServiceError> {
        let name = input.get("ArchiveName").and_then(Value::as_str).unwrap_or_default();
        self.archives.get_mut(name).ok_or_else(|| not_found(format!("Archive {name} does not exist.")))
    }

    fn describe_archive(&mut self, input: &Value) -> Result<Value, ServiceError> {
        self.find_archive(input).map(|state| shown(state))
    }

    fn update_archive(&mut self, input: &Value) -> Result<Value, ServiceError> {
        if ["EventPattern", "RetentionDays", "Description"].iter().all(|name| input.get(*name).is_none_or(Value::is_null)) {
            let message = "At least one of EventPattern, RetentionDays or Description must be provided.";
            return Err(ServiceError::validation(message));
        }
        let pattern = input.get("EventPattern").and_then(Value::as_str);
        let parsed = pattern.map(Pattern::parse).transpose();
        let parsed = parsed.map_err(|error| ServiceError::client("InvalidEventPatternException", error.message()))?;
        let state = self.find_archive(input)?;
        if let Some(pattern) = pattern {
            state.archive.pattern = Some(pattern.to_owned());
            state.pattern = parsed;
        }
        state.archive.retention_days = days(input).unwrap_or(state.archive.retention_days);
        Ok(json!({ "ArchiveArn": state.archive.arn, "State": "ENABLED" }))
    }

    fn delete_archive(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let name = self.find_archive(input)?.archive.name.clone();
        self.archives.remove(&name);
        let rule = rule_name(&name);
        self.rules.retain(|state| state.managed_by.is_none() || state.rule.name != rule);
        Ok(json!({}))
    }

    fn list_archives(&mut self, input: &Value) -> Result<Value, ServiceError> {
        one_filter(input)?;
        let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
        let wanted = |state: &&ArchiveState| {
            state.archive.name.starts_with(text("NamePrefix"))
                && (text("EventSourceArn").is_empty() || state.archive.source_arn == text("EventSourceArn"))
                && (text("State").is_empty() || text("State") == "ENABLED")
        };
        Ok(json!({ "Archives": self.archives.values().filter(wanted).map(shown).collect::<Vec<_>>() }))
    }

    fn list_replays(&self, input: &Value) -> Result<Value, ServiceError> {
        one_filter(input)?;
        let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
        let replays = self.replays.values().filter(|replay| {
            replay.name.starts_with(text("NamePrefix"))
                && (text("EventSourceArn").is_empty() || replay.archive_arn == text("EventSourceArn"))
                && (text("State").is_empty() || replay.state == text("State"))
        });
        Ok(json!({ "Replays": replays.map(super::archive::replay_shown).collect::<Vec<_>>() }))
    }

    /// Only a replay that is starting or running can be cancelled.
    fn cancel_replay(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let name = input.get("ReplayName").and_then(Value::as_str).unwrap_or_default();
        let arn = self.pseudo.arn("events", &format!("replay/{name}"));
        let replay = self.replays.get_mut(name).ok_or_else(|| not_found(format!("Replay {name} does not exist.")))?;
        if !matches!(replay.state, "STARTING" | "RUNNING") {
            let message = format!("Replay {name} is not in a valid state for this operation.");
            return Err(ServiceError::client("IllegalStatusException", message));
        }
        replay.state = if replay.state == "STARTING" { "CANCELLED" } else { "CANCELLING" };
        Ok(json!({ "ReplayArn": arn, "State": "CANCELLING" }))
    }

    /// Forgets what archives no longer keep.
    pub(in crate::cloud) fn drop_expired(&mut self, now: DateTime<Utc>) {
        for state in self.archives.values_mut().filter(|state| state.archive.retention_days > 0) {
            let oldest = now - TimeDelta::days(i64::from(state.archive.retention_days));
            state.events.retain(|archived| archived.event.time >= oldest);
        }
    }
}

fn rule_name(archive: &str) -> String {
    format!("Events-Archive-{archive}")
}

fn days(input: &Value) -> Option<u32> {
    input.get("RetentionDays").and_then(Value::as_u64).and_then(|days| u32::try_from(days).ok())
}

fn shown(state: &ArchiveState) -> Value {
    json!({
        "ArchiveName": state.archive.name,
        "ArchiveArn": state.archive.arn,
        "EventSourceArn": state.archive.source_arn,
        "EventPattern": state.archive.pattern,
        "RetentionDays": state.archive.retention_days,
        "State": "ENABLED",
        "EventCount": state.events.len(),
        "SizeBytes": state.events.iter().map(|archived| archived.event.envelope.len()).sum::<usize>(),
    })
}

fn one_filter(input: &Value) -> Result<(), ServiceError> {
    let given = ["NamePrefix", "EventSourceArn", "State"].iter().filter(|name| input.get(**name).is_some_and(|value| !value.is_null()));
    if given.count() > 1 {
        return Err(ServiceError::validation("At most one filter is allowed. Use either : State, EventSourceArn, or NamePrefix."));
    }
    Ok(())
}
