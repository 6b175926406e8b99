//! What a comment cites can be opened: rules of docs/rules.md and rows of docs/semantics.md.

use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder, but for what was built.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The text of a file in one line, so that a citation may be broken between two comment lines.
fn flat(path: &Path) -> String {
    let text = read_to_string(path).expect("readable");
    let bare = |line: &str| {
        line.trim_start()
            .trim_start_matches(['/', '!'])
            .trim()
            .to_owned()
    };
    text.lines().map(bare).collect::<Vec<_>>().join(" ")
}

/// The number of a rule at the beginning of a text: `A5`, `7` or `7.6`.
fn number(text: &str) -> &str {
    let end = text.find(|letter: char| !(letter.is_ascii_digit() || "A.".contains(letter)));
    text[..end.unwrap_or(text.len())].trim_end_matches('.')
}

/// What is wrong with the citations of a text.
fn mistakes(text: &str, rules: &str, semantics: &str) -> Vec<String> {
    let mut mistakes = Vec::new();
    let rule = "rules.md ";
    for (at, _) in text.match_indices(rule) {
        let number = number(&text[at + rule.len()..]);
        let is_there = ["## ", "### ", "**"].iter().any(|mark| {
            [" ", ". "]
                .iter()
                .any(|end| rules.contains(&format!("{mark}{number}{end}")))
        });
        if !number.is_empty() && !is_there {
            mistakes.push(format!("docs/rules.md has no rule {number}"));
        }
    }
    for (at, _) in text.match_indices("` of semantics.md") {
        let row = text[..at].rsplit('`').next().unwrap_or_default();
        if !semantics.contains(&format!("| `{row}")) {
            mistakes.push(format!("docs/semantics.md has no row `{row}`"));
        }
    }
    for word in ["specification ", "semantics "] {
        for (at, _) in text.match_indices(word) {
            if text[at + word.len()..].starts_with(|letter: char| letter.is_ascii_digit()) {
                mistakes.push(format!("a {word}is cited that is not here"));
            }
        }
    }
    mistakes
}

#[test]
fn every_rule_that_a_comment_cites_is_there() {
    let page = |name: &str| read_to_string(root().join("docs").join(name)).expect("the page");
    let (rules, semantics) = (page("rules.md"), page("semantics.md"));
    let mut files = Vec::new();
    for folder in ["src", "mocks", "ops", "sim", "tests"] {
        sources(&root().join(folder), &mut files);
    }
    files.retain(|file| !file.ends_with("tests/it/rules.rs"));
    let mut cited = 0;
    for file in files {
        let text = flat(&file);
        cited += text.matches("rules.md ").count();
        let wrong = mistakes(&text, &rules, &semantics);
        assert!(wrong.is_empty(), "{}: {wrong:?}", file.display());
    }
    assert!(cited > 40, "only {cited} citations were found");
}

#[test]
fn a_citation_of_what_is_not_there_is_found() {
    let (rules, semantics) = ("### 7.6 States\n**A5. Errors", "| `lambda-01` | it |");
    assert!(
        mistakes(
            "(rules.md 7.6; rules.md A5) `lambda` of semantics.md",
            rules,
            semantics
        )
        .is_empty()
    );
    for wrong in [
        "rules.md 7.7",
        "rules.md A6",
        "`sqs` of semantics.md",
        "specification 7.6",
    ] {
        assert_eq!(mistakes(wrong, rules, semantics).len(), 1, "{wrong}");
    }
}
