use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::CliError;
use crate::output::say;
use crate::parallel::{cores, in_order};
use crate::progress::progress;
use crate::seeds::Seeds;
use crate::selection::Selection;
use alchemiser_binding::landmark::missed;
use alchemiser_binding::report::{
    NotRun, Paper, Reason, curve, day, expected, failure, fitted, judged, junit, landmarks,
    log_lines, months, never_judged, not_run_verdict, plot, premises, seeds_summary, seeds_total,
    summary, verdict, workflows,
};
use alchemiser_binding::run::{BackendKind, Run, RunError, run_on};
use alchemiser_binding::scenario::{Capability, Library, Loaded};
use harness::journal::Journal;

/// What `run` takes.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Scenarios by name, a part of it, a glob, or the path of a file or folder; all where none is
    /// named.
    scenarios: Vec<String>,
    /// The seed: another seed is another interleaving. Without it, the scenario's own, or 1.
    #[arg(long)]
    seed: Option<u64>,
    /// Each of these seeds, both ends included: `1..50`.
    #[arg(long, value_name = "FIRST..LAST", conflicts_with_all = ["seed", "plot", "log", "journal"])]
    seeds: Option<Seeds>,
    /// Where to run: in memory; over loopback sockets; or with AWS played by LocalStack, at
    /// AWS_ENDPOINT_URL or where `docker compose up` puts it.
    #[arg(long, value_enum, default_value_t = BackendName::Virtual)]
    backend: BackendName,
    /// How many worlds run at a time: as many as this machine has cores, but one on LocalStack.
    /// What is printed is the same.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Print one JSON object a scenario.
    #[arg(long)]
    json: bool,
    /// Write the results as JUnit.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Draw the account's value after each session (SVG); for one scenario.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Print the log lines of one workflow.
    #[arg(long, value_name = "CORRELATION_ID")]
    log: Option<String>,
    /// Print the journal, one entry a line.
    #[arg(long)]
    journal: bool,
}

impl RunArguments {
    /// An endpoint is one machine for all worlds.
    fn jobs(&self) -> NonZeroUsize {
        match self.backend {
            BackendName::Localstack => NonZeroUsize::MIN,
            BackendName::Virtual | BackendName::Wire => self.jobs.unwrap_or_else(cores),
        }
    }
}

/// A backend by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum BackendName {
    Virtual,
    Wire,
    Localstack,
}

impl BackendName {
    pub fn backend(self) -> BackendKind {
        match self {
            Self::Virtual => BackendKind::Virtual,
            Self::Wire => BackendKind::Wire,
            Self::Localstack => BackendKind::Endpoint(
                std::env::var("AWS_ENDPOINT_URL").unwrap_or_else(|_| COMPOSED.to_owned()),
            ),
        }
    }
}

/// A run with more sessions than that is told by the month.
const MANY_SESSIONS: usize = 40;

/// Where `docker compose up` puts LocalStack.
const COMPOSED: &str = "http://127.0.0.1:4566";

/// Writes what was asked for as files.
fn write_files(arguments: &RunArguments, runs: &[Run], not_run: &[NotRun]) -> Result<(), CliError> {
    if let Some(path) = &arguments.junit {
        std::fs::write(path, junit(runs, not_run)).map_err(|source| unwritten(path, source))?;
    }
    if let (Some(path), [run]) = (&arguments.plot, runs) {
        let picture = plot(
            &format!("{} (seed {})", run.scenario, run.seed),
            &curve(&run.journal),
        );
        std::fs::write(path, picture).map_err(|source| unwritten(path, source))?;
    }
    Ok(())
}

fn unwritten(path: &Path, source: io::Error) -> CliError {
    CliError::Write {
        path: path.to_owned(),
        source,
    }
}

