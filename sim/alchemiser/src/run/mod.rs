//! Runs of scenarios: a world is set up as the scenario says, its actions happen, and the history
//! is judged.

mod actions;
mod backend_kind;
mod error;
mod facts;
mod hand;
mod setup;

pub use self::backend_kind::BackendKind;
pub use self::error::{RunError, SetupError};
pub use self::hand::UnnamedOrder;
pub use self::setup::SECRETS;

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::Value;

use self::actions::{ActionError, ActionRunner};
use self::facts::facts;
use self::setup::{PreparedWorld, setup};
use crate::check::{Premise, Verdict, Violation, check_all, names};
use crate::landmark::{Passage, passed};
use crate::scenario::{
    Action, Expect, Given, Library, Loaded, Mistake, Mistakes, Moment, Places, Pointer, Scenario,
    Start, evaluate,
};
use crate::trading::{BROKER, MAIL, ORDERS, install_log};
use harness::fault::{FAULTS, MEANWHILE, Unmet};
use harness::journal::Journal;
use harness::world::{Runaway, WorldError};

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
    pub violations: Vec<Violation>,
    /// What was scripted and met nothing; all of it is among the violations.
    pub unmet: Vec<Unmet>,
    /// The same, each with its place in the scenario's file.
    pub mistakes: Vec<String>,
    /// What does not hold, as the scenario expects.
    pub expected: Vec<Violation>,
    /// How often each invariant had something to judge.
    pub premises: Vec<Premise>,
    /// How often it came by each landmark.
    pub landmarks: Vec<Passage>,
    /// How many checks were made.
    pub checks: usize,
    /// How long the world lived.
    pub virtual_time: TimeDelta,
    /// How long it took here.
    pub wall_time: Duration,
}

impl Run {
    /// A run of which nothing is judged yet.
    fn of(loaded: &Loaded, seed: u64, lived: Lived) -> Self {
        Self {
            scenario: loaded.name.clone(),
            about: loaded.scenario.about.clone(),
            seed,
            journal: lived.journal,
            violations: Vec::new(),
            unmet: lived.unused,
            mistakes: Vec::new(),
            expected: Vec::new(),
            premises: Vec::new(),
            landmarks: Vec::new(),
            checks: 0,
            virtual_time: lived.age,
            wall_time: Duration::ZERO,
        }
    }

    /// Whether everything holds.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.violations.is_empty()
    }

    /// Whether all that is wrong is the scenario: what it expects holds, and what it scripts meets
    /// nothing.
    #[must_use]
    pub fn is_mistaken(&self) -> bool {
        !self.passed() && self.mistakes.len() == self.violations.len()
    }
}

/// Runs a scenario in a new virtual world.
///
/// # Errors
/// A mistake in the scenario or in a file that it rests on.
pub fn run(library: &Library, loaded: &Loaded, seed: u64) -> Result<Run, RunError> {
    run_on(&BackendKind::Virtual, library, loaded, seed)
}

/// Runs a scenario on a backend. Whether that can carry it is for the caller to ask
/// ([`BackendKind::missing`]).
///
/// # Errors
/// A mistake in the scenario or in a file that it rests on; a backend that cannot be reached or
/// refuses.
pub fn run_on(
    backend: &BackendKind,
    library: &Library,
    loaded: &Loaded,
    seed: u64,
) -> Result<Run, RunError> {
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
        .map_err(RunError::Runtime)?;
    let lived = runtime.block_on(live(backend, library, loaded, seed))?;
    let mut run = match lived.runaway {
        Some(runaway) => run_away(loaded, seed, lived, runaway),
        None => judged(loaded, seed, lived),
    };
    run.wall_time = started.elapsed();
    Ok(run)
}

/// The check that a run fails which never ends.
pub const RUNS_AWAY: &str = "runs away";

/// A run that was ended because it does not end by itself. Nothing else is asked of it: it was cut off
/// in the middle.
fn run_away(loaded: &Loaded, seed: u64, lived: Lived, runaway: Runaway) -> Run {
    let unjudged = |check| Premise { check, times: 0 };
    Run {
        violations: vec![Violation::plain(RUNS_AWAY, runaway.to_string())],
        premises: names().into_iter().map(unjudged).collect(),
        checks: 1,
        ..Run::of(loaded, seed, lived)
    }
}

