//! `cargo sim pattern`: the whole output, and the examples of its page.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sim"))
        .current_dir(folder)
        .arg("pattern")
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn shown(name: &str, folder: &Path, arguments: &[&str]) {
    let output = sim(folder, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let told = format!(
        "exit code {:?}\n--- output\n{}--- errors\n{}",
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr)
    );
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("snapshots/pattern");
    settings.bind(|| insta::assert_snapshot!(name, told));
}

/// A folder of its own for each test, empty at first.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pattern_{test}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the test can be made");
    folder
}

#[test]
fn files_of_cases_are_judged() {
    shown(
        "own_cases",
        &project(),
        &["sim/event-pattern/tests/it/cases.jsonl"],
    );
    let folder = folder("cases");
    let cases = concat!(
        r#"{"name": "right", "event": {"a": 1}, "pattern": {"a": [1]}, "expect": "match"}"#,
        "\n\n",
        r#"{"name": "wrong", "event": {"a": 1}, "pattern": {"a": [1]}, "expect": "no_match"}"#,
        "\n",
        r#"{"name": "other error", "pattern": {"a": []}, "expect": "error", "error": "Event pattern is not valid."}"#,
        "\n",
    );
    std::fs::write(folder.join("cases.jsonl"), cases).expect("the file can be written");
    shown("disagreements", &folder, &["cases.jsonl"]);
}

#[test]
fn a_mistake_in_a_file_is_placed() {
    let folder = folder("mistakes");
    let right = r#"{"name": "right", "event": {"a": 1}, "pattern": {"a": [1]}, "expect": "match"}"#;
    let write = |file: &str, text: String| {
        std::fs::write(folder.join(file), text).expect("the file can be written")
    };
    write(
        "unknown_key.jsonl",
        format!("{right}\n{}\n", right.replace("event", "evnet")),
    );
    write("no_json.jsonl", format!("{right}\n\nnot json\n"));
    write("empty.jsonl", "\n".to_owned());
    shown("mistake_unknown_key", &folder, &["unknown_key.jsonl"]);
    shown("mistake_no_json", &folder, &["no_json.jsonl"]);
    shown("mistake_empty", &folder, &["empty.jsonl"]);
    shown("mistake_no_file", &folder, &["nowhere.jsonl"]);
}

#[test]
fn one_pattern_is_held_against_one_event() {
    let folder = folder("one");
    std::fs::write(
        folder.join("event.json"),
        "{\"detail\":\n  {\"total\": 42}}",
    )
    .expect("the file can be written");
    let above = r#"{"detail": {"total": [{"numeric": [">", 100]}]}}"#;
    shown(
        "mismatch",
        &folder,
        &["--pattern", above, "--event", "@event.json"],
    );
    shown(
        "match",
        &folder,
        &[
            "--pattern",
            r#"{"detail": {"total": [42]}}"#,
            "--event",
            "@event.json",
        ],
    );
    shown(
        "refused_pattern",
        &folder,
        &[
            "--pattern",
            r#"{"detail": {"total": 42}}"#,
            "--event",
            "@event.json",
        ],
    );
    shown(
        "refused_event",
        &folder,
        &["--pattern", above, "--event", "[42]"],
    );
    shown(
        "missing_file",
        &folder,
        &["--pattern", "@nowhere.json", "--event", "{}"],
    );
    shown("missing_event", &folder, &["--pattern", above]);
    shown("help", &folder, &[]);
}

/// The commands of a page with what they print: lines that begin with ` $ ` and the indented lines
/// behind them.
fn examples(page: &str) -> Vec<(String, String)> {
    let mut examples: Vec<(String, String)> = Vec::new();
    let mut is_open = false;
    for line in page.lines() {
        if let Some(command) = line.strip_prefix("    $ cargo sim pattern ") {
            examples.push((command.to_owned(), String::new()));
            is_open = true;
        } else if let (true, Some(printed), Some((_, output))) =
            (is_open, line.strip_prefix("    "), examples.last_mut())
        {
            output.push_str(printed);
            output.push('\n');
        } else {
            is_open = false;
        }
    }
    examples
}

/// Splits as a shell does where single quotes are the only quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in command.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn the_page_shows_what_the_command_prints() {
    let page =
        std::fs::read_to_string(project().join("docs/patterns.md")).expect("the page is there");
    let examples = examples(&page);
    assert!(examples.len() >= 2, "{} examples", examples.len());
    for (command, expected) in examples {
        let words = words(&command);
        let output = sim(
            &project(),
            &words.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            expected,
            "cargo sim pattern {command}"
        );
    }
}
