//! The search for what goes wrong: one command a way of searching.

mod campaign;
mod certify;
mod everything;
mod findings;
mod inevitable;
mod matrix;
mod pairs;
mod random;
mod shrink;
mod sweep;
mod twins;
mod verify;
mod why;

use std::num::NonZeroUsize;

use clap::{Args, Subcommand};

use self::campaign::CampaignArguments;
pub use self::campaign::CampaignError;
use self::certify::CertifyArguments;
use self::inevitable::InevitableArguments;
use self::matrix::MatrixArguments;
use self::pairs::PairsArguments;
use self::random::RandomArguments;
use self::shrink::ShrinkArguments;
use self::sweep::SweepArguments;
use self::twins::TwinsArguments;
use self::verify::VerifyArguments;
use self::why::WhyArguments;
use crate::error::CliError;
use crate::parallel::Jobs;
use crate::run::lacks;
use crate::selection::Selection;
use alchemiser_binding::explore::Base;
use alchemiser_binding::run::BackendKind;
use alchemiser_binding::scenario::{Document, Library, Loaded};
use alchemiser_binding::text_file::read_text;

/// What `explore` takes.
#[derive(Debug, Args)]
pub struct ExploreArguments {
    #[command(subcommand)]
    command: Option<Exploration>,
}

#[derive(Debug, Subcommand)]
enum Exploration {
    /// Tries every fault at every point of a scenario, one a run.
    Sweep(SweepArguments),
    /// Tries two faults a run: one, and others in the recovery from it.
    Pairs(PairsArguments),
    /// Lets the power fail at every call, and says whether the system ends well: by itself, by a
    /// runbook, or never.
    Inevitable(InevitableArguments),
    /// Makes worlds of chance, and lets faults strike them.
    Random(RandomArguments),
    /// Shares sweeps and worlds of chance among processes and machines.
    Campaign(CampaignArguments),
    /// Makes a scenario that does not hold as small as it goes.
    Shrink(ShrinkArguments),
    /// Says when it was decided that a scenario does not hold: draws its chance anew from many
    /// moments on.
    Why(WhyArguments),
    /// After a fix: runs the scenario of a finding, and what is next to it, as often as it takes to
    /// be sure.
    Verify(VerifyArguments),
    /// Runs scenarios again under ten circumstances that must not matter, and says where they do.
    Certify(CertifyArguments),
    /// Holds scenarios against twins that must end alike: other names, more money, another day.
    Twins(TwinsArguments),
    /// Shows what was tried of all that may go wrong, and which knobs go with which actions.
    Matrix(MatrixArguments),
}

/// Searches for what goes wrong. True where nothing does.
pub fn explore(arguments: &ExploreArguments) -> Result<bool, CliError> {
    let Some(command) = &arguments.command else {
        return everything::everything();
    };
    match command {
        Exploration::Sweep(arguments) => sweep::sweep(arguments),
        Exploration::Pairs(arguments) => pairs::pairs(arguments),
        Exploration::Inevitable(arguments) => inevitable::inevitable(arguments),
        Exploration::Random(arguments) => random::random(arguments),
        Exploration::Campaign(arguments) => campaign::campaign(arguments),
        Exploration::Shrink(arguments) => shrink::shrink(arguments),
        Exploration::Why(arguments) => why::why(arguments),
        Exploration::Verify(arguments) => verify::verify(arguments),
        Exploration::Certify(arguments) => certify::certify(arguments),
        Exploration::Twins(arguments) => twins::twins(arguments),
        Exploration::Matrix(arguments) => matrix::matrix(arguments),
    }
}

/// What every search takes that begins with scenarios.
#[derive(Debug, Args)]
pub struct BaseArguments {
    /// The scenarios: names, parts of them, globs, or paths.
    #[arg(required = true)]
    pub scenarios: Vec<String>,
    /// The seed of the worlds. Without it, the scenario's own, or 1.
    #[arg(long)]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub jobs: Jobs,
}

impl BaseArguments {
    /// Scenarios by name, and nothing else said.
    fn of(scenario: &str) -> Self {
        Self {
            scenarios: vec![scenario.to_owned()],
            seed: None,
            jobs: Jobs::default(),
        }
    }

    fn seed(&self, scenario: &Loaded) -> u64 {
        self.seed.unwrap_or(scenario.scenario.seed)
    }

    fn jobs(&self) -> NonZeroUsize {
        self.jobs.get()
    }

    /// Searches from each scenario. True where all are clean.
    fn each(
        &self,
        search: impl Fn(&Library, &Loaded) -> Result<bool, CliError>,
    ) -> Result<bool, CliError> {
        let library = Library::of_this_project()?;
        let mut is_clean = true;
        let scenarios = Selection::sound(&library, &self.scenarios)?;
        let is_one = scenarios.len() == 1;
        for scenario in scenarios {
            // Neither this nor what follows is among the results, which a program may read.
            let not_run = |why: &str| eprintln!("NOT RUN: {}: {why}", scenario.name);
            if let Some(lack) = lacks(&BackendKind::Virtual, &scenario) {
                not_run(&lack);
                continue;
            }
            let exact = scenario.scenario.expect.exact();
            if !is_one && exact.is_some_and(|expect| !expect.violations.is_empty()) {
                not_run("it is there to break an invariant");
                continue;
            }
            match search(&library, &scenario) {
                Ok(is_sound) => is_clean &= is_sound,
                // Among many it is no mistake of who names it.
                Err(error @ CliError::UnsoundBase { .. }) if !is_one => {
                    is_clean = false;
                    eprintln!("FOUND  {error}");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(is_clean)
    }
}

/// A scenario to search from.
fn sound_base(library: &Library, scenario: &Loaded, seed: u64) -> Result<Base, CliError> {
    let base = Base::of(library, scenario, seed)?;
    match base.violations.first() {
        None => Ok(base),
        Some(violation) => Err(CliError::UnsoundBase {
            scenario: scenario.name.clone(),
            check: violation.check.clone(),
            problem: violation.problem.clone(),
        }),
    }
}

/// What the file of a scenario says.
fn document_of(scenario: &Loaded) -> Result<Document, CliError> {
    let path = &scenario.path;
    let text = read_text(path).map_err(|source| CliError::Read {
        path: path.clone(),
        source,
    })?;
    // It was read as a scenario before.
    Document::read(&text).map_err(|_| CliError::NothingFound(path.clone()))
}

fn counted(number: usize, noun: &str) -> String {
    let end = match number {
        1 => "",
        _ if noun.ends_with("ss") => "es",
        _ => "s",
    };
    format!("{number} {noun}{end}")
}
