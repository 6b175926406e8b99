//! The search for what goes wrong: every fault at every point of a scenario, and worlds of chance.

mod alphabet;
mod chance;
mod combination;
mod ending;
mod explain;
mod fate;
mod finding;
mod judge;
mod lines;
mod neighbour;
mod pairs;
mod random;
mod shrink;
mod signature;
mod sweep;
mod swept;
mod trace;
mod world;

pub use self::alphabet::{ALPHABET, allowed_by};
pub use self::chance::Chance;
pub use self::combination::Combinations;
pub use self::ending::{Ending, Outcome};
pub use self::fate::{Fate, Grade};
pub use self::finding::{Finding, SEEDS, Size};
pub use self::judge::Judged;
pub use self::lines::{fault_line, with_faults};
pub use self::neighbour::{Neighbour, neighbours};
pub use self::pairs::{ClassRule, FollowError, Followed, PairEnd, PairSearch, RULES};
pub use self::random::{Wild, WildError, wander};
pub use self::shrink::{judged, smallest};
pub use self::signature::Signature;
pub use self::sweep::{Base, Tried, points_of};
pub use self::swept::{Swept, SweptError};
pub use self::trace::trace;
pub use self::world::world;
