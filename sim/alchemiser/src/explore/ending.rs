use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::projection::{FinalAccount, dead_letters, final_account, mails, puts};
use harness::journal::Journal;
use simulated_cloud::cloud_event::{AlarmState, CloudEvent};

/// How far cash may be from that of the undisturbed account, as a part of what that is worth: a plan
/// that is made some minutes later is made at other prices.
const NEAR_CASH: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// How far a position may be from the undisturbed one, as a part of it: other prices, and whole
/// shares where parts are not to be had.
const NEAR_SHARES: Decimal = Decimal::from_parts(5, 0, 0, false, 2);
/// Metrics that say that a function failed or was slow. They tell nothing of a workflow.
const OF_FUNCTIONS: [&str; 3] = ["Errors", "Duration", "Throttles"];
/// Events that say how far a workflow has come.
const STATES: [&str; 3] = [STARTED, COMPLETED, FAILED];
/// The event that says that a workflow has begun.
const STARTED: &str = "WorkflowStarted";
/// The event that says that a workflow has come to a good end.
const COMPLETED: &str = "WorkflowCompleted";
/// The event that says that a workflow has failed.
const FAILED: &str = "WorkflowFailed";

/// How a run with a fault ended, held against the run without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// As if nothing had gone wrong.
    Golden,
    /// The same, but that a mail came twice, with one message id.
    Copied,
    /// Otherwise, and somebody is told: by a mail that was not there before, by the mail of a
    /// workflow that failed, or by an alarm on what was lost.
    Told,
    /// Otherwise, and nobody is told.
    Silent,
    /// An invariant does not hold.
    Violated,
}

impl Outcome {
    /// All of them, the best first.
    pub const ALL: [Self; 5] = [
        Self::Golden,
        Self::Copied,
        Self::Told,
        Self::Silent,
        Self::Violated,
    ];

    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Golden => "golden",
            Self::Copied => "golden, with a copy",
            Self::Told => "told",
            Self::Silent => "silent",
            Self::Violated => "violated",
        }
    }

    /// Whether the system did what it must not do.
    #[must_use]
    pub fn is_finding(self) -> bool {
        matches!(self, Self::Silent | Self::Violated)
    }
}

/// What is left when a run is over, and what people were told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ending {
    account: Option<FinalAccount>,
    /// How many workflows came to each state.
    workflows: BTreeMap<String, usize>,
    /// How many mails there are of each subject, copies left out.
    mails: BTreeMap<String, usize>,
    /// How many mails tell of each failure, digits left out: when it was is of no matter.
    failures: BTreeMap<String, usize>,
    /// Whether a mail came more than once.
    copied: bool,
    /// Who gave how many messages up, and why.
    dead_letters: BTreeMap<(String, String), usize>,
    /// The alarms that went off, but for those on functions.
    alarms: BTreeSet<String>,
}

impl Ending {
    /// The end of a run.
    #[must_use]
    pub fn of(journal: &Journal) -> Self {
        let mut ending = Self {
            account: final_account(journal),
            ..Self::default()
        };
        let mut states = BTreeSet::new();
        for put in puts(journal).filter(|put| STATES.contains(&put.detail_type)) {
            if states.insert((put.detail_type, put.workflow())) {
                *ending
                    .workflows
                    .entry(put.detail_type.to_owned())
                    .or_default() += 1;
            }
        }
        let mut ids = BTreeSet::new();
        for mail in mails(journal) {
            if ids.insert(mail.message_id) {
                if let Some(failure) = failure(&mail.text) {
                    *ending.failures.entry(failure).or_default() += 1;
                }
                *ending.mails.entry(mail.subject).or_default() += 1;
            } else {
                ending.copied = true;
            }
        }
        for (from, reason, _) in dead_letters(journal) {
            *ending.dead_letters.entry((from, reason)).or_default() += 1;
        }
        for (_, record) in journal.records() {
            if let CloudEvent::AlarmChanged {
                alarm,
                metric,
                state: AlarmState::Alarm,
                ..
            } = record
                && !OF_FUNCTIONS.contains(&metric.as_str())
            {
                ending.alarms.insert(alarm.clone());
            }
        }
        ending
    }

    /// The same without the account: where somebody else moves it as well, a trade some minutes later
    /// is another trade.
    #[must_use]
    pub fn without_account(self) -> Self {
        Self {
            account: None,
            ..self
        }
    }

    /// The same without what was lost and what alarms told of it: where somebody sent what had to be
    /// refused, there is more of both.
    #[must_use]
    pub fn without_losses(self) -> Self {
        Self {
            dead_letters: BTreeMap::new(),
            alarms: BTreeSet::new(),
            ..self
        }
    }

    /// The same with an account in other terms.
    #[must_use]
    pub fn with_account(self, terms: impl FnOnce(FinalAccount) -> FinalAccount) -> Self {
        Self {
            account: self.account.map(terms),
            ..self
        }
    }

