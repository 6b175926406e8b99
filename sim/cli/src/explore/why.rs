use std::path::PathBuf;

use clap::Args;

use super::document_of;
use crate::error::CliError;
use crate::output::say;
use crate::parallel::{Jobs, in_order};
use crate::progress::progress;
use alchemiser_binding::explore::Chance;
use alchemiser_binding::scenario::{Library, Moment, load_scenario};
use harness::explore::{Decision, TRIES};

/// What `explore why` takes.
#[derive(Debug, Args)]
pub struct WhyArguments {
    /// A scenario that does not hold.
    file: PathBuf,
    /// The seed of its world. Without it, the scenario's own, or 1.
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    jobs: Jobs,
}

/// How much of an entry is shown.
const WIDTH: usize = 160;
/// How many entries are shown on each side of the one at which it was decided.
const AROUND: usize = 3;

/// Says when it was decided that a scenario does not hold. True always: that it does not was known
/// before.
pub fn why(arguments: &WhyArguments) -> Result<bool, CliError> {
    let library = Library::of_this_project()?;
    let path = &arguments.file;
    let loaded = load_scenario(&library, path, &path.display().to_string())?;
    let document = document_of(&loaded)?;
    let seed = arguments.seed.unwrap_or(loaded.scenario.seed);
    let chance = Chance::of(&library, &loaded, &document, seed)?;
    let chance = chance.ok_or_else(|| CliError::Holds {
        path: path.clone(),
        seed,
    })?;
    say(&format!(
        "{} (seed {seed}): {}\n",
        loaded.name, chance.signature
    ))?;
    let jobs = arguments.jobs.get();
    let salts: Vec<u64> = (1..=TRIES as u64).collect();
    let bar = progress(
        chance.draws.len().max(1).ilog2() as usize + 2,
        false,
        "{eta} left",
    );
    let decision = Decision::find(chance.draws.len(), |kept| {
        let mut same = 0;
        let work = |salt: &u64| chance.is_shown(&library, kept, *salt);
        in_order(&salts, jobs, work, |_, is_shown| {
            same += usize::from(is_shown?);
            Ok(())
        })?;
        bar.inc(1);
        Ok::<_, CliError>(same)
    })?;
    bar.finish_and_clear();
    say(&table(&chance, &decision))?;
    say(&jump(&chance, &decision))?;
    Ok(true)
}

/// The instants that were tried, and what came of each.
fn table(chance: &Chance, decision: &Decision) -> String {
    let head = format!("{:<23}  {:>6}  of {TRIES}\n", "chance anew from", "draw");
    let rows = decision.shares.iter().map(|share| {
        let (from, draw) = match chance.draws.get(share.kept) {
            Some(draw) => (moment(chance, draw.place), share.kept.to_string()),
            None => ("nothing anew".to_owned(), String::new()),
        };
        format!("{from:<23}  {draw:>6}  {:>5}\n", share.same)
    });
    [head].into_iter().chain(rows).collect()
}

/// What decided it.
fn jump(chance: &Chance, decision: &Decision) -> String {
    let Some(number) = decision.draw else {
        return "It was certain from the start: whatever chance does leads to it.\n".to_owned();
    };
    let Some(draw) = chance.draws.get(number) else {
        return "Chance is never asked.\n".to_owned();
    };
    let lines: Vec<String> = chance.journal.lines().collect();
    let first = draw.place.saturating_sub(AROUND);
    let last = lines.len().min(draw.place + AROUND + 1);
    let around = (first..last).map(|place| {
        let mark = if place == draw.place { '>' } else { ' ' };
        format!("{mark} {:>5} {}\n", place + 1, cut(&lines[place]))
    });
    let head = format!(
        "It was decided at {} by draw {number}: {}\n",
        moment(chance, draw.place),
        draw.cause
    );
    [head].into_iter().chain(around).collect()
}

/// The beginning of an entry.
fn cut(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

/// When an entry was made, from 0: to that all that came before it had led.
fn moment(chance: &Chance, place: usize) -> String {
    let entries = chance.journal.entries();
    let entry = entries.get(place).or(entries.last());
    entry.map_or_else(String::new, |entry| Moment(entry.at).to_string())
}
