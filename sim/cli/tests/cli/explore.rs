//! What a sweep tries, what it says, and what it writes.

use alchemiser_binding::explore::judged;
use alchemiser_binding::scenario::{Document, Library};

use super::{folder, shown, sim, snapshot, told};

/// It has failed twice before: where it fails once more, Lambda gives it up.
pub const WEAK: &str = include_str!("../../../alchemiser/tests/worlds/weak.yaml");

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

#[test]
fn worlds_of_chance_are_the_same_whoever_is_first() {
    let random = |more: &[&str]| {
        let arguments = [&["explore", "random", "--worlds", "5", "--unshrunk"], more].concat();
        sim(&folder("random"), &arguments)
    };
    let first = told(&random(&["--jobs", "1"]));
    assert_eq!(first, told(&random(&["--jobs", "3"])));
    snapshot("random", &first);
    let rows = |seed: &str| random(&["--json", "--seed", seed]).stdout;
    assert_eq!(rows("1"), rows("1"));
    assert_ne!(rows("1"), rows("2"));
}

/// Nothing ends, and nobody is told: three things make it so, and everything else is too much.
pub const LOST: &str = r#"about: too much of everything
seed: 4
given:
  clock: 2012-06-19 09:34
  cash: "31234.56"
  positions: {AAPL: "3", IBM: "4"}
  market: {MSFT: {price: "51.23"}, AAPL: {price: "77.10"}, IBM: {price: "203.00"}}
  exchange: {settlement_delay: 2s}
  strategies: {s.clj: {source: '(defsymphony "S" {} (weight-equal [(asset "MSFT") (asset "AAPL")]))'}}
  topology: {without: [RebalancePlannedRule, HighValueRebalanceRule], disabled: [WatchdogTimer]}
when:
  - advance: 31m
  - fire: DailyTradingSchedule
  - advance: 2h
faults:
  - {at: "SignalGenerated / dynamodb GetItem #1", phase: after, effect: reset}
expect: sound
"#;

#[test]
fn a_finding_is_made_small() {
    let folder = folder("shrink");
    std::fs::write(folder.join("lost.yaml"), LOST).expect("the file can be written");
    let shrink = |file: &str| {
        told(&sim(
            &folder,
            &["explore", "shrink", file, "--out", "small"],
        ))
    };
    snapshot("shrink", &shrink("lost.yaml"));
    let small = std::fs::read_dir(folder.join("small")).expect("it is there");
    let small: Vec<_> = small.map(|file| file.expect("a file").path()).collect();
    let text = std::fs::read_to_string(&small[0]).expect("it can be read");
    assert!(text.lines().count() <= 15, "{text}");
    // A small file repeats the finding, and cannot be made smaller.
    let run = sim(&folder, &["run", &small[0].display().to_string()]);
    assert_eq!(run.status.code(), Some(1));
    let again = shrink(&small[0].display().to_string());
    let plain = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    };
    // Behind the exit code and a heading.
    assert_eq!(plain(&again)[2..][..plain(&text).len()], plain(&text)[..]);
    std::fs::write(folder.join("sound.yaml"), WEAK).expect("the file can be written");
    snapshot("shrink_sound", &shrink("sound.yaml"));
}

#[test]
fn pairs_strike_the_recovery() {
    let folder = folder("pairs");
    std::fs::write(folder.join("weak.yaml"), WEAK).expect("the file can be written");
    snapshot(
        "pairs",
        &told(&sim(
            &folder,
            &["explore", "pairs", "weak.yaml", "--runs", "60"],
        )),
    );
}

/// From every state of a day the system ends well, and nobody has to help.
#[test]
fn a_day_stands_a_loss_of_power_at_every_call() {
    shown("inevitable", &["explore", "inevitable", "full_day"]);
}

/// A day ends as its twins do; one strategy that names its weights has none of the files.
#[test]
fn a_day_ends_as_its_twins_do() {
    shown("twins", &["explore", "twins", "judge/plain_day"]);
}

/// Findings that are known and not yet mended: each still shows what it is about. One that does not
/// any more is a scenario like all others, and its file ends in `.yaml`.
#[test]
fn open_findings_are_open() {
    let library = Library::of_this_project().expect("the project's files are there");
    let regressions = library.root().join("scenarios/regressions");
    for file in Library::files_of(&regressions, "open").expect("the folder can be read") {
        let text = std::fs::read_to_string(&file).expect("it can be read");
        let document = Document::read(&text).expect("it is YAML");
        let judged = judged(&library, &document).expect("it runs");
        let signature = judged.signature;
        let name = signature.map(|signature| signature.file_name());
        let known = file
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned());
        assert_eq!(
            name,
            known,
            "{}: mended? Then call it .yaml",
            file.display()
        );
    }
}
