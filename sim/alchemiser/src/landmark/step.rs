use std::collections::{BTreeMap, BTreeSet};

use super::{entry, journal, logged, logged_with, told};
use crate::projection::{invocations, puts};
use crate::trading::TradingJournal;
use harness::journal::{CallOutcome, Journal, JournalEvent};
use harness::landmark::Landmark;
use simulated_cloud::cloud_event::InvocationOutcome;

const RAISED: &str = "invocation failed";

/// Steps, their leases and their outbox; the watchdog; the bus; the mail.
pub(super) const LANDMARKS: &[Landmark] = &[
    logged("a duplicate event is skipped", "duplicate event skipped"),
    logged("the breaker holds", "error notification skipped"),
    raised("a step is leased to another attempt", "InProgress"),
    raised("a fenced-off holder is refused", "LeaseLost"),
    raised("an event cannot be read", "InvalidEvent"),
    raised("the table cannot be used", "StoreUnavailable"),
    raised("an event cannot be published", "PublishFailed"),
    raised("the broker cannot be reached", "BrokerUnavailable"),
    raised("the mail cannot be handed over", "MailNotDelivered"),
    raised("a step takes too long", "DeadlineExceeded"),
    journal("the lease of a dead attempt is taken over", takeovers),
    journal("a recorded outbox is published again", published_again),
    journal("one mail goes out twice with one id", mails_again),
    entry("a dead letter is redriven", |entry| {
        matches!(&entry.fact, JournalEvent::Action { what }
            if what.starts_with("redrive ") && what != "redrive 0 dead letters")
    }),
    logged(
        "the watchdog ends a workflow",
        "workflow ended by the watchdog",
    ),
    logged(
        "the watchdog leaves a workflow that has gone on",
        "the workflow has gone on meanwhile",
    ),
    logged(
        "the watchdog cannot see to a workflow",
        "the watchdog could not see to a workflow",
    ),
    logged(
        "a session cannot be gone on with",
        "the watchdog could not go on with a session",
    ),
    logged("a session is gone on with", "a session is gone on with"),
    logged(
        "what could not be bought stays in cash",
        "what could not be bought stays in cash",
    ),
    logged(
        "a lease cannot be given back",
        "the lease could not be given back; it ends by itself",
    ),
    logged("a copy for the bus fails", "shadow publish failed"),
    logged("two buses differ", "dual publish difference"),
    logged("a handler in memory fails", "local handler failed"),
    told(
        "a notification tells of orders that the broker shows",
        NOTIFICATION,
        "look at the broker, which shows those below",
    ),
    told(
        "a notification tells of orders that nobody shows",
        NOTIFICATION,
        "the broker shows no order of ",
    ),
    logged(
        "the broker does not say what the orders of a plan came to",
        "the broker does not tell what the orders of a plan came to",
    ),
];

/// The event that asks for a mail.
const NOTIFICATION: &str = "TradingNotificationRequested";

const fn raised(name: &'static str, class: &'static str) -> Landmark {
    logged_with(name, RAISED, "error_type", class)
}

/// How often an attempt that had written something died, and another one of the same event came to
/// its end.
fn takeovers(journal: &Journal) -> usize {
    let writers: BTreeSet<u64> = journal
        .entries()
        .iter()
        .filter(|entry| {
            matches!(&entry.fact, JournalEvent::Call { site, outcome: CallOutcome::Answered(200), .. }
                if site.operation == "dynamodb UpdateItem")
        })
        .filter_map(|entry| entry.invocation)
        .collect();
    let mut died: BTreeSet<&str> = BTreeSet::new();
    let mut taken_over = 0;
    let invocations = invocations(journal);
    for invocation in invocations.values() {
        let (Some(event), Some((_, outcome))) = (invocation.event_id(), invocation.ended) else {
            continue;
        };
        match outcome {
            InvocationOutcome::Crashed | InvocationOutcome::TimedOut => {
                if writers.contains(&invocation.number) {
                    died.insert(event);
                }
            }
            InvocationOutcome::Success => taken_over += usize::from(died.remove(event)),
            InvocationOutcome::Failed => {}
        }
    }
    taken_over
}

/// How often an event was put that another invocation had put before.
fn published_again(journal: &Journal) -> usize {
    let mut first: BTreeMap<&str, u64> = BTreeMap::new();
    let own = puts(journal).filter(|put| !put.is_replayed);
    own.filter(|put| {
        let (Some(event), Some(invocation)) = (put.event_id(), put.entry.invocation) else {
            return false;
        };
        *first.entry(event).or_insert(invocation) != invocation
    })
    .count()
}

/// How often a mail came whose id had come before.
fn mails_again(journal: &Journal) -> usize {
    let mut seen = BTreeSet::new();
    journal.mail_ids().filter(|id| !seen.insert(*id)).count()
}
