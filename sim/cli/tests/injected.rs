//! What a scenario makes go wrong is in the journal, told apart from what follows from it.

use std::path::Path;

use alchemiser_binding::report::{Paper, day};
use alchemiser_binding::run::{Run, run};
use alchemiser_binding::scenario::{Library, load_scenario};
use chrono::TimeDelta;
use harness::journal::{CallOutcome, Entry, JournalEvent};

const TROUBLED: &str = r#"about: One of everything that can be made to go wrong.
given:
  clock: 2012-03-14 09:30
  cash: "10000.00"
  market: {MSFT: {price: "50.00"}, AAPL: {price: "100.00"}}
  strategies:
    half.clj: {source: '(defsymphony "Half" {} (weight-specified 0.6 (asset "MSFT") 0.4 (asset "AAPL")))'}
  mail: [{stage: rcpt_to, occurrence: 1, reply: "451 later"}]
  exchange: {orders: [{symbol: MSFT, occurrence: 1, effect: {fill_after: 3s}}]}
when:
  - advance: 40m
faults:
  - {at: "trade / dynamodb UpdateItem #1", phase: before, effect: {status: 500}}
  - {deliver: SignalGenerated, rule: alchemiser-signal-generated, effect: {delay: 10m}}
  - {deliver: RebalancePlanned, rule: alchemiser-rebalance-planned, effect: fail}
  - {deliver: TradeExecuted, effect: fail_entry, times: 1}
expect:
  cash: "100.00"
  positions: {MSFT: "118.8", AAPL: "39.6"}
  mails: [{subject: "[SUCCESS] The Alchemiser - PAPER Trading Report"}]
"#;

fn troubled() -> Run {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("troubled.yaml");
    std::fs::write(&path, TROUBLED).expect("the file can be written");
    let library = Library::of_this_project().expect("the project's files are there");
    let loaded = load_scenario(&library, &path, "troubled").expect("a sound scenario");
    run(&library, &loaded, 1).expect("the scenario runs")
}

#[test]
fn every_injected_fault_is_an_entry_that_says_so() {
    let run = troubled();
    assert!(run.passed(), "{:?}", run.violations);
    let kind = |value: &serde_json::Value| {
        let named = ["record", "report"]
            .iter()
            .find_map(|key| value[*key].as_str())
            .or(value["fact"].as_str());
        named.unwrap_or_default().to_owned()
    };
    let lines = run
        .journal
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(&line).expect("a line is JSON"));
    let injected: Vec<String> = lines
        .filter(|value| value["injected"] == true)
        .map(|value| kind(&value))
        .collect();
    assert_eq!(
        injected,
        [
            "fault",
            "delivery_disturbed",
            "delivery_disturbed",
            "order_scripted",
            "event_refused",
            "mail_scripted"
        ]
    );
}

#[test]
fn every_injected_fault_is_a_row_of_the_story() {
    let run = troubled();
    let injected = run
        .journal
        .entries()
        .iter()
        .filter(|entry| entry.injected)
        .count();
    let story = day(&run, Paper::plain(200));
    assert_eq!(
        story
            .lines()
            .filter(|line| line.contains(" fault "))
            .count(),
        injected,
        "{story}"
    );
}

/// What a scenario of the project's makes go wrong: its site or kind, when it happens, and how it is
/// answered.
fn injected_by(name: &str) -> Vec<(String, TimeDelta, Option<CallOutcome>)> {
    let library = Library::of_this_project().expect("the project's files are there");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../scenarios/{name}.yaml"));
    let loaded = load_scenario(&library, &path, name).expect("a sound scenario");
    let run = run(&library, &loaded, 1).expect("the scenario runs");
    assert!(run.passed(), "{:?}", run.violations);
    let entries = run.journal.entries().iter().filter(|entry| entry.injected);
    let start = run.journal.entries()[0].at;
    let told = |entry: &Entry| match &entry.fact {
        JournalEvent::Fault { site, effect, .. } => (
            format!("{} at {site}", effect.describe()),
            entry.at - start,
            None,
        ),
        JournalEvent::LateArrival { site, outcome } => (
            format!("late {site}"),
            entry.at - start,
            Some(outcome.clone()),
        ),
        other => (format!("{other:?}"), entry.at - start, None),
    };
    entries.map(told).collect()
}

#[test]
fn what_is_late_is_told_when_it_is_held_back_and_when_it_arrives() {
    let injected = injected_by("faults/record_of_an_older_holder_arrives_late");
    let [(held, sent, _), _, _, (late, arrived, outcome)] = &injected[..] else {
        panic!("{injected:?}")
    };
    let site = "SignalGenerated / dynamodb TransactWriteItems #1";
    assert_eq!(
        *held,
        format!("connection reset, and the request 65000 ms late at {site}")
    );
    assert_eq!(*late, format!("late {site}"));
    assert_eq!(*arrived - *sent, TimeDelta::seconds(65));
    assert_eq!(*outcome, Some(CallOutcome::Answered(400)), "fenced off");
}
