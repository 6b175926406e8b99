//! A reference model of a workflow, through which each journal is replayed. [`step`] is the model: a
//! table of what each step may bring about. [`replay`] holds the events of a journal against it, and
//! [`amounts`] follows the money from the signal over plan, fills and result to the mail.
//!
//! The model knows the events of a workflow and nothing of how they come about: no table, no lease,
//! no claim. Where all events stay in memory it sees none, and judges nothing.

mod amounts;
mod replay;
mod step;
#[cfg(test)]
mod tests;

use super::Judgement;
use crate::trading::{BusMode, TradingJournal};
use harness::journal::Journal;

/// Each event of a workflow is what the model lets follow from what woke its step, and no amount is
/// lost on the way.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    // In the other modes one invocation does what is several steps here.
    if journal.settings().bus == BusMode::EventBridge {
        replay::replay(journal, &mut judgement);
        amounts::follow(journal, &mut judgement);
    }
    judgement
}
