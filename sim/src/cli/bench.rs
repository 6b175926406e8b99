use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use super::pattern_bench::pattern_events;
use super::{Mistake, say};
use crate::report::is_sdk_call;
use crate::run::run;
use crate::scenario::{Library, Loaded, load_scenario};

/// What `bench` takes.
#[derive(Debug, Args)]
pub(super) struct BenchArguments {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// How long each figure is measured, in seconds.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

/// Measures on one core: whole trading days, small scenarios, a new world, the way from the start
/// to a verdict.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark is about the time that passes here"
)]
pub(super) fn bench(arguments: &BenchArguments) -> Result<bool, Mistake> {
    let started = Instant::now();
    let library = Library::of_this_project().map_err(|error| error.to_string())?;
    let full = load(&library, "examples/full_day")?;
    let small = load(&library, "faults/error_notification")?;
    run(&library, &small, 1).map_err(|error| error.to_string())?;
    let start_to_first_verdict = started.elapsed();
    let first = run(&library, &full, 1).map_err(|error| error.to_string())?;
    let calls = first
        .journal
        .entries()
        .iter()
        .filter(|entry| is_sdk_call(&entry.fact))
        .count();
    let limit = Duration::from_secs(arguments.seconds);
    let days = rate(&library, &full, limit)?;
    let scenarios = rate(&library, &small, limit)?;
    let reset = reset(&library, &small, limit)?;
    let pattern_events: Vec<f64> = [1, 300, 10_000]
        .into_iter()
        .map(|rules| pattern_events(rules, limit))
        .collect::<Result<_, _>>()?;
    let figures = [
        (
            "trading_days_per_second_per_core",
            json!(days.round()),
            "goal >= 100",
        ),
        (
            "small_scenarios_per_second_per_core",
            json!(scenarios.round()),
            "goal >= 600",
        ),
        ("world_reset_us", json!(reset.as_micros() as u64), ""),
        (
            "start_to_first_verdict_ms",
            json!((start_to_first_verdict.as_secs_f64() * 10_000.0).round() / 10.0),
            "goal <= 20",
        ),
        ("sdk_calls_per_day", json!(calls), ""),
        (
            "pattern_events_per_second_1_rule",
            json!(pattern_events[0].round()),
            "",
        ),
        (
            "pattern_events_per_second_300_rules",
            json!(pattern_events[1].round()),
            "",
        ),
        (
            "pattern_events_per_second_10000_rules",
            json!(pattern_events[2].round()),
            "",
        ),
    ];
    tell(&figures, arguments.json)?;
    Ok(true)
}

fn load(library: &Library, name: &str) -> Result<Loaded, Mistake> {
    let path = library
        .root()
        .join("scenarios")
        .join(format!("{name}.yaml"));
    load_scenario(library, &path, name).map_err(|error| error.to_string())
}

/// Prints each figure by its name, with its goal.
fn tell(figures: &[(&str, Value, &str)], as_json: bool) -> Result<(), Mistake> {
    if as_json {
        let object: serde_json::Map<String, Value> = figures
            .iter()
            .map(|(name, value, _)| ((*name).to_owned(), value.clone()))
            .collect();
        return say(&format!("{}\n", Value::Object(object)));
    }
    for (name, value, goal) in figures {
        say(&format!("{name:<38} {value:>10}  {goal}\n"))?;
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark is about the time that passes here"
)]
fn rate(library: &Library, scenario: &Loaded, limit: Duration) -> Result<f64, Mistake> {
    let started = Instant::now();
    let mut runs = 0_u32;
    while started.elapsed() < limit {
        runs += 1;
        run(library, scenario, u64::from(runs)).map_err(|error| error.to_string())?;
    }
    Ok(f64::from(runs) / started.elapsed().as_secs_f64())
}

/// How long a new world takes, without anything happening in it.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark is about the time that passes here"
)]
fn reset(library: &Library, scenario: &Loaded, limit: Duration) -> Result<Duration, Mistake> {
    let mut empty = scenario.clone();
    empty.scenario.when.clear();
    empty.scenario.faults.clear();
    let started = Instant::now();
    let mut runs = 0_u32;
    while started.elapsed() < limit {
        runs += 1;
        run(library, &empty, u64::from(runs)).map_err(|error| error.to_string())?;
    }
    Ok(started.elapsed() / runs.max(1))
}
