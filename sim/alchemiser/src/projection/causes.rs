use std::collections::BTreeMap;

use super::invocations::{Invocation, invocations};
use harness::journal::Journal;
use simulated_cloud::record::Record;

/// Which invocation brought about which: one puts an event, and the event wakes another.
#[derive(Clone, Debug)]
pub struct Causes<'a> {
    invocations: BTreeMap<u64, Invocation<'a>>,
    /// Who put an event, by the event's id on the bus. A replayed event has a cause of its own: the
    /// replay.
    put_by: BTreeMap<&'a str, u64>,
}

impl<'a> Causes<'a> {
    /// The causes of a run.
    #[must_use]
    pub fn of(journal: &'a Journal) -> Self {
        let mut put_by = BTreeMap::new();
        for (entry, record) in journal.records() {
            if let (
                Record::EventPut {
                    id, replay: None, ..
                },
                Some(invocation),
            ) = (record, entry.invocation)
            {
                put_by.entry(id.as_str()).or_insert(invocation);
            }
        }
        Self {
            invocations: invocations(journal),
            put_by,
        }
    }

    /// All invocations, by number.
    #[must_use]
    pub fn invocations(&self) -> &BTreeMap<u64, Invocation<'a>> {
        &self.invocations
    }

    /// The invocation that put the event which woke this one, if an invocation did.
    #[must_use]
    pub fn parent(&self, number: u64) -> Option<&Invocation<'a>> {
        let invocation = self.invocations.get(&number)?;
        if invocation.replay().is_some() {
            return None;
        }
        let id = invocation.event().at("id").as_str()?;
        self.invocations.get(self.put_by.get(id)?)
    }

    /// The invocation and all that led to it, the nearest first.
    #[must_use]
    pub fn line(&self, number: u64) -> Vec<&Invocation<'a>> {
        let mut line: Vec<&Invocation<'a>> = self.invocations.get(&number).into_iter().collect();
        while let Some(parent) = line.last().and_then(|last| self.parent(last.number)) {
            // An event is put before it wakes anybody, so causes lie in the past: no circle.
            line.push(parent);
        }
        line
    }
}
