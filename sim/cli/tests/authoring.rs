//! A scenario that says something that cannot be meant is refused when it is read, at the place of
//! the mistake.

use std::path::{Path, PathBuf};
use std::process::Command;

use alchemiser_binding::scenario::{Library, load_scenario};

const HALF: &str = r#"about: Half and half.
given:
  clock: 2012-03-14 09:30
  cash: "10000.00"
  market: {MSFT: {price: "50.00"}, AAPL: {price: "100.00"}}
  strategies:
    half.clj: {source: '(defsymphony "Half" {} (weight-specified 0.6 (asset "MSFT") 0.4 (asset "AAPL")))'}
when:
  - advance: 30m
expect:
  cash: "100.00"
  positions: {MSFT: "118.8", AAPL: "39.6"}
  mails: [{subject: "[SUCCESS] The Alchemiser - PAPER Trading Report"}]
"#;

fn written(name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("authoring");
    std::fs::create_dir_all(&folder).expect("a folder for the test can be made");
    let path = folder.join(format!("{name}.yaml"));
    std::fs::write(&path, text).expect("the file can be written");
    path
}

/// What is said of the scenario above with one thing changed, after the file's name.
fn told(library: &Library, number: usize, from: &str, to: &str) -> String {
    assert!(HALF.contains(from), "the scenario has no {from:?}");
    let path = written(&number.to_string(), &HALF.replacen(from, to, 1));
    match load_scenario(library, &path, "changed") {
        Ok(_) => "it is taken".to_owned(),
        Err(error) => error
            .to_string()
            .replace(&format!("{}:", path.display()), ""),
    }
}

