use std::collections::BTreeMap;

use crate::trading::{event_id, trigger_of};
use harness::journal::{Entry, Journal};
use simulated_cloud::cloud_event::{CloudEvent, InvocationOutcome};
use simulated_cloud::packed_json::Json;

/// One attempt of a function, as the journal tells it.
#[derive(Clone, Debug)]
pub struct Invocation<'a> {
    /// Its number.
    pub number: u64,
    /// Its beginning.
    pub started: &'a Entry,
    /// What it was given.
    pub payload: Json<'a>,
    /// The same for all attempts.
    pub request_id: &'a str,
    /// Its end, if it came to one.
    pub ended: Option<(&'a Entry, InvocationOutcome)>,
}

impl<'a> Invocation<'a> {
    /// What woke it, as sites and scenarios name it.
    #[must_use]
    pub fn trigger(&self) -> String {
        trigger_of(self.payload)
    }

    /// Whether it was given a copy of an event, to be looked at only.
    #[must_use]
    pub fn is_observation(&self) -> bool {
        self.payload.get("observe").is_some()
    }

    /// The event, observed or not; or the command.
    #[must_use]
    pub fn event(&self) -> Json<'a> {
        self.payload.get("observe").unwrap_or(self.payload)
    }

    /// The replay that brought the event, if any.
    #[must_use]
    pub fn replay(&self) -> Option<&'a str> {
        self.event().at("replay-name").as_str()
    }

    /// The event's own id: a detail's `event_id`.
    #[must_use]
    pub fn event_id(&self) -> Option<&'a str> {
        event_id(self.event())
    }

    /// The workflow that it is for.
    #[must_use]
    pub fn workflow(&self) -> Option<&'a str> {
        workflow_of(self.payload)
    }

    /// Whether it lived at this place of the journal.
    #[must_use]
    pub fn lives_at(&self, sequence: u64) -> bool {
        self.started.sequence < sequence
            && self
                .ended
                .is_none_or(|(entry, _)| sequence < entry.sequence)
    }
}

/// The workflow that a payload is for: an event says so in its detail, a command by itself.
#[must_use]
pub fn workflow_of(payload: Json<'_>) -> Option<&str> {
    let event = payload.get("observe").unwrap_or(payload);
    let named = event.at("detail").get("correlation_id");
    named
        .or_else(|| event.get("correlation_id"))
        .and_then(Json::as_str)
}

/// All attempts of functions, by number.
#[must_use]
pub fn invocations(journal: &Journal) -> BTreeMap<u64, Invocation<'_>> {
    let mut found = BTreeMap::new();
    for (entry, record) in journal.records() {
        match record {
            CloudEvent::InvocationStarted {
                invocation,
                payload,
                request_id,
                ..
            } => {
                found.insert(
                    *invocation,
                    Invocation {
                        number: *invocation,
                        started: entry,
                        payload: payload.view(),
                        request_id,
                        ended: None,
                    },
                );
            }
            CloudEvent::InvocationEnded {
                invocation,
                outcome,
                ..
            } => {
                if let Some(known) = found.get_mut(invocation) {
                    known.ended = Some((entry, *outcome));
                }
            }
            _ => {}
        }
    }
    found
}
