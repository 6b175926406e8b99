//! The rows of a story: one an invocation, and one for whatever else is worth a line.

use std::collections::{BTreeMap, BTreeSet};

use alchemiser_mocks::exchange::Report;
use alchemiser_mocks::mail::{MailReport, MailStage};
use chrono::{DateTime, Utc};

use super::Mark;
use super::effects::{Effects, effects};
use crate::projection::{Causes, Invocation};
use crate::trading::{TradingFact, TradingRecord};
use harness::journal::{Entry, Journal, JournalEvent};
use simulated_cloud::cloud_event::{AlarmState, CloudEvent, InvocationOutcome};
use simulated_cloud::packed_json::Json;

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) at: DateTime<Utc>,
    pub(super) mark: Mark,
    pub(super) text: String,
    /// What an error says, in full.
    pub(super) detail: Option<String>,
    /// What it is, where nothing is lost if it is only counted.
    pub(super) quiet: Option<Quiet>,
}

/// Rows that say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quiet {
    /// A copy of an event was looked at.
    Observation,
    /// The watchdog found nothing to do.
    Watchdog,
}

/// All rows, in order.
pub(super) fn timeline(journal: &Journal) -> Vec<Row> {
    let mut teller = Teller {
        causes: Causes::of(journal),
        effects: effects(journal),
        handlers: handlers(journal),
        begun: BTreeMap::new(),
        firings: Vec::new(),
        seen: BTreeSet::new(),
        is_mail_scripted: false,
        rows: Vec::new(),
    };
    journal
        .entries()
        .iter()
        .for_each(|entry| teller.take(entry));
    teller.rows.into_iter().flatten().collect()
}

/// Who answered, by the invocation's number.
fn handlers(journal: &Journal) -> BTreeMap<u64, &str> {
    let mut found = BTreeMap::new();
    for entry in journal.entries() {
        if let (Some(invocation), JournalEvent::Log { fields, .. }) =
            (entry.invocation, &entry.fact)
            && let Some(handler) = fields.view().at("handler").as_str()
        {
            found.insert(invocation, handler);
        }
    }
    found
}

/// How an invocation began.
struct Begun {
    attempt: u32,
    /// The schedule that woke it.
    schedule: Option<String>,
    /// Whether the same was there before.
    is_duplicate: bool,
}

/// A schedule that fired, and has woken nobody so far.
struct Firing {
    row: usize,
    schedule: String,
    event: Option<String>,
}

struct Teller<'a> {
    causes: Causes<'a>,
    effects: BTreeMap<u64, Effects>,
    handlers: BTreeMap<u64, &'a str>,
    begun: BTreeMap<u64, Begun>,
    firings: Vec<Firing>,
    seen: BTreeSet<(String, String)>,
    /// Whether the mail server did last what the script says.
    is_mail_scripted: bool,
    /// None where another row tells it.
    rows: Vec<Option<Row>>,
}

