//! The draws of a piece of work, for whoever has to find the first that differs between two runs.
//!
//! A run draws on one thread, so the record is the thread's: dice stay a number that is copied, and
//! where nobody records, a draw costs a look at a flag more.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// One draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// What it was for: the kind and the causes of its key, as far as they were named meanwhile.
    pub cause: String,
    /// What was drawn, of all numbers.
    pub value: u64,
    /// How far the work had come by then, as it said itself ([`reached`]); 0 where it did not.
    pub place: usize,
}

#[derive(Debug, Default)]
struct Record {
    names: BTreeMap<u64, String>,
    draws: Vec<Draw>,
    place: usize,
}

thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static RECORD: RefCell<Record> = RefCell::default();
}

/// Does `work`, and gives all draws that it made on this thread, in their order. Draws of work that
/// is recorded within belong to that.
pub fn recorded<T>(work: impl FnOnce() -> T) -> (T, Vec<Draw>) {
    let outer = Outer {
        was_on: IS_ON.replace(true),
        record: RECORD.take(),
    };
    let done = work();
    let draws = RECORD.take().draws;
    drop(outer);
    (done, draws)
}

/// What was recorded before; it goes on when this is dropped, also where the work panics.
struct Outer {
    was_on: bool,
    record: Record,
}

impl Drop for Outer {
    fn drop(&mut self) {
        IS_ON.set(self.was_on);
        RECORD.set(std::mem::take(&mut self.record));
    }
}

/// Notes how far the work has come: its later draws come after that. A history says how many entries
/// it has.
pub fn reached(place: usize) {
    if IS_ON.get() {
        RECORD.with_borrow_mut(|record| record.place = place);
    }
}

/// Notes that the key `made` is `key` with one more cause.
pub(super) fn name(made: u64, key: u64, cause: impl FnOnce() -> String) {
    if !IS_ON.get() {
        return;
    }
    // A cause may be another key's name, which is looked up.
    let cause = cause();
    RECORD.with_borrow_mut(|record| {
        let name = match record.names.get(&key) {
            Some(before) => format!("{before} {cause}"),
            None => cause,
        };
        record.names.insert(made, name);
    });
}

/// The name of a key, where it was made meanwhile.
pub(super) fn name_of(key: u64) -> String {
    let name = RECORD.with_borrow(|record| record.names.get(&key).cloned());
    name.unwrap_or_else(|| format!("{key:016x}"))
}

/// Notes a draw.
pub(super) fn draw(key: u64, value: u64) {
    if IS_ON.get() {
        let cause = name_of(key);
        RECORD.with_borrow_mut(|record| {
            let place = record.place;
            record.draws.push(Draw {
                cause,
                value,
                place,
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Dice, Key};
    use super::*;

    #[test]
    fn draws_are_recorded_with_what_they_are_for() {
        let (dice, key) = (Dice::new(1), Key::of("call").text("GetItem"));
        let _ = dice.seed(key);
        let (drawn, draws) = recorded(|| {
            reached(4);
            let (_, within) = recorded(|| dice.draw(Key::of("coin"), 2));
            assert_eq!(within[0].place, 0, "nothing was said within");
            assert_eq!(within.len(), 1);
            assert_eq!(within[0].cause, "coin");
            let within = Key::of("call").text("PutItem").number(2);
            [
                dice.seed(within),
                dice.seed(Key::of("again").key(within)),
                dice.seed(key),
            ]
        });
        let causes: Vec<&str> = draws.iter().map(|draw| draw.cause.as_str()).collect();
        assert_eq!(causes[..2], ["call PutItem 2", "again (call PutItem 2)"]);
        assert_eq!(causes[2].len(), 16, "its key was made before");
        assert!(draws.iter().map(|draw| draw.value).eq(drawn));
        assert!(draws.iter().all(|draw| draw.place == 4));
        let (drawn, draws) = recorded(|| 1);
        assert_eq!((drawn, draws), (1, Vec::new()));
    }

    #[test]
    fn work_that_panics_leaves_nothing_on() {
        let panicked = std::panic::catch_unwind(|| recorded(|| panic!("on purpose")));
        assert!(panicked.is_err());
        let _ = Dice::new(1).seed(Key::of("call"));
        assert!(!IS_ON.get() && RECORD.take().draws.is_empty());
    }
}
