//! What a run could not buy because the money for it came too late: another run of the same session
//! buys it, at the next tick of the watchdog.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use chrono::DateTime;
use chrono::Utc;

use super::record::{Session, Workflow};
use super::{Workflows, expiry};
use crate::error::StepError;
use crate::id::{CorrelationId, LONGEST_ID};
use crate::store::{Item, get_number, get_text, number, text};

/// How often a session is gone on with: money that has not come by then does not come today.
pub const MOST_ROUNDS: i64 = 3;

/// A session that is to be gone on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    record_key: String,
    /// The workflow that began the session.
    pub root: CorrelationId,
    /// What makes the session's first run unique within the account.
    pub occurrence: String,
    /// Which round it will be, from 1.
    pub round: i64,
}

/// What tells the rounds of one session apart, in correlation ids and occurrences.
const ROUND_MARK: &str = "~";

/// The name without its round, and the round that it names.
fn rounds(name: &str) -> (&str, i64) {
    let parts = name
        .rsplit_once(ROUND_MARK)
        .and_then(|(root, round)| Some((root, round.parse().ok()?)));
    parts.unwrap_or((name, 0))
}

impl Leftover {
    /// The run that goes on.
    #[must_use]
    pub fn correlation_id(&self) -> CorrelationId {
        let round = format!("{ROUND_MARK}{}", self.round);
        CorrelationId::new(format!(
            "{}{round}",
            self.root.within(LONGEST_ID - round.len())
        ))
    }

    /// `session` for that run: one of its own within the account.
    #[must_use]
    pub fn session(&self, session: Session) -> Session {
        Session {
            occurrence: format!("{}{ROUND_MARK}{}", self.occurrence, self.round),
            ..session
        }
    }

    pub(super) fn read(record_key: &str, item: &Item) -> Result<Self, StepError> {
        let missing = |name: &str| {
            StepError::StoreUnavailable(format!("the record {record_key} has no readable `{name}`"))
        };
        Ok(Self {
            record_key: record_key.to_owned(),
            root: CorrelationId::new(
                get_text(item, "correlation_id").ok_or_else(|| missing("correlation_id"))?,
            ),
            occurrence: get_text(item, "occurrence").ok_or_else(|| missing("occurrence"))?,
            round: get_number(item, "round")
                .filter(|round| (1..=MOST_ROUNDS).contains(round))
                .ok_or_else(|| missing("round"))?,
        })
    }
}

impl Workflows {
    /// The write that has the session gone on with after `workflow`; none where that was done often
    /// enough.
    #[must_use]
    pub fn leaving_over(
        &self,
        workflow: &Workflow,
        now: DateTime<Utc>,
    ) -> Option<TransactWriteItem> {
        let (root, round) = rounds(workflow.correlation_id.as_str());
        let (occurrence, _) = rounds(&workflow.session.occurrence);
        if round >= MOST_ROUNDS {
            return None;
        }
        let put = Put::builder()
            .table_name(&self.table)
            .item(
                "record_key",
                text(format!(
                    "leftover#{}#{occurrence}",
                    workflow.session.account
                )),
            )
            .item("kind", text("leftover"))
            .item("correlation_id", text(root))
            .item("occurrence", text(occurrence))
            .item("round", number(round + 1))
            // The watchdog looks for these.
            .item("awaits", text("mail"))
            .item("deadline", number(now.timestamp_millis()))
            .item("expires_at", expiry(now))
            .build()
            .expect("all required members are set");
        Some(TransactWriteItem::builder().put(put).build())
    }

    /// The write that takes a leftover; refused where another round of the watchdog has taken it.
    #[must_use]
    pub fn taking(&self, leftover: &Leftover) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.table)
            .key("record_key", text(&leftover.record_key))
            .update_expression("REMOVE awaits")
            .condition_expression("#round = :round AND attribute_exists(awaits)")
            .expression_attribute_names("#round", "round")
            .expression_attribute_values(":round", number(leftover.round))
            .build()
            .expect("all required members are set");
        TransactWriteItem::builder().update(update).build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::check_id;

    #[test]
    fn the_id_of_a_round_is_an_id_however_long_the_first_was() {
        let of = |root: &str| {
            let (record_key, occurrence) = (String::new(), String::new());
            Leftover {
                record_key,
                root: CorrelationId::new(root),
                occurrence,
                round: 2,
            }
            .correlation_id()
        };
        assert_eq!(of("daily").as_str(), "daily~2");
        let (long, other) = (of(&"x".repeat(100)), of(&format!("{}y", "x".repeat(99))));
        assert_eq!(check_id(long.as_str()), Ok(()), "{long}");
        assert_ne!(long, other);
        assert_eq!(rounds(long.as_str()).1, 2);
    }

    #[test]
    fn rounds_are_counted_on_the_name_of_the_first_run() {
        assert_eq!(
            rounds("daily@2012-03-14T13:35:00Z"),
            ("daily@2012-03-14T13:35:00Z", 0)
        );
        assert_eq!(
            rounds("daily@2012-03-14T13:35:00Z~2"),
            ("daily@2012-03-14T13:35:00Z", 2)
        );
        assert_eq!(rounds("odd~name"), ("odd~name", 0));
    }
}
