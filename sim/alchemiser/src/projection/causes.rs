use std::collections::BTreeMap;

use super::invocations::{Invocation, invocations};
use harness::journal::Journal;
use simulated_cloud::cloud_event::CloudEvent;

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
                CloudEvent::EventPut {
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

    /// What `of` says of each invocation, or of the nearest that led to it.
    #[must_use]
    pub fn inherited<T: Clone>(
        &self,
        of: impl Fn(&Invocation<'a>) -> Option<T>,
    ) -> BTreeMap<u64, T> {
        let mut inherited = BTreeMap::new();
        // An event is put before it wakes anybody, so causes have lower numbers.
        for (number, invocation) in &self.invocations {
            let own = of(invocation).or_else(|| {
                let parent = self.parent(*number)?;
                inherited.get(&parent.number).cloned()
            });
            if let Some(own) = own {
                inherited.insert(*number, own);
            }
        }
        inherited
    }
}
