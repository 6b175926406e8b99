//! Array consistency: what matches must lie in one element of every array.

/// An element of one array of the event. Arrays are numbered in the order of their opening
/// brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) array: u32,
    pub(super) index: u32,
}

/// The elements that a leaf lies in, or that a partial match is bound to, in the order of their
/// arrays.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Membership {
    positions: Vec<Position>,
}

impl Membership {
    pub(super) fn new(positions: Vec<Position>) -> Self {
        debug_assert!(
            positions.is_sorted_by_key(|position| position.array),
            "an inner array opens after its outer one"
        );
        Membership { positions }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Whether no array binds the two to different elements.
    pub(super) fn agrees_with(&self, other: &Membership) -> bool {
        other.positions.iter().all(|position| {
            self.index_in(position.array)
                .is_none_or(|index| index == position.index)
        })
    }

    fn index_in(&self, array: u32) -> Option<u32> {
        let found = self
            .positions
            .binary_search_by_key(&array, |position| position.array)
            .ok()?;
        Some(self.positions[found].index)
    }

    /// Both bindings together. The two must agree.
    pub(super) fn joined_with(&self, other: &Membership) -> Membership {
        debug_assert!(
            self.agrees_with(other),
            "only memberships that agree can be joined"
        );
        if other.is_empty() {
            return self.clone();
        }
        let mut positions = self.positions.clone();
        positions.extend_from_slice(&other.positions);
        positions.sort_unstable();
        positions.dedup();
        Membership { positions }
    }

    /// Keeps only bindings to the given arrays.
    pub(super) fn keep_arrays(&mut self, keep: impl Fn(u32) -> bool) {
        self.positions.retain(|position| keep(position.array));
    }

    pub(super) fn positions(&self) -> &[Position] {
        &self.positions
    }

    pub(super) fn arrays(&self) -> impl Iterator<Item = u32> + '_ {
        self.positions.iter().map(|position| position.array)
    }
}
