/// How many other runs each place is judged by.
pub const TRIES: usize = 16;

/// How many of [`TRIES`] runs end the same that have the first draws of a run, and draw anew behind
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// How many draws they have of it.
    pub kept: usize,
    /// How many of them end the same.
    pub same: usize,
}

/// When the end of a run was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// All that was tried, the fewest draws first.
    pub shares: Vec<Share>,
    /// The draw, from 0, with which most of what was open until then was decided; none where
    /// whatever is drawn leads to that end.
    pub draw: Option<usize>,
}

impl Decision {
    /// Looks for the draw of a run with so many. `same` says how many of [`TRIES`] runs with so many
    /// of them end the same; with all of them every one does, for it is the same run.
    ///
    /// Halves the run as long as the share crosses the middle between what it is at the beginning
    /// and all. Where it does so more than once, one of the places is found.
    ///
    /// # Errors
    /// What `same` says.
    pub fn find<E>(
        draws: usize,
        mut same: impl FnMut(usize) -> Result<usize, E>,
    ) -> Result<Self, E> {
        let first = same(0)?;
        let mut shares = vec![Share {
            kept: 0,
            same: first,
        }];
        if first >= TRIES {
            return Ok(Self { shares, draw: None });
        }
        let is_decided = |share: usize| 2 * share > first + TRIES;
        let (mut open, mut decided) = (0, draws);
        shares.push(Share {
            kept: draws,
            same: TRIES,
        });
        while open + 1 < decided {
            let kept = open + (decided - open) / 2;
            let same = same(kept)?;
            shares.push(Share { kept, same });
            if is_decided(same) {
                decided = kept;
            } else {
                open = kept;
            }
        }
        shares.sort();
        Ok(Self {
            shares,
            draw: Some(open),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn found(draws: usize, same: impl Fn(usize) -> usize) -> (Decision, usize) {
        let mut asked = 0;
        let decision = Decision::find(draws, |kept| {
            asked += 1;
            Ok::<_, Infallible>(same(kept))
        });
        (decision.expect("nothing goes wrong"), asked)
    }

    proptest! {
        #[test]
        fn the_draw_that_decides_is_found(draws in 1..3_000_usize, at in 0..3_000_usize, first in 0..TRIES) {
            let at = at % draws;
            let (decision, asked) = found(draws, |kept| if kept > at { TRIES } else { first });
            prop_assert_eq!(decision.draw, Some(at));
            prop_assert!(asked <= 14);
            prop_assert!(decision.shares.is_sorted());
            prop_assert_eq!(decision.shares.last(), Some(&Share { kept: draws, same: TRIES }));
        }
    }

    #[test]
    fn what_is_certain_from_the_start_is_asked_once() {
        let (decision, asked) = found(500, |_| TRIES);
        assert_eq!((decision.draw, asked), (None, 1));
        assert_eq!(decision.shares.len(), 1);
    }

    #[test]
    fn the_greater_of_two_steps_is_found() {
        let share = |kept: usize| match kept {
            0..=20 => 0,
            21..=70 => 4,
            _ => TRIES,
        };
        assert_eq!(found(100, share).0.draw, Some(70));
    }
}
