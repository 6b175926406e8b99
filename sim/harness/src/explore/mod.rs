//! Search for what goes wrong: the points of a run at which a fault may strike, and what AWS is
//! allowed to do there.
//!
//! [`points`] reads them out of the journal of an undisturbed run, [`Alphabet`] says what may
//! strike each, and a [`Trial`] is one fault at one point. A [`Matrix`] shows what was tried of all that.
//!
//! Worlds of chance are made of a [`Tape`] of choices by a [`Maker`]. What any system's world has is made
//! here: [`knobs`], the faults of an [`Alphabet`], and [`strays`]. A [`Corpus`] keeps the tapes whose runs showed
//! [`Features`] that no run had shown, and changes them a little.

mod alphabet;
mod confidence;
mod corpus;
mod decision;
mod estimate;
mod features;
mod knob;
mod maker;
mod mask;
mod matrix;
mod point;
mod pruning;
mod shrink;
mod stray;
mod tape;
mod trial;

pub use self::alphabet::{
    ANY_CALL, Alphabet, BOTH_PHASES, CallRow, LATE, Operations, SLOW, UnknownOperation,
};
pub use self::confidence::clean_runs;
pub use self::corpus::{Corpus, Proposal};
pub use self::decision::{Decision, Share, TRIES};
pub use self::estimate::Estimate;
pub use self::features::Features;
pub use self::knob::knobs;
pub use self::maker::Maker;
pub use self::mask::mask;
pub use self::matrix::{Cell, Column, Coverage, Matrix, Place, Row, struck};
pub use self::point::{Point, crashes, points};
pub use self::pruning::{Account, Disagreement, First, Pair, Pruning};
pub use self::shrink::{Shrunk, Step, Subject, shrink};
pub use self::stray::{Fault as StrayFault, Stray, strays};
pub use self::tape::Tape;
pub use self::trial::{Effect, Trial};
