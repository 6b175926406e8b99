//! What a call brings beside its input.

use chrono::{DateTime, TimeDelta, Utc};

use crate::place::Place;

/// Who calls when, and what the caller decides about chance: the engine draws nothing itself.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The instant of the call.
    pub now: DateTime<Utc>,
    /// The account and the region of the request.
    pub place: &'a Place,
    /// How old what a read sees may be.
    pub view: ReadView,
    /// The action (from 0) that meets another transaction on its item. A call of one item has one
    /// action, 0; actions that there are not meet nothing.
    pub conflict: Option<usize>,
}

/// How old what a read sees is. Nothing older than [`Tables::keep_versions`] allows is seen.
///
/// [`Tables::keep_versions`]: crate::Tables::keep_versions
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadView {
    /// An eventually consistent read of a table or a local index sees it as it was so long ago.
    pub stale_by: TimeDelta,
    /// A read of a global index sees it as it was so long ago.
    pub index_lag: TimeDelta,
}

impl<'a> Call<'a> {
    /// A call that sees everything and meets no conflict.
    #[must_use]
    pub fn new(now: DateTime<Utc>, place: &'a Place) -> Self {
        Self {
            now,
            place,
            view: ReadView::default(),
            conflict: None,
        }
    }
}