/// Runs scenarios and says how they ended.
pub fn run(arguments: &RunArguments) -> Result<bool, CliError> {
    let library = Library::of_this_project()?;
    let Selection {
        loaded,
        broken,
        named,
    } = Selection::of(&library, &arguments.scenarios)?;
    let backend = arguments.backend.backend();
    let (loaded, skipped) = carried(&backend, loaded);
    let not_run: Vec<NotRun> = broken.into_iter().chain(skipped).collect();
    if arguments.plot.is_some() && loaded.len() != 1 {
        return Err(CliError::PlotOfMany);
    }
    let is_story =
        !arguments.scenarios.is_empty() && loaded.len() + not_run.len() == 1 && !arguments.json;
    let (runs, mistakes) = match &arguments.seeds {
        None => carry_out(arguments, &backend, &library, &loaded, is_story)?,
        Some(seeds) => carry_out_under(seeds, arguments, &backend, &library, &loaded)?,
    };
    write_files(arguments, &runs, &not_run)?;
    if arguments.json {
        say(&not_run
            .iter()
            .map(|one| format!("{}\n", not_run_verdict(one)))
            .collect::<String>())?;
        if arguments.seeds.is_some() {
            say(&format!("{}\n", seeds_total(&runs)))?;
        }
    } else {
        if !runs.is_empty() {
            say(&show(arguments, &runs, is_story)?)?;
        }
        say(&not_run
            .iter()
            .filter(|one| one.is_skipped())
            .map(|one| format!("{one}\n"))
            .collect::<String>())?;
    }
    let vacuous = vacuous(arguments, &runs);
    for problem in &vacuous {
        eprintln!("FAILED {problem}");
    }
    // What was done is told, and then what could not be done, or was done in vain.
    let broken = not_run
        .iter()
        .filter(|one| !one.is_skipped())
        .map(ToString::to_string);
    let failed = mistakes.iter().map(ToString::to_string);
    let mut mistakes: Vec<String> = broken.chain(failed).collect();
    let in_vain: BTreeSet<&String> = runs
        .iter()
        .filter(|run| run.is_mistaken())
        .flat_map(|run| &run.mistakes)
        .collect();
    mistakes.extend(in_vain.into_iter().cloned());
    // Who asks for a scenario by its name is not told that it passes where it did not run.
    let is_missed = not_run
        .iter()
        .any(|one| one.is_skipped() && named.contains(&one.scenario));
    let passed = vacuous.is_empty() && !is_missed && runs.iter().all(Run::passed);
    if mistakes.is_empty() {
        Ok(passed)
    } else {
        Err(CliError::Scenarios(mistakes))
    }
}

/// The invariants that nothing was judged by, and the landmarks that nobody came by, where all
/// scenarios were run: green and empty is no proof. A place that cannot carry all of them is no
/// measure.
fn vacuous(arguments: &RunArguments, runs: &[Run]) -> Vec<String> {
    let is_library = arguments.scenarios.is_empty() && arguments.backend == BackendName::Virtual;
    if !is_library {
        return Vec::new();
    }
    let idle = never_judged(runs.iter().map(|run| run.premises.as_slice())).into_iter();
    let idle = idle.map(|check| format!("{check}: it had nothing to judge in any scenario"));
    let missed = missed(runs.iter().map(|run| run.landmarks.as_slice())).into_iter();
    let missed = missed.map(|landmark| format!("landmark {landmark:?}: no scenario comes by it"));
    idle.chain(missed).collect()
}

