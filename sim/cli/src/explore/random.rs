use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::ProgressBar;
use serde_json::json;

use super::counted;
use super::findings::{Findings, Outcomes, headline, outcome_lines};
use crate::error::CliError;
use crate::output::say;
use crate::parallel::{Jobs, in_order};
use crate::progress::progress;
use alchemiser_binding::explore::{Finding, Signature, Wild, WildError, wander};
use alchemiser_binding::scenario::Library;
use harness::explore::{Corpus, Proposal};
use seeded_dice::{Dice, Key};

/// What `explore random` takes.
#[derive(Debug, Args)]
pub struct RandomArguments {
    /// How many worlds: 200, if nothing is said of minutes either.
    #[arg(long, value_name = "N")]
    pub worlds: Option<u64>,
    /// Begins no more worlds after so many minutes. Which worlds there are does not hang on it, how
    /// many does.
    #[arg(long, value_name = "N")]
    pub minutes: Option<f64>,
    /// Ends where the next world shows something new with less than this chance, a number such as
    /// 0.01, with 95 % confidence.
    #[arg(long, value_name = "CHANCE")]
    pub until: Option<f64>,
    /// Makes each world anew, whatever the worlds before it showed.
    #[arg(long)]
    pub blind: bool,
    /// The seed of the campaign: another one makes other worlds.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub jobs: Jobs,
    /// Print one JSON object a world.
    #[arg(long)]
    pub json: bool,
    /// Leave the findings as large as they are.
    #[arg(long)]
    pub unshrunk: bool,
    /// Write a scenario file of each finding into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

/// Worlds of a search of which nobody says how long it is.
const WORLDS: u64 = 200;

/// What the worlds have shown so far.
#[derive(Debug, Default)]
struct Tally {
    outcomes: Outcomes,
    findings: Findings,
    runs: usize,
    corpus: Corpus,
}

/// Worlds between two looks at the clock.
const ROUND: u64 = 64;

impl RandomArguments {
    fn worlds(&self) -> u64 {
        let is_open = self.minutes.is_some() || self.until.is_some();
        self.worlds
            .unwrap_or(if is_open { u64::MAX } else { WORLDS })
    }
}

/// Runs worlds of chance. True where nothing goes wrong.
pub fn random(arguments: &RandomArguments) -> Result<bool, CliError> {
    let library = Library::of_this_project()?;
    let dice = Dice::new(arguments.seed);
    let mut tally = Tally {
        findings: Findings::new(&library)?,
        ..Tally::default()
    };
    let all = arguments.worlds();
    let bar = progress(
        usize::try_from(all).unwrap_or(usize::MAX),
        arguments.json,
        "worlds",
    );
    let until = arguments
        .minutes
        .map(|minutes| now() + Duration::from_secs_f64(minutes * 60.0));
    let mut first = 0;
    while first < all
        && until.is_none_or(|until| now() < until)
        && arguments
            .until
            .is_none_or(|until| tally.corpus.left().most > until)
    {
        let next = all.min(first + ROUND);
        let blind = |number| Proposal::fresh(dice.seed(Key::of("world").number(number)));
        let proposals: Vec<Proposal> = match arguments.blind {
            true => (first..next).map(blind).collect(),
            false => tally.corpus.propose(dice, first..next),
        };
        round(arguments, &library, &proposals, &bar, &mut tally)?;
        first = next;
    }
    bar.finish_and_clear();
    if !arguments.json {
        say(&summary(&tally))?;
        if !arguments.unshrunk {
            let jobs = arguments.jobs.get();
            let folder = arguments.out.as_deref();
            tally.findings.shrink(&library, jobs, folder)?;
        }
    }
    Ok(tally.findings.is_clean())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a search that is to take some minutes looks at the clock between worlds, never in one"
)]
fn now() -> Instant {
    Instant::now()
}

fn round(
    arguments: &RandomArguments,
    library: &Library,
    proposals: &[Proposal],
    bar: &ProgressBar,
    tally: &mut Tally,
) -> Result<(), CliError> {
    let jobs = arguments.jobs.get();
    let work = |proposal: &Proposal| {
        let mut proposal = proposal.clone();
        let wild = wander(library, &mut proposal.tape)?;
        let features = wild.features();
        Ok::<_, WildError>((proposal, wild, features))
    };
    in_order(proposals, jobs, work, |_, ran| {
        bar.inc(1);
        let (proposal, wild, features) = ran?;
        tally.corpus.take(proposal, &features);
        tally.runs += usize::try_from(wild.runs).unwrap_or_default();
        *tally.outcomes.entry(wild.judged.outcome).or_default() += 1;
        let number: usize = tally.outcomes.values().sum();
        if arguments.json {
            say(&format!("{}\n", row(number, &wild)))?;
        }
        let Some(signature) = &wild.judged.signature else {
            return Ok(());
        };
        let runs = tally.runs;
        let tell = || bar.suspend(|| say(&finding(number, runs, &wild, signature)));
        let told = || if arguments.json { Ok(()) } else { tell() };
        let found = Finding::new(signature.clone(), wild.document.clone());
        tally.findings.take(found, told, arguments.out.as_deref())
    })
}

fn row(number: usize, wild: &Wild) -> serde_json::Value {
    json!({
        "world": number,
        "outcome": wild.judged.outcome.as_str(),
        "finding": wild.judged.signature.as_ref().map(ToString::to_string),
        "runs": wild.runs,
        "journal_hash": wild.journal.hash(),
    })
}

/// A finding as soon as it is there.
fn finding(number: usize, runs: usize, wild: &Wild, signature: &Signature) -> String {
    let head = headline(&wild.judged.violations, signature);
    format!("{head}  in world {number}, after {runs} runs\n")
}

fn summary(tally: &Tally) -> String {
    let worlds: usize = tally.outcomes.values().sum();
    let head = format!(
        "{}, {}\n",
        counted(worlds, "world"),
        counted(tally.runs, "run")
    );
    let left = format!(
        "{} were shown; the next world shows a new one with a chance of {}\n",
        counted(tally.corpus.features(), "feature"),
        tally.corpus.left()
    );
    head + &outcome_lines(&tally.outcomes) + &tally.findings.summary() + &left
}
