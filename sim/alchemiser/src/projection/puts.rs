use std::collections::BTreeMap;

use super::invocations::Invocation;
use harness::journal::{Entry, Journal};
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::packed_json::Json;

/// An event that a bus accepted, as checks ask for it.
#[derive(Clone, Copy, Debug)]
pub struct Put<'a> {
    /// The entry at which it was put.
    pub entry: &'a Entry,
    /// The type.
    pub detail_type: &'a str,
    /// The content.
    pub detail: Json<'a>,
    /// Whether a replay put it.
    pub is_replayed: bool,
}

impl<'a> Put<'a> {
    /// The invocation that put it, if one did.
    #[must_use]
    pub fn by<'v>(
        &self,
        invocations: &'v BTreeMap<u64, Invocation<'a>>,
    ) -> Option<&'v Invocation<'a>> {
        invocations.get(&self.entry.invocation?)
    }

    /// Whether a person put it, under whatever id.
    #[must_use]
    pub fn is_by_hand(&self) -> bool {
        self.entry.invocation.is_none() && !self.is_replayed
    }

    /// The workflow that it belongs to.
    #[must_use]
    pub fn workflow(&self) -> Option<&'a str> {
        let workflow = self.detail.at("correlation_id").as_str();
        workflow.filter(|workflow| !workflow.is_empty())
    }

    /// The event's own id.
    #[must_use]
    pub fn event_id(&self) -> Option<&'a str> {
        self.detail.at("event_id").as_str()
    }
}

/// The events that buses accepted, in order.
pub fn puts(journal: &Journal) -> impl Iterator<Item = Put<'_>> {
    journal
        .records()
        .filter_map(|(entry, record)| match record {
            CloudEvent::EventPut {
                detail_type,
                detail,
                replay,
                ..
            } => Some(Put {
                entry,
                detail_type,
                detail: detail.view(),
                is_replayed: replay.is_some(),
            }),
            _ => None,
        })
}