/// Runs each scenario once.
fn carry_out(
    arguments: &RunArguments,
    backend: &BackendKind,
    library: &Library,
    loaded: &[Loaded],
    is_story: bool,
) -> Result<(Vec<Run>, Vec<RunError>), CliError> {
    let bar = progress(loaded.len(), is_story || arguments.json, "{msg}");
    let (mut runs, mut mistakes) = (Vec::new(), Vec::new());
    let work = |scenario: &Loaded| {
        let seed = arguments.seed.unwrap_or(scenario.scenario.seed);
        run_on(backend, library, scenario, seed)
    };
    in_order(loaded, arguments.jobs(), work, |scenario, outcome| {
        bar.set_message(scenario.name.clone());
        match outcome {
            Ok(run) => {
                if arguments.json {
                    say(&format!("{}\n", verdict(&run)))?;
                }
                runs.push(run);
                bar.inc(1);
            }
            Err(mistake) => mistakes.push(mistake),
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    Ok((runs, mistakes))
}

/// Runs each scenario under each seed. What failed is told at once, and no history is kept: there
/// may be ten thousand.
fn carry_out_under(
    seeds: &Seeds,
    arguments: &RunArguments,
    backend: &BackendKind,
    library: &Library,
    loaded: &[Loaded],
) -> Result<(Vec<Run>, Vec<RunError>), CliError> {
    let each = |scenario| seeds.0.clone().map(move |seed| (scenario, seed));
    let all: Vec<(&Loaded, u64)> = loaded.iter().flat_map(each).collect();
    let bar = progress(all.len(), arguments.json, "{msg}");
    let (mut runs, mut mistakes) = (Vec::new(), BTreeMap::new());
    let work = |(scenario, seed): &(&Loaded, u64)| run_on(backend, library, scenario, *seed);
    in_order(&all, arguments.jobs(), work, |(scenario, seed), outcome| {
        bar.set_message(scenario.name.clone());
        bar.inc(1);
        let mut run = match outcome {
            Ok(run) => run,
            Err(mistake) => {
                // A mistake of the scenario's is the same under every seed.
                mistakes.entry(scenario.name.as_str()).or_insert(mistake);
                return Ok(());
            }
        };
        if arguments.json {
            say(&format!("{}\n", verdict(&run)))?;
        } else if !run.passed() {
            bar.suspend(|| {
                say(&format!(
                    "{} (seed {seed})\n{}\n",
                    run.scenario,
                    failure(&run)
                ))
            })?;
        }
        run.journal = Journal::default();
        runs.push(run);
        Ok(())
    })?;
    bar.finish_and_clear();
    let mistakes = mistakes.into_values().collect();
    Ok((runs, mistakes))
}

/// The scenarios that the backend can carry, and those that it cannot.
fn carried(backend: &BackendKind, loaded: Vec<Loaded>) -> (Vec<Loaded>, Vec<NotRun>) {
    let (can, cannot): (Vec<_>, Vec<_>) = loaded
        .into_iter()
        .partition(|loaded| lacks(backend, loaded).is_none());
    let skipped = |loaded: Loaded| {
        let reason = Reason::Lacking(lacks(backend, &loaded)?);
        Some(NotRun {
            scenario: loaded.name,
            reason,
        })
    };
    (can, cannot.into_iter().filter_map(skipped).collect())
}

/// What the backend lacks for a scenario, if anything.
pub fn lacks(backend: &BackendKind, loaded: &Loaded) -> Option<String> {
    let missing: Vec<&str> = backend
        .missing(&loaded.scenario)
        .into_iter()
        .map(Capability::name)
        .collect();
    (!missing.is_empty()).then(|| format!("{} has no {}", backend.name(), missing.join(", no ")))
}

fn show(arguments: &RunArguments, runs: &[Run], is_story: bool) -> Result<String, CliError> {
    if arguments.seeds.is_some() {
        return Ok(seeds_summary(runs));
    }
    if let Some(correlation_id) = &arguments.log {
        let lines: String = runs
            .iter()
            .flat_map(|run| log_lines(&run.journal, correlation_id))
            .map(|line| line + "\n")
            .collect();
        if !lines.is_empty() {
            return Ok(lines);
        }
        let known: BTreeSet<String> = runs
            .iter()
            .flat_map(|run| workflows(&run.journal))
            .collect();
        return Err(CliError::NoLogLine {
            correlation_id: correlation_id.clone(),
            known: known.into_iter().collect(),
        });
    }
    if arguments.journal {
        return Ok(runs
            .iter()
            .flat_map(|run| run.journal.lines())
            .map(|line| line + "\n")
            .collect());
    }
    let failures: String = runs
        .iter()
        .filter(|run| !run.passed())
        .map(|run| format!("\n{}\n{}", run.scenario, failure(run)))
        .collect();
    let paper = Paper::of_stdout();
    Ok(match runs {
        [run] if is_story => {
            let verdict = if run.passed() {
                format!("\n{}PASS: {} checks\n", expected(run), run.checks)
            } else {
                failures
            };
            let story = if curve(&run.journal).len() > MANY_SESSIONS {
                months(run, paper)
            } else {
                day(run, paper)
            };
            let verdict = format!(
                "{verdict}{}\njournal {}\n",
                judged(&run.premises),
                run.journal.hash()
            );
            format!("{story}{}", fitted(&verdict, paper))
        }
        _ if arguments.scenarios.is_empty() => {
            format!(
                "{}{}\n{}{}",
                summary(runs),
                fitted(&failures, paper),
                premises(runs),
                landmarks(runs)
            )
        }
        _ => format!("{}{}", summary(runs), fitted(&failures, paper)),
    })
}
