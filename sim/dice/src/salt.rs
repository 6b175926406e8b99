//! Chance that is drawn anew from some draw of a run on: what was drawn before stays, what comes is
//! that of another run. So it can be seen by when an end was decided.
//!
//! A run draws on one thread, in an order that its seed decides: the number of draws so far is the
//! finest clock that it has.

use std::cell::Cell;

#[derive(Clone, Copy)]
struct Salt {
    /// How many draws are still as the seed has them.
    kept: usize,
    salt: u64,
}

thread_local! {
    static SALT: Cell<Option<Salt>> = const { Cell::new(None) };
}

/// Does `work`, whose first `kept` draws on this thread are as they are without this, and all later
/// ones others: which, `salt` says.
pub fn anew<T>(kept: usize, salt: u64, work: impl FnOnce() -> T) -> T {
    let outer = Outer(SALT.replace(Some(Salt { kept, salt })));
    let done = work();
    drop(outer);
    done
}

/// What held before; it does again when this is dropped, also where the work panics.
struct Outer(Option<Salt>);

impl Drop for Outer {
    fn drop(&mut self) {
        SALT.set(self.0);
    }
}

/// The salt of the next draw, if it has one.
pub(super) fn next() -> Option<u64> {
    let Salt { kept, salt } = SALT.get()?;
    if kept == 0 {
        return Some(salt);
    }
    let kept = kept - 1;
    SALT.set(Some(Salt { kept, salt }));
    None
}

#[cfg(test)]
mod tests {
    use super::super::{Dice, Key};
    use super::*;

    #[test]
    fn draws_are_others_from_the_one_that_is_meant_on() {
        let five = || -> Vec<u64> {
            let draw = |number| Dice::new(1).seed(Key::of("call").number(number));
            (0..5).map(draw).collect()
        };
        let plain = five();
        for kept in 0..=5 {
            let salted = anew(kept, 7, five);
            assert_eq!(salted, anew(kept, 7, five), "the same salt");
            let same: Vec<bool> = (plain.iter().zip(&salted)).map(|(a, b)| a == b).collect();
            let wanted: Vec<bool> = (0..5).map(|place| place < kept).collect();
            assert_eq!(same, wanted);
        }
        assert_ne!(anew(2, 7, five)[2..], anew(2, 8, five)[2..], "another salt");
        assert_ne!(anew(0, 0, five), plain, "no salt is none");
        assert_eq!(five(), plain);
    }

    #[test]
    fn work_that_panics_leaves_nothing_on() {
        let panicked = std::panic::catch_unwind(|| anew(0, 1, || panic!("on purpose")));
        assert!(panicked.is_err());
        assert!(SALT.get().is_none());
    }
}