/// Each change of the scenario with the place and a part of what is said of it.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    // Names.
    (
        "AAPL: \"39.6\"}",
        "APPL: \"39.6\"}",
        "12:30",
        "there is no symbol \"APPL\" (did you mean \"AAPL\"?)",
    ),
    (
        "  mails",
        "  events: {WorkflowFaild: 0}\n  mails",
        "13:12",
        "(did you mean \"WorkflowFailed\"?)",
    ),
    (
        "  mails",
        "  invocations: {observe RebalancePlaned: 0}\n  mails",
        "13:17",
        "(did you mean \"observe RebalancePlanned\"?)",
    ),
    (
        "  mails",
        "  responses: [{to: trad, holds: x, times: 0}]\n  mails",
        "13:20",
        "(did you mean \"trade\"?)",
    ),
    (
        "  mails",
        "  alarms: [funcion-errors]\n  mails",
        "13:12",
        "no alarm has \"funcion-errors\" in its name (did you mean \"function-errors\"?)",
    ),
    (
        "  mails",
        "  recovered: [funcion-errors]\n  mails",
        "13:15",
        "(did you mean \"function-errors\"?)",
    ),
    (
        "  mails",
        "  orders: [{symbol: AAPL, side: buy, quantity: \"1\", status: cancelled}]\n  mails",
        "13:61",
        "(did you mean \"canceled\"?)",
    ),
    (
        "  mails",
        "  dead_letters: [{from: rule alchemist, reason: TIMEOUT}]\n  mails",
        "13:25",
        "(did you mean \"rule alchemiser\"?)",
    ),
    (
        "  mails",
        "  dead_letters: [{from: rule, reason: NO_PERMISSION}]\n  mails",
        "13:39",
        "(did you mean \"NO_PERMISSIONS\"?)",
    ),
    (
        "  cash: \"10000.00\"",
        "  exchange: {orders: [{symbol: MFST, effect: never}]}",
        "4:32",
        "(did you mean \"MSFT\"?)",
    ),
    (
        "  cash: \"10000.00\"",
        "  topology: {without: [SignalGeneratedRul]}",
        "4:24",
        "(did you mean \"SignalGeneratedRule\"?)",
    ),
    (
        "  cash: \"10000.00\"",
        "  topology: {without_statements: [FailureDest]}",
        "4:35",
        "(did you mean \"FailureDestination\"?)",
    ),
    (
        "  cash: \"10000.00\"",
        "  topology: {disabled: [AllEventRule]}",
        "4:25",
        "(did you mean \"AllEventsRule\"?)",
    ),
    (
        "  cash: \"10000.00\"",
        "  topology: {parameters: {EmailNeutralMod: \"false\"}}",
        "4:27",
        "(did you mean \"EmailNeutralMode\"?)",
    ),
    (
        "  cash: \"10000.00\"",
        "  topology: {parameters: {TradingMode: papr}}",
        "4:40",
        "must be one of paper, live",
    ),
    (
        "  - advance: 30m",
        "  - fire: DailyTradingShedule",
        "9:11",
        "(did you mean \"DailyTradingSchedule\"?)",
    ),
    (
        "  - advance: 30m",
        "  - disable_rule: DailyTradingSchedule",
        "9:19",
        "is a schedule, not a rule",
    ),
    (
        "  - advance: 30m",
        "  - enable_rule: AllEventRule",
        "9:18",
        "(did you mean \"AllEventsRule\"?)",
    ),
    (
        "  - advance: 30m",
        "  - broker: {halt: MSFTX}",
        "9:20",
        "(did you mean \"MSFT\"?)",
    ),
    (
        "  - advance: 30m",
        "  - put: {source: x, detail-type: y, detail: {}, bus: nowhere}",
        "9:55",
        "there is no bus \"nowhere\"",
    ),
    (
        "expect:",
        "expect: fine\nexpected:",
        "10:9",
        "the word `sound`",
    ),
    (
        "expect:",
        "faults: [{at: \"trad / alpaca GET account\", phase: before, effect: reset}]\nexpect:",
        "10:15",
        "(did you mean \"trade\"?)",
    ),
    (
        "expect:",
        "faults: [{deliver: SignalGeneratd, effect: fail}]\nexpect:",
        "10:20",
        "(did you mean \"SignalGenerated\"?)",
    ),
    (
        "expect:",
        "faults: [{deliver: TradeExecuted, rule: alchemiser-trade-execcuted, effect: fail}]\nexpect:",
        "10:41",
        "there is no rule",
    ),
    (
        "expect:",
        "meanwhile: [{at: \"trad / smtp\", phase: before, broker: release}]\nexpect:",
        "10:18",
        "(did you mean \"trade\"?)",
    ),
    (
        "{MSFT: {price",
        "{MSFTT: {price",
        "5:12",
        "nothing in this file trades \"MSFTT\" (did you mean \"MSFT\"?)",
    ),
    // Empty texts.
    (
        "Half and half.",
        "\"\"",
        "1:8",
        "an empty text says nothing",
    ),
    (
        "  mails",
        "  logs: [\"\"]\n  mails",
        "13:10",
        "an empty text says nothing",
    ),
    (
        "Report\"}",
        "Report\", contains: [\"\"]}",
        "13:83",
        "an empty text says nothing",
    ),
    // Moments and spans.
    (
        "  - advance: 30m",
        "  - advance_to: 2012-03-13 09:30",
        "9:17",
        "in the past: the clock shows 2012-03-14 09:30",
    ),
    (
        "  - advance: 30m",
        "  - advance: 30m\n  - advance_to: 2012-03-14 09:59",
        "10:17",
        "the clock shows 2012-03-14 10:00 by then",
    ),
    (
        "  - advance: 30m",
        "  - replay: {from: 2012-03-14 10:00, to: 2012-03-14 09:00}",
        "9:42",
        "the end is not after the beginning",
    ),
    (
        "  - advance: 30m",
        "  - replay: {from: 2012-03-13 09:00, to: 2012-03-13 10:00}",
        "9:42",
        "this is in the past",
    ),
    (
        "{price: \"50.00\"}",
        "{price: \"50.00\", no_bars: {from: 2012-03-02, to: 2012-03-01}}",
        "5:45",
        "`from` 2012-03-02 is after `to`",
    ),
    (
        "expect:",
        "faults: [{at: \"* / smtp\", phase: before, effect: reset, until: 2012-03-13 10:00}]\nexpect:",
        "10:64",
        "this is in the past",
    ),
    // Things that exclude each other, or never happen.
    (
        "expect:",
        "faults: [{at: \"* / smtp\", phase: before, effect: {status: 503}}]\nexpect:",
        "10:42",
        "has no HTTP status",
    ),
    (
        "expect:",
        "faults: [{at: \"* / smtp\", phase: after, effect: reset}]\nexpect:",
        "10:27",
        "the `phase` of a connection is before",
    ),
    (
        "expect:",
        "faults: [{at: \"* / smtp\", phase: before, effect: reset, times: 0}]\nexpect:",
        "10:64",
        "0 times is never",
    ),
    (
        "expect:",
        "faults: [{deliver: TradeExecuted, phase: after, effect: fail}]\nexpect:",
        "10:35",
        "`phase` belongs to a fault on calls",
    ),
    (
        "expect:",
        "faults: [{deliver: TradeExecuted, rule: x, effect: fail_entry}]\nexpect:",
        "10:35",
        "before any rule sees it",
    ),
    (
        "expect:",
        "faults: [{deliver: TradeExecuted, effect: duplicate}]\nexpect:",
        "10:43",
        "\"duplicate\" needs a value",
    ),
    (
        "  - advance: 30m",
        "  - advance",
        "9:5",
        "\"advance\" needs a value",
    ),
    (
        "  - advance: 30m",
        "  - broker: {cancel: {side: buy}}",
        "9:22",
        "an order is named by its `symbol`",
    ),
    (
        "  cash: \"10000.00\"",
        "  mail: [{stage: connect, reply: \"9999 x\"}]",
        "4:27",
        "a code from 200 to 599",
    ),
    (
        "  cash: \"10000.00\"",
        "   cash: \"10000.00\"",
        "4:4",
        "`cash` is indented too deep",
    ),
    (
        "  mails",
        "  events: {TradeExecuted: -1}\n  mails",
        "13:27",
        "a whole number, 0 or more, is expected here, not \"-1\"",
    ),
    (
        "  - advance: 30m",
        "  - advance: 30m\n    settle: 1",
        "10:5",
        "only one of these at a time",
    ),
    // Strategies.
    (
        "(weight-specified",
        "(weight-specifeid",
        "7:49",
        "(did you mean weight-specified?)",
    ),
    (
        "{source: '(defsymphony \"Half\" {} (weight",
        "\n      source: |\n        (defsymphony\n          \"Half\" {} (wait",
        "10:22",
        "unknown function wait",
    ),
    (
        "(asset \"AAPL\")))'",
        "(asset \"AAPL\"))'",
        "7:25",
        "missing ), the ( here is never closed",
    ),
];

