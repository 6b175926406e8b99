//! The page of what AWS does names tests, scenarios and knobs that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use alchemiser_binding::explore::{ALPHABET, allowed_by};
use harness::explore::{Effect, Point};
use harness::fault::Site;

const ROWS_LEAST: usize = 150;
const NOT_SIMULATED: &str = "not simulated";
const CONFIDENCES: [&str; 6] = ["[V]", "[R]", "[D]", "[M]", "[I]", "[?]"];

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The rows of all tables of a page, cell by cell, without their headings.
fn rows(page: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim_matches('|').replace("\\|", "\u{0}");
        line.split('|')
            .map(|cell| {
                cell.replace('\u{0}', "|")
                    .trim()
                    .trim_matches('`')
                    .to_owned()
            })
            .collect()
    };
    page.lines()
        .filter(|line| line.starts_with("| `"))
        .map(cells)
        .collect()
}

/// What is wrong with the test that a row names.
fn wrong_test(test: &str) -> Option<String> {
    if test == NOT_SIMULATED {
        return None;
    }
    let (path, name) = test.split_once("::").unwrap_or((test, ""));
    let Ok(text) = fs::read_to_string(project().join(path)) else {
        return Some(format!("there is no {path}"));
    };
    let is_test = |name: &str| {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let starts = |line: &str| {
            ["fn", "async fn"]
                .iter()
                .any(|word| line.starts_with(&format!("{word} {name}(")))
        };
        (1..lines.len()).any(|at| {
            starts(lines[at]) && lines[at - 1].starts_with("#[") && lines[at - 1].contains("test")
        })
    };
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "rs" if !is_test(name) => Some(format!("{path} has no test {name:?}")),
        "rs" | "yaml" | "" => None,
        other => Some(format!("a file that ends in {other:?} is no test")),
    }
}

/// Whether the cloud, or the world around it, has such a setting.
fn is_knob(name: &str) -> bool {
    let files = [
        "sim/cloud/src/knobs.rs",
        "sim/cloud/src/sqs/knobs.rs",
        "sim/harness/src/world/mod.rs",
    ];
    files.iter().any(|file| {
        fs::read_to_string(project().join(file))
            .expect("the settings")
            .contains(&format!("pub {name}:"))
    })
}

/// What is wrong with the rows of a page.
fn faults(page: &str) -> Vec<String> {
    let mut ids = BTreeSet::new();
    let mut faults = Vec::new();
    for row in rows(page) {
        let [id, what, source, test, knob] = row.as_slice() else {
            faults.push(format!("{row:?} has not five cells"));
            continue;
        };
        if !ids.insert(id.clone()) {
            faults.push(format!("{id} is there twice"));
        }
        if what.is_empty()
            || !CONFIDENCES
                .iter()
                .any(|confidence| source.ends_with(confidence))
        {
            faults.push(format!("{id} does not say what AWS does, or how we know"));
        }
        faults.extend(wrong_test(test).map(|fault| format!("{id}: {fault}")));
        if !knob.is_empty() && !is_knob(knob) {
            faults.push(format!("{id}: there is no knob {knob:?}"));
        }
    }
    faults
}

#[test]
fn every_row_names_what_exists() {
    let page = fs::read_to_string(project().join("docs/semantics.md")).expect("the page is there");
    let found = faults(&page);
    assert!(found.is_empty(), "docs/semantics.md:\n{}", found.join("\n"));
    assert!(
        rows(&page).len() >= ROWS_LEAST,
        "{} rows",
        rows(&page).len()
    );
    let missing = rows(&page)
        .iter()
        .filter(|row| row[3] == NOT_SIMULATED)
        .count();
    assert!(
        missing * 10 < rows(&page).len(),
        "{missing} rows are not simulated"
    );
}

#[test]
fn every_knob_of_a_scenario_is_told_on_the_page() {
    let page = fs::read_to_string(project().join("docs/semantics.md")).expect("the page is there");
    let knobs = fs::read_to_string(project().join("sim/alchemiser/src/scenario/knobs.rs"))
        .expect("the knobs");
    let names = knobs
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": Option<"))
        .map(|(name, _)| name);
    let untold: Vec<&str> = names
        .filter(|name| !rows(&page).iter().any(|row| row[4] == *name))
        .collect();
    assert!(untold.is_empty(), "{untold:?}");
}

/// All effects of the alphabet, at every place that it knows.
fn effects() -> Vec<Effect> {
    let operations = ALPHABET.reads.iter().chain(ALPHABET.writes);
    let calls = operations.map(|operation| Point::Call {
        site: Site {
            trigger: "trade".to_owned(),
            operation: (*operation).to_owned(),
            number: 1,
        },
        nth: 1,
    });
    let (detail_type, nth) = ("TradeExecuted".to_owned(), 1);
    let delivery = Point::Delivery {
        detail_type: detail_type.clone(),
        rule: "rule".to_owned(),
        nth,
    };
    let points: Vec<Point> = calls
        .chain([delivery, Point::Entry { detail_type, nth }])
        .collect();
    let trials = ALPHABET.trials(&points).expect("every operation has a row");
    trials.into_iter().map(|trial| trial.effect).collect()
}

#[test]
fn every_effect_of_the_alphabet_is_a_row_of_the_page() {
    let page = fs::read_to_string(project().join("docs/semantics.md")).expect("the page is there");
    let rows = rows(&page);
    let is_allowed = |id: &str| {
        rows.iter()
            .any(|row| row[0] == id && row[3] != NOT_SIMULATED)
    };
    let effects = effects();
    assert!(effects.len() > 100, "{}", effects.len());
    let without: Vec<String> = effects
        .iter()
        .filter(|effect| !is_allowed(allowed_by(effect)))
        .map(|effect| format!("{effect}: {}", allowed_by(effect)))
        .collect();
    assert!(without.is_empty(), "{without:?}");
    assert!(
        !is_allowed("call-00"),
        "a row that is not there allows nothing"
    );
}

#[test]
fn a_wrong_row_is_found() {
    let row = |id: &str, source: &str, test: &str, knob: &str| {
        format!("| `{id}` | something | {source} | `{test}` | {knob} |\n")
    };
    let sound = "sim/alchemiser/tests/semantics_ledger.rs::a_wrong_row_is_found";
    assert_eq!(
        faults(&row("a-1", "recorded [V]", sound, "`ttl_lag`")),
        [""; 0]
    );
    for (page, fault) in [
        (row("a-1", "[V]", sound, "").repeat(2), "twice"),
        (row("a-1", "hearsay", sound, ""), "how we know"),
        (
            row(
                "a-1",
                "[V]",
                "sim/alchemiser/tests/semantics_ledger.rs::nothing",
                "",
            ),
            "has no test",
        ),
        (
            row(
                "a-1",
                "[V]",
                "sim/alchemiser/tests/semantics_ledger.rs::faults",
                "",
            ),
            "has no test",
        ),
        (row("a-1", "[V]", "scenarios/none.yaml", ""), "there is no"),
        (row("a-1", "[V]", sound, "`nothing`"), "no knob"),
        ("| `a-1` | cells |\n".to_owned(), "five cells"),
    ] {
        let found = faults(&page);
        assert!(
            found.iter().any(|found| found.contains(fault)),
            "{fault}: {found:?}"
        );
    }
}
