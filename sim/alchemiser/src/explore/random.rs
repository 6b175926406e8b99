use super::sweep::golden;
use super::{ALPHABET, Compared, Judged, Twin, with_faults, world};
use crate::landmark::passed;
use crate::run::{Run, RunError, run};
use crate::scenario::{Document, Library, Scenario};
use harness::explore::{Features, Tape, UnknownOperation, points};
use harness::journal::Journal;

/// What became of a world of chance.
#[derive(Clone, Debug)]
pub struct Wild {
    /// The scenario: the world, and the faults that struck it if it stood without them.
    pub document: Document,
    /// How its last run ended.
    pub judged: Judged,
    /// All that happened in it.
    pub journal: Journal,
    /// How many runs that took.
    pub runs: u32,
}

impl Wild {
    /// What it showed: the shape of its journal, the landmarks that it came by, and how it ended.
    #[must_use]
    pub fn features(&self) -> Features {
        let mut features = Features::of(&self.journal);
        for passage in passed(&self.journal) {
            let times = u64::try_from(passage.times).unwrap_or(u64::MAX);
            features.add(passage.landmark, times);
        }
        features.add(self.judged.outcome.as_str(), 1);
        features
    }
}

/// Why a world of chance could not be tried.
#[derive(Debug, thiserror::Error)]
pub enum WildError {
    /// The generator made a scenario that is none.
    #[error("the world {seed:016x} is no scenario: {source}")]
    World {
        /// The seed of its tape.
        seed: u64,
        /// What is wrong with it.
        source: Box<RunError>,
    },
    /// A party that is called and of which nobody has said what it may do.
    #[error(transparent)]
    Alphabet(#[from] UnknownOperation),
}

/// Runs the world of a tape as it is, and where it holds, once more with faults.
///
/// # Errors
/// A world that is no scenario; a party that is not in the alphabet.
pub fn wander(library: &Library, tape: &mut Tape) -> Result<Wild, WildError> {
    let seed = tape.seed;
    let refused = |source| WildError::World {
        seed,
        source: Box::new(source),
    };
    let document = world(tape);
    let (scenario, undisturbed) = carry_out(library, &document).map_err(refused)?;
    let judged = Judged::of(&undisturbed, None);
    let faults = ALPHABET.of_chance(tape, &points(&undisturbed.journal))?;
    let mut wild = Wild {
        document,
        judged,
        journal: undisturbed.journal,
        runs: 1,
    };
    if wild.judged.signature.is_some() {
        return Ok(wild);
    }
    if let Some(twin) = Twin::of_chance(tape, &wild.document) {
        let compared = twin.judge(library, &wild.document, (&scenario, &wild.journal));
        if let Some(Compared { document, judged }) = compared.map_err(refused)? {
            wild.runs += 1;
            if judged.signature.is_some() {
                (wild.document, wild.judged) = (document, judged);
                return Ok(wild);
            }
        }
    }
    if faults.is_empty() {
        return Ok(wild);
    }
    let golden = golden(&scenario, &wild.journal);
    let document = with_faults(wild.document, &faults.iter().collect::<Vec<_>>());
    let (_, disturbed) = carry_out(library, &document).map_err(refused)?;
    Ok(Wild {
        document,
        judged: Judged::of(&disturbed, Some(&golden)),
        journal: disturbed.journal,
        runs: wild.runs + 1,
    })
}

/// The name of what no file holds.
const NAME: &str = "a world of chance";

/// Runs the scenario that a document is.
pub(super) fn carry_out(
    library: &Library,
    document: &Document,
) -> Result<(Scenario, Run), RunError> {
    let loaded = document.load(library, NAME)?;
    let run = run(library, &loaded, loaded.scenario.seed)?;
    Ok((loaded.scenario, run))
}
