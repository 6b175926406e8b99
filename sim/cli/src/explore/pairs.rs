use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::findings::{Findings, Outcomes, outcome_lines};
use super::{BaseArguments, counted, document_of, sound_base};
use crate::error::CliError;
use crate::output::say;
use crate::parallel::in_order;
use crate::progress::progress;
use alchemiser_binding::explore::{
    Base, Finding, class_of, fault_line, second_faults, with_faults,
};
use alchemiser_binding::scenario::{Document, Library, Loaded};
use harness::explore::Trial;
use seeded_dice::{Dice, Key};

/// What `explore pairs` takes.
#[derive(Debug, Args)]
pub struct PairsArguments {
    #[command(flatten)]
    pub base: BaseArguments,
    /// How many runs with two faults at most; what is left out is said.
    #[arg(long, default_value_t = 20_000)]
    pub runs: usize,
    /// Write a scenario file of each finding into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

/// Of a thousand pairs that are left out for a class so many are run all the same.
const AUDITED_PER_MILLE: u32 = 50;

/// Tries pairs of faults. True where nothing goes wrong and the classes are right.
pub fn pairs(arguments: &PairsArguments) -> Result<bool, CliError> {
    let search = |library: &Library, scenario: &Loaded| of_one(arguments, library, scenario);
    arguments.base.each(search)
}

/// A first fault, its class, and what may strike the recovery from it.
struct First {
    fault: Trial,
    class: u64,
    seconds: Vec<Trial>,
}

/// Two faults of one run.
struct Pair {
    first: Trial,
    second: Trial,
    /// For an audit: the place of the pair that stands for this one, which is run before it.
    instead: Option<usize>,
}

fn of_one(
    arguments: &PairsArguments,
    library: &Library,
    scenario: &Loaded,
) -> Result<bool, CliError> {
    let seed = arguments.base.seed(scenario);
    let search = Search {
        base: sound_base(library, scenario, seed)?,
        document: document_of(scenario)?,
        library,
        jobs: arguments.base.jobs(),
    };
    let firsts = search.firsts()?;
    let all: usize = firsts.iter().map(|first| first.seconds.len()).sum();
    let (mut pairs, pruned) = chosen(&firsts, seed);
    let left_out = pairs.len().saturating_sub(arguments.runs);
    pairs.truncate(arguments.runs);
    let audited = pairs.iter().filter(|pair| pair.instead.is_some()).count();
    let classes: std::collections::BTreeSet<u64> = firsts.iter().map(|first| first.class).collect();
    say(&format!(
        "{} (seed {seed}): {} in {}, {}\n",
        scenario.name,
        counted(firsts.len(), "first fault"),
        counted(classes.len(), "class"),
        counted(all, "pair")
    ))?;
    let mut tally = Tally {
        findings: Findings::new(library)?,
        ..Tally::default()
    };
    search.run(&pairs, arguments, &mut tally)?;
    say(&tally.summary(pruned, audited, left_out))?;
    tally
        .findings
        .shrink(library, search.jobs, arguments.out.as_deref())?;
    Ok(tally.findings.is_clean() && tally.wrong.is_empty())
}

/// The pairs to run: all of the first faults that stand for their class, and a part of the others,
/// to see whether the classes are right. With how many are left out.
fn chosen(firsts: &[First], seed: u64) -> (Vec<Pair>, usize) {
    // Of each class the first fault that stands for it, and where its pairs begin.
    let mut stands_for: BTreeMap<u64, (&First, usize)> = BTreeMap::new();
    let (mut pairs, mut pruned) = (Vec::new(), 0);
    for first in firsts {
        let known = stands_for.get(&first.class).copied();
        if known.is_none() {
            stands_for.insert(first.class, (first, pairs.len()));
        }
        for second in &first.seconds {
            // Where it stands for its class, or nothing stands for this pair, it is run in any case.
            let instead = known.and_then(|(known, begin)| {
                let place = known.seconds.iter().position(|other| other == second)?;
                Some(begin + place)
            });
            let key = Key::of("audit").text(&fault_line(&first.fault));
            let key = key.text(&fault_line(second));
            if instead.is_some() && !Dice::new(seed).happens(key, AUDITED_PER_MILLE) {
                pruned += 1;
                continue;
            }
            pairs.push(Pair {
                first: first.fault.clone(),
                second: second.clone(),
                instead,
            });
        }
    }
    (pairs, pruned)
}

struct Search<'a> {
    base: Base,
    document: Document,
    library: &'a Library,
    jobs: NonZeroUsize,
}

