mod action;
mod broker;
mod capability;
mod exchange;
mod expect;
mod expectation;
mod given;
mod topology;

use schemars::JsonSchema;
use serde::Deserialize;

pub use self::action::{Action, ReplaySpec};
pub use self::broker::{
    AccountChangeSpec, AssetChangeSpec, BrokerSpec, MeanwhileSpec, OrderNameSpec, PlaceSpec,
    ReplaceSpec,
};
pub use self::capability::Capability;
pub use self::exchange::{
    ExchangeSpec, OrderEffectSpec, OrderRuleSpec, ShowSpec, ShownStatus, SideSpec,
};
pub use self::expect::{DeadLetterExpected, Expect, MailExpected, OrderExpected, ResponseExpected};
pub use self::expectation::Expectation;
pub use self::given::{AssetSpec, Given, QuoteSpec};
pub use self::topology::Topology;
use super::Fault;
use super::fault::FaultSpec;

/// One scenario file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What the scenario shows, in a sentence.
    pub about: String,
    /// The seed of the world, where nobody asks for another one.
    #[serde(default = "first_seed")]
    pub seed: u64,
    /// What a backend must be able to do; one without a capability skips the scenario, and says so.
    #[serde(default)]
    pub needs: Vec<Capability>,
    /// Whether it takes long: then it runs only where it is asked for by name.
    #[serde(default)]
    pub long: bool,
    /// What runs as the function.
    #[serde(default)]
    pub lambda: Lambda,
    /// The world before anything happens.
    pub given: Given,
    /// What happens, in order; then the world runs on until nothing is under way.
    pub when: Vec<Action>,
    /// What others do at the broker in the middle of a run.
    #[serde(default)]
    pub meanwhile: Vec<MeanwhileSpec>,
    /// What goes wrong.
    #[serde(default)]
    #[schemars(with = "Vec<FaultSpec>")]
    pub faults: Vec<Fault>,
    /// What must hold in the end, beside all invariants.
    pub expect: Expectation,
}

impl Scenario {
    /// A scenario without faults that does these things in that world, of which only the invariants are expected.
    #[must_use]
    pub fn new(about: &str, given: Given, when: Vec<Action>) -> Self {
        Self {
            about: about.to_owned(),
            seed: first_seed(),
            needs: Vec::new(),
            long: false,
            lambda: Lambda::default(),
            given,
            when,
            meanwhile: Vec::new(),
            faults: Vec::new(),
            expect: Expectation::Sound,
        }
    }

    /// What a backend must be able to do.
    pub fn needs(&self) -> impl Iterator<Item = Capability> {
        let programs = (self.lambda == Lambda::Binary).then_some(Capability::Programs);
        self.needs.iter().copied().chain(programs)
    }
}

fn first_seed() -> u64 {
    1
}

/// What runs as the function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lambda {
    /// The code of the trading system, within the process of the world.
    #[default]
    InProcess,
    /// The program that is deployed, as a process of its own; it lives on the machine's clock, so
    /// `given.clock` is `now`.
    Binary,
}
