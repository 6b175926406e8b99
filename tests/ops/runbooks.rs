//! Every command of a runbook is run, in the situation that the runbook is for.

use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};

use super::served::{Served, written};
use super::story::{Fate, file, letter_of_a_schedule, letter_of_the_function, workflow};

/// A command of a runbook, with its place.
struct Step {
    place: String,
    command: String,
}

fn runbooks() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/runbooks");
    let mut files: Vec<PathBuf> = read_dir(folder)
        .expect("there are runbooks")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    files.sort();
    files
}

/// The lines of the fenced blocks.
fn steps(path: &Path) -> Vec<Step> {
    let name = path
        .file_name()
        .expect("a file")
        .to_string_lossy()
        .into_owned();
    let (mut steps, mut is_inside) = (Vec::new(), false);
    for (number, line) in read_to_string(path).expect("readable").lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_inside = !is_inside;
        } else if is_inside && !line.trim().is_empty() {
            steps.push(Step {
                place: format!("{name}:{}", number + 1),
                command: line.trim().to_owned(),
            });
        }
    }
    assert!(!is_inside, "{name}: a block is not closed");
    steps
}

/// A stack in trouble: dead letters, a stuck workflow, a replay, and events of some age.
fn trouble() -> Served {
    let served = Served::new();
    file(
        "event.json",
        r#"{"source": "alchemiser.orchestration", "detail-type": "Surprise", "detail": {}}"#,
    );
    letter_of_the_function(&served, "doomed-wf");
    letter_of_a_schedule(&served);
    workflow(&served, "doomed-wf", Fate::Stuck);
    served.json(&[
        "replay",
        "start",
        "--from",
        "2026-01-01T00:00:00Z",
        "--name",
        "after-the-repair",
        "--yes",
    ]);
    served
}

/// The words of a command, with the placeholders filled.
fn filled(served: &Served, step: &Step) -> Vec<String> {
    let mut words = step.command.split_whitespace();
    assert_eq!(
        (words.next(), words.next()),
        (Some("cargo"), Some("ops")),
        "{}: unknown command {:?}",
        step.place,
        step.command
    );
    let fill = |word: &str| match word {
        "CORRELATION" => "doomed-wf".to_owned(),
        "FROM" => "2026-01-01T00:00:00Z".to_owned(),
        "TO" => "2036-01-01T00:00:00Z".to_owned(),
        "MESSAGE" => {
            let found = served.json(&["dlq", "list", "--correlation", "doomed-wf"]);
            found["letters"][0]["message_id"]
                .as_str()
                .expect("a letter waits")
                .to_owned()
        }
        "RULE" => "trading-notification".to_owned(),
        "FILE" => "event.json".to_owned(),
        _ => {
            assert!(
                !word.chars().all(|letter| letter.is_ascii_uppercase()),
                "{}: nothing is known to fill {word} with",
                step.place
            );
            word.to_owned()
        }
    };
    words.map(fill).collect()
}

fn run_all(name: &str) {
    let path = runbooks()
        .into_iter()
        .find(|path| path.ends_with(name))
        .expect("there is such a runbook");
    let steps = steps(&path);
    assert!(!steps.is_empty(), "{name} has no commands");
    for step in steps {
        let served = trouble();
        let words = filled(&served, &step);
        let output = served.run_in_haste(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(
            output.status.success(),
            "{}: {}\n{}",
            step.place,
            step.command,
            written(&output)
        );
    }
}

macro_rules! runbooks {
    ($($test:ident: $file:literal),+ $(,)?) => {
        const KNOWN: &[&str] = &[$($file),+];

        $(
            #[test]
            fn $test() {
                run_all($file);
            }
        )+
    };
}

runbooks! {
    runbook_readme: "README.md",
    runbook_replay: "replay.md",
    runbook_dead_letters: "dead-letters.md",
    runbook_rollback: "rollback.md",
    runbook_stuck_workflow: "stuck-workflow.md",
}

#[test]
fn every_runbook_is_run() {
    let found: Vec<String> = runbooks()
        .iter()
        .map(|path| {
            path.file_name()
                .expect("a file")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let mut known = KNOWN.to_vec();
    known.sort_unstable();
    assert_eq!(found, known);
}
