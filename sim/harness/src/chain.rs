//! What of two runs must be the same, and where they part: each line of a journal, and each draw of
//! chance, is chained to all before it.
//!
//! A journal says what happened; the draws say for whom chance was asked, and catch what has no
//! effect yet, such as a draw too many.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::journal::Journal;
use seeded_dice::{Draw, recorded};

/// How many lines are shown on each side of the first that differs.
const AROUND: usize = 5;

type Link = [u8; 32];

/// Lines, each with a hash over itself and all before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    lines: Vec<String>,
    links: Vec<Link>,
}

impl Chain {
    /// The chain of these lines.
    pub fn of(lines: impl IntoIterator<Item = String>) -> Self {
        let mut chain = Self::default();
        for line in lines {
            let mut digest = Sha256::new();
            digest.update(chain.links.last().copied().unwrap_or_default());
            digest.update(line.as_bytes());
            chain.links.push(digest.finalize().into());
            chain.lines.push(line);
        }
        chain
    }

    /// Its lines.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The last hash, in hexadecimal: it stands for all lines in their order.
    #[must_use]
    pub fn head(&self) -> String {
        hexadecimal(&self.links.last().copied().unwrap_or_default())
    }

    /// Where another chain parts from this one, if it does. Looks at few links: where two are the
    /// same, all before them are.
    #[must_use]
    pub fn parting(&self, other: &Self) -> Option<Parting> {
        let both = self.links.len().min(other.links.len());
        let places: Vec<usize> = (0..both).collect();
        let same = places.partition_point(|place| self.links[*place] == other.links[*place]);
        if same == self.links.len() && same == other.links.len() {
            return None;
        }
        let around = |chain: &Self| {
            let end = chain.lines.len().min(same + AROUND + 1);
            chain.lines[same.saturating_sub(AROUND).min(end)..end].to_vec()
        };
        Some(Parting {
            index: same,
            ours: around(self),
            theirs: around(other),
        })
    }
}

/// Where two chains part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// The first line that differs, or that only one has, from 0.
    pub index: usize,
    /// The lines of the one around it, five on each side.
    pub ours: Vec<String>,
    /// Those of the other.
    pub theirs: Vec<String>,
}

impl fmt::Display for Parting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.index.saturating_sub(AROUND);
        let same = self.index - first;
        let lines = |lines: &[String]| -> Vec<(usize, String)> {
            (first..).zip(lines.iter().cloned()).collect()
        };
        let (ours, theirs) = (lines(&self.ours), lines(&self.theirs));
        let parts = [
            (" ", &ours[..same]),
            ("-", &ours[same..]),
            ("+", &theirs[same..]),
        ];
        for (mark, lines) in parts {
            for (number, line) in lines {
                writeln!(formatter, "{mark} {number:>5} {line}")?;
            }
        }
        Ok(())
    }
}

/// All of a run that must be the same wherever it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The lines of the journal.
    pub journal: Chain,
    /// The draws of chance, each with what it was for.
    pub draws: Chain,
}

impl Trace {
    /// The trace of the run that `work` does on this thread.
    ///
    /// # Errors
    /// What `work` says.
    pub fn of<E>(work: impl FnOnce() -> Result<Journal, E>) -> Result<Self, E> {
        let (journal, draws) = recorded(work);
        let shown = |draw: Draw| format!("{}: {:016x}", draw.cause, draw.value);
        Ok(Self {
            journal: Chain::of(journal?.lines()),
            draws: Chain::of(draws.into_iter().map(shown)),
        })
    }

    /// Where another run of the same parts from this one, if it does.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        let difference = Difference {
            journal: self.journal.parting(&other.journal),
            draws: self.draws.parting(&other.draws),
        };
        (difference.journal.is_some() || difference.draws.is_some()).then_some(difference)
    }
}

/// How two runs differ that should be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// In what happened.
    pub journal: Option<Parting>,
    /// In what was drawn; the line begins with what the draw was for.
    pub draws: Option<Parting>,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [("journal", &self.journal), ("draws", &self.draws)];
        for (what, parting) in parts {
            if let Some(parting) = parting {
                write!(
                    formatter,
                    "{what} from entry {} on\n{parting}",
                    parting.index
                )?;
            }
        }
        Ok(())
    }
}

/// SHA-256, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes).into())
}

fn hexadecimal(link: &Link) -> String {
    link.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(lines: &[&str]) -> Chain {
        Chain::of(lines.iter().map(|line| (*line).to_owned()))
    }

    #[test]
    fn chains_part_at_the_first_line_that_differs() {
        let ours = chain(&["a", "b", "c", "d"]);
        assert_eq!(ours.parting(&ours), None);
        assert_eq!(ours.parting(&chain(&["a", "b", "c", "d"])), None);
        let parting = |lines: &[&str]| {
            let parting = ours.parting(&chain(lines)).expect("they differ");
            assert_eq!(
                chain(lines).parting(&ours).map(|parting| parting.index),
                Some(parting.index)
            );
            parting.index
        };
        assert_eq!(parting(&["x", "b", "c", "d"]), 0);
        assert_eq!(parting(&["a", "b", "x", "d"]), 2);
        assert_eq!(parting(&["a", "c", "b", "d"]), 1);
        assert_eq!(parting(&["a", "b", "c"]), 3, "one is missing");
        assert_eq!(parting(&["a", "b", "c", "d", "e"]), 4, "one is too many");
        assert_eq!(parting(&[]), 0);
        assert_ne!(ours.head(), chain(&["a", "b", "dc"]).head());
    }

    #[test]
    fn a_draw_that_has_no_effect_yet_is_seen() {
        use seeded_dice::{Dice, Key};

        let dice = Dice::new(1);
        let trace = |draws: &[&str]| {
            let drawn: Result<Trace, ()> = Trace::of(|| {
                let drawn: Vec<u64> = draws
                    .iter()
                    .map(|cause| dice.seed(Key::of("for").text(cause)))
                    .collect();
                assert_eq!(drawn.len(), draws.len());
                Ok(Journal::default())
            });
            drawn.expect("nothing refuses")
        };
        let first = trace(&["a call", "a delivery"]);
        assert_eq!(first.difference(&trace(&["a call", "a delivery"])), None);
        let other = trace(&["a call", "a stray", "a delivery"]);
        let difference = first.difference(&other).expect("there is one more");
        assert_eq!(difference.journal, None);
        let parting = difference.draws.expect("they part");
        assert_eq!(parting.index, 1);
        assert!(parting.theirs[1].starts_with("for a stray: "), "{parting}");
    }

    #[test]
    fn five_lines_on_each_side_are_shown() {
        let numbers = |changed: usize| {
            Chain::of((0..20).map(|number| {
                let letter = if number == changed { "x" } else { "" };
                format!("{letter}{number}")
            }))
        };
        let parting = numbers(99).parting(&numbers(8)).expect("they differ");
        assert_eq!((parting.index, parting.ours.len()), (8, 11));
        assert_eq!(
            (parting.ours[0].as_str(), parting.theirs[5].as_str()),
            ("3", "x8")
        );
        let shown = parting.to_string();
        assert_eq!(shown.lines().count(), 5 + 6 + 6);
        assert!(
            shown.contains("-     8 8\n") && shown.contains("+     8 x8\n"),
            "{shown}"
        );
        let at_once = numbers(99).parting(&numbers(0)).expect("they differ");
        assert_eq!(at_once.ours.len(), 6);
    }
}
