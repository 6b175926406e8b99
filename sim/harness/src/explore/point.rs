use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Effect, Trial};
use crate::fault::{CallEffect, Site};
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
    let Struck { calls, lost } = Struck::of(journal);
    let mut found = Vec::new();
    for (place, entry) in journal.entries().iter().enumerate() {
        match &entry.fact {
            // Faults count a call whether or not its caller lives to see it come back.
            JournalEvent::Fault { site, .. } if lost.contains(&place) => {
                count(site.to_string());
            }
            JournalEvent::Call { site, .. } => {
                let nth = count(site.to_string());
                // A call that one fault has struck is out of reach for another.
                if !calls.contains(&place) {
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

/// The crashes of a run at calls, whoever brought them: each as a fault that is about this call alone.
#[must_use]
pub fn crashes(journal: &Journal) -> Vec<Trial> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let lost = Struck::of(journal).lost;
    let mut found = Vec::new();
    for (place, entry) in journal.entries().iter().enumerate() {
        let (site, fault) = match &entry.fact {
            JournalEvent::Fault {
                site,
                phase,
                effect,
                ..
            } if lost.contains(&place) => (site, Some((*phase, effect))),
            JournalEvent::Call { site, .. } => (site, None),
            _ => continue,
        };
        let nth = seen.entry(site.to_string()).or_default();
        *nth += 1;
        if let Some((phase, CallEffect::Crash)) = fault {
            found.push(Trial {
                point: Point::Call {
                    site: site.clone(),
                    nth: *nth,
                },
                effect: Effect::Call(phase, CallEffect::Crash),
            });
        }
    }
    found
}

/// The calls that faults have struck.
struct Struck {
    /// The entries of those that came back.
    calls: BTreeSet<usize>,
    /// The faults' entries of those that did not: the caller died or stopped waiting, and nothing
    /// else tells of them.
    lost: BTreeSet<usize>,
}

impl Struck {
    fn of(journal: &Journal) -> Self {
        let (mut calls, mut lost) = (BTreeSet::new(), BTreeSet::new());
        // The fault that waits for its call's entry, by invocation and site.
        let mut open = BTreeMap::new();
        for (place, entry) in journal.entries().iter().enumerate() {
            match &entry.fact {
                JournalEvent::Fault { site, .. } => {
                    let call = (entry.invocation, site.to_string());
                    lost.extend(open.insert(call, (place, entry.at)).map(|(place, _)| place));
                }
                JournalEvent::Call {
                    site, duration_ms, ..
                } => {
                    let call = (entry.invocation, site.to_string());
                    let Some((fault, struck_at)) = open.remove(&call) else {
                        continue;
                    };
                    let took = i64::try_from(*duration_ms).unwrap_or(i64::MAX);
                    // One that began later is another try of a call that nobody waited for.
                    if (entry.at - struck_at).num_milliseconds() <= took {
                        calls.insert(place);
                    } else {
                        lost.insert(fault);
                    }
                }
                _ => {}
            }
        }
        lost.extend(open.into_values().map(|(place, _)| place));
        Self { calls, lost }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::fault::Phase;
    use crate::journal::CallOutcome;

    fn site(number: u32) -> Site {
        Site {
            trigger: "OrderPlaced".to_owned(),
            operation: "bank POST payments".to_owned(),
            number,
        }
    }

    fn call(number: u32, duration_ms: u64) -> JournalEvent {
        JournalEvent::Call {
            site: site(number),
            attempt: 1,
            outcome: CallOutcome::Answered(200),
            duration_ms,
            needs: Vec::new(),
        }
    }

    fn fault(effect: CallEffect) -> JournalEvent {
        JournalEvent::Fault {
            site: site(1),
            phase: Phase::Before,
            effect,
            answered: None,
        }
    }

    /// The points of a run, each entry with its second and its invocation.
    fn shown(entries: Vec<(i64, u64, JournalEvent)>) -> Vec<String> {
        let mut journal = Journal::default();
        for (second, invocation, fact) in entries {
            let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
            journal.push(at, Some(invocation), fact);
        }
        points(&journal).iter().map(Point::to_string).collect()
    }

    #[test]
    fn a_point_is_counted_through_the_run() {
        assert_eq!(
            shown(vec![
                (0, 1, call(1, 1)),
                (0, 1, call(2, 1)),
                (0, 1, call(1, 1))
            ]),
            [
                "OrderPlaced / bank POST payments #1",
                "OrderPlaced / bank POST payments #2",
                "OrderPlaced / bank POST payments #1, 2 in the run",
            ]
        );
    }

    #[test]
    fn a_call_whose_caller_died_is_counted() {
        for effect in [
            CallEffect::Crash,
            CallEffect::TimeOut,
            CallEffect::PowerLoss,
        ] {
            assert_eq!(
                shown(vec![(0, 1, fault(effect)), (9, 2, call(1, 1))]),
                ["OrderPlaced / bank POST payments #1, 2 in the run"]
            );
        }
    }

    #[test]
    fn a_call_that_a_fault_has_struck_is_counted_once_and_out_of_reach() {
        assert_eq!(
            shown(vec![
                (0, 1, fault(CallEffect::Reset)),
                (0, 1, call(1, 1)),
                (1, 1, call(1, 1)),
            ]),
            ["OrderPlaced / bank POST payments #1, 2 in the run"]
        );
    }

    #[test]
    fn another_try_of_a_call_that_nobody_waited_for_is_in_reach() {
        assert_eq!(
            shown(vec![(0, 1, fault(CallEffect::Hang)), (5, 1, call(1, 100))]),
            ["OrderPlaced / bank POST payments #1, 2 in the run"]
        );
    }
}
