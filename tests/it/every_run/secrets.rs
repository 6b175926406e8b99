//! Secrets go from the template's references into the function's environment, and nowhere else.

use std::path::Path;

use alchemiser_binding::run::SECRETS;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use harness::journal::{Journal, JournalEvent};
use serde_json::json;

use super::{runs, stack};

/// Every form that a secret could travel in: as it is, and as the mail server's two log-ins write
/// it.
fn forms() -> Vec<String> {
    let user = "alchemiser@example.com";
    let written = |secret: &str| {
        [
            secret.to_owned(),
            STANDARD.encode(secret),
            STANDARD.encode(format!("\0{user}\0{secret}")),
        ]
    };
    SECRETS
        .iter()
        .flat_map(|(_, secret)| written(secret))
        .collect()
}

/// The first line of a journal that tells a secret. It has all calls, events, log lines, mails and
/// answers.
fn told(journal: &Journal) -> Option<String> {
    let forms = forms();
    journal
        .lines()
        .find(|line| forms.iter().any(|form| line.contains(form)))
}

#[test]
fn no_journal_of_any_scenario_tells_a_secret() {
    for run in runs() {
        assert_eq!(told(&run.journal), None, "{}", run.scenario);
    }
}

#[test]
fn a_secret_in_a_log_line_or_a_mail_is_found() {
    let at = DateTime::<Utc>::UNIX_EPOCH;
    for form in forms() {
        let mut journal = Journal::default();
        let log = JournalEvent::Log {
            level: "INFO".to_owned(),
            message: "connecting".to_owned(),
            fields: json!({ "login": form }).into(),
        };
        journal.push(at, None, log);
        assert!(told(&journal).is_some(), "{form}");
    }
}

#[test]
fn no_reviewed_snapshot_tells_a_secret() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/scenarios");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).expect("the snapshots are there") {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        assert!(
            !forms().iter().any(|form| text.contains(form)),
            "{} tells a secret",
            path.display()
        );
        seen += 1;
    }
    assert!(seen > 80, "{seen} snapshots only");
}

#[test]
fn the_template_names_every_secret_and_holds_none() {
    let stack = stack();
    let function = stack.functions.first().expect("a function");
    let references: Vec<&str> = function.secrets.keys().map(String::as_str).collect();
    let names: Vec<&str> = SECRETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(references, names);
    assert!(
        function
            .secrets
            .values()
            .all(|secret| secret.service() == "secretsmanager"),
        "{:?}",
        function.secrets
    );
}