fn judged(loaded: &Loaded, seed: u64, lived: Lived) -> Run {
    let run = Run::of(loaded, seed, lived);
    let expect = loaded.scenario.expect.exact();
    let Verdict {
        violations,
        premises,
    } = check_all(&run.journal);
    let (expected, mut violations): (Vec<_>, Vec<_>) = violations
        .into_iter()
        .partition(|violation| expect.is_some_and(|expect| expect.violates(&violation.check)));
    if let Some(expect) = expect {
        violations.extend(evaluate(expect, &run.journal));
        violations.extend(expect.unviolated(&expected));
    }
    let mistakes = run
        .unmet
        .iter()
        .map(|unmet| unmet_place(unmet, &loaded.path, &loaded.places))
        .collect();
    violations.extend(
        run.unmet
            .iter()
            .map(|unmet| Violation::plain(unmet.part, unmet.words.as_str())),
    );
    let checks = premises.len() + expect.map_or(0, Expect::count);
    Run {
        violations,
        mistakes,
        expected,
        premises,
        landmarks: passed(&run.journal),
        checks,
        ..run
    }
}

/// Sends one event to the function of a fresh world, and gives the world's history.
///
/// # Errors
/// A mistake in a file that the world rests on.
pub fn invoke_once(library: &Library, clock: Moment, payload: &Value) -> Result<Journal, RunError> {
    let about = "one event";
    let loaded = Loaded {
        name: about.to_owned(),
        path: about.into(),
        scenario: Scenario::new(
            about,
            Given::at(Start::At(clock)),
            vec![Action::Invoke(payload.clone())],
        ),
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
    Mistake::of_value(pointer, unmet.words.clone()).summary(&path.display().to_string(), places)
}

/// An action that cannot be done, with its place in the scenario's file.
fn mistaken(loaded: &Loaded, index: usize, error: &ActionError) -> Mistakes {
    let action = Pointer::to("when").item(index);
    let place = match error.key() {
        Some(key) => action.key(key),
        None => action,
    };
    Mistakes::new(
        loaded.path.display().to_string(),
        vec![Mistake::of_value(place, error.to_string())],
        loaded.places.clone(),
    )
}

/// What is left of a world.
struct Lived {
    journal: Journal,
    unused: Vec<Unmet>,
    age: TimeDelta,
    runaway: Option<Runaway>,
}

async fn live(
    backend: &BackendKind,
    library: &Library,
    loaded: &Loaded,
    seed: u64,
) -> Result<Lived, RunError> {
    let scenario = &loaded.scenario;
    let refused = |source: WorldError| RunError::World {
        path: loaded.path.clone(),
        source,
    };
    let prepared = setup(library, scenario, seed, backend.account());
    let PreparedWorld {
        setup,
        stack,
        broker,
    } = prepared.map_err(|source| RunError::Setup {
        path: loaded.path.clone(),
        source,
    })?;
    let mut world = backend
        .begin(setup, scenario.lambda)
        .await
        .map_err(refused)?;
    for fact in facts(scenario, &stack) {
        world.state(fact.into());
    }
    let runner = ActionRunner::new(stack, broker);
    for (index, action) in scenario.when.iter().enumerate() {
        if let Err(error) = runner.run(world.as_mut(), action).await {
            return Err(mistaken(loaded, index, &error).into());
        }
        if world.runaway().is_some() {
            break;
        }
    }
    world.settle().await.map_err(refused)?;
    Ok(Lived {
        unused: world.unused(),
        age: world.age(),
        runaway: world.runaway(),
        journal: world.finish(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Document;

    #[test]
    fn of_a_run_that_never_ends_nothing_else_is_said() {
        let library = Library::of_this_project().expect("the project's files are there");
        let text = "about: x\ngiven: {clock: 2012-03-14 09:30}\nwhen: []\nexpect: {cash: \"1.00\", positions: {}, mails: []}";
        let document = Document::read(text).expect("it is YAML");
        let loaded = document.load(&library, "x").expect("it is a scenario");
        let at = "2012-03-14T13:41:00Z".parse().expect("an instant");
        let lived = Lived {
            journal: Journal::default(),
            unused: vec![Unmet::line(FAULTS, 0, "unmet".to_owned())],
            age: TimeDelta::minutes(11),
            runaway: None,
        };
        let runaway = Runaway {
            at,
            entries: 200_001,
            turns: 400_000,
        };
        let run = run_away(&loaded, 1, lived, runaway);
        assert!(!run.passed() && !run.is_mistaken());
        let words: Vec<(&str, &str)> = run
            .violations
            .iter()
            .map(|violation| (violation.check.as_str(), violation.problem.as_str()))
            .collect();
        let problem = "the run does not end: by 2012-03-14T13:41:00Z it had 200001 journal entries and had taken 400000 \
                       turns, and something was still under way";
        assert_eq!(words, [(RUNS_AWAY, problem)]);
        assert!(run.premises.iter().all(|premise| premise.times == 0));
    }
}