    /// What this end is, where the undisturbed run ended with `golden` and all invariants hold.
    #[must_use]
    pub fn against(&self, golden: &Self) -> Outcome {
        // Where a loss is not told, an invariant does not hold; less of it is no harm.
        let has_lost_more = is_more(&self.dead_letters, &golden.dead_letters);
        let is_as_good = (self.workflows == golden.workflows && self.mails == golden.mails)
            || self.has_but_fewer_failures(golden);
        let is_same = is_as_good && !has_lost_more && self.is_same_account(golden);
        if is_same {
            return if self.copied && !golden.copied {
                Outcome::Copied
            } else {
                Outcome::Golden
            };
        }
        let has_more_mail =
            is_more(&self.mails, &golden.mails) || is_more(&self.failures, &golden.failures);
        // A workflow that fails has a mail, or an invariant does not hold; where no event tells of it,
        // the mail does.
        let has_failed = self.workflows.contains_key(FAILED) || !self.failures.is_empty();
        let has_more_alarms = !self.alarms.is_subset(&golden.alarms);
        if has_more_mail || has_failed || has_lost_more || has_more_alarms {
            Outcome::Told
        } else {
            Outcome::Silent
        }
    }

    /// Whether less has failed than in the undisturbed run, and all else is as there: a fault may take
    /// a second try to where the first would have failed.
    fn has_but_fewer_failures(&self, golden: &Self) -> bool {
        let successes = |ending: &Self| {
            let sum = |times: &BTreeMap<String, usize>| times.values().sum::<usize>();
            sum(&ending.mails).saturating_sub(sum(&ending.failures))
        };
        self.came_to(COMPLETED) == golden.came_to(COMPLETED)
            && self.came_to(FAILED) < golden.came_to(FAILED)
            && self.open() <= golden.open()
            && !is_more(&self.mails, &golden.mails)
            && successes(self) == successes(golden)
    }

    /// How many workflows came to a state.
    fn came_to(&self, state: &str) -> usize {
        self.workflows.get(state).copied().unwrap_or_default()
    }

    /// How many workflows have begun and came to no end.
    fn open(&self) -> usize {
        self.came_to(STARTED)
            .saturating_sub(self.came_to(COMPLETED) + self.came_to(FAILED))
    }

    /// Whether as many workflows have begun as in the undisturbed run, as many of them have come to
    /// an end, good or bad, and as many mails tell so.
    #[must_use]
    pub fn is_complete(&self, golden: &Self) -> bool {
        let mails = |ending: &Self| ending.mails.values().sum::<usize>();
        self.came_to(STARTED) >= golden.came_to(STARTED)
            && self.open() <= golden.open()
            && mails(self) >= mails(golden)
    }

    /// What is otherwise than in the undisturbed run, a line each.
    #[must_use]
    pub fn differences(&self, golden: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut tell = |what: String, here: String, there: String| {
            if here != there {
                lines.push(format!("{what}: {here} instead of {there}"));
            }
        };
        for (what, here, there) in [
            ("workflows", &self.workflows, &golden.workflows),
            ("mails", &self.mails, &golden.mails),
        ] {
            for key in either(here, there) {
                tell(
                    format!("{what} {key:?}"),
                    times(here, key),
                    times(there, key),
                );
            }
        }
        for key in either(&self.dead_letters, &golden.dead_letters) {
            let what = format!("dead letters of {} ({})", key.0, key.1);
            tell(
                what,
                times(&self.dead_letters, key),
                times(&golden.dead_letters, key),
            );
        }
        if !self.is_same_account(golden)
            && let (Some(here), Some(there)) = (&self.account, &golden.account)
        {
            tell(
                "cash".to_owned(),
                here.cash.to_string(),
                there.cash.to_string(),
            );
            for symbol in either(&here.positions, &there.positions) {
                let held = |account: &FinalAccount| {
                    let held = account.positions.get(symbol).copied();
                    held.unwrap_or_default().to_string()
                };
                tell(symbol.clone(), held(here), held(there));
            }
        }
        lines
    }

    fn is_same_account(&self, golden: &Self) -> bool {
        match (&self.account, &golden.account) {
            (Some(here), Some(there)) => {
                let most = there.equity.abs() * NEAR_CASH;
                let is_near =
                    |one: Decimal, other: Decimal, most: Decimal| (one - other).abs() <= most;
                let symbols = || here.positions.keys().chain(there.positions.keys());
                let shares = |account: &FinalAccount, symbol: &String| {
                    account.positions.get(symbol).copied().unwrap_or_default()
                };
                is_near(here.cash, there.cash, most)
                    && symbols().all(|symbol| {
                        let held = shares(there, symbol);
                        is_near(shares(here, symbol), held, held.abs() * NEAR_SHARES)
                    })
            }
            (here, there) => there.is_none() || here.is_some(),
        }
    }
}

/// Why something failed, as a mail tells it; none where it tells of a success.
fn failure(text: &str) -> Option<String> {
    let (_, told) = text.split_once("Success: False")?;
    let reason = told.trim_start().lines().next()?;
    Some(reason.replace(|character: char| character.is_ascii_digit(), ""))
}

/// The keys that one of two maps has.
fn either<'a, K: Ord, V>(these: &'a BTreeMap<K, V>, those: &'a BTreeMap<K, V>) -> BTreeSet<&'a K> {
    these.keys().chain(those.keys()).collect()
}

