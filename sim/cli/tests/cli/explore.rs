//! What a sweep tries, what it says, and what it writes.

use super::{folder, shown, sim, snapshot, told};

/// It has failed twice before: where it fails once more, Lambda gives it up.
const WEAK: &str = r#"about: The last attempt.
given:
  clock: 2012-03-14 10:00
  cash: "10000.00"
  strategies: {one.clj: {source: '(defsymphony "One" {} (asset "MSFT"))'}}
  topology: {disabled: [WatchdogTimer, DailyTradingSchedule]}
when:
  - invoke: {action: pnl_analysis, pnl_type: weekly}
  - advance: 20m
faults:
  - {at: "pnl_analysis / alpaca GET portfolio", phase: before, effect: crash, times: 2}
expect: sound
"#;

#[test]
fn places_are_lines_to_paste() {
    shown("sites", &["sites", "faults/error_notification"]);
}

#[test]
fn a_sweep_tries_every_fault_and_says_how_it_ends() {
    shown("sweep", &["explore", "sweep", "faults/error_notification"]);
    shown(
        "sweep_unknown",
        &["explore", "sweep", "faults/error_notificatoin"],
    );
    let folder = folder("sweep_weak");
    std::fs::write(folder.join("weak.yaml"), WEAK).expect("the file can be written");
    let sweep = |more: &[&str]| {
        told(&sim(
            &folder,
            &[&["explore", "sweep", "weak.yaml"], more].concat(),
        ))
    };
    let first = sweep(&[]);
    assert_eq!(first, sweep(&["--jobs", "3"]), "whoever is first");
    snapshot("sweep_weak", &first);
    let json = sim(&folder, &["explore", "sweep", "weak.yaml", "--json"]).stdout;
    let text = String::from_utf8(json).expect("JSON is UTF-8");
    let told = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("one object a line"))
        .filter(|run| run["outcome"] == "told" && run["met"] == true);
    assert_eq!((text.lines().count(), told.count()), (16, 4));
}

/// What AWS and the broker may do to one call or one delivery leaves a trading day as it is.
#[test]
fn a_day_stands_every_single_fault() {
    shown("sweep_full_day", &["explore", "sweep", "full_day"]);
}

#[test]
fn a_scenario_that_does_not_hold_is_no_place_to_search_from() {
    let folder = folder("sweep_unsound");
    let unsound = WEAK.replace("times: 2", "times: 3, attempt: 9");
    std::fs::write(folder.join("unsound.yaml"), unsound).expect("the file can be written");
    snapshot(
        "sweep_unsound",
        &told(&sim(&folder, &["explore", "sweep", "unsound.yaml"])),
    );
}

const SMALL: [&str; 2] = ["faults/error_notification", "faults/smtp_down"];

fn matrix<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["explore", "matrix"], &SMALL[..], more].concat()
}

#[test]
fn a_matrix_shows_what_people_and_sweeps_have_tried() {
    shown("matrix", &matrix(&["--untried"]));
    let folder = folder("matrix_swept");
    let sweep = sim(&folder, &["explore", "sweep", SMALL[0], "--json"]);
    std::fs::write(folder.join("swept"), sweep.stdout).expect("the file can be written");
    let swept = |more: &[&str]| sim(&folder, &matrix(&[&["--swept", "swept"], more].concat()));
    snapshot("matrix_swept", &told(&swept(&[])));
    let json = swept(&["--json", "--jobs", "3"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).expect("one object");
    assert_eq!(json["scenarios"], 2);
    assert!(json["tried"].as_u64() > Some(0) && json["legal"].as_u64() > json["tried"].as_u64());
    std::fs::write(folder.join("swept"), "{}\n").expect("the file can be written");
    snapshot("matrix_of_no_sweep", &told(&swept(&[])));
}

#[test]
fn a_certificate_says_that_no_circumstance_matters() {
    let folder = folder("certify");
    let certify = [
        "explore",
        "certify",
        "faults/smtp_down",
        "--seeds",
        "1..2",
        "--out",
        "it.json",
    ];
    snapshot("certify", &told(&sim(&folder, &certify)));
    let in_real_time = ["explore", "certify", "binary/trading_day"];
    snapshot("certify_real_time", &told(&sim(&folder, &in_real_time)));
    let text = std::fs::read_to_string(folder.join("it.json")).expect("it was written");
    let certificate: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(certificate["certified"], true);
    assert_eq!(
        certificate["circumstances"].as_array().map(Vec::len),
        Some(10)
    );
    let runs = certificate["runs"].as_array().expect("a list");
    let heads: Vec<&str> = runs
        .iter()
        .filter_map(|run| run["journal"].as_str())
        .collect();
    assert!(heads.len() == 2 && heads[0] != heads[1], "{heads:?}");
    for part in ["program", "template"] {
        assert_eq!(certificate[part].as_str().map(str::len), Some(64), "{part}");
    }
}
