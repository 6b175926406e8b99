use std::collections::BTreeMap;

use seeded_dice::{Dice, Key};

/// The choices that a generator makes, each by its name. A choice is drawn from the seed and the
/// name, and not from a shared stream: whatever else is chosen otherwise, it stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tape {
    /// What all choices are drawn from that nobody has changed.
    pub seed: u64,
    changed: BTreeMap<String, u64>,
    drawn: BTreeMap<String, u64>,
}

impl Tape {
    /// The tape of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// A number below `bound`; 0 where the bound is 0.
    pub fn choose(&mut self, name: &str, bound: u64) -> u64 {
        let value = match self.changed.get(name) {
            Some(value) => value.checked_rem(bound).unwrap_or_default(),
            None => Dice::new(self.seed).draw(Key::of("choice").text(name), bound),
        };
        self.drawn.insert(name.to_owned(), bound);
        value
    }

    /// Whether something is so that is so in `times` of `of` cases.
    pub fn happens(&mut self, name: &str, times: u64, of: u64) -> bool {
        self.choose(name, of) < times
    }

    /// One of these.
    ///
    /// # Panics
    /// Where there is none.
    pub fn pick<'a, T: ?Sized>(&mut self, name: &str, among: &[&'a T]) -> &'a T {
        let place = self.choose(name, among.len() as u64);
        usize::try_from(place)
            .ok()
            .and_then(|place| among.get(place))
            .expect("one is chosen of some")
    }

    /// A number of things: `least`, or a few more, seldom many.
    pub fn few(&mut self, name: &str, least: u64, most: u64) -> u64 {
        let room = most.saturating_sub(least) + 1;
        let most_here = 1 + self.choose(&format!("{name}/most"), room);
        least + self.choose(name, most_here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_keeps_to_its_name() {
        let mut one = Tape::new(7);
        let mut other = Tape::new(7);
        let first = one.choose("price", 1_000);
        other.choose("cash", 1_000);
        assert_eq!(other.choose("price", 1_000), first);
        assert_ne!(
            Tape::new(8).choose("price", 1_000_000),
            one.choose("price", 1_000_000)
        );
    }

    #[test]
    fn a_choice_keeps_its_bounds() {
        let mut tape = Tape::new(1);
        for round in 0..200 {
            assert!((2..=5).contains(&tape.few(&format!("few {round}"), 2, 5)));
            assert!(tape.choose(&format!("choice {round}"), 3) < 3);
        }
        assert_eq!(tape.choose("nothing", 0), 0);
        assert_eq!(tape.pick("one", &["this"]), "this");
    }
}
