//! The scenarios with AWS played by LocalStack, whose histories must be those of the simulated
//! cloud, and what LocalStack cannot do.

mod endpoint;
mod limits;

use std::process::ExitCode;
use std::sync::Arc;

use alchemiser_binding::report::{failure, parts_from_virtual};
use alchemiser_binding::run::BackendKind;
use alchemiser_binding::run::run_on;
use alchemiser_binding::scenario::{Capability, Library, load_scenario};
use libtest_mimic::{Failed, Trial};

use self::endpoint::Endpoints;

fn main() -> ExitCode {
    endpoint::run("the LocalStack tests", |endpoints| {
        let mut trials = trials(endpoints);
        trials.extend(limits::trials(endpoints));
        trials
    })
}

fn trials(endpoints: &Arc<Endpoints>) -> Vec<Trial> {
    let library = Arc::new(Library::of_this_project().expect("the project's files are there"));
    let files = library
        .scenario_files()
        .expect("the scenario folder can be read");
    let trial = |(name, path): (String, std::path::PathBuf)| {
        let loaded = load_scenario(&library, &path, &name).expect("the scenario is sound");
        let missing = BackendKind::Endpoint(String::new()).missing(&loaded.scenario);
        let kind = missing
            .iter()
            .map(|need| Capability::name(*need))
            .collect::<Vec<_>>()
            .join(", ");
        let ignored = loaded.scenario.long || !missing.is_empty();
        let (library, endpoints) = (Arc::clone(&library), Arc::clone(endpoints));
        let test = move || {
            let endpoint = endpoints.take();
            let backend = BackendKind::Endpoint(endpoint.url.clone());
            let run = run_on(&backend, &library, &loaded, 1)
                .map_err(|mistake| Failed::from(mistake.to_string()))?;
            if !run.passed() {
                return Err(Failed::from(failure(&run)));
            }
            let lines = parts_from_virtual(&library, &loaded, ("localstack", &run.journal))
                .map_err(|mistake| Failed::from(mistake.to_string()))?;
            if lines.is_empty() {
                Ok(())
            } else {
                Err(Failed::from(lines.join("\n")))
            }
        };
        // Those that LocalStack cannot carry are listed as ignored, with what they need.
        let kind = if !missing.is_empty() {
            format!("needs {kind}")
        } else {
            String::new()
        };
        Trial::test(name, test)
            .with_kind(kind)
            .with_ignored_flag(ignored)
    };
    files.into_iter().map(trial).collect()
}
