use crate::run::{RunError, run};
use crate::scenario::{Library, Loaded};
use harness::chain::Trace;

/// Runs a scenario, and gives all of it that must be the same wherever it runs.
///
/// # Errors
/// A mistake in the scenario.
pub fn trace(library: &Library, loaded: &Loaded, seed: u64) -> Result<Trace, RunError> {
    Trace::of(|| run(library, loaded, seed).map(|run| run.journal))
}
