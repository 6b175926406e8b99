//! Each of the predecessor's incidents is held by a scenario, or by a test that shows why it cannot
//! happen.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const INCIDENTS: u32 = 78;
const FOLDER: &str = "scenarios/incidents";

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The rows of all tables of a page, cell by cell, without their headings.
fn rows(page: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    page.lines()
        .filter(|line| {
            line.starts_with("| ") && line[2..].starts_with(|first: char| first.is_ascii_digit())
        })
        .map(cells)
        .collect()
}

/// What is wrong with the scenario that is to show incident `number`.
fn wrong_scenario(path: &str, number: &str) -> Option<String> {
    if !path.starts_with(&format!("{FOLDER}/{number}-")) {
        return Some(format!("{path} is not named after it"));
    }
    let Ok(text) = fs::read_to_string(project().join(path)) else {
        return Some(format!("there is no {path}"));
    };
    let header: Vec<&str> = text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .collect();
    let begins = |start: &str| header.iter().any(|line| line.starts_with(start));
    let heading = format!("# Incident {},", number.trim_start_matches('0'));
    let missing = [heading.as_str(), "# What used to happen:", "# Guard:"]
        .into_iter()
        .find(|start| !begins(start));
    missing.map(|start| format!("the header of {path} has no line {start:?}"))
}

/// What is wrong with the test that is to show why an incident cannot happen.
fn wrong_test(test: &str) -> Option<String> {
    let Some((path, name)) = test.split_once("::") else {
        return Some(format!("{test:?} is neither a scenario nor FILE::TEST"));
    };
    let Ok(text) = fs::read_to_string(project().join(path)) else {
        return Some(format!("there is no {path}"));
    };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let starts = |line: &str| {
        ["fn", "async fn"]
            .iter()
            .any(|word| line.starts_with(&format!("{word} {name}(")))
    };
    let is_test = (1..lines.len()).any(|at| {
        starts(lines[at]) && lines[at - 1].starts_with("#[") && lines[at - 1].contains("test")
    });
    (!is_test).then(|| format!("{path} has no test {name:?}"))
}

/// What is wrong with the rows of a page: each incident has one row, which names what exists.
fn faults(page: &str) -> Vec<String> {
    let mut seen: BTreeMap<u32, usize> = (1..=INCIDENTS).map(|number| (number, 0)).collect();
    let mut faults = Vec::new();
    for row in rows(page) {
        let [number, what, proof] = row.as_slice() else {
            faults.push(format!("{row:?} has not three cells"));
            continue;
        };
        match number.parse().ok().and_then(|number| seen.get_mut(&number)) {
            Some(count) if number.len() == 2 => *count += 1,
            _ => faults.push(format!(
                "{number:?} is no incident: they are 01 to {INCIDENTS}"
            )),
        }
        if what.is_empty() {
            faults.push(format!("{number} does not say what it is"));
        }
        let proof = proof.trim_matches('`');
        let wrong = if proof.starts_with("scenarios/") {
            wrong_scenario(proof, number)
        } else {
            wrong_test(proof)
        };
        faults.extend(wrong.map(|fault| format!("{number}: {fault}")));
    }
    let counted = seen.iter().filter(|(_, count)| **count != 1);
    faults.extend(counted.map(|(number, count)| format!("{number:02} has {count} rows")));
    faults
}

fn page() -> String {
    fs::read_to_string(project().join("docs/incidents.md")).expect("the page is there")
}

#[test]
fn every_incident_has_one_row_that_names_what_exists() {
    let found = faults(&page());
    assert!(found.is_empty(), "docs/incidents.md:\n{}", found.join("\n"));
}

#[test]
fn every_scenario_of_an_incident_has_its_row() {
    let page = page();
    let files = fs::read_dir(project().join(FOLDER)).expect("the folder is there");
    let names = files.map(|file| {
        file.expect("the folder can be read")
            .file_name()
            .to_string_lossy()
            .into_owned()
    });
    let untold: Vec<String> = names
        .filter(|name| !page.contains(&format!("`{FOLDER}/{name}`")))
        .collect();
    assert!(untold.is_empty(), "{untold:?}");
}

#[test]
fn a_wrong_row_is_found() {
    let row =
        |number: &str, what: &str, proof: &str| format!("| {number} | {what} | `{proof}` |\n");
    let sound = "sim/alchemiser/tests/incidents.rs::a_wrong_row_is_found";
    let whole: String = (1..=INCIDENTS)
        .map(|number| row(&format!("{number:02}"), "cannot happen", sound))
        .collect();
    assert_eq!(faults(&whole), [""; 0]);
    for (more, fault) in [
        (row("01", "again", sound), "01 has 2 rows"),
        (row("79", "unknown", sound), "no incident"),
        (row("1", "one digit", sound), "no incident"),
        (row("01", "", sound), "does not say"),
        (
            row(
                "01",
                "a helper",
                "sim/alchemiser/tests/incidents.rs::faults",
            ),
            "has no test",
        ),
        (
            row("01", "no file", "sim/cli/tests/none.rs::faults"),
            "there is no",
        ),
        (
            row("01", "no test", "sim/alchemiser/tests/incidents.rs"),
            "neither a scenario",
        ),
        (
            row("01", "no scenario", "scenarios/incidents/01-none.yaml"),
            "there is no",
        ),
        (
            row(
                "01",
                "another's",
                "scenarios/incidents/02-error-notification-loop.yaml",
            ),
            "not named after it",
        ),
        ("| 01 | two cells |\n".to_owned(), "three cells"),
    ] {
        let found = faults(&format!("{whole}{more}"));
        assert!(
            found.iter().any(|found| found.contains(fault)),
            "{fault}: {found:?}"
        );
    }
    let missing = faults(&whole.replace(&row("07", "cannot happen", sound), ""));
    assert_eq!(missing, ["07 has 0 rows"]);
}
