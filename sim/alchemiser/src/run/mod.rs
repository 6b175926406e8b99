//! Runs of scenarios: a world is set up as the scenario says, its actions happen, and the history
//! is judged.

mod backend;
mod facts;
mod hand;
mod setup;
mod stage;

pub use self::backend::Backend;
pub use self::setup::SECRETS;

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::Value;

use self::facts::facts;
use self::setup::{World, setup};
use self::stage::Stage;
use crate::check::{Finding, Premise, Verdict, check_all};
use crate::scenario::{
    Action, Library, LoadError, Loaded, Mistake, Moment, Places, Pointer, Scenario, Start, judge,
};
use crate::trading::{BROKER, MAIL, ORDERS, install_log};
use harness::fault::{FAULTS, MEANWHILE, Unmet};
use harness::journal::Journal;

/// One run of a scenario.
#[derive(Clone, Debug)]
pub struct Run {
    /// The scenario's name.
    pub scenario: String,
    /// What it shows.
    pub about: String,
    /// The seed.
    pub seed: u64,
    /// Everything that happened.
    pub journal: Journal,
    /// What does not hold.
    pub findings: Vec<Finding>,
    /// What was scripted and met nothing, each with its place in the scenario's file; all of it is
    /// among the findings.
    pub mistakes: Vec<String>,
    /// What does not hold, as the scenario expects.
    pub expected: Vec<Finding>,
    /// How often each invariant had something to judge.
    pub premises: Vec<Premise>,
    /// How many checks were made.
    pub checks: usize,
    /// How long the world lived.
    pub virtual_time: TimeDelta,
    /// How long it took here.
    pub wall_time: Duration,
}

impl Run {
    /// Whether everything holds.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether all that is wrong is the scenario: what it expects holds, and what it scripts meets
    /// nothing.
    #[must_use]
    pub fn is_mistaken(&self) -> bool {
        !self.passed() && self.mistakes.len() == self.findings.len()
    }
}

/// Runs a scenario in a new virtual world.
///
/// # Errors
/// A mistake in the scenario or in a file that it rests on.
pub fn run(library: &Library, loaded: &Loaded, seed: u64) -> Result<Run, LoadError> {
    run_on(&Backend::Virtual, library, loaded, seed)
}

/// Runs a scenario on a backend. Whether that can carry it is for the caller to ask
/// ([`Backend::missing`]).
///
/// # Errors
/// A mistake in the scenario or in a file that it rests on; a backend that cannot be reached or
/// refuses.
pub fn run_on(
    backend: &Backend,
    library: &Library,
    loaded: &Loaded,
    seed: u64,
) -> Result<Run, LoadError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a run takes here is shown to people and goes nowhere else"
    )]
    let started = Instant::now();
    let _log = install_log();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    if backend.has_sockets() {
        builder.enable_all()
    } else {
        builder.enable_time()
    };
    let runtime = builder
        .start_paused(true)
        .build()
        .map_err(|error| LoadError(format!("the runtime does not start: {error}")))?;
    let (journal, unused, virtual_time) = runtime.block_on(live(backend, library, loaded, seed))?;
    let expect = &loaded.scenario.expect;
    let Verdict { findings, premises } = check_all(&journal);
    let (expected, mut findings): (Vec<_>, Vec<_>) = findings
        .into_iter()
        .partition(|finding| expect.violates(&finding.check));
    findings.extend(judge(expect, &journal));
    findings.extend(expect.unviolated(&expected));
    let mistakes = unused
        .iter()
        .map(|unmet| unmet_place(unmet, &loaded.path, &loaded.places))
        .collect();
    findings.extend(
        unused
            .into_iter()
            .map(|unmet| Finding::plain(unmet.part, unmet.words)),
    );
    let checks = premises.len() + expect.count();
    let (scenario, wall_time) = (loaded.name.clone(), started.elapsed());
    let about = loaded.scenario.about.clone();
    Ok(Run {
        scenario,
        about,
        seed,
        journal,
        findings,
        mistakes,
        expected,
        premises,
        checks,
        virtual_time,
        wall_time,
    })
}

/// Sends one event to the function of a fresh world, and gives the world's history.
///
/// # Errors
/// A mistake in a file that the world rests on.
pub fn invoke_once(
    library: &Library,
    clock: Moment,
    payload: &Value,
) -> Result<Journal, LoadError> {
    let about = "one event";
    let yaml = format!(
        "about: {about}\ngiven: {{clock: 2012-03-14 10:00}}\nwhen: []\nexpect: {{cash: '0', positions: {{}}, mails: []}}\n"
    );
    let mut scenario: Scenario =
        serde_saphyr::from_str(&yaml).map_err(|error| LoadError(error.to_string()))?;
    scenario.given.clock = Start::At(clock);
    scenario.when = vec![Action::Invoke(payload.clone())];
    let loaded = Loaded {
        name: about.to_owned(),
        path: about.into(),
        scenario,
        places: Places::default(),
    };
    run(library, &loaded, 1).map(|run| run.journal)
}

/// What met nothing, in the words and with the place of all other mistakes.
fn unmet_place(unmet: &Unmet, path: &Path, places: &Places) -> String {
    let root = match unmet.part {
        FAULTS => Pointer::to("faults"),
        ORDERS => Pointer::to("given").key("exchange").key("orders"),
        MAIL => Pointer::to("given").key("mail"),
        MEANWHILE => Pointer::to("meanwhile"),
        BROKER => Pointer::to("when"),
        other => Pointer::to(other),
    };
    let line = unmet
        .line
        .map_or_else(|| root.clone(), |line| root.item(line));
    // What says when it should be met, if something does.
    let pointer = ["occurrence", "at", "deliver"]
        .iter()
        .map(|key| line.key(key))
        .find(|way| places.holds(way))
        .unwrap_or(line);
    Mistake::of_value(pointer, unmet.words.clone()).shown(&path.display().to_string(), places)
}

type Lived = (Journal, Vec<Unmet>, TimeDelta);

async fn live(
    backend: &Backend,
    library: &Library,
    loaded: &Loaded,
    seed: u64,
) -> Result<Lived, LoadError> {
    let scenario = &loaded.scenario;
    let wrong = |reason: String| LoadError(format!("{}: {reason}", loaded.path.display()));
    let World {
        setup,
        stack,
        broker,
    } = setup(library, scenario, seed, backend.account()).map_err(|error| wrong(error.0))?;
    let mut place = backend.begin(setup, scenario.lambda).await.map_err(wrong)?;
    for fact in facts(scenario, &stack) {
        place.state(fact.into());
    }
    let stage = Stage::new(stack, broker);
    for (index, action) in scenario.when.iter().enumerate() {
        let misplaced = |reason: String| {
            let mistake =
                Mistake::of_value(Pointer::to("when").item(index).key("advance_to"), reason);
            LoadError(mistake.shown(&loaded.path.display().to_string(), &loaded.places))
        };
        stage.act(place.as_mut(), action).await.map_err(misplaced)?;
    }
    place.settle().await.map_err(wrong)?;
    let unused = place.unused();
    let age = place.age();
    Ok((place.finish(), unused, age))
}