impl Teller<'_> {
    fn row(&mut self, at: DateTime<Utc>, mark: Mark, text: String) {
        self.rows.push(Some(Row {
            at,
            mark,
            text,
            detail: None,
            quiet: None,
        }));
    }

    fn take(&mut self, entry: &Entry) {
        let at = entry.at;
        match &entry.fact {
            JournalEvent::Cloud { record } => self.take_record(at, record),
            JournalEvent::Fault {
                site,
                phase,
                effect,
                ..
            } => {
                self.row(
                    at,
                    Mark::Fault,
                    format!("{} {} {site}", effect.describe(), phase.as_str()),
                );
            }
            JournalEvent::LateArrival { site, outcome } => {
                self.row(
                    at,
                    Mark::Fault,
                    format!("late arrival of {site}, answered {outcome} to nobody"),
                );
            }
            JournalEvent::PowerLoss { invocations, idle } => {
                self.row(at, Mark::Fault, power_loss(invocations, *idle));
            }
            JournalEvent::Party(_) => self.take_trading(at, entry.fact.trading()),
            JournalEvent::Action { what } => self.row(at, Mark::Scenario, what.clone()),
            _ => {}
        }
    }

    fn take_trading(&mut self, at: DateTime<Utc>, record: Option<&TradingRecord>) {
        match record {
            Some(TradingRecord::Exchange {
                report:
                    Report::OrderScripted {
                        symbol,
                        side,
                        effect,
                        ..
                    },
            }) => {
                let words = format!(
                    "the order to {} {symbol} {}",
                    side.as_str(),
                    effect.describe()
                );
                self.row(at, Mark::Fault, words);
            }
            Some(TradingRecord::Mail { report }) => self.take_mail(at, report),
            _ => {}
        }
    }

    fn take_mail(&mut self, at: DateTime<Utc>, report: &MailReport) {
        let was_scripted = std::mem::replace(
            &mut self.is_mail_scripted,
            matches!(report, MailReport::MailScripted { .. }),
        );
        match report {
            MailReport::MailScripted {
                stage,
                reply: Some(reply),
            } => {
                self.row(
                    at,
                    Mark::Fault,
                    format!("the mail server replies {reply:?} at {}", spelled(*stage)),
                );
            }
            MailReport::MailScripted { stage, reply: None } => {
                self.row(
                    at,
                    Mark::Fault,
                    format!("the mail server hangs up at {}", spelled(*stage)),
                );
            }
            MailReport::MailRefused { stage, code } if !was_scripted => {
                self.row(
                    at,
                    Mark::Failed,
                    format!("the mail server refuses with {code} at {}", spelled(*stage)),
                );
            }
            MailReport::ConnectionDropped { stage } if !was_scripted => {
                self.row(
                    at,
                    Mark::Failed,
                    format!(
                        "the connection to the mail server is lost at {}",
                        spelled(*stage)
                    ),
                );
            }
            _ => {}
        }
    }

    fn take_record(&mut self, at: DateTime<Utc>, record: &CloudEvent) {
        match record {
            CloudEvent::InvocationStarted {
                invocation,
                attempt,
                ..
            } => self.begin(*invocation, *attempt),
            CloudEvent::InvocationEnded {
                invocation,
                outcome,
                response,
                duration_ms,
            } => {
                self.end(at, *invocation, *outcome, response.view(), *duration_ms);
            }
            CloudEvent::ScheduleFired {
                schedule, event, ..
            } => {
                self.firings.push(Firing {
                    row: self.rows.len(),
                    schedule: schedule.clone(),
                    event: event.clone(),
                });
                self.row(at, Mark::None, format!("the schedule {schedule} fires"));
            }
            CloudEvent::AlarmChanged { alarm, state, .. } => {
                let mark = if *state == AlarmState::Alarm {
                    Mark::Alarm
                } else {
                    Mark::Recovered
                };
                self.row(at, mark, format!("{alarm} is {state}"));
            }
            CloudEvent::ReplayChanged { replay, state, .. } => {
                self.row(at, Mark::None, format!("the replay {replay} is {state}"))
            }
            _ => self.take_trouble(at, record),
        }
    }

    /// What was lost, refused or disturbed.
    fn take_trouble(&mut self, at: DateTime<Utc>, record: &CloudEvent) {
        match record {
            CloudEvent::DeadLettered { from, reason, .. } => {
                self.row(at, Mark::DeadLetter, format!("{from} gives up: {reason}"))
            }
            CloudEvent::Lost { from, reason, .. } => self.row(
                at,
                Mark::DeadLetter,
                format!("{from} gives up, and the message is lost: {reason}"),
            ),
            CloudEvent::DeliveryDisturbed {
                detail_type,
                rule,
                disturbance,
                ..
            } => {
                self.row(
                    at,
                    Mark::Fault,
                    format!("{disturbance} of the delivery of {detail_type} by {rule}"),
                );
            }
            CloudEvent::EventRefused {
                detail_type,
                code,
                message,
                is_injected,
                ..
            } => {
                let mark = if *is_injected {
                    Mark::Fault
                } else {
                    Mark::Failed
                };
                self.row(
                    at,
                    mark,
                    format!("PutEvents refuses {detail_type}: {code}: {message}"),
                );
            }
            CloudEvent::EventVanished { bus, detail_type } => {
                self.row(
                    at,
                    Mark::Failed,
                    format!("{detail_type} is put on {bus}, which is not there"),
                );
            }
            _ => {}
        }
    }

    fn begin(&mut self, number: u64, attempt: u32) {
        let Some(invocation) = self.causes.invocations().get(&number) else {
            return;
        };
        let id = invocation
            .event_id()
            .or_else(|| invocation.event().at("id").as_str());
        let is_event = invocation.event().get("detail-type").is_some();
        // Attempts have one request id; a copy that Lambda makes has it too, and is a first attempt
        // again.
        let key = (
            invocation.trigger(),
            id.unwrap_or(invocation.request_id).to_owned(),
        );
        let is_duplicate = attempt == 1 && invocation.replay().is_none() && !self.seen.insert(key);
        let fits = |firing: &Firing| match &firing.event {
            Some(event) => id == Some(event.as_str()),
            None => !is_event,
        };
        let firing = self
            .firings
            .iter()
            .position(fits)
            .filter(|_| attempt == 1)
            .map(|place| self.firings.remove(place));
        if let Some(firing) = &firing {
            self.rows[firing.row] = None;
        }
        self.begun.insert(
            number,
            Begun {
                attempt,
                schedule: firing.map(|firing| firing.schedule),
                is_duplicate,
            },
        );
    }

    fn end(
        &mut self,
        at: DateTime<Utc>,
        number: u64,
        outcome: InvocationOutcome,
        response: Json<'_>,
        duration_ms: u64,
    ) {
        let Some(invocation) = self.causes.invocations().get(&number) else {
            return;
        };
        let begun = self.begun.remove(&number).unwrap_or(Begun {
            attempt: 1,
            schedule: None,
            is_duplicate: false,
        });
        let effects = self.effects.remove(&number).unwrap_or_default();
        let is_success = outcome == InvocationOutcome::Success;
        let quiet = match invocation.trigger().as_str() {
            _ if !is_success || !effects.is_nothing() => None,
            "watchdog" => Some(Quiet::Watchdog),
            _ => invocation.is_observation().then_some(Quiet::Observation),
        };
        let mark = match begun {
            _ if !is_success => Mark::Failed,
            Begun { attempt: 2.., .. } => Mark::Retry,
            Begun {
                is_duplicate: true, ..
            } => Mark::Duplicate,
            _ => Mark::None,
        };
        let mut parts = effects.told();
        let message = said(response);
        if !is_success {
            parts.push(ended(outcome, response));
        } else if parts.is_empty() {
            parts.extend(message.clone());
        }
        let handler = self
            .handlers
            .get(&number)
            .map(|handler| format!(" → {handler}"))
            .unwrap_or_default();
        let text = format!(
            "#{number} {}{handler}: {} ({duration_ms} ms)",
            self.woken(invocation, &begun),
            parts.join("; ")
        );
        let detail = message.filter(|_| !is_success);
        self.rows.push(Some(Row {
            at,
            mark,
            text,
            detail,
            quiet,
        }));
    }

    /// What woke an invocation, and who brought that about.
    fn woken(&self, invocation: &Invocation<'_>, begun: &Begun) -> String {
        let trigger = invocation.trigger();
        let again = match begun {
            Begun { attempt: 2.., .. } => format!(", attempt {}", begun.attempt),
            Begun {
                is_duplicate: true, ..
            } => ", a copy".to_owned(),
            _ => String::new(),
        };
        let by = match (
            &begun.schedule,
            self.causes.parent(invocation.number),
            invocation.replay(),
        ) {
            (Some(schedule), ..) => format!(" by {schedule}"),
            (None, _, Some(replay)) => format!(" by {replay}"),
            (None, Some(parent), None) => format!(" of #{}", parent.number),
            (None, None, None) => String::new(),
        };
        format!("{trigger}{by}{again}")
    }
}

/// As scenario files write it.
fn spelled(stage: MailStage) -> String {
    serde_json::to_value(stage)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The words of an answer.
fn said(response: Json<'_>) -> Option<String> {
    let words = ["message", "body", "errorMessage"]
        .iter()
        .find_map(|key| response.at(key).as_str());
    words.filter(|words| !words.is_empty()).map(str::to_owned)
}

/// How an invocation failed; what it said is told in full elsewhere.
fn ended(outcome: InvocationOutcome, response: Json<'_>) -> String {
    let outcome = outcome.to_string().replace('_', " ");
    match response.at("errorType").as_str() {
        Some(kind) => format!("{outcome}: {kind}"),
        None => outcome,
    }
}

fn power_loss(invocations: &[u64], idle: usize) -> String {
    let numbers: Vec<String> = invocations
        .iter()
        .map(|number| format!("#{number}"))
        .collect();
    let at_work = match numbers.is_empty() {
        true => "nothing".to_owned(),
        false => numbers.join(", "),
    };
    format!("power loss: kills {at_work} at work and {idle} idle")
}
