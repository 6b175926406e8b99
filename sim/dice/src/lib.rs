//! Chance, keyed by cause: a draw is a hash of the run's seed and of what it is for, not the next
//! number of a shared stream. So a fault changes what it causes, and leaves all other draws of the
//! run as they were.
//!
//! This lies with the counterparties, and not in the world that plays them, because both need it
//! and arrows run one way only.

mod record;
mod salt;

use std::collections::BTreeMap;

pub use self::record::{Draw, reached, recorded};
pub use self::salt::anew;

/// Odd constants without a pattern in their bits, as wyhash uses them.
const TEXT: u64 = 0xa076_1d64_78bd_642f;
const LENGTH: u64 = 0xe703_7ed1_a0b4_28db;
const NUMBER: u64 = 0x8ebc_6af0_9c88_c6e3;
const SEED: u64 = 0x5899_65cc_7537_4cc3;

/// What a draw is for: a kind and its causes, folded into one number. Causes should be such as stay
/// what they are when something else in the run goes otherwise: an event's id and not its place in
/// the run, the n-th try of a call and not its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(u64);

impl Key {
    /// A key of this kind, as yet without a cause.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        Self(0).text(kind)
    }

    /// The key with one more cause: a name.
    #[must_use]
    pub fn text(self, cause: &str) -> Self {
        let mut state = self.0;
        for chunk in cause.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            state = fold(state ^ u64::from_le_bytes(word) ^ TEXT, LENGTH);
        }
        self.with(fold(state ^ cause.len() as u64 ^ LENGTH, TEXT), || {
            cause.to_owned()
        })
    }

    /// The key with one more cause: a number.
    #[must_use]
    pub fn number(self, cause: u64) -> Self {
        self.with(self.numbered(cause), || cause.to_string())
    }

    /// The key with one more cause: whatever has a key of its own.
    #[must_use]
    pub fn key(self, cause: Key) -> Self {
        self.with(self.numbered(cause.0), || {
            format!("({})", record::name_of(cause.0))
        })
    }

    fn numbered(self, cause: u64) -> u64 {
        fold(self.0 ^ NUMBER, cause ^ TEXT).wrapping_add(cause)
    }

    /// The key that one more cause makes of this one.
    fn with(self, made: u64, cause: impl FnOnce() -> String) -> Self {
        record::name(made, self.0, cause);
        Self(made)
    }
}

/// The chance of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dice {
    seed: u64,
}

impl Dice {
    /// The dice of the runs with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// An even draw from all numbers: a seed for something that has chance of its own.
    #[must_use]
    pub fn seed(self, key: Key) -> u64 {
        let seed = mixed(self.seed ^ SEED);
        let seed = salt::next().map_or(seed, |salt| mixed(seed ^ mixed(salt ^ TEXT)));
        let drawn = mixed(key.0 ^ seed);
        record::draw(key.0, drawn);
        drawn
    }

    /// An even draw below `bound`; 0 where the bound is 0.
    #[must_use]
    pub fn draw(self, key: Key, bound: u64) -> u64 {
        high(self.seed(key), bound)
    }

    /// An even draw, both ends included.
    #[must_use]
    pub fn between(self, key: Key, least: u64, most: u64) -> u64 {
        match most.saturating_sub(least).checked_add(1) {
            Some(bound) => least + self.draw(key, bound),
            None => self.seed(key),
        }
    }

    /// Whether something happens that happens so often in a thousand cases.
    #[must_use]
    pub fn happens(self, key: Key, per_mille: u32) -> bool {
        self.draw(key, 1_000) < u64::from(per_mille)
    }
}

/// How often each key came up, for causes that come up more than once.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    counts: BTreeMap<Key, u64>,
}

impl Tally {
    /// Counts one more of the same key, and tells them apart: the key with its place among its
    /// likes, from 1.
    pub fn next(&mut self, key: Key) -> Key {
        let count = self.counts.entry(key).or_default();
        *count += 1;
        key.number(*count)
    }
}

/// Both halves of a product, one over the other.
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

/// `number` of 2^64 parts of `bound`.
fn high(number: u64, bound: u64) -> u64 {
    ((u128::from(number) * u128::from(bound)) >> 64) as u64
}

/// Every bit of the result depends on every bit of the number (splitmix64).
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_the_seed_and_on_every_cause() {
        let key = Key::of("call").text("GetItem").number(1);
        let draw = |seed, key| Dice::new(seed).seed(key);
        assert_eq!(
            draw(1, key),
            draw(1, Key::of("call").text("GetItem").number(1))
        );
        let others = [
            Key::of("call").text("GetItem").number(2),
            Key::of("call").text("PutItem").number(1),
            Key::of("coin").text("GetItem").number(1),
            Key::of("call").text("Get").text("Item").number(1),
            Key::of("call").number(1).text("GetItem"),
            Key::of("call").text("GetItem").number(1).text(""),
            Key::of("call").text("GetItem").number(1).number(0),
            Key::of("call").text("GetItem\0").number(1),
        ];
        for other in others {
            assert_ne!(draw(1, key), draw(1, other), "{other:?}");
        }
        assert_ne!(draw(1, key), draw(2, key));
    }

    /// 100,000 draws in 100 equal parts: the sum of the squared differences follows chi-squared
    /// with 99 degrees of freedom, which is above 148.2 once in a thousand times.
    #[test]
    fn draws_of_neighbouring_causes_and_seeds_are_even() {
        let spread = |draws: &mut dyn Iterator<Item = u64>| {
            let mut counts = [0_i64; 100];
            for draw in draws {
                counts[usize::try_from(draw).expect("below a hundred")] += 1;
            }
            counts
                .iter()
                .map(|count| (count - 1_000).pow(2))
                .sum::<i64>()
                / 1_000
        };
        let by_number = spread(
            &mut (0..100_000).map(|number| Dice::new(1).draw(Key::of("call").number(number), 100)),
        );
        let by_text =
            spread(&mut (0..100_000).map(|number: u64| {
                Dice::new(1).draw(Key::of("call").text(&number.to_string()), 100)
            }));
        let by_seed =
            spread(&mut (0..100_000).map(|seed| Dice::new(seed).draw(Key::of("call"), 100)));
        for chi_squared in [by_number, by_text, by_seed] {
            assert!(chi_squared < 148, "{by_number} {by_text} {by_seed}");
        }
    }

    #[test]
    fn a_draw_keeps_its_bounds() {
        let dice = Dice::new(3);
        let keys = || (0..1_000).map(|number| Key::of("bounds").number(number));
        assert!(keys().all(|key| (5..=7).contains(&dice.between(key, 5, 7))));
        assert!((5..=7).all(|wanted| keys().any(|key| dice.between(key, 5, 7) == wanted)));
        assert!(keys().all(|key| dice.between(key, 5, 5) == 5
            && dice.between(key, 7, 5) == 7
            && dice.draw(key, 0) == 0));
        assert!(keys().all(|key| !dice.happens(key, 0) && dice.happens(key, 1_000)));
        assert!(keys().any(|key| dice.between(key, 0, u64::MAX) > u64::MAX / 2));
    }

    #[test]
    fn the_same_cause_again_is_another_cause() {
        let (mut tally, key) = (Tally::default(), Key::of("invoke"));
        let (first, second) = (tally.next(key), tally.next(key));
        assert_ne!(first, second);
        assert_eq!(first, Tally::default().next(key));
    }
}
