//! One run: clock, seed, cloud, counterparties, journal. A world lives on one thread in virtual
//! time and touches no socket, no wall clock and no randomness but its seed's.

mod clock;
mod connector;
mod dialer;
mod doors;
mod engine;
mod environment;
mod gateway;
mod inside;
mod live;
mod log;
mod place;
mod shared;

use clock::WorldClock;
pub use inside::World;
pub use live::LiveWorld;
pub use log::install as install_log;
pub use place::Place;

use std::collections::BTreeMap;

use alchemiser_mocks::exchange::ExchangeSetup;
use alchemiser_mocks::mail::MailSetup;
use chrono::{DateTime, Utc};

use crate::fault::{Faults, Meanwhiles};
use crate::runtime::Functions;
use simulated_cloud::knobs::{Knobs, Span};
use simulated_cloud::template::{Pseudo, Stack};

/// What a world begins with.
pub struct WorldSetup {
    /// The seed of everything that is random.
    pub seed: u64,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// The topology.
    pub stack: Stack,
    /// The account and region.
    pub pseudo: Pseudo,
    /// What AWS leaves open.
    pub knobs: Knobs,
    /// How long a call takes, there and back each.
    pub call_latency: Span,
    /// How long a new execution environment takes to start.
    pub cold_start: Span,
    /// The broker.
    pub exchange: ExchangeSetup,
    /// The mail server.
    pub mail: MailSetup,
    /// What goes wrong.
    pub faults: Faults,
    /// What others do at the broker in the middle of a run.
    pub meanwhile: Meanwhiles,
    /// The code of the functions.
    pub functions: Functions,
    /// Values for secrets and other variables of the functions' environment.
    pub variables: BTreeMap<String, String>,
}
