use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::Finding;
use crate::cloud::record::Record;
use crate::journal::{Entry, Journal};

const NAME: &str = "nothing vanishes";

/// How long the alarm on a loss may take: its period of five minutes, and the next.
const TOLD_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// Every event that a bus accepted is delivered, dead-lettered or archived: none is lost on the way, and none is put
/// on a bus that is not there. A loss that nobody can keep from happening, for the dead-letter queue itself refuses,
/// is told by the alarm on the refusals of whom it happened to.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let finding = |entry: &Entry, record: &Record| match record {
        Record::Lost { from, reason, .. } if !is_told(journal, entry.at, from) => {
            Some(Finding::at(NAME, format!("{from} lost an event: {reason}"), vec![entry.sequence]))
        }
        Record::EventVanished { bus, detail_type } => {
            Some(Finding::at(NAME, format!("{detail_type} was put on the bus {bus:?}, which does not exist"), vec![entry.sequence]))
        }
        _ => None,
    };
    journal.records().filter_map(|(entry, record)| finding(entry, record)).collect()
}

/// Whether an alarm went off in time on the dead letters that `from` could not send.
fn is_told(journal: &Journal, lost: DateTime<Utc>, from: &str) -> bool {
    journal.records().any(|(entry, record)| match record {
        Record::AlarmChanged { metric, dimensions, state, .. } => {
            let is_in_time = entry.at >= lost && entry.at - lost <= TOLD_WITHIN;
            state == "ALARM" && is_in_time && watches(metric, dimensions, from)
        }
        _ => false,
    })
}

fn watches(metric: &str, dimensions: &BTreeMap<String, String>, from: &str) -> bool {
    let (dimension, kind) = match metric {
        "DestinationDeliveryFailures" | "DeadLetterErrors" => ("FunctionName", "function"),
        "InvocationsFailedToBeSentToDlq" => ("RuleName", "rule"),
        // The Scheduler counts by groups of schedules.
        "InvocationsFailedToBeSentToDeadLetterCount" => return from.starts_with("schedule "),
        _ => return false,
    };
    dimensions.get(dimension).is_some_and(|name| from == format!("{kind} {name}"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::journal::Fact;

    /// The findings where the rule `first` loses an event and an alarm on dead letters of `rule` goes off so many minutes
    /// later.
    fn findings(rule: &str, minutes: i64) -> usize {
        let noon: DateTime<Utc> = "2012-03-14T16:00:00Z".parse().expect("an instant");
        let lost = Record::Lost { from: "rule first".to_owned(), reason: "refused".to_owned(), body: Value::Null };
        let alarm = Record::AlarmChanged {
            alarm: "undelivered".to_owned(),
            metric: "InvocationsFailedToBeSentToDlq".to_owned(),
            dimensions: BTreeMap::from([("RuleName".to_owned(), rule.to_owned())]),
            state: "ALARM".to_owned(),
            value: "1".to_owned(),
        };
        let mut journal = Journal::default();
        journal.push(noon, None, Fact::Cloud { record: lost });
        journal.push(noon + TimeDelta::minutes(minutes), None, Fact::Cloud { record: alarm });
        check(&journal).len()
    }

    #[test]
    fn a_loss_is_excused_by_the_alarm_on_it_in_time() {
        assert_eq!(findings("first", 5), 0);
        assert_eq!(findings("first", 11), 1, "too late");
        assert_eq!(findings("second", 5), 1, "another rule's");
    }
}
