use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use clap::Args;
use serde_json::{Value, json};

use super::counted;
use crate::error::CliError;
use crate::output::say;
use crate::parallel::cores;
use crate::run::lacks;
use crate::seeds::Seeds;
use crate::selection::Selection;
use alchemiser_binding::explore::trace;
use alchemiser_binding::run::BackendKind;
use alchemiser_binding::scenario::{Library, Loaded};
use harness::chain::{Chain, Difference, Trace, sha256};

/// What `explore certify` takes.
#[derive(Debug, Args)]
pub struct CertifyArguments {
    /// The scenarios: names, parts of them, globs, or paths.
    #[arg(required = true)]
    scenarios: Vec<String>,
    /// The seeds, both ends included.
    #[arg(long, value_name = "FIRST..LAST", default_value = "1..3")]
    seeds: Seeds,
    /// Write the certificate into this file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the traces, a line a run, and certify nothing: for the same program in another process.
    #[arg(long, hide = true)]
    traces: bool,
}

/// What must not matter, and is changed.
struct Circumstance {
    name: &'static str,
    how: How,
}

/// How it is changed: in this process, or for another one.
enum How {
    Again,
    OtherWayRound,
    TwoAtOnce,
    CpuStolen,
    OtherProcess(fn(&mut Command)),
}

const CIRCUMSTANCES: [Circumstance; 10] = [
    here("again in this process", How::Again),
    here("in the other order", How::OtherWayRound),
    here("two at once", How::TwoAtOnce),
    here("beside threads that take the CPU", How::CpuStolen),
    here("in another process", How::OtherProcess(|_| {})),
    here(
        "in another time zone",
        How::OtherProcess(|command| {
            command.env("TZ", "Pacific/Kiritimati");
        }),
    ),
    here(
        "in another language",
        How::OtherProcess(|command| {
            command
                .env("LANG", "tr_TR.UTF-8")
                .env("LC_ALL", "tr_TR.UTF-8");
        }),
    ),
    here(
        "in another home",
        How::OtherProcess(|command| {
            command.env("HOME", "/nonexistent");
        }),
    ),
    here(
        "in another folder",
        How::OtherProcess(|command| {
            command.current_dir("/");
        }),
    ),
    here(
        "in a larger environment",
        How::OtherProcess(|command| {
            command.env("CERTIFY_DUMMY", "x".repeat(100_000));
        }),
    ),
];

const fn here(name: &'static str, how: How) -> Circumstance {
    Circumstance { name, how }
}

/// A scenario under a seed.
type Task<'a> = (&'a Loaded, u64);

/// Runs scenarios under circumstances that must not matter. True where they do not.
pub fn certify(arguments: &CertifyArguments) -> Result<bool, CliError> {
    let library = Library::of_this_project()?;
    let scenarios = Selection::sound(&library, &arguments.scenarios)?;
    let in_real_time = scenarios.iter().filter_map(|loaded| {
        let lack = lacks(&BackendKind::Virtual, loaded)?;
        Some(format!("{}: {lack}", loaded.name))
    });
    let in_real_time: Vec<String> = in_real_time.collect();
    if !in_real_time.is_empty() {
        return Err(CliError::Scenarios(in_real_time));
    }
    let seeds = &arguments.seeds.0;
    let of_scenario = |loaded| seeds.clone().map(move |seed| (loaded, seed));
    let tasks: Vec<Task<'_>> = scenarios.iter().flat_map(of_scenario).collect();
    let first = in_order(&library, tasks.iter())?;
    if arguments.traces {
        return first.iter().try_for_each(print).map(|()| true);
    }
    let mut told = Vec::new();
    for circumstance in &CIRCUMSTANCES {
        let again = runs(circumstance, arguments, &library, &tasks)?;
        let parted = first_difference(&tasks, &first, &again);
        say(&shown(circumstance.name, parted.as_ref()))?;
        told.push((circumstance.name, parted.is_none()));
    }
    let is_certified = told.iter().all(|(_, is_same)| *is_same);
    if let Some(path) = &arguments.out {
        let text = certificate(&library, &tasks, &first, &told)?;
        std::fs::write(path, text).map_err(|source| CliError::Write {
            path: path.clone(),
            source,
        })?;
    }
    say(&verdict(is_certified, &first))?;
    Ok(is_certified)
}

