use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Map, Value};

use crate::error::CliError;
use crate::output::say;
use crate::pattern_bench::pattern_events;
use alchemiser_binding::report::is_sdk_call;
use alchemiser_binding::run::run;
use alchemiser_binding::scenario::{Library, Loaded, load_scenario};

/// What `bench` takes.
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// How long each figure is measured, in seconds.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

/// One figure, and what it should be.
struct Figure {
    name: String,
    value: Value,
    goal: &'static str,
}

impl Figure {
    fn new(name: impl Into<String>, value: impl Into<Value>, goal: &'static str) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            goal,
        }
    }
}

/// Measures on one core: whole trading days, small scenarios, a new world, the way from the start
/// to a verdict. Times are those of this machine at this moment; `benches/instructions/run` counts
/// instructions, which are the same under any load.
pub fn bench(arguments: &BenchArguments) -> Result<bool, CliError> {
    let figures = measure(Duration::from_secs(arguments.seconds))?;
    if arguments.json {
        let object: Map<String, Value> = figures
            .into_iter()
            .map(|figure| (figure.name, figure.value))
            .collect();
        say(&format!("{}\n", Value::Object(object)))?;
        return Ok(true);
    }
    for Figure { name, value, goal } in figures {
        say(&format!("{name:<38} {value:>10}  {goal}\n"))?;
    }
    say("instructions, which no other load on the machine changes: benches/instructions/run\n")?;
    Ok(true)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark is about the time that passes here"
)]
fn measure(limit: Duration) -> Result<Vec<Figure>, CliError> {
    let started = Instant::now();
    let library = Library::of_this_project()?;
    let small = load(&library, "faults/error_notification")?;
    run(&library, &small, 1)?;
    let first_verdict_ms = started.elapsed().as_secs_f64() * 1_000.0;
    let full = load(&library, "examples/full_day")?;
    let day = run(&library, &full, 1)?;
    let calls = day.journal.entries().iter();
    let calls = calls.filter(|entry| is_sdk_call(&entry.fact)).count();
    let days = rate(&library, &full, limit)?;
    let scenarios = rate(&library, &small, limit)?;
    let reset = reset_us(&library, &small, limit)?;
    let mut figures = vec![
        Figure::new(
            "trading_days_per_second_per_core",
            days.round(),
            "goal >= 150",
        ),
        Figure::new(
            "small_scenarios_per_second_per_core",
            scenarios.round(),
            "goal >= 5000",
        ),
        Figure::new("world_reset_us", reset.round(), ""),
        Figure::new(
            "start_to_first_verdict_ms",
            (first_verdict_ms * 10.0).round() / 10.0,
            "goal <= 20",
        ),
        Figure::new("sdk_calls_per_day", calls, ""),
    ];
    for (rules, name) in [(1, "1_rule"), (300, "300_rules"), (10_000, "10000_rules")] {
        let rate = pattern_events(rules, limit)?;
        figures.push(Figure::new(
            format!("pattern_events_per_second_{name}"),
            rate.round(),
            "",
        ));
    }
    Ok(figures)
}

fn load(library: &Library, name: &str) -> Result<Loaded, CliError> {
    let path = library
        .root()
        .join("scenarios")
        .join(format!("{name}.yaml"));
    Ok(load_scenario(library, &path, name)?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark is about the time that passes here"
)]
fn rate(library: &Library, scenario: &Loaded, limit: Duration) -> Result<f64, CliError> {
    let started = Instant::now();
    let mut runs = 0_u32;
    while started.elapsed() < limit {
        runs += 1;
        run(library, scenario, u64::from(runs))?;
    }
    Ok(f64::from(runs) / started.elapsed().as_secs_f64())
}

/// How long a new world takes, without anything happening in it, in microseconds.
fn reset_us(library: &Library, scenario: &Loaded, limit: Duration) -> Result<f64, CliError> {
    let mut empty = scenario.clone();
    empty.scenario.when.clear();
    empty.scenario.faults.clear();
    Ok(1_000_000.0 / rate(library, &empty, limit)?)
}
