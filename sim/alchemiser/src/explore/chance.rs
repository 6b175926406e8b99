use serde_json::json;

use super::sweep::without_faults;
use super::{Ending, Judged, Signature};
use crate::run::{RunError, run};
use crate::scenario::{Document, Library, Loaded};
use harness::journal::Journal;
use seeded_dice::{Draw, anew, recorded};

/// A run that shows something that must not be, with all that chance had to do with it.
#[derive(Clone, Debug)]
pub struct Chance {
    loaded: Loaded,
    seed: u64,
    golden: Option<Ending>,
    /// What it shows.
    pub signature: Signature,
    /// All that happened.
    pub journal: Journal,
    /// All draws, in their order; the place of one is the number of entries before it.
    pub draws: Vec<Draw>,
}

impl Chance {
    /// Runs a scenario with a seed; none where it holds, and nothing ends in silence.
    ///
    /// # Errors
    /// A mistake in the scenario.
    pub fn of(
        library: &Library,
        loaded: &Loaded,
        document: &Document,
        seed: u64,
    ) -> Result<Option<Self>, RunError> {
        let (run, draws) = recorded(|| run(library, loaded, seed));
        let run = run?;
        // What an invariant says needs no run without the faults.
        let golden = match Judged::of(&run, None).signature {
            Some(_) => None,
            None => {
                let mut document = document.clone();
                document.0["seed"] = json!(seed);
                document.0["expect"] = json!("sound");
                without_faults(library, &document)?
            }
        };
        let judged = Judged::of(&run, golden.as_ref());
        Ok(judged.signature.map(|signature| Self {
            loaded: loaded.clone(),
            seed,
            golden,
            signature,
            journal: run.journal,
            draws,
        }))
    }

    /// Whether the same is shown where only the first draws are kept.
    ///
    /// # Errors
    /// A mistake in the scenario.
    pub fn is_shown(&self, library: &Library, kept: usize, salt: u64) -> Result<bool, RunError> {
        let run = anew(kept, salt, || run(library, &self.loaded, self.seed))?;
        let judged = Judged::of(&run, self.golden.as_ref());
        Ok(judged.signature.as_ref() == Some(&self.signature))
    }
}
