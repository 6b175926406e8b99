//! One test a scenario file. `cargo test --test scenarios NAME` runs those whose name holds NAME;
//! nextest works too.
//!
//! Each run is held against its own expectations and all invariants, and against the reviewed
//! snapshots of its events, orders and mails: `cargo insta review` accepts a change.

use std::process::ExitCode;
use std::sync::Arc;

use alchemiser_binding::projection::{events, mails, orders};
use alchemiser_binding::report::failure;
use alchemiser_binding::run::BackendKind;
use alchemiser_binding::run::{Run, run};
use alchemiser_binding::scenario::{Library, LoadError, Loaded, load_scenario};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let library = match Library::of_this_project() {
        Ok(library) => Arc::new(library),
        Err(mistake) => {
            eprintln!("{mistake}");
            return ExitCode::from(2);
        }
    };
    let files = library
        .scenario_files()
        .expect("the scenario folder can be read");
    assert!(!files.is_empty(), "there is no scenario");
    let trials = files
        .into_iter()
        .map(|(name, path)| trial(&library, load_scenario(&library, &path, &name), name))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(library: &Arc<Library>, loaded: Result<Loaded, LoadError>, name: String) -> Trial {
    let missing = loaded
        .as_ref()
        .map(|loaded| BackendKind::Virtual.missing(&loaded.scenario))
        .unwrap_or_default();
    let is_long = loaded.as_ref().is_ok_and(|loaded| loaded.scenario.long);
    let needs = if is_long {
        "long".to_owned()
    } else {
        missing
            .iter()
            .map(|need| format!("needs {}", need.name()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let library = Arc::clone(library);
    let test = move || {
        let loaded = loaded.map_err(|mistake| Failed::from(mistake.to_string()))?;
        let run = run(&library, &loaded, loaded.scenario.seed)
            .map_err(|mistake| Failed::from(mistake.to_string()))?;
        if run.passed() {
            reviewed(&run)
        } else {
            Err(Failed::from(failure(&run)))
        }
    };
    // Those that take long, `cargo sim run` runs by name; those that a world in memory cannot
    // carry, `cargo test --test wire_scenarios`.
    Trial::test(name, test)
        .with_kind(needs)
        .with_ignored_flag(is_long || !missing.is_empty())
}

/// Holds what the run brought about against the reviewed snapshot; a virtual world needs no
/// redaction.
fn reviewed(run: &Run) -> Result<(), Failed> {
    let snapshot = serde_json::json!({
        "events": events(&run.journal),
        "orders": orders(&run.journal),
        "mails": mails(&run.journal),
    });
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/scenarios");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = run.scenario.replace('/', "__");
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        settings.bind(|| insta::assert_json_snapshot!(name, snapshot))
    }));
    outcome.map_err(|_| Failed::from("the snapshot differs: review it with `cargo insta review`"))
}
