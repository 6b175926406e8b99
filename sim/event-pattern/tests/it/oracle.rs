//! Compares the engine with recorded answers of AWS and of its open matcher.
//!
//! The files are read from the folder in `PATTERN_ORACLES`, or from `../shared/oracle` beside the
//! project. Where they are absent the tests say so and judge nothing.

use std::io::Write;
use std::path::PathBuf;

use event_pattern::Row;

fn read(file: &str) -> Option<String> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/oracle");
    let folder = std::env::var("PATTERN_ORACLES").unwrap_or_else(|_| beside.to_owned());
    let path = PathBuf::from(folder).join(file);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            // Written past the test harness, which keeps back what a passing test prints.
            writeln!(
                std::io::stderr(),
                "NOT JUDGED: oracle {} cannot be read: {error}",
                path.display()
            )
            .expect("stderr is open");
            None
        }
    }
}

fn agree_on(file: &str, rows_expected: usize) {
    let Some(text) = read(file) else {
        return;
    };
    let rows: Vec<Row> = text
        .lines()
        .map(|line| Row::parse(line).unwrap_or_else(|error| panic!("{file}: {error}\n{line}")))
        .collect();
    let disagreements: Vec<String> = rows
        .iter()
        .filter_map(|row| row.evaluate().err())
        .map(|differs| differs.to_string())
        .collect();
    assert_eq!(
        rows.len(),
        rows_expected,
        "{file} has another number of rows than it had"
    );
    assert!(
        disagreements.is_empty(),
        "{file}: {} disagreements\n{}",
        disagreements.len(),
        disagreements.join("\n")
    );
}

#[test]
fn agrees_with_answers_recorded_from_aws() {
    agree_on("patterns-aws-recorded.jsonl", 176);
}

#[test]
fn agrees_with_the_open_matcher_of_aws() {
    agree_on("patterns-ruler.jsonl", 1520);
}
