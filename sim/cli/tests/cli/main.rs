//! The whole output of each command, as a person or a pipeline gets it. What differs from one
//! machine or moment to the next (how long a run took here) is masked; everything else is exact.

mod campaign;
mod explore;
mod fate;
mod repeat;
mod strategy;
mod why;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HALF: &str = r#"
about: Half and half.
given:
  clock: 2012-03-14 09:30
  cash: "10000.00"
  market: {MSFT: {price: "50.00"}, AAPL: {price: "100.00"}}
  strategies:
    half.clj: {source: '(defsymphony "Half" {} (weight-specified 0.6 (asset "MSFT") 0.4 (asset "AAPL")))'}
when: [{advance: 10m}]
expect: {cash: "100.00", positions: {MSFT: "118.8", AAPL: "39.6"}, mails: [{subject: "[SUCCESS] The Alchemiser - PAPER Trading Report"}]}
"#;

/// A folder of its own for each test, empty at first.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the test can be made");
    folder
}

fn sim(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
    for variable in ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the program runs")
}

/// What came out, with the exit code, as one text.
fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "exit code {:?}\n--- output\n{}--- errors\n{}",
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr)
    )
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots/cli");
    settings.add_filter(r" +\d+\.\d ms\n", " [time]\n");
    settings.add_filter(r#""wall_us":\d+"#, r#""wall_us":0"#);
    settings.add_filter(r#"time="\d+\.\d+""#, r#"time="0.000""#);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn shown(test: &str, arguments: &[&str]) {
    snapshot(test, &told(&sim(&folder(test), arguments)));
}

#[test]
fn no_argument_shows_the_help() {
    shown("help", &[]);
    shown("help_run", &["run", "--help"]);
}

#[test]
fn one_scenario_is_told_as_a_story() {
    shown("run_one", &["run", "full_day"]);
    shown(
        "run_one_with_faults",
        &["run", "crash_after_order_accepted"],
    );
}

#[test]
fn all_scenarios_are_a_table() {
    shown("run_all", &["run"]);
}

#[test]
fn a_scenario_that_cannot_run_here_is_skipped_and_does_not_pass() {
    shown("run_skipped", &["run", "hold_only", "binary/trading_day"]);
    shown(
        "run_skipped_json",
        &["run", "hold_only", "binary/trading_day", "--json"],
    );
    let folder = folder("skipped");
    let skipped_by_a_glob = sim(
        &folder,
        &[
            "run",
            "hold_only",
            "binary/trading*",
            "--junit",
            "report.xml",
        ],
    );
    assert_eq!(
        skipped_by_a_glob.status.code(),
        Some(0),
        "who did not name it does not miss it"
    );
    snapshot(
        "run_skipped_junit",
        &std::fs::read_to_string(folder.join("report.xml")).expect("the report was written"),
    );
}

#[test]
fn a_file_with_a_mistake_does_not_keep_the_others_from_running() {
    let folder = folder("broken");
    std::fs::write(folder.join("broken.yaml"), HALF.replace("cash:", "cahs:"))
        .expect("the file can be written");
    std::fs::write(folder.join("sound.yaml"), HALF).expect("the file can be written");
    snapshot(
        "run_folder",
        &told(&sim(&folder, &["run", ".", "--junit", "report.xml"])),
    );
    snapshot(
        "run_folder_junit",
        &std::fs::read_to_string(folder.join("report.xml")).expect("the report was written"),
    );
}

#[test]
fn scenarios_are_listed_with_what_they_show() {
    shown("list", &["list", "alarm_rules"]);
    shown("list_json", &["list", "it carries its own time", "--json"]);
    shown("list_nothing", &["list", "no such words"]);
}

#[test]
fn a_failing_scenario_says_why_and_how_to_repeat_it() {
    let folder = folder("run_failing");
    let wrong = HALF.replace(
        "100.00\", positions: {MSFT: \"118.8\"",
        "99.00\", positions: {MSFT: \"120\"",
    );
    let wrong = wrong
        .replace("mails: [", "mails: [{subject: \"[FAILURE]\"}, ")
        .replace("when:", "faults: [{at: \"* / dynamodb Query #9\", phase: before, effect: crash}]\nwhen:")
        .replace(
            "  strategies:",
            "  exchange: {orders: [{symbol: IBM, effect: never}]}\n  mail: [{stage: connect, occurrence: 9, drop: true}]\n  strategies:",
        );
    std::fs::write(folder.join("wrong.yaml"), wrong).expect("the file can be written");
    snapshot("run_failing", &told(&sim(&folder, &["run", "wrong.yaml"])));
    snapshot(
        "run_failing_json",
        &told(&sim(&folder, &["run", "wrong.yaml", "hold_only", "--json"])),
    );
    let with_junit = sim(
        &folder,
        &["run", "wrong.yaml", "hold_only", "--junit", "report.xml"],
    );
    snapshot("run_failing_among_others", &told(&with_junit));
    snapshot(
        "run_failing_junit",
        &std::fs::read_to_string(folder.join("report.xml")).expect("the report was written"),
    );
}

#[test]
fn a_range_of_seeds_names_those_under_which_a_scenario_fails() {
    let folder = folder("run_seeds");
    let coin = HALF.replace(
        "  strategies:",
        "  knobs: {async_duplicates_per_mille: 300}\n  strategies:",
    );
    let coin = coin.replace("expect: {", "expect: {invocations: {WorkflowStarted: 1}, ");
    std::fs::write(folder.join("coin.yaml"), coin).expect("the file can be written");
    snapshot(
        "run_seeds",
        &told(&sim(
            &folder,
            &["run", "coin.yaml", "hold_only", "--seeds", "1..6"],
        )),
    );
    let arguments = [
        "run",
        "coin.yaml",
        "hold_only",
        "--seeds",
        "1..6",
        "--json",
        "--junit",
        "report.xml",
    ];
    snapshot("run_seeds_json", &told(&sim(&folder, &arguments)));
    snapshot(
        "run_seeds_junit",
        &std::fs::read_to_string(folder.join("report.xml")).expect("the report was written"),
    );
    shown(
        "run_seeds_of_hold_only",
        &["run", "hold_only", "--seeds", "1..3"],
    );
    shown(
        "run_seeds_backwards",
        &["run", "hold_only", "--seeds", "6..1"],
    );
}

#[test]
fn a_workflow_has_its_log_and_a_run_its_journal() {
    shown(
        "run_log",
        &[
            "run",
            "hold_only",
            "--log",
            "daily-trading-dev@2012-03-14T13:35:00Z",
        ],
    );
    shown(
        "run_log_of_nobody",
        &["run", "hold_only", "--log", "nobody"],
    );
    shown(
        "run_journal",
        &["run", "faults/error_notification", "--journal"],
    );
}

#[test]
fn an_event_is_answered() {
    let folder = folder("invoke");
    let events = [
        ("direct", r#"{"mode": "trade"}"#),
        (
            "error_notification",
            r#"{"version":"0","id":"11111111-1111-4111-8111-111111111111","detail-type":"ErrorNotificationRequested","source":"alchemiser.errors","account":"1","time":"2012-03-14T14:00:00Z","region":"us-east-1","resources":[],"detail":{}}"#,
        ),
        ("test_event", r#"{"mode": "test"}"#),
        ("broken", "{\"mode\":\n  trade}"),
    ];
    for (name, event) in events {
        let file = format!("{name}.json");
        std::fs::write(folder.join(&file), event).expect("the file can be written");
        snapshot(
            &format!("invoke_{name}"),
            &told(&sim(&folder, &["invoke", &file])),
        );
    }
    shown("invoke_missing_file", &["invoke", "nowhere.json"]);
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    shown("run_unknown", &["run", "full_dya"]);
    shown("unknown_command", &["rnu"]);
    shown(
        "junit_nowhere",
        &["run", "hold_only", "--junit", "no/such/folder/report.xml"],
    );
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
#[test]
fn a_mistake_in_a_file_is_shown_with_its_place_and_what_is_allowed() {
    let folder = folder("mistakes");
    let mistakes = [
        ("unknown_key", HALF.replace("  cash:", "  cahs:")),
        ("wrong_type", HALF.replace("\"10000.00\"", "[1]")),
        (
            "float_for_money",
            HALF.replace("cash: \"10000.00\"", "cash: 10000.001e3"),
        ),
        (
            "not_a_date",
            HALF.replace("2012-03-14 09:30", "2012-03-41 09:30"),
        ),
        (
            "gap_of_the_clock",
            HALF.replace("2012-03-14 09:30", "2012-03-11 02:30"),
        ),
        ("not_a_duration", HALF.replace("10m", "ten minutes")),
        ("unknown_action", HALF.replace("advance:", "rewind:")),
        ("missing_part", HALF.replace("when: [{advance: 10m}]\n", "")),
        ("not_yaml", HALF.replace("when: [", "when: {[")),
        (
            "duplicate_key",
            HALF.replace("when:", "about: Again.\nwhen:"),
        ),
        (
            "unknown_capability",
            HALF.replace("given:", "needs: [time_travel]\ngiven:"),
        ),
        (
            "bad_site",
            HALF.replace(
                "when:",
                "faults: [{at: \"dynamodb Get Item\", phase: before, effect: crash}]\nwhen:",
            ),
        ),
        (
            "unknown_effect",
            HALF.replace(
                "when:",
                "faults: [{at: \"* / dynamodb GetItem\", phase: before, effect: explode}]\nwhen:",
            ),
        ),
        (
            "effect_of_the_other_kind",
            HALF.replace(
                "when:",
                "faults: [{deliver: TradeExecuted, effect: crash}]\nwhen:",
            ),
        ),
        (
            "no_phase",
            HALF.replace(
                "when:",
                "faults: [{at: \"* / events\", effect: crash}]\nwhen:",
            ),
        ),
        (
            "unknown_resource",
            HALF.replace("  cash:", "  topology: {without: [NoSuchRule]}\n  cash:"),
        ),
        (
            "unknown_parameter",
            HALF.replace("  cash:", "  topology: {parameters: {Stag: dev}}\n  cash:"),
        ),
        (
            "parameter_value",
            HALF.replace(
                "  cash:",
                "  topology: {parameters: {Stage: beta}}\n  cash:",
            ),
        ),
        (
            "broken_strategy",
            HALF.replace("(weight-specified", "(weight-specifeid"),
        ),
        ("program_in_the_past", format!("lambda: binary\n{HALF}")),
        (
            "code_on_a_real_clock",
            HALF.replace("2012-03-14 09:30", "now"),
        ),
        (
            "program_that_waits",
            format!(
                "lambda: binary\n{}",
                HALF.replace("2012-03-14 09:30", "now")
            ),
        ),
        (
            "status_that_is_no_error",
            HALF.replace(
                "when:",
                "faults: [{at: \"* / events\", phase: before, effect: {status: 7}}]\nwhen:",
            ),
        ),
        ("span_too_long", HALF.replace("10m", "99999999d")),
        (
            "year_too_far",
            HALF.replace("2012-03-14 09:30", "9999-12-31 23:59"),
        ),
        ("negative_amount", HALF.replace("\"10000.00\"", "\"-5\"")),
        (
            "amount_too_large",
            HALF.replace("\"10000.00\"", "\"79228162514264337593543950335\""),
        ),
        (
            "more_than_a_thousand",
            HALF.replace("  cash:", "  knobs: {duplicates_per_mille: 1001}\n  cash:"),
        ),
        ("path_for_a_name", HALF.replace("half.clj", "../half.clj")),
        (
            "place_zero",
            HALF.replace(
                "  cash:",
                "  exchange: {orders: [{occurrence: 0, effect: never}]}\n  cash:",
            ),
        ),
        ("empty", String::new()),
    ];
    for (name, text) in mistakes {
        let file = format!("{name}.yaml");
        std::fs::write(folder.join(&file), text).expect("the file can be written");
        snapshot(
            &format!("mistake_{name}"),
            &told(&sim(&folder, &["run", &file])),
        );
    }
}

#[test]
fn the_schema_in_the_tree_is_the_one_of_the_format() {
    let printed = sim(&folder("schema"), &["schema"]);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/scenario.schema.json");
    let kept = std::fs::read_to_string(kept).expect("the schema is in the tree");
    assert!(
        kept == String::from_utf8_lossy(&printed.stdout),
        "scenarios/scenario.schema.json is stale: `cargo sim schema > scenarios/scenario.schema.json`"
    );
}

#[test]
fn the_events_schemas_in_the_template_are_those_of_the_types() {
    let folder = folder("template");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    let kept = std::fs::read_to_string(kept).expect("the template is in the tree");
    // One schema is spoilt, so that a command that writes nothing is found out.
    let spoilt = kept.replace(
        "\"x-amazon-events-source\": \"alchemiser.strategy\"",
        "\"x-amazon-events-source\": \"nobody\"",
    );
    assert!(
        spoilt != kept,
        "the template holds the schemas of the strategies"
    );
    std::fs::write(folder.join("template.yaml"), spoilt).expect("the folder takes a file");
    sim(&folder, &["schema", "--template"]);
    let fresh = std::fs::read_to_string(folder.join("template.yaml")).expect("the file is there");
    assert!(
        kept == fresh,
        "the schemas in template.yaml are stale: `cargo sim schema --template`"
    );
}

#[test]
fn an_expected_violation_must_come_and_must_be_an_invariant() {
    let folder = folder("violations");
    let expecting =
        |name: &str| HALF.replace("expect: {", &format!("expect: {{violations: [{name}], "));
    let run = |text: String| {
        std::fs::write(folder.join("judge.yaml"), text).expect("the file can be written");
        told(&sim(&folder, &["run", "judge.yaml"]))
    };
    let holds = run(expecting("sound account"));
    assert!(holds.starts_with("exit code Some(1)"), "{holds}");
    assert!(
        holds.contains("FAILED violations: \"sound account\" holds, expected to be violated"),
        "{holds}"
    );
    let misspelt = run(expecting("sound acount"));
    assert!(misspelt.starts_with("exit code Some(2)"), "{misspelt}");
    assert!(
        misspelt
            .contains("there is no invariant \"sound acount\" (did you mean \"sound account\"?)"),
        "{misspelt}"
    );
    let lost = HALF
        .replace("  strategies:", "  topology: {without: [RebalancePlannedRule], disabled: [WatchdogTimer]}\n  strategies:")
        .replace("cash: \"100.00\", positions: {MSFT: \"118.8\", AAPL: \"39.6\"}, mails: [{subject: \"[SUCCESS] The Alchemiser - PAPER Trading Report\"}]", "cash: \"10000.00\", positions: {}, mails: [], violations: [every workflow ends]");
    let other = run(lost);
    assert!(other.starts_with("exit code Some(1)"), "{other}");
    assert!(
        other.contains("FAILED one mail a workflow")
            && !other.contains("FAILED every workflow ends"),
        "{other}"
    );
}
