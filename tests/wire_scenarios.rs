//! Every scenario over loopback sockets: the same cloud, reached through HTTP connections, with the
//! same history as in memory; and those with `lambda: binary`, in which the program that is
//! deployed runs as a process.

use std::process::ExitCode;
use std::sync::Arc;

use alchemiser_binding::report::{difference, failure};
use alchemiser_binding::run::BackendKind;
use alchemiser_binding::run::run_on;
use alchemiser_binding::scenario::{Library, load_scenario};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let library = Arc::new(Library::of_this_project().expect("the project's files are there"));
    let files = library
        .scenario_files()
        .expect("the scenario folder can be read");
    let trial = |(name, path): (String, std::path::PathBuf)| {
        let library = Arc::clone(&library);
        let loaded = load_scenario(&library, &path, &name);
        let is_long = loaded.as_ref().is_ok_and(|loaded| loaded.scenario.long);
        let test = move || {
            let loaded = loaded.map_err(|mistake| Failed::from(mistake.to_string()))?;
            assert_eq!(
                BackendKind::Wire.missing(&loaded.scenario),
                [],
                "the wire carries every scenario"
            );
            let run = run_on(&BackendKind::Wire, &library, &loaded, 1)
                .map_err(|mistake| Failed::from(mistake.to_string()))?;
            if !run.passed() {
                return Err(Failed::from(failure(&run)));
            }
            if !BackendKind::Virtual.missing(&loaded.scenario).is_empty() {
                return Ok(());
            }
            let inside = run_on(&BackendKind::Virtual, &library, &loaded, 1)
                .map_err(|mistake| Failed::from(mistake.to_string()))?;
            let lines = difference(("virtual", &inside.journal), ("wire", &run.journal));
            if lines.is_empty() {
                Ok(())
            } else {
                Err(Failed::from(lines.join("\n")))
            }
        };
        Trial::test(name, test).with_ignored_flag(is_long)
    };
    libtest_mimic::run(&arguments, files.into_iter().map(trial).collect()).exit_code()
}
