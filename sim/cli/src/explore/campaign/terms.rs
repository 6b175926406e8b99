use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::CampaignError;
use crate::error::CliError;
use alchemiser_binding::scenario::{Library, Loaded, read_scenario};
use alchemiser_binding::text_file::read_text;
use harness::chain::sha256;
use seeded_dice::{Dice, Key};

/// What a campaign is about. It is fixed when the campaign begins, and with the state of the round
/// before it decides what a round is: how many machines there are decides nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub seed: u64,
    pub worlds_a_round: u64,
    /// Into how many parts a round is cut.
    pub parts: u64,
    /// The scenarios that round 0 sweeps.
    pub sweeps: Vec<SweepTerms>,
    /// SHA-256 of the program.
    pub program: String,
    /// SHA-256 of each file that the program reads.
    pub files: BTreeMap<String, String>,
}

/// A scenario that is swept. Its text is here, so that a part needs no further file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepTerms {
    pub scenario: String,
    pub seed: u64,
    pub trials: u64,
    pub text: String,
}

/// One thing to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    Trial { sweep: &'a SweepTerms, number: u64 },
    World { seed: u64 },
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trial { sweep, number } => {
                let SweepTerms { scenario, seed, .. } = sweep;
                write!(formatter, "{scenario} (seed {seed}), trial {number}")
            }
            Self::World { seed } => write!(formatter, "world {seed:016x}"),
        }
    }
}

impl Terms {
    /// How many items a round has. Round 0 sweeps, if there is something to sweep.
    pub fn items(&self, round: u64) -> u64 {
        if round < self.sweep_rounds() {
            self.sweeps.iter().map(|sweep| sweep.trials).sum()
        } else {
            self.worlds_a_round
        }
    }

    /// An item of a round, by its place.
    pub fn item(&self, round: u64, place: u64) -> Option<Item<'_>> {
        if round < self.sweep_rounds() {
            let mut number = place;
            for sweep in &self.sweeps {
                if number < sweep.trials {
                    return Some(Item::Trial { sweep, number });
                }
                number -= sweep.trials;
            }
            return None;
        }
        let worlds_before = (round - self.sweep_rounds()) * self.worlds_a_round;
        let key = Key::of("world").number(worlds_before + place);
        let seed = Dice::new(self.seed).seed(key);
        (place < self.worlds_a_round).then_some(Item::World { seed })
    }

    fn sweep_rounds(&self) -> u64 {
        u64::from(!self.sweeps.is_empty())
    }

    /// Refuses where this program, or a file that it reads, is another than at the beginning.
    pub fn hold(&self, library: &Library) -> Result<(), CliError> {
        let differs = |what: &str, ours: &str, theirs: &str| {
            let error = CampaignError::Other {
                what: what.to_owned(),
                ours: ours.to_owned(),
                theirs: theirs.to_owned(),
            };
            if ours == theirs { Ok(()) } else { Err(error) }
        };
        differs("this program", &program()?, &self.program)?;
        let files = files(library)?;
        for name in files.keys().chain(self.files.keys()) {
            let of = |files: &BTreeMap<String, String>| {
                files
                    .get(name)
                    .cloned()
                    .unwrap_or_else(|| "none".to_owned())
            };
            differs(name, &of(&files), &of(&self.files))?;
        }
        Ok(())
    }
}

impl SweepTerms {
    /// The scenario, read out of the text.
    pub fn load(&self, library: &Library) -> Result<Loaded, CliError> {
        let path = Path::new(&self.scenario);
        Ok(read_scenario(library, &self.text, path, &self.scenario)?)
    }
}

/// SHA-256 of this program.
pub fn program() -> Result<String, CliError> {
    let path = std::env::current_exe().map_err(CliError::System)?;
    let bytes = std::fs::read(path).map_err(CliError::System)?;
    Ok(sha256(&bytes))
}

/// SHA-256 of template and strategies, which the program reads from the folder that it was built
/// in.
pub fn files(library: &Library) -> Result<BTreeMap<String, String>, CliError> {
    let path = library.root().join("template.yaml");
    let template = read_text(&path).map_err(|source| CliError::Read { path, source })?;
    let strategies = library.strategies().iter();
    let strategies = strategies.map(|(name, text)| (format!("strategies/{name}"), text.as_str()));
    let template = [("template.yaml".to_owned(), template.as_str())];
    let files = template.into_iter().chain(strategies);
    Ok(files
        .map(|(name, text)| (name, sha256(text.as_bytes())))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(trials: &[u64]) -> Terms {
        let sweep = |(place, trials): (usize, &u64)| SweepTerms {
            scenario: format!("s{place}"),
            seed: 1,
            trials: *trials,
            text: String::new(),
        };
        Terms {
            seed: 1,
            worlds_a_round: 2,
            parts: 1,
            sweeps: trials.iter().enumerate().map(sweep).collect(),
            program: String::new(),
            files: BTreeMap::new(),
        }
    }

    fn round(terms: &Terms, round: u64) -> Vec<String> {
        let items = (0..terms.items(round)).filter_map(|place| terms.item(round, place));
        items.map(|item| item.to_string()).collect()
    }

    #[test]
    fn sweeps_come_first_and_no_world_comes_twice() {
        let swept = terms(&[1, 0, 2]);
        let trial = |scenario: &str, number: u64| format!("{scenario} (seed 1), trial {number}");
        assert_eq!(
            round(&swept, 0),
            [trial("s0", 0), trial("s2", 0), trial("s2", 1)]
        );
        assert_eq!(swept.item(0, 3), None);
        let worlds = [round(&swept, 1), round(&swept, 2)].concat();
        let unswept = terms(&[]);
        assert_eq!(worlds, [round(&unswept, 0), round(&unswept, 1)].concat());
        let different: std::collections::BTreeSet<&String> = worlds.iter().collect();
        assert_eq!(different.len(), 4);
    }
}
