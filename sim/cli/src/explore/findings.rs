use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::counted;
use crate::error::CliError;
use crate::output::say;
use crate::parallel::in_order;
use alchemiser_binding::explore::{Finding, Outcome, Signature};
use alchemiser_binding::scenario::Library;
use harness::check::Violation;

/// How many runs a finding is made small with.
pub const SHRINK_RUNS: usize = 1_500;

/// The findings of a search, each kind once, and how often it was met.
#[derive(Debug, Default)]
pub struct Findings {
    first: BTreeMap<Signature, (Finding, usize)>,
    /// The file names of findings that are known and not yet mended.
    open: BTreeSet<String>,
}

impl Findings {
    /// None yet; what has a file in `scenarios/regressions` that ends in `.open` is known.
    pub fn new(library: &Library) -> Result<Self, CliError> {
        let folder = library.root().join("scenarios/regressions");
        let files = Library::files_of(&folder, "open")?;
        let names = files.iter().filter_map(|file| file.file_stem());
        Ok(Self {
            open: names
                .map(|name| name.to_string_lossy().into_owned())
                .collect(),
            ..Self::default()
        })
    }

    fn is_open(&self, signature: &Signature) -> bool {
        self.open.contains(&signature.file_name())
    }

    /// Whether nothing was found but what is known.
    pub fn is_clean(&self) -> bool {
        self.first.keys().all(|signature| self.is_open(signature))
    }

    /// Takes one more. The first of its kind is written into the folder, and then told, where
    /// somebody listens: who reads of it finds its file.
    pub fn take(
        &mut self,
        finding: Finding,
        told: impl FnOnce() -> Result<(), CliError>,
        folder: Option<&Path>,
    ) -> Result<(), CliError> {
        let entry = self.first.entry(finding.signature.clone());
        let (finding, times) = entry.or_insert((finding, 0));
        *times += 1;
        if *times > 1 {
            return Ok(());
        }
        folder.map_or(Ok(()), |folder| keep(folder, finding))?;
        told()
    }

    /// How often each kind was met, a line each.
    pub fn summary(&self) -> String {
        let lines = self.first.iter().map(|(signature, (_, times))| {
            let known = if self.is_open(signature) {
                " (known, open)"
            } else {
                ""
            };
            format!("{} of {signature}{known}\n", counted(*times, "finding"))
        });
        lines.collect()
    }

    /// Makes each small, prints it, and puts the small file in the place of the large one.
    pub fn shrink(
        &self,
        library: &Library,
        jobs: NonZeroUsize,
        folder: Option<&Path>,
    ) -> Result<(), CliError> {
        let all = self.first.values().map(|(finding, _)| finding);
        let all: Vec<&Finding> = all
            .filter(|finding| !self.is_open(&finding.signature))
            .collect();
        let work = |finding: &&Finding| finding.shrunk(library, SHRINK_RUNS);
        in_order(&all, jobs, work, |_, small| {
            say(&format!("\n{}", small.file()))?;
            folder.map_or(Ok(()), |folder| keep(folder, &small))
        })
    }
}

/// The first line of a finding: what does not hold in this very run.
pub fn headline(violations: &[Violation], signature: &Signature) -> String {
    let problem = violations.first().map(ToString::to_string);
    format!(
        "FOUND {}\n",
        problem.unwrap_or_else(|| signature.to_string())
    )
}

/// How runs ended, and how many of them so.
pub type Outcomes = BTreeMap<Outcome, usize>;

/// A line for each way to end.
pub fn outcome_lines(outcomes: &Outcomes) -> String {
    let lines = Outcome::ALL.iter().map(|outcome| {
        let times = outcomes.get(outcome).copied().unwrap_or_default();
        format!("  {times:>6} {}\n", outcome.as_str())
    });
    lines.collect()
}

/// Writes the scenario of a finding; one of its name is replaced.
pub fn keep(folder: &Path, finding: &Finding) -> Result<(), CliError> {
    let path = file_of(folder, finding);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, finding.file()))
        .map_err(|source| CliError::Write {
            path: path.clone(),
            source,
        })
}

fn file_of(folder: &Path, finding: &Finding) -> PathBuf {
    folder.join(format!("{}.yaml", finding.signature.file_name()))
}
