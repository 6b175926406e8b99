//! What a scenario makes go wrong is in the journal, told apart from what follows from it.

use std::path::Path;

use alchemiser_binding::report::{Paper, day};
use alchemiser_binding::run::{Run, run};
use alchemiser_binding::scenario::{Library, load_scenario};

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
