//! What holds over all scenarios together: each runs once, and every test looks at all journals.

mod alarms;
mod landmarks;
mod least_privilege;
mod schemas;
mod secrets;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use alchemiser_binding::run::BackendKind;
use alchemiser_binding::run::{Run, run};
use alchemiser_binding::scenario::{Library, load_scenario};
use std::sync::Arc;

use simulated_cloud::stack::{Account, Stack};

fn library() -> Library {
    Library::of_this_project().expect("the project's files are sound")
}

/// The runs of all scenarios that a virtual world can carry, but for those that run only where they
/// are named.
fn runs() -> &'static [Run] {
    static RUNS: OnceLock<Vec<Run>> = OnceLock::new();
    RUNS.get_or_init(|| {
        let library = library();
        let files = library
            .scenario_files()
            .expect("the scenario folder can be read");
        let loaded = files
            .into_iter()
            .map(|(name, path)| load_scenario(&library, &path, &name).expect("a sound scenario"));
        let loaded: Vec<_> = loaded
            .filter(|loaded| {
                !loaded.scenario.long && BackendKind::Virtual.missing(&loaded.scenario).is_empty()
            })
            .collect();
        assert!(loaded.len() > 80, "{} scenarios only", loaded.len());
        let workers = std::thread::available_parallelism().map_or(1, Into::into);
        std::thread::scope(|scope| {
            let part = |worker: usize| loaded.iter().skip(worker).step_by(workers);
            let library = &library;
            let running: Vec<_> = (0..workers)
                .map(|worker| {
                    scope.spawn(move || {
                        part(worker)
                            .map(|loaded| {
                                run(library, loaded, loaded.scenario.seed).expect("it runs")
                            })
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            running
                .into_iter()
                .flat_map(|worker| worker.join().expect("no run panics"))
                .collect()
        })
    })
}

/// The template as scenarios see it that change nothing of it.
fn stack() -> Arc<Stack> {
    let account = Account {
        stack: "alchemiser".to_owned(),
        ..Account::default()
    };
    library()
        .stack(&BTreeMap::new(), &account)
        .expect("a sound template")
}