fn in_order<'a>(
    library: &Library,
    tasks: impl Iterator<Item = &'a Task<'a>>,
) -> Result<Vec<Trace>, CliError> {
    tasks
        .map(|(loaded, seed)| Ok(trace(library, loaded, *seed)?))
        .collect()
}

/// All runs under one circumstance, each as often as it takes.
fn runs(
    circumstance: &Circumstance,
    arguments: &CertifyArguments,
    library: &Library,
    tasks: &[Task<'_>],
) -> Result<Vec<Vec<Trace>>, CliError> {
    let once = || in_order(library, tasks.iter());
    match circumstance.how {
        How::Again => Ok(vec![once()?]),
        How::OtherWayRound => {
            let mut traces = in_order(library, tasks.iter().rev())?;
            traces.reverse();
            Ok(vec![traces])
        }
        How::TwoAtOnce => thread::scope(|scope| {
            let both = [scope.spawn(once), scope.spawn(once)];
            let both = both.map(|one| one.join().expect("a run does not panic"));
            both.into_iter().collect()
        }),
        How::CpuStolen => {
            let is_over = AtomicBool::new(false);
            thread::scope(|scope| {
                for _ in 0..cores().get() * 2 {
                    scope.spawn(|| {
                        while !is_over.load(Ordering::Relaxed) {
                            std::hint::spin_loop();
                        }
                    });
                }
                let traces = once();
                is_over.store(true, Ordering::Relaxed);
                Ok(vec![traces?])
            })
        }
        How::OtherProcess(change) => {
            let traces = elsewhere(change, arguments, tasks);
            let traces = traces.map_err(|problem| CliError::Circumstance {
                circumstance: circumstance.name,
                problem,
            })?;
            Ok(vec![traces])
        }
    }
}

/// The traces that this program gives as another process. The scenarios are named by their paths,
/// which are the same in any folder.
fn elsewhere(
    change: fn(&mut Command),
    arguments: &CertifyArguments,
    tasks: &[Task<'_>],
) -> Result<Vec<Trace>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let seeds = &arguments.seeds.0;
    let mut command = Command::new(program);
    command.args(["explore", "certify", "--traces", "--seeds"]);
    command.arg(format!("{}..{}", seeds.start(), seeds.end()));
    for (loaded, _) in tasks.iter().filter(|(_, seed)| seed == seeds.start()) {
        let path = loaded.path.canonicalize();
        command.arg(path.map_err(|error| error.to_string())?);
    }
    change(&mut command);
    let output = command.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8(output.stdout).map_err(|error| error.to_string())?;
    let traces: Vec<Trace> = text.lines().map(read).collect::<Result<_, _>>()?;
    if traces.len() == tasks.len() {
        Ok(traces)
    } else {
        Err(format!("{} of {} traces", traces.len(), tasks.len()))
    }
}

fn print(trace: &Trace) -> Result<(), CliError> {
    let line = json!({ "journal": trace.journal.lines(), "draws": trace.draws.lines() });
    say(&format!("{line}\n"))
}

fn read(line: &str) -> Result<Trace, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let chain = |name: &str| {
        let lines: Result<Vec<String>, _> = serde_json::from_value(value[name].clone());
        lines.map(Chain::of).map_err(|error| error.to_string())
    };
    Ok(Trace {
        journal: chain("journal")?,
        draws: chain("draws")?,
    })
}

