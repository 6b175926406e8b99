//! Landmarks: what must happen in some run of many, or they have not been where it matters. A guard
//! that no run ever came by is green and proves nothing.
//!
//! A landmark reads the journal and nothing else. It may look for the words of a log line, which a
//! check may not: where somebody rewords the line, the landmark is missed by all runs, and that is
//! told. [`GENERAL`] are those of every system; a system adds its own.

mod general;

pub use self::general::GENERAL;

use crate::journal::{Entry, Journal, JournalEvent};
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::packed_json::Json;

/// Something that must happen in some run.
#[derive(Clone, Copy, Debug)]
pub struct Landmark {
    /// What happens, in a few words.
    pub name: &'static str,
    /// What of the journal shows it.
    pub evidence: Evidence,
}

/// What shows that a run came by a landmark.
#[derive(Clone, Copy, Debug)]
pub enum Evidence {
    /// A function's log line with this message.
    Logged(&'static str),
    /// A function's log line with this message, a field of which holds a text.
    LoggedWith {
        /// The message.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// A part of its text.
        holds: &'static str,
    },
    /// An event of this type on a bus, some text of which holds another.
    Told {
        /// The event's type.
        event: &'static str,
        /// A part of a text.
        holds: &'static str,
    },
    /// An entry that shows it by itself.
    Entry(fn(&Entry) -> bool),
    /// Several entries together: how often the run came by.
    Journal(fn(&Journal) -> usize),
}

impl Evidence {
    fn is_in(&self, entry: &Entry) -> bool {
        match (self, &entry.fact) {
            (Self::Entry(shows), _) => shows(entry),
            (Self::Logged(wanted), JournalEvent::Log { message, .. }) => message == wanted,
            (
                Self::LoggedWith {
                    message: wanted,
                    field,
                    holds,
                },
                JournalEvent::Log {
                    message, fields, ..
                },
            ) => {
                let text = || fields.view().at(field).as_str();
                message == wanted && text().is_some_and(|text| text.contains(holds))
            }
            (
                Self::Told { event, holds },
                JournalEvent::Cloud {
                    record:
                        CloudEvent::EventPut {
                            detail_type,
                            detail,
                            ..
                        },
                },
            ) => detail_type == event && is_somewhere(holds, detail.view()),
            _ => false,
        }
    }
}

/// Whether a text within `json` holds `wanted`.
fn is_somewhere(wanted: &str, json: Json<'_>) -> bool {
    json.as_str().is_some_and(|text| text.contains(wanted))
        || json.items().any(|item| is_somewhere(wanted, item))
        || json
            .members()
            .any(|(_, member)| is_somewhere(wanted, member))
}

/// How often a landmark was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The landmark.
    pub landmark: &'static str,
    /// How often.
    pub times: usize,
}

/// How often a run came by each landmark, in their order. Goes through the journal once for all
/// that single entries show.
#[must_use]
pub fn passages(landmarks: &[Landmark], journal: &Journal) -> Vec<Passage> {
    let of_all = |landmark: &Landmark| match landmark.evidence {
        Evidence::Journal(count) => count(journal),
        _ => 0,
    };
    let mut times: Vec<usize> = landmarks.iter().map(of_all).collect();
    for entry in journal.entries() {
        for (landmark, times) in landmarks.iter().zip(&mut times) {
            *times += usize::from(landmark.evidence.is_in(entry));
        }
    }
    let named = landmarks.iter().zip(times);
    named
        .map(|(landmark, times)| Passage {
            landmark: landmark.name,
            times,
        })
        .collect()
}

/// The landmarks that none of these runs came by.
#[must_use]
pub fn missed<'a>(runs: impl Iterator<Item = &'a [Passage]>) -> Vec<&'static str> {
    let mut known: Vec<(&'static str, usize)> = Vec::new();
    for passage in runs.flatten() {
        match known
            .iter_mut()
            .find(|(landmark, _)| *landmark == passage.landmark)
        {
            Some((_, times)) => *times += passage.times,
            None => known.push((passage.landmark, passage.times)),
        }
    }
    let missed = known.into_iter().filter(|(_, times)| *times == 0);
    missed.map(|(landmark, _)| landmark).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    const LANDMARKS: [Landmark; 4] = [
        Landmark {
            name: "logged",
            evidence: Evidence::Logged("out of paper"),
        },
        Landmark {
            name: "logged with",
            evidence: Evidence::LoggedWith {
                message: "out of paper",
                field: "tray",
                holds: "two",
            },
        },
        Landmark {
            name: "entry",
            evidence: Evidence::Entry(|entry| matches!(entry.fact, JournalEvent::End { .. })),
        },
        Landmark {
            name: "journal",
            evidence: Evidence::Journal(|journal| journal.entries().len() / 2),
        },
    ];

    fn log(message: &str, tray: &str) -> JournalEvent {
        JournalEvent::Log {
            level: "WARN".to_owned(),
            message: message.to_owned(),
            fields: json!({ "tray": tray }).into(),
        }
    }

    fn times(facts: Vec<JournalEvent>) -> Vec<usize> {
        let mut journal = Journal::default();
        for fact in facts {
            journal.push(DateTime::UNIX_EPOCH, None, fact);
        }
        let passages = passages(&LANDMARKS, &journal);
        passages.iter().map(|passage| passage.times).collect()
    }

    #[test]
    fn a_run_passes_what_its_journal_shows() {
        assert_eq!(times(Vec::new()), [0, 0, 0, 0]);
        let facts = vec![
            log("out of paper", "tray one"),
            log("out of paper", "tray two"),
            log("out of ink", "tray two"),
            JournalEvent::End { at_rest: true },
        ];
        assert_eq!(times(facts), [2, 1, 1, 2]);
    }

    #[test]
    fn what_one_run_passes_is_not_missed() {
        let run = |times: [usize; 2]| {
            let names = ["one", "other"];
            let passages = names.into_iter().zip(times);
            passages
                .map(|(landmark, times)| Passage { landmark, times })
                .collect::<Vec<_>>()
        };
        let (nothing, something) = (run([0, 0]), run([0, 3]));
        let runs = [nothing.as_slice(), something.as_slice()];
        assert_eq!(missed(runs.into_iter()), ["one"]);
        assert_eq!(missed([nothing.as_slice()].into_iter()), ["one", "other"]);
    }
}
