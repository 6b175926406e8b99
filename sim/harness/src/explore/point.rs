use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::fault::Site;
use crate::journal::{Journal, JournalEvent};
use simulated_cloud::cloud_event::CloudEvent;

/// Where in a run a fault may strike. `nth` counts, from 1 and through the whole run,
/// what the rest of the point names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// A call that a function makes.
    Call {
        /// The place in its code.
        site: Site,
        /// Which of the calls there: a later attempt, or a copy, calls again.
        nth: u32,
    },
    /// A delivery of an event by a rule.
    Delivery {
        /// The event's type.
        detail_type: String,
        /// The rule's name.
        rule: String,
        /// Which of its deliveries.
        nth: u32,
    },
    /// An entry of PutEvents.
    Entry {
        /// The event's type.
        detail_type: String,
        /// Which of its entries.
        nth: u32,
    },
}

impl fmt::Display for Point {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nth = match self {
            Self::Call { site, nth } => {
                write!(formatter, "{site}")?;
                nth
            }
            Self::Delivery {
                detail_type,
                rule,
                nth,
            } => {
                write!(formatter, "delivery of {detail_type} by {rule}")?;
                nth
            }
            Self::Entry { detail_type, nth } => {
                write!(formatter, "entry of {detail_type}")?;
                nth
            }
        };
        if *nth > 1 {
            write!(formatter, ", {nth} in the run")?;
        }
        Ok(())
    }
}

/// The type that what a schedule hands over has to faults.
const SCHEDULE: &str = "schedule";

/// The points of a run that no fault has struck yet, in the order in which it came to them.
#[must_use]
pub fn points(journal: &Journal) -> Vec<Point> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut count = |place: String| {
        let nth = seen.entry(place).or_default();
        *nth += 1;
        *nth
    };
    let mut struck = BTreeSet::new();
    let mut found = Vec::new();
    for entry in journal.entries() {
        match &entry.fact {
            JournalEvent::Fault { site, .. } => {
                struck.insert((entry.invocation, site.to_string()));
            }
            JournalEvent::Call { site, .. } => {
                let nth = count(site.to_string());
                // A call that one fault has struck is out of reach for another.
                if !struck.remove(&(entry.invocation, site.to_string())) {
                    let site = site.clone();
                    found.push(Point::Call { site, nth });
                }
            }
            JournalEvent::Cloud {
                record:
                    CloudEvent::EventPut {
                        detail_type,
                        replay: None,
                        ..
                    },
            } => {
                let nth = count(detail_type.clone());
                // What nobody's code has put, nobody's code is told of.
                if entry.invocation.is_some() {
                    found.push(Point::Entry {
                        detail_type: detail_type.clone(),
                        nth,
                    });
                }
            }
            JournalEvent::Cloud {
                record:
                    CloudEvent::Delivery {
                        delivery,
                        detail_type,
                        ..
                    },
            } => found.push(Point::Delivery {
                nth: count(format!("{detail_type} by {}", delivery.rule)),
                detail_type: detail_type.clone(),
                rule: delivery.rule.clone(),
            }),
            JournalEvent::Cloud {
                record: CloudEvent::ScheduleFired { schedule, .. },
            } => found.push(Point::Delivery {
                nth: count(format!("{SCHEDULE} by {schedule}")),
                detail_type: SCHEDULE.to_owned(),
                rule: schedule.clone(),
            }),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::journal::CallOutcome;

    #[test]
    fn a_point_is_counted_through_the_run() {
        let call = |number| JournalEvent::Call {
            site: Site {
                trigger: "OrderPlaced".to_owned(),
                operation: "bank POST payments".to_owned(),
                number,
            },
            attempt: 1,
            outcome: CallOutcome::Answered(200),
            duration_ms: 1,
            needs: Vec::new(),
        };
        let mut journal = Journal::default();
        for number in [1, 2, 1] {
            journal.push(DateTime::UNIX_EPOCH, Some(1), call(number));
        }
        let shown: Vec<String> = points(&journal).iter().map(Point::to_string).collect();
        assert_eq!(
            shown,
            [
                "OrderPlaced / bank POST payments #1",
                "OrderPlaced / bank POST payments #2",
                "OrderPlaced / bank POST payments #1, 2 in the run",
            ]
        );
    }
}
