use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::stack::{self, PolicyDocument};

/// How long a FIFO topic remembers what was published.
const DEDUPLICATION: TimeDelta = TimeDelta::minutes(5);
/// Where the sequence numbers of a FIFO topic begin: they have twenty digits.
const SEQUENCE_START: u64 = 10_000_000_000_000_000_000;

/// A topic.
#[derive(Clone, Debug, Default)]
pub struct Topic {
    /// `arn:...:sns:REGION:ACCOUNT:NAME`.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// First in, first out.
    pub is_fifo: bool,
    /// Messages with the same text are the same.
    pub deduplicates_by_content: bool,
    /// The attributes that were set, by name.
    pub(super) attributes: BTreeMap<String, String>,
    /// Who may use it, where that was set by the API.
    pub(super) policy: Option<PolicyDocument>,
    pub(super) tags: BTreeMap<String, String>,
    /// How many subscriptions were deleted.
    pub(super) deleted: u64,
    /// What was published within the last five minutes, by what makes it the same.
    seen: BTreeMap<String, (DateTime<Utc>, String, String)>,
    published: u64,
    /// When the last notification of a subscription and a message group is due.
    last: BTreeMap<(String, String), DateTime<Utc>>,
}

impl Topic {
    /// A new topic without attributes.
    pub(super) fn new(arn: String, name: &str, is_fifo: bool) -> Self {
        Self {
            arn,
            name: name.to_owned(),
            is_fifo,
            ..Self::default()
        }
    }

    pub(super) fn of_template(topic: &stack::Topic) -> Self {
        Self {
            arn: topic.arn.clone(),
            name: topic.name.clone(),
            is_fifo: topic.fifo,
            deduplicates_by_content: topic.content_based_deduplication,
            ..Self::default()
        }
    }

    /// Id and sequence number of a message, and whether it is new: of the first one, where this one
    /// repeats it.
    pub(super) fn deduplicate(
        &mut self,
        now: DateTime<Utc>,
        key: String,
        id: String,
    ) -> (String, Option<String>, bool) {
        self.seen.retain(|_, (at, ..)| now - *at < DEDUPLICATION);
        if let Some((_, id, number)) = self.seen.get(&key) {
            return (id.clone(), Some(number.clone()), false);
        }
        self.published += 1;
        let number = (SEQUENCE_START + self.published * 1_000).to_string();
        self.seen.insert(key, (now, id.clone(), number.clone()));
        (id, Some(number), true)
    }

    pub(super) fn in_order(
        &mut self,
        subscription: &str,
        group: &str,
        at: DateTime<Utc>,
    ) -> DateTime<Utc> {
        let key = (subscription.to_owned(), group.to_owned());
        let last = self.last.entry(key).or_insert(at);
        *last = at.max(*last);
        *last
    }
}
