use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::format::{Expect, MailExpected, ResponseExpected, SideSpec};
use crate::check::Violation;
use crate::projection::{MailLine, dead_letters, events, final_account, mails, orders};
use crate::trading::trigger_of;
use harness::journal::{Journal, JournalEvent};
use simulated_cloud::cloud_event::{AlarmState, CloudEvent};
use simulated_cloud::packed_json::Json;

/// Holds a run against what its scenario expects.
#[must_use]
pub fn evaluate(expect: &Expect, journal: &Journal) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut demand = |name: &str, problem: Option<String>| {
        violations.extend(problem.map(|problem| Violation::plain(name, problem)))
    };
    demand("cash", cash(expect, journal));
    demand("positions", positions(expect, journal));
    demand("mails", mails_differ(expect, journal));
    demand("orders", orders_differ(expect, journal));
    demand("dead letters", dead_letters_differ(expect, journal));
    demand("workflows", workflows_differ(expect, journal));
    demand("alarms", alarms_differ(expect, journal));
    for name in &expect.recovered {
        demand("recovered", not_recovered(name, journal));
    }
    let invocations = tally(journal.records().filter_map(|(_, record)| match record {
        CloudEvent::InvocationStarted { payload, .. } => Some(trigger_of(payload.view())),
        _ => None,
    }));
    demand(
        "invocations",
        tallies_differ(&expect.invocations, &invocations),
    );
    let types = tally(
        events(journal)
            .into_iter()
            .filter(|event| event.replay.is_none())
            .map(|event| event.detail_type),
    );
    demand("events", tallies_differ(&expect.events, &types));
    for text in &expect.logs {
        demand(
            "logs",
            (!logged(journal, text)).then(|| format!("no log line holds {text:?}")),
        );
    }
    let answers = responses(journal);
    for expected in &expect.responses {
        demand("responses", answers_differ(expected, &answers));
    }
    violations
}

fn cash(expect: &Expect, journal: &Journal) -> Option<String> {
    let found = final_account(journal)?.cash;
    let most = expect
        .tolerance
        .map_or(Decimal::ZERO, |tolerance| tolerance.dollars.0);
    let is_near = (found - expect.cash.0).abs() <= most;
    (!is_near).then(|| {
        format!(
            "the account has {found} dollars, expected {}{}",
            expect.cash,
            within(most)
        )
    })
}

