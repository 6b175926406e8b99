//! Every fault at every point of a scenario, and how each run ends.

mod alphabet;
mod ending;
mod lines;
mod signature;
mod sweep;

pub use self::alphabet::ALPHABET;
pub use self::ending::{Ending, Outcome};
pub use self::lines::{fault_line, finding_file};
pub use self::signature::Signature;
pub use self::sweep::{Base, Tried, points_of};
