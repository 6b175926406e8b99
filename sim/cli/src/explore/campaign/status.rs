use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::CampaignError;
use super::allow::Allowed;
use super::files::{CampaignFiles, Known};
use crate::error::CliError;
use crate::explore::counted;
use crate::output::say;
use alchemiser_binding::explore::Outcome;
use harness::campaign::Tally;
use harness::chain::sha256;

/// What `explore campaign status` takes.
#[derive(Debug, Args)]
pub struct StatusArguments {
    /// The folder of the campaign.
    folder: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Write the smallest scenario of each finding into this folder.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Says what is known of a campaign. True where nothing was found or missed.
pub fn status(arguments: &StatusArguments) -> Result<bool, CliError> {
    let files = CampaignFiles::open(&arguments.folder)?;
    let known = files.known()?;
    if let Some(folder) = &arguments.out {
        for (signature, plan) in known.merged.plans() {
            let path = folder.join(file_name(signature));
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&path, plan))
                .map_err(|source| CliError::Write { path, source })?;
        }
    }
    if arguments.json {
        say(&format!("{}\n", as_json(&files, &known)))?;
        return ended(&files, &known, &problems(&files, &known)?);
    }
    tell(&files, &known)
}

/// The check that a finding is about, and eight hexadecimal digits for the rest.
fn file_name(signature: &str) -> String {
    let check = signature.split(':').next().unwrap_or_default();
    let rest = sha256(signature.as_bytes());
    format!("{}-{}.yaml", check.replace(' ', "-"), &rest[..8])
}

/// Says in words what is known.
pub fn tell(files: &CampaignFiles, known: &Known) -> Result<bool, CliError> {
    let problems = problems(files, known)?;
    say(&as_text(files, known, &problems))?;
    ended(files, known, &problems)
}

/// What a person has to look at, and the reason where it is allowed.
struct Problem {
    line: String,
    reason: Option<String>,
}

fn ended(files: &CampaignFiles, known: &Known, problems: &[Problem]) -> Result<bool, CliError> {
    match known.newest {
        Some(_) if known.missing.is_empty() => {
            Ok(problems.iter().all(|problem| problem.reason.is_some()))
        }
        newest => Err(CampaignError::Incomplete {
            round: newest.unwrap_or_default(),
            missing: known.missing.len() as u64,
            parts: files.terms.parts,
        }
        .into()),
    }
}

fn problems(files: &CampaignFiles, known: &Known) -> Result<Vec<Problem>, CliError> {
    let allowed = Allowed::of(files.folder())?;
    let total = known.merged.total();
    let mut problems = Vec::new();
    let mut add = |line: String, name: &str| {
        let reason = allowed.reason(name).map(str::to_owned);
        problems.push(Problem { line, reason });
    };
    for (round, of_round) in known.merged.rounds() {
        if of_round.contradicts_itself() {
            let name = format!("round {round} was done twice, with two results");
            add(format!("CONTRADICTION {name}"), &name);
        }
    }
    for (signature, times) in &total.findings {
        let times = usize::try_from(*times).unwrap_or(usize::MAX);
        let line = format!("{} of {signature}", counted(times, "finding"));
        add(line, signature);
    }
    let never = |counts: &BTreeMap<String, u64>| {
        let names = counts.iter().filter(|(_, times)| **times == 0);
        names.map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    for name in never(&total.premises) {
        let line = format!("NEVER JUDGED {name}");
        add(line.clone(), &line);
    }
    for name in never(&total.landmarks) {
        let line = format!("NEVER PASSED {name}");
        add(line.clone(), &line);
    }
    Ok(problems)
}

fn as_text(files: &CampaignFiles, known: &Known, problems: &[Problem]) -> String {
    let terms = &files.terms;
    let total = known.merged.total();
    let count =
        |number: u64, noun: &str| counted(usize::try_from(number).unwrap_or(usize::MAX), noun);
    let mut text = String::new();
    let mut line = |words: String| text.push_str(&format!("{words}\n"));
    let rounds = known.newest.map_or(0, |newest| newest + 1);
    line(format!(
        "seed {}: {}, {}, {}",
        terms.seed,
        count(rounds, "round"),
        count(total.items, "item"),
        count(total.runs, "run")
    ));
    for (outcome, times) in outcomes(&total) {
        line(format!("  {times:>6} {outcome}"));
    }
    for problem in problems {
        line(match &problem.reason {
            Some(reason) => format!("ALLOWED {}: {reason}", problem.line),
            None => problem.line.clone(),
        });
    }
    line(format!("digest {}", known.merged.digest()));
    text
}

/// The outcomes from the best to the worst, and then what is none of a run.
fn outcomes(total: &Tally) -> Vec<(&str, u64)> {
    let known = Outcome::ALL.map(Outcome::as_str);
    let times = |name: &str| total.outcomes.get(name).copied().unwrap_or_default();
    let others = total
        .outcomes
        .iter()
        .map(|(name, times)| (name.as_str(), *times));
    let others = others.filter(|(name, _)| !known.contains(name));
    known
        .map(|name| (name, times(name)))
        .into_iter()
        .chain(others)
        .collect()
}

fn as_json(files: &CampaignFiles, known: &Known) -> Value {
    json!({
        "round": known.newest,
        "parts": files.terms.parts,
        "missing": known.missing,
        "total": known.merged.total(),
        "findings": known.merged.plans(),
        "digest": known.merged.digest(),
    })
}
