use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{BusEvent, Entry, EventBridge, already_exists, limit_exceeded, not_found};
use crate::api::error::ServiceError;
use crate::cloud_event::ReplayState;
use crate::json_text::resolve;
use crate::stack::Archive;
use event_pattern::{FlatEvent, Pattern};

/// An archive and what it holds.
#[derive(Debug)]
pub(super) struct ArchiveState {
    pub(super) archive: Archive,
    pub(super) pattern: Option<Pattern>,
    pub(super) created: DateTime<Utc>,
    events: Vec<ArchivedEvent>,
}

/// One event in an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct ArchivedEvent {
    event: Arc<BusEvent>,
    arrives: DateTime<Utc>,
}

/// A replay of an archive onto its bus.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    pub(super) name: String,
    pub(super) archive_arn: String,
    bus: String,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    filter: Vec<String>,
    pub(super) state: ReplayState,
    /// The time of the latest event that was put.
    last_replayed: Option<DateTime<Utc>>,
}

impl Replay {
    pub(super) fn to_json(&self) -> Value {
        let mut shown = json!({
            "ReplayName": self.name,
            "State": self.state,
            "EventSourceArn": self.archive_arn,
            "EventStartTime": self.start.timestamp(),
            "EventEndTime": self.end.timestamp(),
        });
        if let Some(last) = self.last_replayed {
            shown["EventLastReplayedTime"] = last.timestamp().into();
        }
        shown
    }
}

impl EventBridge {
    /// What the archives hold, in bytes.
    pub(crate) fn archived_bytes(&self) -> usize {
        self.archives
            .values()
            .flat_map(|state| &state.events)
            .map(|archived| archived.event.held_bytes())
            .sum()
    }
}

impl ArchiveState {
    pub(super) fn new(archive: Archive, pattern: Option<Pattern>, created: DateTime<Utc>) -> Self {
        Self {
            archive,
            pattern,
            created,
            events: Vec::new(),
        }
    }

    /// How many events it holds, and their bytes.
    pub(super) fn holds(&self, now: DateTime<Utc>) -> (usize, usize) {
        let arrived = self
            .events
            .iter()
            .filter(|archived| archived.arrives <= now);
        arrived.fold((0, 0), |(count, bytes), archived| {
            (count + 1, bytes + archived.event.envelope.len())
        })
    }

    fn wants(&self, event: &BusEvent, bus_arn: &str) -> bool {
        // Replayed events are not archived again (`archive` of semantics.md).
        event.replay.is_none()
            && self.archive.source_arn == bus_arn
            && self.pattern.as_ref().is_none_or(|pattern| {
                FlatEvent::parse(&event.envelope).is_ok_and(|flat| pattern.matches(&flat))
            })
    }
}

impl EventBridge {
    /// Puts `event` in the archives of its bus; it can be replayed after `delay`.
    pub(crate) fn archive(&mut self, now: DateTime<Utc>, event: &Arc<BusEvent>, delay: TimeDelta) {
        let Some(bus) = self.buses.get(&event.bus) else {
            return;
        };
        for state in self.archives.values_mut() {
            if state.wants(event, &bus.arn) {
                state.events.push(ArchivedEvent {
                    event: Arc::clone(event),
                    arrives: now + delay,
                });
            }
        }
    }

    /// Forgets what archives no longer keep.
    pub(super) fn drop_expired(&mut self, now: DateTime<Utc>) {
        for state in self
            .archives
            .values_mut()
            .filter(|state| state.archive.retention_days > 0)
        {
            let oldest = now - TimeDelta::days(i64::from(state.archive.retention_days));
            state
                .events
                .retain(|archived| archived.event.time >= oldest);
        }
    }