fn times<K: Ord>(of: &BTreeMap<K, usize>, key: &K) -> String {
    of.get(key).copied().unwrap_or_default().to_string()
}

/// Whether `these` has more of something than `those`.
fn is_more<K: Ord>(these: &BTreeMap<K, usize>, those: &BTreeMap<K, usize>) -> bool {
    let mut these = these.iter();
    these.any(|(key, times)| those.get(key).is_none_or(|known| times > known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(cash: &str, subjects: &[&str], alarms: &[&str]) -> Ending {
        let decimal = |text: &str| text.parse::<Decimal>().expect("a number");
        Ending {
            account: Some(FinalAccount {
                cash: decimal(cash),
                equity: decimal("10000"),
                positions: BTreeMap::new(),
            }),
            mails: subjects
                .iter()
                .map(|subject| ((*subject).to_owned(), 1))
                .collect(),
            alarms: alarms.iter().map(|alarm| (*alarm).to_owned()).collect(),
            ..Ending::default()
        }
    }

    #[test]
    fn a_mail_says_why_something_failed() {
        let mail = |told: &str| failure(&format!("Trading execution completed. Success: {told}"));
        let late = "False\r\n\r\nno result by 2012-03-14T14:10\r\n\r\nOrders placed: 0\r\n";
        assert_eq!(mail(late).as_deref(), Some("no result by --T:"));
        assert_eq!(mail("True\r\n\r\nOrders: 1 of 1 filled\r\n"), None);
    }

    #[test]
    fn what_differs_must_be_told() {
        let golden = ending("100", &["done"], &[]);
        let outcome = |ending: Ending| ending.against(&golden);
        assert_eq!(outcome(golden.clone()), Outcome::Golden);
        assert_eq!(
            outcome(ending("199", &["done"], &[])),
            Outcome::Golden,
            "other prices"
        );
        assert_eq!(outcome(ending("201", &["done"], &[])), Outcome::Silent);
        assert_eq!(outcome(ending("201", &["done"], &["lost"])), Outcome::Told);
        assert_eq!(
            outcome(ending("100", &[], &[])),
            Outcome::Silent,
            "the mail is missing"
        );
        assert_eq!(outcome(ending("100", &["failed"], &[])), Outcome::Told);
        let given_up = |times: usize| Ending {
            dead_letters: BTreeMap::from([(("a rule".to_owned(), "why".to_owned()), times)]),
            ..golden.clone()
        };
        assert_eq!(given_up(2).against(&given_up(1)), Outcome::Told);
        assert_eq!(given_up(1).against(&given_up(2)), Outcome::Golden, "less");
        let told_why = Ending {
            failures: BTreeMap::from([("overdue".to_owned(), 1)]),
            ..ending("100", &[], &[])
        };
        assert_eq!(outcome(told_why), Outcome::Told, "a failure of its own");
        let copied = Ending {
            copied: true,
            ..golden.clone()
        };
        assert_eq!(outcome(copied), Outcome::Copied);
    }

    #[test]
    fn fewer_failures_are_no_harm() {
        let ending = |states: &[(&str, usize)], failures: usize| Ending {
            workflows: states
                .iter()
                .map(|(state, times)| ((*state).to_owned(), *times))
                .collect(),
            mails: [("done".to_owned(), 1)]
                .into_iter()
                .chain((0..failures).map(|_| ("failed".to_owned(), 1)))
                .collect(),
            failures: (0..failures).map(|_| ("why".to_owned(), 1)).collect(),
            ..ending("100", &[], &[])
        };
        let golden = ending(&[(STARTED, 2), (COMPLETED, 1), (FAILED, 1)], 1);
        let better = ending(&[(STARTED, 1), (COMPLETED, 1)], 0);
        assert_eq!(better.against(&golden), Outcome::Golden);
        let stuck = ending(&[(STARTED, 2), (COMPLETED, 1)], 0);
        assert_eq!(stuck.against(&golden), Outcome::Silent);
        let without_mail = Ending {
            mails: BTreeMap::new(),
            ..better
        };
        assert_eq!(without_mail.against(&golden), Outcome::Silent);
    }

    #[test]
    fn what_began_must_end_and_be_told_by_mail() {
        let ending = |states: &[&str], mails: &[&str]| Ending {
            workflows: states
                .iter()
                .map(|state| ((*state).to_owned(), 1))
                .collect(),
            ..ending("100", mails, &[])
        };
        let golden = ending(&["WorkflowStarted", "WorkflowCompleted"], &["done"]);
        let is_complete =
            |states: &[&str], mails: &[&str]| ending(states, mails).is_complete(&golden);
        assert!(is_complete(
            &["WorkflowStarted", "WorkflowFailed"],
            &["failed"]
        ));
        assert!(
            !is_complete(&["WorkflowStarted"], &["failed"]),
            "it has no end"
        );
        assert!(
            !is_complete(&["WorkflowStarted", "WorkflowCompleted"], &[]),
            "no mail"
        );
        assert!(!is_complete(&[], &["failed"]), "it never began");
    }
}
