//! One run: clock, seed, cloud, counterparties, journal. A world lives on one thread in virtual
//! time and touches no socket, no wall clock and no randomness but its seed's.

mod addresses;
mod backend;
mod clock;
mod connector;
mod context;
mod dialer;
mod engine;
mod environment;
mod error;
mod external;
mod gateway;
mod late;
mod log;
mod meter;
mod put_events;
mod shared;
mod simulated;
mod stream_calls;
mod transport;

pub use backend::Backend;
use clock::WorldClock;
pub use error::WorldError;
pub use external::ExternalWorld;
pub use log::log_line;
pub use meter::{Bound, Runaway};
pub use simulated::SimulatedWorld;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::counterparty::Counterparty;
use crate::fault::{Faults, Meanwhiles};
use crate::function::{FunctionCode, Functions};
use crate::system::{PlainSystem, System};
use simulated_cloud::knobs::{Knobs, Span};
use simulated_cloud::stack::{Account, Stack};

/// What a world begins with.
pub struct WorldSetup {
    /// The seed of everything that is random.
    pub seed: u64,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// The topology.
    pub stack: Arc<Stack>,
    /// The account and region.
    pub account: Account,
    /// What AWS leaves open.
    pub knobs: Knobs,
    /// How long a call takes, there and back each.
    pub call_latency: Span,
    /// How long a new execution environment takes to start.
    pub cold_start: Span,
    /// How far the clock of an execution environment is off at most, before or after the world's.
    pub clock_skew: Duration,
    /// How the system names its events.
    pub system: Arc<dyn System>,
    /// Whom functions call beside AWS.
    pub counterparties: Vec<Arc<dyn Counterparty>>,
    /// What goes wrong.
    pub faults: Faults,
    /// What others do at counterparties in the middle of a run.
    pub meanwhile: Meanwhiles,
    /// The code of the functions.
    pub functions: Functions,
    /// Values for secrets and other variables of the functions' environment.
    pub variables: BTreeMap<String, String>,
    /// How much may happen before the run counts as one that never ends.
    pub bound: Bound,
}

impl WorldSetup {
    /// A world of `stack` in `account`, without functions, counterparties and faults: set the other
    /// fields as you need them. It begins at `start`, with the seed 1.
    #[must_use]
    pub fn new(stack: Stack, account: Account, start: DateTime<Utc>) -> Self {
        Self {
            seed: 1,
            start,
            stack: Arc::new(stack),
            account,
            knobs: Knobs::default(),
            call_latency: Span::millis(2, 40),
            cold_start: Span::millis(120, 400),
            clock_skew: Duration::ZERO,
            system: Arc::new(PlainSystem),
            counterparties: Vec::new(),
            faults: Faults::default(),
            meanwhile: Meanwhiles::default(),
            functions: Functions::new(),
            variables: BTreeMap::new(),
            bound: Bound::default(),
        }
    }

    /// Adds the code of all functions whose names begin with `prefix`.
    #[must_use]
    pub fn function(mut self, prefix: &str, code: Arc<dyn FunctionCode>) -> Self {
        self.functions.insert(prefix.to_owned(), code);
        self
    }
}
