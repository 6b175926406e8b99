use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use indicatif::ProgressBar;

use super::findings::{Findings, Outcomes, outcome_lines};
use super::{BaseArguments, counted, document_of, sound_base};
use crate::error::CliError;
use crate::output::say;
use crate::parallel::in_order;
use crate::progress::progress;
use alchemiser_binding::explore::{
    Base, Finding, Followed, PairSearch, RULES, fault_line, with_faults,
};
use alchemiser_binding::scenario::{Document, Library, Loaded};
use harness::explore::{Account, Disagreement, Pair, Trial};

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

/// How many pairs are run before it is seen again whether the classes are right.
const AT_A_TIME: usize = 400;

/// Tries pairs of faults. True where nothing goes wrong and the classes are right.
pub fn pairs(arguments: &PairsArguments) -> Result<bool, CliError> {
    let search = |library: &Library, scenario: &Loaded| of_one(arguments, library, scenario);
    arguments.base.each(search)
}

fn of_one(
    arguments: &PairsArguments,
    library: &Library,
    scenario: &Loaded,
) -> Result<bool, CliError> {
    let seed = arguments.base.seed(scenario);
    let base = sound_base(library, scenario, seed)?;
    let jobs = arguments.base.jobs();
    let followed = followed(&base, library, jobs)?;
    let mut search = PairSearch::new(&RULES, followed, seed);
    let all: usize = search.firsts.iter().map(|(_, seconds)| seconds.len()).sum();
    say(&format!(
        "{} (seed {seed}): {}, {}\n",
        scenario.name,
        counted(search.firsts.len(), "first fault"),
        counted(all, "pair")
    ))?;
    let run = PairRun {
        base,
        document: document_of(scenario)?,
        library,
        jobs,
        arguments,
    };
    let tally = run.all(&mut search)?;
    say(&tally.summary(&search))?;
    tally
        .findings
        .shrink(library, jobs, arguments.out.as_deref())?;
    Ok(tally.findings.is_clean() && search.pruning.disagreements().is_empty())
}

/// Every single fault, with its classes and what may strike the recovery.
fn followed(base: &Base, library: &Library, jobs: NonZeroUsize) -> Result<Vec<Followed>, CliError> {
    let trials = base.trials()?;
    let bar = progress(trials.len(), false, "single faults, {eta} left");
    let mut all = Vec::new();
    let work = |trial: &Trial| Followed::by(base, library, &RULES, trial);
    in_order(&trials, jobs, work, |_, followed| {
        bar.inc(1);
        all.push(followed?);
        Ok(())
    })?;
    bar.finish_and_clear();
    Ok(all)
}

struct PairRun<'a> {
    base: Base,
    document: Document,
    library: &'a Library,
    jobs: NonZeroUsize,
    arguments: &'a PairsArguments,
}

impl PairRun<'_> {
    /// Runs what is to be run, until the budget is used up.
    fn all(&self, search: &mut PairSearch) -> Result<Tally, CliError> {
        let mut tally = Tally {
            findings: Findings::new(self.library)?,
            ..Tally::default()
        };
        let mut budget = self.arguments.runs;
        let bar = progress(
            budget.min(search.pruning.left()),
            false,
            "pairs, {eta} left",
        );
        loop {
            let pairs = search.pruning.next(budget.min(AT_A_TIME));
            for wrong in &search.pruning.disagreements()[tally.wrong..] {
                bar.suspend(|| say(&disagreement(search, wrong)))?;
            }
            tally.wrong = search.pruning.disagreements().len();
            if pairs.is_empty() {
                bar.finish_and_clear();
                return Ok(tally);
            }
            budget -= pairs.len();
            self.some(search, &pairs, &bar, &mut tally)?;
            bar.set_length(bar.position() + budget.min(search.pruning.left()) as u64);
        }
    }

    fn some(
        &self,
        search: &mut PairSearch,
        pairs: &[Pair],
        bar: &ProgressBar,
        tally: &mut Tally,
    ) -> Result<(), CliError> {
        let mut ends = Vec::new();
        let known = &*search;
        let work = |pair: &Pair| self.base.attempt_all(self.library, &known.faults(*pair));
        in_order(pairs, self.jobs, work, |pair, tried| {
            bar.inc(1);
            let tried = tried?;
            ends.push((*pair, (tried.outcome, tried.signature.clone())));
            *tally.outcomes.entry(tried.outcome).or_default() += 1;
            tally.unmet += usize::from(!tried.is_met);
            let Some(signature) = &tried.signature else {
                return Ok(());
            };
            let document = with_faults(self.document.clone(), &known.faults(*pair));
            let told = || {
                let lines = lines(known, *pair);
                bar.suspend(|| say(&format!("FOUND {signature}\n{lines}")))
            };
            let found = Finding::new(signature.clone(), document);
            let folder = self.arguments.out.as_deref();
            tally.findings.take(found, told, folder)
        })?;
        for (pair, end) in ends {
            search.pruning.take(pair, end);
        }
        Ok(())
    }
}

/// The lines of a pair's faults.
fn lines(search: &PairSearch, pair: Pair) -> String {
    let lines = search
        .faults(pair)
        .map(|fault| format!("  {}\n", fault_line(fault)));
    lines.concat()
}

/// Two pairs that are not alike.
fn disagreement(search: &PairSearch, wrong: &Disagreement) -> String {
    format!(
        "WRONG CLASS ({}): this pair was left out\n{}for this one, and ends otherwise\n{}",
        wrong.rule,
        lines(search, wrong.pruned),
        lines(search, wrong.instead)
    )
}

#[derive(Default)]
struct Tally {
    outcomes: Outcomes,
    findings: Findings,
    /// Pairs whose second fault met nothing.
    unmet: usize,
    /// How many wrong classes were told.
    wrong: usize,
}

impl Tally {
    fn summary(&self, search: &PairSearch) -> String {
        let outcomes = outcome_lines(&self.outcomes);
        let unmet = format!(
            "  {:>6} of them with a fault that met nothing\n",
            self.unmet
        );
        let accounts = search.pruning.accounts();
        let accounts = accounts.iter().map(account);
        let budget = match search.pruning.left() {
            0 => String::new(),
            some => format!("{} not run: --runs is used up\n", counted(some, "pair")),
        };
        let head = [outcomes, unmet];
        let tail = [budget, self.findings.summary()];
        head.into_iter().chain(accounts).chain(tail).collect()
    }
}

/// What a rule left out, and how well that is known to be right.
fn account(account: &Account) -> String {
    let Account {
        rule,
        considered,
        run,
        pruned,
        audited,
        disagreeing,
    } = account;
    let bound = match (disagreeing, audited) {
        (0, 0) => "nobody knows whether that is right".to_owned(),
        // None of n: at most 3/n with 95 % confidence.
        (0, n) => format!(
            "none ended otherwise: at most {:.2} % do",
            300.0 / *n as f64
        ),
        (wrong, _) => format!("{wrong} ended otherwise: off, and what it left out is run"),
    };
    format!(
        "{rule}: of {} {run} run, {pruned} left out; {audited} of these run all the same, {bound}\n",
        counted(*considered, "pair")
    )
}