fn positions(expect: &Expect, journal: &Journal) -> Option<String> {
    let found = final_account(journal)?.positions;
    let wanted: BTreeMap<String, Decimal> = expect
        .positions
        .iter()
        .map(|(symbol, quantity)| (symbol.clone(), quantity.0))
        .collect();
    let show = |map: &BTreeMap<String, Decimal>| {
        map.iter()
            .map(|(symbol, quantity)| format!("{symbol} {}", quantity.normalize()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let most = expect
        .tolerance
        .map_or(Decimal::ZERO, |tolerance| tolerance.shares.0);
    let is_near = found.keys().eq(wanted.keys())
        && found
            .values()
            .zip(wanted.values())
            .all(|(one, other)| (one - other).abs() <= most);
    (!is_near).then(|| {
        format!(
            "the account holds [{}], expected [{}]{}",
            show(&found),
            show(&wanted),
            within(most)
        )
    })
}

fn within(most: Decimal) -> String {
    if most.is_zero() {
        String::new()
    } else {
        format!(" within {most}")
    }
}

fn mails_differ(expect: &Expect, journal: &Journal) -> Option<String> {
    let mut found = mails(journal);
    let mut ids = BTreeSet::new();
    let may_repeat = |mail: &MailLine| {
        expect
            .mails
            .iter()
            .any(|wanted| wanted.copies && wanted.subject == mail.subject)
    };
    found.retain(|mail| ids.insert(mail.message_id.clone()) || !may_repeat(mail));
    let seen: Vec<&str> = found.iter().map(|mail| mail.subject.as_str()).collect();
    let expected: Vec<_> = expect
        .mails
        .iter()
        .flat_map(|mail| std::iter::repeat_n(mail, mail.times))
        .collect();
    let wanted: Vec<&str> = expected.iter().map(|mail| mail.subject.as_str()).collect();
    if seen != wanted {
        return Some(format!(
            "the mails are [{}], expected [{}]",
            runs(&seen),
            runs(&wanted)
        ));
    }
    expected
        .into_iter()
        .zip(&found)
        .find_map(|(wanted, mail)| mail_differs(wanted, mail))
}

fn mail_differs(wanted: &MailExpected, mail: &MailLine) -> Option<String> {
    if let Some(to) = wanted.to.as_ref().filter(|to| **to != mail.recipients) {
        return Some(format!(
            "the mail {:?} goes to {:?}, expected {to:?}",
            mail.subject, mail.recipients
        ));
    }
    for (part, held, texts) in [
        ("mail", &mail.text, &wanted.contains),
        ("HTML part of the mail", &mail.html, &wanted.html_contains),
    ] {
        if let Some(text) = texts.iter().find(|text| !held.contains(text.as_str())) {
            return Some(format!(
                "the {part} {:?} does not hold {text:?}; it says:\n{held}",
                mail.subject
            ));
        }
    }
    None
}

/// Texts in order, equal ones that follow each other counted.
fn runs(texts: &[&str]) -> String {
    let runs = texts
        .chunk_by(|one, next| one == next)
        .map(|run| match run {
            [one] => (*one).to_owned(),
            _ => format!("{} times {}", run.len(), run[0]),
        });
    runs.collect::<Vec<_>>().join(" | ")
}

fn orders_differ(expect: &Expect, journal: &Journal) -> Option<String> {
    let wanted = expect.orders.as_ref()?;
    let found: Vec<String> = orders(journal)
        .iter()
        .map(|order| {
            format!(
                "{} {} {} {}",
                order.side, order.quantity, order.symbol, order.status
            )
        })
        .collect();
    let wanted: Vec<String> = wanted
        .iter()
        .map(|order| {
            let side = if order.side == SideSpec::Buy {
                "buy"
            } else {
                "sell"
            };
            format!(
                "{side} {} {} {}",
                order.quantity.0.normalize(),
                order.symbol,
                order.status
            )
        })
        .collect();
    (found != wanted).then(|| {
        format!(
            "the orders are [{}], expected [{}]",
            found.join(", "),
            wanted.join(", ")
        )
    })
}

fn dead_letters_differ(expect: &Expect, journal: &Journal) -> Option<String> {
    let found = dead_letters(journal);
    let fits = found.len() == expect.dead_letters.len()
        && found
            .iter()
            .zip(&expect.dead_letters)
            .all(|((from, reason, body), wanted)| {
                from.contains(&wanted.from)
                    && *reason == wanted.reason
                    && body.to_string().contains(&wanted.holds)
            });
    let show =
        |(from, reason, body): &(String, String, Json<'_>)| format!("{from}: {reason}: {body}");
    (!fits).then(|| {
        format!(
            "{} dead letters, expected {}; there are [{}]",
            found.len(),
            expect.dead_letters.len(),
            found.iter().map(show).collect::<Vec<_>>().join(", ")
        )
    })
}

fn workflows_differ(expect: &Expect, journal: &Journal) -> Option<String> {
    let wanted = expect.workflows?;
    let all = events(journal);
    let distinct = |detail_type: &str| {
        let ids = all
            .iter()
            .filter(|event| event.detail_type == detail_type)
            .filter_map(|event| event.detail["correlation_id"].as_str());
        ids.collect::<BTreeSet<_>>().len()
    };
    let found = (
        distinct("WorkflowStarted"),
        distinct("WorkflowCompleted"),
        distinct("WorkflowFailed"),
    );
    (found != (wanted.started, wanted.completed, wanted.failed)).then(|| {
        format!(
            "{} workflows started, {} completed, {} failed; expected {}, {}, {}",
            found.0, found.1, found.2, wanted.started, wanted.completed, wanted.failed
        )
    })
}

fn alarms_differ(expect: &Expect, journal: &Journal) -> Option<String> {
    let wanted = expect.alarms.as_ref()?;
    let found: BTreeSet<&str> = journal
        .records()
        .filter_map(|(_, record)| match record {
            CloudEvent::AlarmChanged {
                alarm,
                state: AlarmState::Alarm,
                ..
            } => Some(alarm.as_str()),
            _ => None,
        })
        .collect();
    let missing: Vec<&String> = wanted
        .iter()
        .filter(|name| !found.iter().any(|alarm| alarm.contains(name.as_str())))
        .collect();
    let is_wrong = !missing.is_empty() || (wanted.is_empty() && !found.is_empty());
    is_wrong.then(|| format!("the alarms that went off are {found:?}, expected {wanted:?}"))
}

fn not_recovered(name: &str, journal: &Journal) -> Option<String> {
    let mut last = BTreeMap::new();
    for (_, record) in journal.records() {
        if let CloudEvent::AlarmChanged { alarm, state, .. } = record
            && alarm.contains(name)
        {
            last.insert(alarm.as_str(), *state);
        }
    }
    let is_well = !last.is_empty() && last.values().all(|state| *state == AlarmState::Ok);
    (!is_well).then(|| {
        format!("alarms named {name:?} ended as {last:?}, expected as OK after they went off")
    })
}

fn tally(names: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    names.fold(BTreeMap::new(), |mut tally, name| {
        *tally.entry(name).or_default() += 1;
        tally
    })
}

/// The counts that differ, what is expected and what was found under each other.
fn tallies_differ(
    wanted: &BTreeMap<String, usize>,
    found: &BTreeMap<String, usize>,
) -> Option<String> {
    let count = |name: &String| found.get(name).copied().unwrap_or(0);
    let differing: Vec<(&String, &usize)> = wanted
        .iter()
        .filter(|(name, wanted)| count(name) != **wanted)
        .collect();
    let lines: String = differing
        .iter()
        .map(|(name, wanted)| format!("\n  - {name}: {wanted}\n  + {name}: {}", count(name)))
        .collect();
    (!differing.is_empty()).then(|| {
        format!(
            "{} of {} counts differ (- expected, + found){lines}",
            differing.len(),
            wanted.len()
        )
    })
}

/// What answers should hold, and all that there were to that trigger, equal ones once.
fn answers_differ(expected: &ResponseExpected, answers: &[(String, String)]) -> Option<String> {
    let to_it = || {
        answers
            .iter()
            .filter(|(trigger, _)| *trigger == expected.to)
            .map(|(_, answer)| answer)
    };
    let found = to_it()
        .filter(|answer| answer.contains(&expected.holds))
        .count();
    let lines: String = tally(to_it().cloned())
        .iter()
        .map(|(answer, times)| format!("\n  + {times} times {answer}"))
        .collect();
    (found != expected.times).then(|| {
        format!(
            "{found} answers to {} hold {:?}, expected {} (- expected, + found)\n  - {} times {}{lines}",
            expected.to, expected.holds, expected.times, expected.times, expected.holds
        )
    })
}

fn logged(journal: &Journal, text: &str) -> bool {
    journal.entries().iter().any(|entry| match &entry.fact {
        JournalEvent::Log {
            message, fields, ..
        } => format!("{message} {fields}").contains(text),
        _ => false,
    })
}

/// Every answer of the function with what it answers.
fn responses(journal: &Journal) -> Vec<(String, String)> {
    let mut triggers = BTreeMap::new();
    let mut answers = Vec::new();
    for (_, record) in journal.records() {
        match record {
            CloudEvent::InvocationStarted {
                invocation,
                payload,
                ..
            } => {
                triggers.insert(*invocation, trigger_of(payload.view()));
            }
            CloudEvent::InvocationEnded {
                invocation,
                response,
                ..
            } => {
                let trigger = triggers.get(invocation).cloned().unwrap_or_default();
                answers.push((trigger, response.to_string()));
            }
            _ => {}
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trading::TradingRecord;
    use chrono::DateTime;
    use serde_json::json;

    /// What is wrong with an account and the ids of its mails, by check.
    fn wrong(expect: &str, cash: &str, shares: &str, mails: &[&str]) -> Vec<String> {
        let expect: Expect = serde_saphyr::from_str(expect).expect("sound expectations");
        let mut journal = Journal::default();
        for message_id in mails {
            let fact = TradingRecord::MailContent {
                subject: "Report".to_owned(),
                recipients: Vec::new(),
                message_id: (*message_id).to_owned(),
                text: String::new(),
                html: String::new(),
            };
            journal.push(DateTime::UNIX_EPOCH, None, fact.into());
        }
        let account = TradingRecord::Account {
            cash: cash.to_owned(),
            equity: cash.to_owned(),
            positions: json!({ "MSFT": shares }),
        };
        journal.push(DateTime::UNIX_EPOCH, None, account.into());
        evaluate(&expect, &journal)
            .into_iter()
            .map(|violation| violation.check)
            .collect()
    }

    #[test]
    fn an_account_may_be_off_by_the_tolerance_and_no_more() {
        let exact = "{cash: '10', positions: {MSFT: '5'}, mails: []}";
        let near = "{cash: '10', positions: {MSFT: '5'}, tolerance: {dollars: '0.5', shares: '0.25'}, mails: []}";
        assert!(wrong(exact, "10", "5", &[]).is_empty());
        assert_eq!(
            wrong(exact, "10.01", "5.000001", &[]),
            ["cash", "positions"]
        );
        assert!(wrong(near, "10.5", "4.75", &[]).is_empty());
        assert_eq!(wrong(near, "9.49", "5.250001", &[]), ["cash", "positions"]);
        assert_eq!(
            wrong(
                "{cash: '10', positions: {AAPL: '5'}, tolerance: {dollars: '9', shares: '9'}, mails: []}",
                "10",
                "5",
                &[]
            ),
            ["positions"]
        );
    }

    #[test]
    fn counts_that_differ_are_told_as_a_diff() {
        let tally = |pairs: &[(&str, usize)]| {
            pairs
                .iter()
                .map(|(name, count)| ((*name).to_owned(), *count))
                .collect::<BTreeMap<_, _>>()
        };
        let (wanted, found) = (
            tally(&[("A", 1), ("B", 0), ("C", 2)]),
            tally(&[("A", 1), ("B", 3), ("D", 9)]),
        );
        let told = tallies_differ(&wanted, &found).expect("they differ");
        assert_eq!(
            told,
            "2 of 3 counts differ (- expected, + found)\n  - B: 0\n  + B: 3\n  - C: 2\n  + C: 0"
        );
        assert_eq!(tallies_differ(&wanted, &wanted), None);
    }

    #[test]
    fn answers_are_told_beside_what_they_should_hold() {
        let answers = ["yes", "no", "no"].map(|answer| ("trade".to_owned(), answer.to_owned()));
        let expected = |times: usize| ResponseExpected {
            to: "trade".to_owned(),
            holds: "maybe".to_owned(),
            times,
        };
        let told = answers_differ(&expected(1), &answers).expect("they differ");
        assert!(
            told.ends_with(
                "(- expected, + found)\n  - 1 times maybe\n  + 2 times no\n  + 1 times yes"
            ),
            "{told}"
        );
        assert_eq!(answers_differ(&expected(0), &answers), None);
    }

    #[test]
    fn a_copy_of_a_mail_counts_once_where_copies_may_come() {
        let expect = |copies: &str| {
            format!(
                "{{cash: '10', positions: {{MSFT: '5'}}, mails: [{{subject: Report, times: 2{copies}}}]}}"
            )
        };
        let without = |mails: &[&str]| wrong(&expect(""), "10", "5", mails);
        let with = |mails: &[&str]| wrong(&expect(", copies: true"), "10", "5", mails);
        assert!(without(&["a", "b"]).is_empty() && with(&["a", "b"]).is_empty());
        assert_eq!(without(&["a", "b", "b"]), ["mails"]);
        assert!(with(&["a", "b", "b"]).is_empty() && with(&["a", "b", "a"]).is_empty());
        assert_eq!(with(&["a", "a"]), ["mails"]);
        assert_eq!(with(&["a", "b", "c"]), ["mails"]);
    }
}
