//! Search for what goes wrong: the points of a run at which a fault may strike, and what AWS is
//! allowed to do there.
//!
//! [`points`] reads them out of the journal of an undisturbed run, [`Alphabet`] says what may
//! strike each, and a [`Trial`] is one fault at one point. A [`Matrix`] shows what was tried of all that.

mod alphabet;
mod matrix;
mod point;
mod shrink;
mod tape;
mod trial;

pub use self::alphabet::{
    ANY_CALL, Alphabet, BOTH_PHASES, CallRow, LATE, Operations, SLOW, UnknownOperation,
};
pub use self::matrix::{Cell, Column, Coverage, Matrix, Place, Row, struck};
pub use self::point::{Point, points};
pub use self::shrink::{Shrunk, Step, Subject, shrink};
pub use self::tape::Tape;
pub use self::trial::{Effect, Trial};
