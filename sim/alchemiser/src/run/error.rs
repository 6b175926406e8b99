use std::io;
use std::path::PathBuf;

use super::hand::UnnamedOrder;
use crate::binary::BinaryError;
use crate::scenario::{LoadError, Mistake, Mistakes};
use harness::world::WorldError;

/// Why a scenario was not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The operating system gives no runtime.
    #[error("the runtime does not start: {0}")]
    Runtime(io::Error),
    /// The scenario cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The world of a scenario cannot be made.
    #[error("{}: {source}", path.display())]
    Setup {
        /// The scenario's file.
        path: PathBuf,
        /// Why not.
        source: SetupError,
    },
    /// A backend cannot be reached, or refuses.
    #[error("{}: {source}", path.display())]
    World {
        /// The scenario's file.
        path: PathBuf,
        /// Its words.
        source: WorldError,
    },
    /// An action of the scenario cannot be done.
    #[error(transparent)]
    Action(#[from] Mistakes),
}

/// Why the world of a scenario cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A file that it rests on holds a mistake.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The scenario changes what the template does not have.
    #[error("{}", .0.reason())]
    Topology(Mistake),
    /// There is no program to run.
    #[error(transparent)]
    Binary(#[from] BinaryError),
    /// An order at the broker is not named.
    #[error(transparent)]
    Order(#[from] UnnamedOrder),
}
