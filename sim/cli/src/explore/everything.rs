use super::BaseArguments;
use super::inevitable::{InevitableArguments, inevitable};
use super::pairs::{PairsArguments, pairs};
use super::random::{RandomArguments, random};
use super::sweep::{SweepArguments, sweep};
use crate::error::CliError;
use crate::output::say;
use crate::parallel::Jobs;

/// The scenario that holds the whole path.
const DAY: &str = "examples/full_day";
/// Pairs of faults of a search in which other ways take turns.
const PAIRS: usize = 3_000;
/// How long worlds of chance are made.
const MINUTES: f64 = 8.0;

/// What makes sense where nothing is said: every single fault of a day, every fault once at each
/// place of all scenarios, the power, pairs, and then worlds of chance; ten minutes or so.
pub fn everything() -> Result<bool, CliError> {
    let faults = |scenarios: &str, thin: bool| {
        sweep(&SweepArguments {
            base: BaseArguments::of(scenarios),
            thin,
            json: false,
            out: None,
        })
    };
    say("Every single fault of a trading day\n")?;
    let mut is_clean = faults(DAY, false)?;
    say("\nEvery fault once at each place of all scenarios\n")?;
    is_clean &= faults("*", true)?;
    say("\nA loss of power at every call\n")?;
    is_clean &= inevitable(&InevitableArguments {
        base: BaseArguments::of(DAY),
    })?;
    say("\nFaults in the recovery from faults\n")?;
    is_clean &= pairs(&PairsArguments {
        base: BaseArguments::of(DAY),
        runs: PAIRS,
        out: None,
    })?;
    say("\nWorlds of chance\n")?;
    is_clean &= random(&RandomArguments {
        worlds: None,
        minutes: Some(MINUTES),
        until: None,
        blind: false,
        seed: 1,
        jobs: Jobs::default(),
        json: false,
        unshrunk: false,
        out: None,
    })?;
    Ok(is_clean)
}
