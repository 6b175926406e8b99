use std::path::Path;

use clap::Args;

use super::CampaignError;
use super::files::{CampaignFiles, Known};
use super::terms::{SweepTerms, Terms, files, program};
use crate::error::CliError;
use crate::explore::counted;
use crate::output::say;
use crate::selection::Selection;
use alchemiser_binding::explore::Base;
use alchemiser_binding::scenario::{Library, Loaded};
use alchemiser_binding::text_file::read_text;

/// What a campaign begins with.
#[derive(Debug, Args)]
pub struct TermsArguments {
    /// The seed of the campaign: another one makes other worlds. Without it, 1.
    #[arg(long)]
    seed: Option<u64>,
    /// How many worlds of chance a round has. Without it, 1,000.
    #[arg(long, value_name = "N")]
    worlds_a_round: Option<u64>,
    /// Into how many parts a round is cut: more than there are cores. Without it, 16.
    #[arg(long, value_name = "N")]
    parts: Option<u64>,
    /// Scenarios that round 0 sweeps: names, parts of them, globs, or paths.
    #[arg(long, value_name = "SCENARIO", num_args = 1..)]
    sweep: Vec<String>,
}

/// Begins a campaign, or plans its next round.
pub fn plan(folder: &Path, arguments: &TermsArguments) -> Result<bool, CliError> {
    let files = begun(folder, arguments)?;
    let known = files.known()?;
    say(&format!("{}\n", next_round(&files, &known)?))?;
    Ok(true)
}

/// The campaign of a folder; it begins where there is none.
pub fn begun(folder: &Path, arguments: &TermsArguments) -> Result<CampaignFiles, CliError> {
    let library = Library::of_this_project()?;
    if !folder.join("campaign.json").is_file() {
        return CampaignFiles::begin(folder, arguments.terms(&library)?);
    }
    let files = CampaignFiles::open(folder)?;
    arguments.agree(&library, &files.terms)?;
    files.terms.hold(&library)?;
    Ok(files)
}

/// Plans the next round, where all parts of the last are there, and says what it is.
pub fn next_round(files: &CampaignFiles, known: &Known) -> Result<String, CliError> {
    let round = match known.newest {
        None => 0,
        Some(newest) if known.missing.is_empty() => {
            files.write_merged(newest, &known.merged)?;
            newest + 1
        }
        Some(round) => {
            return Err(CampaignError::Incomplete {
                round,
                missing: known.missing.len() as u64,
                parts: files.terms.parts,
            }
            .into());
        }
    };
    files.write_plan(&files.plan(round, &known.merged))?;
    let items = usize::try_from(files.terms.items(round)).unwrap_or(usize::MAX);
    let parts = usize::try_from(files.terms.parts).unwrap_or(usize::MAX);
    Ok(format!(
        "round {round}: {} in {}",
        counted(items, "item"),
        counted(parts, "part")
    ))
}

impl TermsArguments {
    fn terms(&self, library: &Library) -> Result<Terms, CliError> {
        let chosen = match self.sweep.as_slice() {
            [] => Vec::new(),
            patterns => Selection::sound(library, patterns)?,
        };
        let (parts, worlds_a_round) = (
            self.parts.unwrap_or(16),
            self.worlds_a_round.unwrap_or(1_000),
        );
        if parts == 0 || worlds_a_round == 0 {
            return Err(CampaignError::TooSmall.into());
        }
        let sweep = |loaded: &Loaded| sweep_terms(library, loaded);
        Ok(Terms {
            seed: self.seed.unwrap_or(1),
            worlds_a_round,
            parts,
            sweeps: chosen.iter().map(sweep).collect::<Result<_, _>>()?,
            program: program()?,
            files: files(library)?,
        })
    }

    /// Refuses another word on what the campaign began with.
    fn agree(&self, library: &Library, terms: &Terms) -> Result<(), CliError> {
        let differs = |option, began| Err(CampaignError::OtherTerms { option, began }.into());
        let rows = [
            ("seed", self.seed, terms.seed),
            ("worlds-a-round", self.worlds_a_round, terms.worlds_a_round),
            ("parts", self.parts, terms.parts),
        ];
        for (option, said, began) in rows {
            if said.is_some_and(|said| said != began) {
                return differs(option, began.to_string());
            }
        }
        if self.sweep.is_empty() {
            return Ok(());
        }
        let chosen = Selection::sound(library, &self.sweep)?.into_iter();
        let chosen: Vec<String> = chosen.map(|loaded| loaded.name).collect();
        let began = terms.sweeps.iter().map(|sweep| sweep.scenario.clone());
        let began: Vec<String> = began.collect();
        match began.as_slice() {
            began if began == chosen => Ok(()),
            [] => differs("sweep", "none".to_owned()),
            began => differs("sweep", began.join(", ")),
        }
    }
}

fn sweep_terms(library: &Library, loaded: &Loaded) -> Result<SweepTerms, CliError> {
    let seed = loaded.scenario.seed;
    let base = Base::of(library, loaded, seed)?;
    if let Some(violation) = base.violations.first() {
        return Err(CliError::UnsoundBase {
            scenario: loaded.name.clone(),
            check: violation.check.clone(),
            problem: violation.problem.clone(),
        });
    }
    let text = read_text(&loaded.path).map_err(|source| CliError::Read {
        path: loaded.path.clone(),
        source,
    })?;
    Ok(SweepTerms {
        scenario: loaded.name.clone(),
        seed,
        trials: base.trials()?.len() as u64,
        text,
    })
}