impl Search<'_> {
    /// Every single fault, with its class and what may strike the recovery.
    fn firsts(&self) -> Result<Vec<First>, CliError> {
        let trials = self.base.trials()?;
        let bar = progress(trials.len(), false, "single faults, {eta} left");
        let mut firsts = Vec::new();
        let work = |trial: &Trial| {
            let tried = self.base.attempt(self.library, trial)?;
            let seconds = second_faults(&self.base, &tried)?;
            Ok::<_, CliError>((class_of(&tried), seconds))
        };
        in_order(&trials, self.jobs, work, |trial, found| {
            bar.inc(1);
            let (class, seconds) = found?;
            firsts.push(First {
                fault: trial.clone(),
                class,
                seconds,
            });
            Ok(())
        })?;
        bar.finish_and_clear();
        Ok(firsts)
    }

    fn run(
        &self,
        pairs: &[Pair],
        arguments: &PairsArguments,
        tally: &mut Tally,
    ) -> Result<(), CliError> {
        let bar = progress(pairs.len(), false, "pairs, {eta} left");
        let work = |pair: &Pair| {
            let faults = [&pair.first, &pair.second];
            self.base.attempt_all(self.library, &faults)
        };
        let mut ends = Vec::new();
        in_order(pairs, self.jobs, work, |pair, tried| {
            bar.inc(1);
            let tried = tried?;
            let end = (tried.outcome, tried.signature.clone());
            let is_wrong = pair.instead.is_some_and(|place| ends[place] != end);
            ends.push(end);
            *tally.outcomes.entry(tried.outcome).or_default() += 1;
            tally.unmet += usize::from(!tried.is_met);
            let lines = format!(
                "  {}\n  {}\n",
                fault_line(&pair.first),
                fault_line(&pair.second)
            );
            if is_wrong {
                tally.wrong.push(lines.clone());
            }
            let Some(signature) = &tried.signature else {
                return Ok(());
            };
            let faults = [&pair.first, &pair.second];
            let document = with_faults(self.document.clone(), &faults);
            let told = || bar.suspend(|| say(&format!("FOUND {signature}\n{lines}")));
            let found = Finding::new(signature.clone(), document);
            tally.findings.take(found, told, arguments.out.as_deref())
        })?;
        bar.finish_and_clear();
        Ok(())
    }
}

#[derive(Default)]
struct Tally {
    outcomes: Outcomes,
    findings: Findings,
    /// Pairs whose second fault met nothing.
    unmet: usize,
    /// Audited pairs that ended otherwise than the pair that stands for them.
    wrong: Vec<String>,
}

impl Tally {
    fn summary(&self, pruned: usize, audited: usize, left_out: usize) -> String {
        let outcomes = outcome_lines(&self.outcomes);
        let unmet = format!(
            "  {:>6} of them with a fault that met nothing\n",
            self.unmet
        );
        let bound = match (self.wrong.len(), audited) {
            (_, 0) => "nobody knows whether that is right".to_owned(),
            // None of n: at most 3/n with 95 % confidence.
            (0, n) => format!(
                "{n} of them run all the same, none ended otherwise: at most {:.2} % do",
                300.0 / n as f64
            ),
            (wrong, n) => format!(
                "{n} of them run all the same, {wrong} ended otherwise: the classes are wrong here"
            ),
        };
        let pruned = format!(
            "{} left out for their class; {bound}\n",
            counted(pruned + audited, "pair")
        );
        let budget = match left_out {
            0 => String::new(),
            some => format!("{} not run: --runs is used up\n", counted(some, "pair")),
        };
        let wrong = self
            .wrong
            .iter()
            .map(|lines| format!("WRONG CLASS\n{lines}"));
        [outcomes, unmet, pruned, budget]
            .into_iter()
            .chain(wrong)
            .chain([self.findings.summary()])
            .collect()
    }
}