/// The first run that is not the same, and where it parts.
fn first_difference(
    tasks: &[Task<'_>],
    first: &[Trace],
    again: &[Vec<Trace>],
) -> Option<(String, Difference)> {
    let pairs = again.iter().flat_map(|traces| first.iter().zip(traces));
    let mut named = tasks.iter().cycle().zip(pairs);
    named.find_map(|((loaded, seed), (first, again))| {
        let difference = first.difference(again)?;
        Some((format!("{} (seed {seed})", loaded.name), difference))
    })
}

fn shown(circumstance: &str, parted: Option<&(String, Difference)>) -> String {
    match parted {
        None => format!("same     {circumstance}\n"),
        Some((run, difference)) => {
            format!("DIFFERS  {circumstance}: {run}\n{difference}")
        }
    }
}

fn verdict(is_certified: bool, first: &[Trace]) -> String {
    let lines = |chain: fn(&Trace) -> &Chain| {
        first
            .iter()
            .map(|trace| chain(trace).lines().len())
            .sum::<usize>()
    };
    let word = if is_certified { "CERTIFIED" } else { "REFUTED" };
    format!(
        "{word}: {}, {} entries and {} draws\n",
        counted(first.len(), "run"),
        lines(|trace| &trace.journal),
        lines(|trace| &trace.draws)
    )
}

/// What was run, under what, and what came of it.
fn certificate(
    library: &Library,
    tasks: &[Task<'_>],
    first: &[Trace],
    told: &[(&str, bool)],
) -> Result<String, CliError> {
    let program = std::env::current_exe().map_err(CliError::System)?;
    let digest = |path: PathBuf| match std::fs::read(&path) {
        Ok(bytes) => Ok(sha256(&bytes)),
        Err(error) => Err(CliError::Read {
            path,
            source: error.into(),
        }),
    };
    let mut runs = Vec::new();
    for ((loaded, seed), trace) in tasks.iter().zip(first) {
        runs.push(json!({
            "scenario": loaded.name,
            "sha256": digest(loaded.path.clone())?,
            "seed": seed,
            "entries": trace.journal.lines().len(),
            "journal": trace.journal.head(),
            "draws": trace.draws.lines().len(),
            "chance": trace.draws.head(),
        }));
    }
    let circumstances = told.iter().map(|(name, is_same)| {
        let result = if *is_same { "same" } else { "differs" };
        json!({ "circumstance": name, "result": result })
    });
    let certificate = json!({
        "program": digest(program)?,
        "version": env!("CARGO_PKG_VERSION"),
        "target": format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        "template": digest(library.root().join("template.yaml"))?,
        "runs": runs,
        "circumstances": circumstances.collect::<Vec<_>>(),
        "certified": told.iter().all(|(_, is_same)| *is_same),
    });
    Ok(format!("{certificate:#}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Trace {
        Trace {
            journal: Chain::of(lines.iter().map(|line| (*line).to_owned())),
            draws: Chain::default(),
        }
    }

    #[test]
    fn the_run_that_differs_is_named_and_shown() {
        let library = Library::of_this_project().expect("the project's files are there");
        let names = ["full_day".to_owned()];
        let day = Selection::sound(&library, &names).expect("it is sound");
        let tasks: Vec<Task<'_>> = vec![(&day[0], 1), (&day[0], 2)];
        let first = [of(&["a"]), of(&["a", "b"])];
        let same = vec![of(&["a"]), of(&["a", "b"])];
        let other = vec![of(&["a"]), of(&["a", "x"])];
        let parted = |again: &[Vec<Trace>]| first_difference(&tasks, &first, again);
        assert!(parted(&[same.clone(), same.clone()]).is_none());
        let found = parted(&[same, other]);
        assert_eq!(
            shown("two at once", found.as_ref()),
            "DIFFERS  two at once: examples/full_day (seed 2)\njournal from entry 1 on\n      0 a\n\
             -     1 b\n+     1 x\n"
        );
    }
}