    /// StartReplay: checks, and notes the replay as starting. Gives its name.
    ///
    /// # Errors
    /// As AWS does (`archive` of semantics.md).
    pub(crate) fn start_replay(&mut self, input: &Value) -> Result<String, ServiceError> {
        let text = |path: &str| {
            input
                .pointer(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (name, archive_arn, destination) = (
            text("/ReplayName"),
            text("/EventSourceArn"),
            text("/Destination/Arn"),
        );
        let archive_name = archive_arn
            .rsplit_once('/')
            .map_or(archive_arn.as_str(), |(_, name)| name);
        let Some(archive) = self
            .archives
            .values()
            .find(|state| state.archive.arn == archive_arn)
        else {
            return Err(ServiceError::validation(format!(
                "Parameter EventSourceArn is not valid. Reason: Archive {archive_name} does not exist."
            )));
        };
        let bus_name = self.bus_name(Some(&destination));
        if !self.buses.contains_key(&bus_name) {
            return Err(not_found(format!("Event bus {bus_name} does not exist.")));
        }
        if archive.archive.source_arn != destination {
            return Err(ServiceError::validation(
                "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
            ));
        }
        let (start, end) = replayed_span(input)?;
        if self.replays.contains_key(&name) {
            return Err(already_exists(format!("Replay {name} already exists.")));
        }
        if self
            .replays
            .values()
            .filter(|replay| matches!(replay.state, ReplayState::Starting | ReplayState::Running))
            .count()
            >= 10
        {
            return Err(limit_exceeded());
        }
        let filter = input
            .pointer("/Destination/FilterArns")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let filter = filter
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let replay = Replay {
            name: name.clone(),
            archive_arn,
            bus: bus_name,
            start,
            end,
            filter,
            state: ReplayState::Starting,
            last_replayed: None,
        };
        self.replays.insert(name.clone(), replay);
        Ok(name)
    }

    /// The events of a replay, in slices of a minute of their own time, the oldest first.
    pub(crate) fn run_replay(&mut self, name: &str, now: DateTime<Utc>) -> Vec<Vec<Arc<BusEvent>>> {
        self.drop_expired(now);
        let Some(replay) = self.replays.get_mut(name) else {
            return Vec::new();
        };
        replay.state = ReplayState::Running;
        let replay = replay.clone();
        let Some(archive) = self
            .archives
            .values()
            .find(|state| state.archive.arn == replay.archive_arn)
        else {
            return Vec::new();
        };
        let within = |archived: &&ArchivedEvent| {
            archived.arrives <= now
                && archived.event.time >= replay.start
                && archived.event.time <= replay.end
        };
        let mut chosen: Vec<&ArchivedEvent> = archive.events.iter().filter(within).collect();
        chosen.sort_by_key(|archived| archived.event.time.timestamp() / 60);
        let mut slices: Vec<(i64, Vec<Arc<BusEvent>>)> = Vec::new();
        for archived in chosen {
            let minute = archived.event.time.timestamp() / 60;
            let event = Arc::new(self.replayed(archived, &replay));
            match slices.last_mut() {
                Some((last, events)) if *last == minute => events.push(event),
                _ => slices.push((minute, vec![event])),
            }
        }
        slices.into_iter().map(|(_, events)| events).collect()
    }

    /// The original id, time and content, with the replay's name in the envelope.
    fn replayed(&self, archived: &ArchivedEvent, replay: &Replay) -> BusEvent {
        let original = &archived.event;
        let mut event = self.event(Entry {
            bus: replay.bus.clone(),
            id: original.id.clone(),
            source: original.source.clone(),
            detail_type: original.detail_type.clone(),
            time: original.time,
            resources: original.resources.clone(),
            detail: resolve(&original.envelope, "$.detail")
                .unwrap_or("{}")
                .to_owned(),
            replay: Some(replay.name.clone()),
        });
        event.filter.clone_from(&replay.filter);
        event
    }

    /// The only rules that see the events of a replay, by ARN; empty for all.
    pub(crate) fn replay_filter(&self, name: &str) -> Vec<String> {
        self.replays
            .get(name)
            .map(|replay| replay.filter.clone())
            .unwrap_or_default()
    }

    /// Notes how far a replay has come.
    pub(crate) fn note_replayed(&mut self, event: &BusEvent) {
        if let Some(replay) = event
            .replay
            .as_ref()
            .and_then(|name| self.replays.get_mut(name))
        {
            replay.last_replayed = replay.last_replayed.max(Some(event.time));
        }
    }

    /// Notes that a replay is done, or cancelled. Gives its state.
    pub(crate) fn complete_replay(&mut self, name: &str) -> ReplayState {
        let Some(replay) = self.replays.get_mut(name) else {
            return ReplayState::Failed;
        };
        replay.state = if replay.state == ReplayState::Cancelling {
            ReplayState::Cancelled
        } else {
            ReplayState::Completed
        };
        replay.state
    }

    /// DescribeReplay.
    ///
    /// # Errors
    /// Where there is no such replay.
    pub(crate) fn describe_replay(&self, input: &Value) -> Result<Value, ServiceError> {
        let name = input
            .get("ReplayName")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let replay = self
            .replays
            .get(name)
            .ok_or_else(|| not_found(format!("Replay {name} does not exist.")))?;
        let mut shown = replay.to_json();
        shown["ReplayArn"] = self.account.arn("events", &format!("replay/{name}")).into();
        shown["Destination"] = json!({ "Arn": self.buses.get(&replay.bus).map(|bus| bus.arn.as_str()), "FilterArns": replay.filter });
        Ok(shown)
    }

    /// The ARN of the archive of `bus`, if it has one.
    #[must_use]
    pub fn archive_of(&self, bus: &str) -> Option<(String, String)> {
        let bus_arn = self.buses.get(bus)?.arn.clone();
        let archive = self
            .archives
            .values()
            .find(|state| state.archive.source_arn == bus_arn)?;
        Some((archive.archive.arn.clone(), bus_arn))
    }
}

/// From when to when events are replayed.
fn replayed_span(input: &Value) -> Result<(DateTime<Utc>, DateTime<Utc>), ServiceError> {
    let instant = |name: &str| {
        input
            .get(name)
            .and_then(Value::as_f64)
            .and_then(|epoch| DateTime::from_timestamp_millis((epoch * 1000.0) as i64))
    };
    let (Some(start), Some(end)) = (instant("EventStartTime"), instant("EventEndTime")) else {
        return Err(ServiceError::validation(
            "EventStartTime and EventEndTime are required.",
        ));
    };
    if end <= start {
        return Err(ServiceError::validation(
            "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
        ));
    }
    Ok((start, end))
}
