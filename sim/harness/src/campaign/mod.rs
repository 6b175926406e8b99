//! A search that many processes share, on one machine or on a thousand, with the same result.
//!
//! A campaign is a row of rounds, a round is cut into parts, and a part is some items: one run, or a
//! few, each. A [`Part`] is what one process made of its items; it says by a hash of its own whether
//! it is whole. [`Merged`] is what is known so far. Its join does not mind in which order parts
//! come, nor how often, so that a part may be done again by whoever likes to.

mod item;
mod merged;
mod part;
mod share;
mod tally;

pub use self::item::{Found, ItemResult};
pub use self::merged::{Merged, Round};
pub use self::part::{Part, PartError};
pub use self::share::share;
pub use self::tally::Tally;
