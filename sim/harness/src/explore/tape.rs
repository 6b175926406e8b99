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

    /// A tape of which nothing is drawn yet, with some choices of this one, and some of another: all
    /// of a kind from one of both, from the other with a chance of one in `of`. The kind of a choice is
    /// the first word of its name, so that what has many choices does not change more often than what
    /// has few.
    #[must_use]
    pub fn crossed(&self, other: &Self, of: u64, dice: Dice) -> Self {
        let mut crossed = Self {
            drawn: BTreeMap::new(),
            ..self.clone()
        };
        for (name, bound) in self.drawn.iter().chain(&other.drawn) {
            if dice.draw(Key::of("crossed").text(kind(name)), of) == 0 {
                let value = other.value(name, *bound);
                crossed.changed.insert(name.clone(), value);
            }
        }
        crossed
    }

    /// A number below `bound`; 0 where the bound is 0.
    pub fn choose(&mut self, name: &str, bound: u64) -> u64 {
        let value = self.value(name, bound);
        self.drawn.insert(name.to_owned(), bound);
        value
    }

    fn value(&self, name: &str, bound: u64) -> u64 {
        match self.changed.get(name) {
            Some(value) => value.checked_rem(bound).unwrap_or_default(),
            None => Dice::new(self.seed).draw(Key::of("choice").text(name), bound),
        }
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

/// The first word of a choice's name.
fn kind(name: &str) -> &str {
    name.split([' ', '/']).next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws the choices of a small world.
    fn drawn(mut tape: Tape) -> (Vec<u64>, Tape) {
        let names = [
            "price",
            "price 1/gap",
            "price 2/gap",
            "cash",
            "fault 0/point",
            "fault 0/effect",
        ];
        let values = names
            .iter()
            .map(|name| tape.choose(name, 1_000_000))
            .collect();
        (values, tape)
    }

    #[test]
    fn a_crossed_tape_has_each_kind_from_one_of_both() {
        let ((mine, tape), (theirs, other)) = (drawn(Tape::new(1)), drawn(Tape::new(2)));
        let mut from_other = [0; 3];
        for seed in 0..60 {
            let crossed = drawn(tape.crossed(&other, 3, Dice::new(seed))).0;
            for (kind, range) in [0..3, 3..4, 4..6].into_iter().enumerate() {
                let is_other = crossed[range.clone()] == theirs[range.clone()];
                assert!(is_other || crossed[range.clone()] == mine[range]);
                from_other[kind] += u32::from(is_other);
            }
        }
        assert!(
            from_other.iter().all(|times| (10..30).contains(times)),
            "{from_other:?}"
        );
    }

    #[test]
    fn a_tape_of_which_nothing_is_drawn_gives_its_choices_all_the_same() {
        let (mine, tape) = drawn(Tape::new(1));
        let theirs = drawn(Tape::new(2)).0;
        let crossed = |of| drawn(tape.crossed(&Tape::new(2), of, Dice::new(1))).0;
        assert_eq!(crossed(1), theirs);
        assert_ne!(crossed(2), mine);
    }

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
