//! What the pages say is true: their examples run, they name every key, and they list the
//! invariants.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use alchemiser_binding::check;
use alchemiser_binding::report::failure;
use alchemiser_binding::run::run;
use alchemiser_binding::scenario::{Library, Loaded, Places, Scenario};
use serde::Deserialize;
use serde_json::Value;

fn page(path: &str) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    let text = std::fs::read_to_string(&path).expect("the page is there");
    (path, text)
}

/// The YAML examples of a page, with the line each begins at.
fn examples(text: &str) -> Vec<(usize, Value)> {
    let mut found = Vec::new();
    let mut block: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match &mut block {
            None if line == "```yaml" => block = Some((number + 2, String::new())),
            None => {}
            Some((start, yaml)) if line == "```" => {
                let value = serde_saphyr::from_str::<Value>(yaml)
                    .unwrap_or_else(|error| panic!("line {start}: {error}"));
                found.push((*start, value));
                block = None;
            }
            Some((_, yaml)) => {
                yaml.push_str(line);
                yaml.push('\n');
            }
        }
    }
    found
}

/// Lays `over` over `base`: mappings key by key, everything else replaced.
fn lay(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                // The strategies and positions of an example are all there are.
                match base
                    .get_mut(key)
                    .filter(|_| !["strategies", "positions"].contains(&key.as_str()))
                {
                    Some(inner) => lay(inner, value),
                    None => drop(base.insert(key.clone(), value.clone())),
                }
            }
        }
        (base, over) => *base = over.clone(),
    }
}

fn run_examples(path: &str) {
    let (path, text) = page(path);
    let library = Library::of_this_project().expect("the project's files are there");
    let examples = examples(&text);
    let mut base = Value::Null;
    for (line, example) in &examples {
        if example.get("about").is_some() {
            base = example.clone();
        }
        let mut whole = base.clone();
        lay(&mut whole, example);
        let scenario = Scenario::deserialize(&whole)
            .unwrap_or_else(|error| panic!("{}:{line}: {error}", path.display()));
        let loaded = Loaded {
            name: format!("example of line {line}"),
            path: path.clone(),
            scenario,
            places: Places::default(),
        };
        let run = run(&library, &loaded, 1)
            .unwrap_or_else(|error| panic!("{}:{line}: {error}", path.display()));
        assert!(run.passed(), "{}:{line}\n{}", path.display(), failure(&run));
    }
    assert!(!examples.is_empty(), "{} has no example", path.display());
}

#[test]
fn every_example_of_the_format_runs() {
    run_examples("docs/scenarios.md");
}

#[test]
fn the_example_of_the_readme_runs() {
    run_examples("README.md");
}

/// What the program prints for the README's example, saved as `my.yaml` with `more` under `given`;
/// the story, or what failed.
fn printed(arguments: &[&str], example: &str, more: &str) -> (String, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    std::fs::create_dir_all(&folder).expect("a folder for the test can be made");
    let text = example.replacen("given:\n", &format!("given:\n{more}"), 1);
    std::fs::write(folder.join("my.yaml"), text).expect("the file can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
    for variable in ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    let output = command
        .current_dir(&folder)
        .args(arguments)
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// The lines that failed, and how to repeat the run.
fn failures(story: &str) -> String {
    let from_there = story.lines().skip_while(|line| !line.starts_with("FAILED"));
    from_there
        .take_while(|line| !line.starts_with("Judged"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The page with each `$ cargo sim run ...` followed by its output, in order, up to the next line
/// that is text.
fn with_outputs(page: &str, outputs: &[String]) -> String {
    let mut outputs = outputs.iter();
    let mut lines = page.lines().peekable();
    let mut text = String::new();
    while let Some(line) = lines.next() {
        text.push_str(&format!("{line}\n"));
        let Some(output) = line
            .strip_prefix("    $ cargo sim run")
            .and_then(|_| outputs.next())
        else {
            continue;
        };
        while lines
            .next_if(|line| line.is_empty() || line.starts_with("    "))
            .is_some()
        {}
        let indent = |line: &str| {
            if line.is_empty() {
                "\n".to_owned()
            } else {
                format!("    {line}\n")
            }
        };
        text.extend(output.lines().map(indent).chain(["\n".to_owned()]));
    }
    text
}

/// Every output on the page is what the program prints; with `UPDATE_README` set it is written
/// there.
#[test]
fn the_outputs_of_the_readme_are_those_of_runs() {
    let (path, text) = page("README.md");
    let example = text
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("the page has an example");
    let (story, _) = printed(&["run", "crash_after_order_accepted"], example, "");
    let (failing, _) = printed(
        &["run", "my.yaml"],
        example,
        "  exchange: {orders: [{symbol: MSFT, effect: never}]}\n",
    );
    let (_, refused) = printed(
        &["run", "my.yaml"],
        &example.replace("positions: {MSFT", "positions: {MFST"),
        "",
    );
    let fresh = with_outputs(&text, &[format!("\n{story}"), failures(&failing), refused]);
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, &fresh).expect("the page can be written");
    }
    assert_eq!(
        text, fresh,
        "README.md is stale: UPDATE_README=1 cargo test --test docs"
    );
}

fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                found.insert(key.clone());
                keys(inner, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| keys(inner, found)),
        _ => {}
    }
}

/// The names of all properties in a JSON Schema.
fn properties(schema: &Value, found: &mut BTreeSet<String>) {
    if let Some(map) = schema.get("properties").and_then(Value::as_object) {
        found.extend(map.keys().cloned());
    }
    match schema {
        Value::Object(map) => map.values().for_each(|inner| properties(inner, found)),
        Value::Array(list) => list.iter().for_each(|inner| properties(inner, found)),
        _ => {}
    }
}

#[test]
fn every_key_of_the_format_is_in_an_example() {
    let (_, text) = page("docs/scenarios.md");
    let (_, schema) = page("scenarios/scenario.schema.json");
    let mut shown = BTreeSet::new();
    examples(&text)
        .iter()
        .for_each(|(_, example)| keys(example, &mut shown));
    let mut known = BTreeSet::new();
    properties(
        &serde_json::from_str(&schema).expect("the schema is JSON"),
        &mut known,
    );
    // Effects and actions without a value are written as words, and the table or the text names
    // them.
    let missing: Vec<&String> = known
        .iter()
        .filter(|key| !shown.contains(*key) && !text.contains(&format!("`{{{key}:")))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/scenarios.md has no example of {missing:?}"
    );
}

#[test]
fn the_invariants_are_listed() {
    let (_, text) = page("docs/scenarios.md");
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("- **")?.split("**").next())
        .collect();
    assert_eq!(listed, check::names());
}