#[test]
fn what_cannot_be_meant_is_refused_where_it_is_written() {
    let library = Library::of_this_project().expect("the project's files are there");
    assert_eq!(
        told(&library, MISTAKES.len(), "about", "about"),
        "it is taken"
    );
    for (number, (from, to, place, part)) in MISTAKES.iter().enumerate() {
        let to = if to.ends_with("(wait") {
            format!("{to}-specified 0.6 (asset \"MSFT\") 0.4 (asset \"AAPL\")))\n    #")
        } else {
            (*to).to_owned()
        };
        let told = told(&library, number, from, &to);
        let first = told.lines().next().unwrap_or_default();
        assert!(
            first.starts_with(&format!("{place}: ")) && first.contains(part),
            "{to}: expected {place}: {part}\n{told}"
        );
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let library = Library::of_this_project().expect("the project's files are there");
    let text = HALF
        .replace("118.8", "118.8\", IMB: \"1")
        .replace("  mails", "  events: {TradeExecutedd: 0}\n  mails");
    let error = load_scenario(&library, &written("all", &text), "all")
        .expect_err("two mistakes")
        .to_string();
    let places: Vec<&str> = error
        .lines()
        .filter(|line| line.contains(".yaml:"))
        .collect();
    assert!(
        places.len() == 2 && places[0].contains(":12:30: ") && places[1].contains(":13:12: "),
        "{error}"
    );
}

/// What is scripted and meets nothing shows in a run only; then too it is the file that is wrong.
#[test]
fn a_script_that_meets_nothing_is_a_mistake_of_the_file() {
    let scripts = [
        (
            "mail",
            "  cash: \"10000.00\"",
            "  mail: [{stage: rcpt_to, occurrence: 9, reply: \"451 x\"}]\n  cash: \"10000.00\"",
            ":4:39: ",
        ),
        (
            "orders",
            "  cash: \"10000.00\"",
            "  exchange: {orders: [{symbol: IBM, effect: never}]}\n  cash: \"10000.00\"",
            ":4:23: ",
        ),
        (
            "faults",
            "expect:",
            "faults: [{at: \"trade / smtp\", phase: before, effect: reset}]\nexpect:",
            ":10:15: ",
        ),
        (
            "meanwhile",
            "expect:",
            "meanwhile: [{at: \"trade / smtp\", phase: before, broker: release}]\nexpect:",
            ":10:18: ",
        ),
    ];
    for (name, from, to, place) in scripts {
        let path = written(name, &HALF.replacen(from, to, 1));
        let output = Command::new(env!("CARGO_BIN_EXE_sim"))
            .arg("run")
            .arg(&path)
            .output()
            .expect("the program runs");
        let (said, told) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert_eq!(output.status.code(), Some(2), "{name}: {told}");
        assert!(
            told.contains(place) && said.contains("FAILED "),
            "{name}: {told}"
        );
    }
}
