//! What becomes of a system that loses its power, in worlds that are made for each grade.

use super::{folder, sim, snapshot, told};

fn inevitable(test: &str, scenario: &str) -> String {
    let folder = folder(test);
    std::fs::write(folder.join("it.yaml"), scenario).expect("the file can be written");
    let told = told(&sim(&folder, &["explore", "inevitable", "it.yaml"]));
    snapshot(test, &told);
    told
}

fn count(told: &str, line: &str) -> usize {
    let row = told.lines().find_map(|row| row.trim().strip_suffix(line));
    let row = row.unwrap_or_else(|| panic!("no line ends in {line:?}:\n{told}"));
    row.trim().parse().expect("a number")
}

/// Nobody has begun the day after two attempts. Where the third dies too, its letter lies in the queue,
/// an alarm tells so, and nothing happens until somebody redrives it.
const LETTER: &str = r#"about: The last attempt.
given:
  clock: 2012-03-14 10:00
  cash: "1.00"
  positions: {MSFT: "100"}
  market: {MSFT: {price: "50.00"}}
  strategies: {one.clj: {source: '(defsymphony "One" {} (asset "MSFT"))'}}
  topology: {disabled: [DailyTradingSchedule]}
when:
  - invoke: {mode: trade}
  - advance: 20m
faults:
  - {at: "trade / events PutEvents", phase: before, effect: crash, attempt: 1}
  - {at: "trade / events PutEvents", phase: before, effect: crash, attempt: 2}
expect: sound
"#;

#[test]
fn a_dead_letter_is_brought_back_by_a_runbook() {
    let told = inevitable("inevitable_dead_letter", LETTER);
    assert!(count(&told, "by a runbook") > 0 && count(&told, "never") == 0);
    assert!(told.contains("BY THE RUNBOOK dead-letters"));
}

/// Without the queue the same command is lost. It is no event, so no archive has it.
#[test]
fn nothing_brings_back_what_no_queue_keeps() {
    let without = LETTER.replace("{disabled:", "{without: [EventDeadLetterQueue], disabled:");
    let told = inevitable("inevitable_no_queue", &without);
    assert!(count(&told, "by a runbook") == 0 && count(&told, "never") > 0);
    assert!(count(&told, "end well by themselves") > 0);
    assert!(
        told.contains("the point of no return; still well"),
        "{told}"
    );
}

/// Once its plan has come, the rule of plans is off for good, and no watchdog looks after what dies
/// before.
const LATE: &str = r#"about: Who comes back after half a minute comes too late.
given:
  clock: 2012-03-14 10:00
  cash: "1.00"
  positions: {MSFT: "100"}
  market: {MSFT: {price: "50.00"}}
  strategies: {one.clj: {source: '(defsymphony "One" {} (asset "MSFT"))'}}
  topology: {disabled: [WatchdogTimer, DailyTradingSchedule]}
when:
  - invoke: {mode: trade}
  - advance: 30s
  - disable_rule: RebalancePlannedRule
  - advance: 20m
expect: sound
"#;

#[test]
fn what_a_rule_that_was_off_missed_is_replayed() {
    let told = inevitable("inevitable_rule_off", LATE);
    assert!(count(&told, "by a runbook") > 0 && count(&told, "never") == 0);
    assert!(told.contains("BY THE RUNBOOK replay"));
}

/// Nothing can be replayed.
#[test]
fn a_missing_watchdog_is_called_by_hand() {
    let without = LATE.replace("{disabled:", "{without: [TradingEventArchive], disabled:");
    let told = inevitable("inevitable_no_watchdog", &without);
    assert!(count(&told, "by a runbook") > 0 && count(&told, "never") == 0);
    assert!(told.contains("BY THE RUNBOOK stuck-workflow"));
}
