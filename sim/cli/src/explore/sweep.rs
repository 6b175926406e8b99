use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::findings::{Findings, Outcomes, headline, outcome_lines};
use super::{BaseArguments, counted, document_of, sound_base};
use crate::error::CliError;
use crate::output::say;
use crate::parallel::in_order;
use crate::progress::progress;
use alchemiser_binding::explore::{Finding, Signature, Tried, fault_line, with_faults};
use alchemiser_binding::scenario::{Library, Loaded};
use harness::explore::{Column, Place, Trial};

/// What `explore sweep` takes.
#[derive(Debug, Args)]
pub struct SweepArguments {
    #[command(flatten)]
    pub base: BaseArguments,
    /// Try each effect once at each place, and not at every point of it, all scenarios together. A
    /// place is a trigger with an operation, an event with a rule, or an event that is put.
    #[arg(long)]
    pub thin: bool,
    /// Print one JSON object a run.
    #[arg(long)]
    pub json: bool,
    /// Write a scenario file of each finding into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

/// Tries every fault at every point of the scenarios. True where nothing goes wrong.
pub fn sweep(arguments: &SweepArguments) -> Result<bool, CliError> {
    let tried = RefCell::new(BTreeSet::new());
    arguments.base.each(|library, scenario| {
        let mut tried = tried.borrow_mut();
        sweep_one(arguments, library, scenario, &mut tried)
    })
}

/// The cells of the matrix in which something was tried.
type Cells = BTreeSet<(Place, Column)>;

/// What a sweep has found so far.
#[derive(Debug, Default)]
struct Tally {
    outcomes: Outcomes,
    findings: Findings,
    unmet: Vec<String>,
}

fn cell_of(trial: &Trial) -> (Place, Column) {
    (Place::from(&trial.point), Column::of(&trial.effect))
}

fn sweep_one(
    arguments: &SweepArguments,
    library: &Library,
    scenario: &Loaded,
    cells: &mut Cells,
) -> Result<bool, CliError> {
    let seed = arguments.base.seed(scenario);
    let base = sound_base(library, scenario, seed)?;
    let document = document_of(scenario)?;
    let mut trials = base.trials()?;
    if arguments.thin {
        trials.retain(|trial| cells.insert(cell_of(trial)));
    }
    if !arguments.json {
        say(&format!(
            "{} (seed {seed}): {}, {}\n",
            scenario.name,
            counted(base.points.len(), "point"),
            counted(trials.len(), "run")
        ))?;
    }
    let jobs = arguments.base.jobs();
    let bar = progress(trials.len(), arguments.json, "{eta} left");
    let mut tally = Tally {
        findings: Findings::new(library)?,
        ..Tally::default()
    };
    let work = |trial: &Trial| base.attempt(library, trial);
    in_order(&trials, jobs, work, |trial, tried| {
        bar.inc(1);
        let tried = tried?;
        if arguments.json {
            say(&format!("{}\n", row(scenario, seed, trial, &tried)))?;
        }
        match tried.is_met {
            true => {}
            // The next scenario may come by without a fault of its own there.
            false if arguments.thin => {
                cells.remove(&cell_of(trial));
            }
            false => tally.unmet.push(fault_line(trial)),
        }
        *tally.outcomes.entry(tried.outcome).or_default() += 1;
        let Some(signature) = &tried.signature else {
            return Ok(());
        };
        let document = with_faults(document.clone(), &[trial]);
        let tell = || bar.suspend(|| say(&finding(trial, &tried, signature)));
        let told = || if arguments.json { Ok(()) } else { tell() };
        let found = Finding::new(signature.clone(), document);
        tally.findings.take(found, told, arguments.out.as_deref())
    })?;
    bar.finish_and_clear();
    if !arguments.json {
        say(&summary(&tally))?;
        let folder = arguments.out.as_deref();
        tally.findings.shrink(library, jobs, folder)?;
    }
    Ok(tally.findings.is_clean() && tally.unmet.is_empty())
}

fn row(scenario: &Loaded, seed: u64, trial: &Trial, tried: &Tried) -> serde_json::Value {
    json!({
        "scenario": scenario.name,
        "seed": seed,
        "fault": fault_line(trial),
        "outcome": tried.outcome.as_str(),
        "finding": tried.signature.as_ref().map(ToString::to_string),
        "met": tried.is_met,
        "journal_hash": tried.journal.hash(),
    })
}

/// A finding as soon as it is there.
fn finding(trial: &Trial, tried: &Tried, signature: &Signature) -> String {
    let head = headline(&tried.violations, signature);
    format!("{head}  {}\n", fault_line(trial))
}

fn summary(tally: &Tally) -> String {
    let outcomes = outcome_lines(&tally.outcomes);
    let unmet = tally
        .unmet
        .iter()
        .map(|line| format!("MET NOTHING {line}\n"));
    let head = [outcomes, tally.findings.summary()];
    head.into_iter().chain(unmet).collect()
}
