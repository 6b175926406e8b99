use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::{Estimate, Features, Tape};
use seeded_dice::{Dice, Key};

/// The tapes whose runs showed something that no run before had shown, and how often each feature
/// was shown. What is proposed next follows from these and from the seed alone.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    kept: Vec<Kept>,
    shown: BTreeMap<Key, Shown>,
    runs: u32,
}

#[derive(Clone, Debug)]
struct Kept {
    tape: Tape,
    features: Vec<Key>,
    /// How many of its children in a row showed nothing new.
    barren: u64,
}

/// By whom a feature was shown.
#[derive(Clone, Copy, Debug)]
struct Shown {
    first: u32,
    times: u64,
}

/// A tape to try, and where it is from.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The tape.
    pub tape: Tape,
    parent: Option<usize>,
}

/// One proposal of so many owes nothing to any that was kept.
const FRESH: u64 = 4;
/// One of so many children has two parents, and the others have one: what it does not have from
/// there is made anew.
const OF_TWO: u64 = 4;
/// What a tape has of which nothing is known.
const ENERGY: u64 = 1 << 32;
/// A tape with so many barren children in a row has half of its turns left, with twice as many a
/// third.
const BARREN: u64 = 16;

impl Proposal {
    /// A tape of a seed.
    #[must_use]
    pub fn fresh(seed: u64) -> Self {
        Self {
            tape: Tape::new(seed),
            parent: None,
        }
    }
}

impl Corpus {
    /// The tapes of these numbers: fresh ones, and changes of those whose runs showed what few have
    /// shown.
    #[must_use]
    pub fn propose(&self, dice: Dice, numbers: Range<u64>) -> Vec<Proposal> {
        let energies: Vec<u64> = self.kept.iter().map(|kept| self.energy(kept)).collect();
        let dice_of = |number| Dice::new(dice.seed(Key::of("world").number(number)));
        numbers
            .map(|number| self.proposal(dice_of(number), &energies))
            .collect()
    }

    fn proposal(&self, dice: Dice, energies: &[u64]) -> Proposal {
        let fresh = Proposal::fresh(dice.seed(Key::of("fresh")));
        if dice.draw(Key::of("is fresh"), FRESH) == 0 {
            return fresh;
        }
        let Some(parent) = chosen(energies, dice, "parent") else {
            return fresh;
        };
        let other = (dice.draw(Key::of("has two parents"), OF_TWO) == 0)
            .then(|| chosen(energies, dice, "other parent"))
            .flatten();
        let other = other.map_or(fresh.tape, |other| self.kept[other].tape.clone());
        let of = 2 << dice.draw(Key::of("kept"), 3);
        Proposal {
            tape: self.kept[parent].tape.crossed(&other, of, dice),
            parent: Some(parent),
        }
    }

    fn energy(&self, kept: &Kept) -> u64 {
        let times = kept.features.iter().filter_map(|key| self.shown.get(key));
        let rarest = times.map(|shown| shown.times).min().unwrap_or(u64::MAX);
        ENERGY / rarest.max(1) / (1 + kept.barren / BARREN)
    }

    /// Takes what the run of a proposal showed, once it has run: its tape has all choices drawn.
    /// True where something in it was new.
    pub fn take(&mut self, proposal: Proposal, features: &Features) -> bool {
        let number = self.runs;
        self.runs += 1;
        let mut new = Vec::new();
        for key in features.iter() {
            let shown = self.shown.entry(key).or_insert_with(|| {
                new.push(key);
                Shown {
                    first: number,
                    times: 0,
                }
            });
            shown.times += 1;
        }
        let is_new = !new.is_empty();
        if let Some(parent) = proposal.parent.and_then(|place| self.kept.get_mut(place)) {
            parent.barren = if is_new { 0 } else { parent.barren + 1 };
        }
        if is_new {
            self.kept.push(Kept {
                tape: proposal.tape,
                features: new,
                barren: 0,
            });
        }
        is_new
    }

    /// How many features were shown.
    #[must_use]
    pub fn features(&self) -> usize {
        self.shown.len()
    }

    /// How likely the next run shows something new: as many as showed something that no other run
    /// did (Good and Turing).
    #[must_use]
    pub fn left(&self) -> Estimate {
        let single = self.shown.values().filter(|shown| shown.times == 1);
        let alone: BTreeSet<u32> = single.map(|shown| shown.first).collect();
        Estimate::of(u32::try_from(alone.len()).unwrap_or(u32::MAX), self.runs)
    }
}

/// One of those that were kept. Its chance is its energy, which is that of its rarest feature.
fn chosen(energies: &[u64], dice: Dice, key: &str) -> Option<usize> {
    let mut place = dice.draw(Key::of(key), energies.iter().sum());
    energies.iter().position(|energy| {
        let is_here = place < *energy;
        place = place.saturating_sub(*energy);
        is_here
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that shows something rare where three choices are right, each of which shows itself.
    fn run(tape: &mut Tape) -> (Features, bool) {
        let mut features = Features::default();
        let doors = ["one", "two", "three"];
        let open = doors.iter().take_while(|door| tape.happens(door, 1, 40));
        let open = open.count() as u64;
        features.add("doors", open);
        (features, open == 3)
    }

    /// How many runs it takes until the last door is open; at most 20,000.
    fn needed(seed: u64, is_blind: bool) -> u32 {
        let (mut corpus, dice) = (Corpus::default(), Dice::new(seed));
        for number in 0..20_000 {
            let mut proposal = match is_blind {
                true => Proposal::fresh(dice.seed(Key::of("world").number(number))),
                false => corpus.propose(dice, number..number + 1).remove(0),
            };
            let (features, is_found) = run(&mut proposal.tape);
            corpus.take(proposal, &features);
            if is_found {
                break;
            }
        }
        corpus.runs
    }

    #[test]
    fn what_shows_on_the_way_leads_there() {
        for seed in 0..5 {
            let (led, blind) = (needed(seed, false), needed(seed, true));
            assert!(led * 5 < blind, "seed {seed}: {led} against {blind}");
        }
    }

    #[test]
    fn what_is_left_shrinks_as_runs_show_the_same() {
        let mut corpus = Corpus::default();
        let mut one = Features::default();
        one.add("one", 1);
        assert_eq!(corpus.left().most, 1.0);
        assert!(corpus.take(Proposal::fresh(1), &one));
        assert_eq!(corpus.left().middle, 1.0);
        for seed in 0..99 {
            assert!(!corpus.take(Proposal::fresh(seed), &one));
        }
        assert!(corpus.left().middle == 0.0 && corpus.left().most < 0.05);
        assert_eq!(corpus.features(), 1);
    }
}
