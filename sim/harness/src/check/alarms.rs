//! Who is told of a loss: the one table of alarms that tell, and of what. Any other alarm excuses
//! nothing: that a function failed or was slow says nothing of a workflow.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::journal::{Entry, Journal};
use simulated_cloud::cloud_event::{AlarmState, CloudEvent, LossCause, Origin};

/// How long an alarm may take: its period of five minutes, and the next.
const TOLD_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// A loss that somebody must be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss<'a> {
    /// A rule, a schedule or a function gave a message up.
    GivenUp(&'a Origin),
    /// A message lies in a dead-letter queue.
    DeadLetter(&'a str),
    /// The queue for what was given up did not take it.
    Refused(&'a Origin),
}

/// Which alarm tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Telling<'a> {
    metric: &'static str,
    dimension: &'static str,
    whose: &'a str,
}

impl<'a> Loss<'a> {
    /// The table: by the metric, and by the dimension of the very rule, group of schedules,
    /// function or queue. Each within [`TOLD_WITHIN`].
    fn telling(&self) -> Telling<'a> {
        let (metric, dimension, whose) = match self {
            Self::GivenUp(Origin::Rule { name, .. }) => ("FailedInvocations", "RuleName", name),
            Self::GivenUp(Origin::Schedule { group, .. }) => {
                ("InvocationDroppedCount", "ScheduleGroup", group)
            }
            Self::GivenUp(Origin::Function(name)) => ("AsyncEventsDropped", "FunctionName", name),
            Self::GivenUp(Origin::Topic(name)) => {
                ("NumberOfNotificationsFailed", "TopicName", name)
            }
            Self::DeadLetter(queue) => {
                return Telling {
                    metric: "ApproximateNumberOfMessagesVisible",
                    dimension: "QueueName",
                    whose: queue,
                };
            }
            Self::Refused(Origin::Rule { name, .. }) => {
                ("InvocationsFailedToBeSentToDlq", "RuleName", name)
            }
            Self::Refused(Origin::Schedule { group, .. }) => (
                "InvocationsFailedToBeSentToDeadLetterCount",
                "ScheduleGroup",
                group,
            ),
            Self::Refused(Origin::Function(name)) => {
                ("DestinationDeliveryFailures", "FunctionName", name)
            }
            Self::Refused(Origin::Topic(name)) => (
                "NumberOfNotificationsFailedToRedriveToDlq",
                "TopicName",
                name,
            ),
        };
        Telling {
            metric,
            dimension,
            whose,
        }
    }

    /// What was lost, in words.
    pub fn describe(&self) -> String {
        let Telling {
            metric,
            dimension,
            whose,
        } = self.telling();
        let what = match self {
            Self::GivenUp(origin) => format!("{origin} gave up"),
            Self::DeadLetter(queue) => format!("a dead letter lies in {queue}"),
            Self::Refused(origin) => format!("the dead letter of {origin} was refused"),
        };
        format!(
            "{what}, and no alarm on {metric} of {dimension} {whose} went off within {} minutes",
            TOLD_WITHIN.num_minutes()
        )
    }
}

/// The losses that a record is: each must be told.
pub fn losses(record: &CloudEvent) -> Vec<Loss<'_>> {
    match record {
        CloudEvent::DeadLettered { queue, from, .. } => {
            vec![Loss::GivenUp(from), Loss::DeadLetter(queue)]
        }
        CloudEvent::Lost {
            from,
            cause: LossCause::QueueRefused,
            ..
        } => vec![Loss::GivenUp(from), Loss::Refused(from)],
        CloudEvent::Lost {
            from,
            cause: LossCause::NoQueue,
            ..
        } => vec![Loss::GivenUp(from)],
        _ => Vec::new(),
    }
}

/// Whether somebody was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// In time.
    Yes,
    /// Not in time.
    No,
    /// The run was over before the time was.
    Open,
}

/// A change of an alarm's state.
struct Change<'a> {
    at: DateTime<Utc>,
    metric: &'a str,
    dimensions: &'a BTreeMap<String, String>,
    state: AlarmState,
}

/// The alarms of a run, and who looked into queues.
pub struct Alarms<'a> {
    changes: Vec<Change<'a>>,
    drained: Vec<(DateTime<Utc>, &'a str)>,
    end: DateTime<Utc>,
}

impl<'a> Alarms<'a> {
    /// The alarms of a run.
    pub fn of(journal: &'a Journal) -> Self {
        let mut alarms = Self {
            changes: Vec::new(),
            drained: Vec::new(),
            end: DateTime::UNIX_EPOCH,
        };
        for (entry, record) in journal.records() {
            match record {
                CloudEvent::AlarmChanged {
                    metric,
                    dimensions,
                    state,
                    ..
                } => {
                    alarms.changes.push(Change {
                        at: entry.at,
                        metric,
                        dimensions,
                        state: *state,
                    });
                }
                CloudEvent::QueueDrained { queue, messages } if *messages > 0 => {
                    alarms.drained.push((entry.at, queue))
                }
                _ => {}
            }
        }
        alarms.end = journal.entries().last().map_or(alarms.end, |last| last.at);
        alarms
    }

    /// Whether the alarm on `loss` was up in time, or went up before and was up still. A dead
    /// letter that somebody takes out of its queue before is known to him.
    pub fn told(&self, lost: DateTime<Utc>, loss: &Loss<'_>) -> Told {
        let Telling {
            metric,
            dimension,
            whose,
        } = loss.telling();
        let mut is_up = false;
        for Change {
            at,
            metric: of,
            dimensions,
            state,
        } in &self.changes
        {
            let is_meant =
                *of == metric && dimensions.get(dimension).is_some_and(|name| name == whose);
            if !is_meant || *at > lost + TOLD_WITHIN {
                continue;
            }
            is_up = *state == AlarmState::Alarm;
            // It went up in time, or it was up when the loss happened.
            if is_up && *at >= lost || !is_up && *at > lost {
                return Told::Yes;
            }
        }
        let is_taken = |(at, queue): &(DateTime<Utc>, &str)| {
            matches!(loss, Loss::DeadLetter(lies_in) if lies_in == queue)
                && *at >= lost
                && *at <= lost + TOLD_WITHIN
        };
        if is_up || self.drained.iter().any(is_taken) {
            Told::Yes
        } else if self.end < lost + TOLD_WITHIN {
            Told::Open
        } else {
            Told::No
        }
    }

    /// Whether somebody was told of all losses that `record` is, of which there must be one, or may
    /// still be told where the run has ended.
    pub fn told_of(&self, entry: &Entry, record: &CloudEvent) -> bool {
        let losses = losses(record);
        !losses.is_empty()
            && losses
                .iter()
                .all(|loss| self.told(entry.at, loss) != Told::No)
    }
}
