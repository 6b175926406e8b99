use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use serde_json::json;

use super::counted;
use super::findings::keep;
use crate::error::{ArgumentError, CliError};
use crate::output::say;
use crate::parallel::{Jobs, in_order};
use crate::progress::progress;
use alchemiser_binding::explore::{Finding, Neighbour, Signature, judged, neighbours};
use alchemiser_binding::run::RunError;
use alchemiser_binding::scenario::{Document, Library, load_scenario};
use alchemiser_binding::text_file::read_text;
use harness::explore::clean_runs;

/// What `explore verify` takes.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The scenario of a finding that is said to be mended.
    file: PathBuf,
    /// Which part of the seeds showed it before, as in 3/10; without this, what the file's comment
    /// says.
    #[arg(long, value_name = "SHARE")]
    before: Option<Share>,
    #[command(flatten)]
    jobs: Jobs,
    /// Write the first scenario that shows it into this folder, for each finding.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    shown: u64,
    of: u64,
}

impl Share {
    /// As a number. That all showed it says no more than that the next one would have been the first
    /// that does not.
    fn part(self) -> f64 {
        let of = self.of.max(self.shown + 1);
        self.shown as f64 / of as f64
    }
}

impl FromStr for Share {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text
            .split_once('/')
            .and_then(|(shown, of)| Some((shown.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((shown, of)) if 0 < shown && shown <= of => Ok(Self { shown, of }),
            _ => Err(ArgumentError::NotAShare),
        }
    }
}

/// What stands in the comment of a file that a search wrote.
const SAYS: &str = "seeds show it";

/// What the comments of a file say of the seeds that showed it.
fn noted(text: &str) -> Option<Share> {
    let comments = text.lines().filter(|line| line.starts_with('#'));
    let mut parts = comments.flat_map(|line| line.split([';', '.', '#']));
    let part = parts.find_map(|part| part.trim().strip_suffix(SAYS))?;
    part.trim().replacen(" of ", "/", 1).parse().ok()
}

/// Runs the scenario of a finding, other seeds and all its neighbours. True where none of them shows
/// anything.
pub fn verify(arguments: &VerifyArguments) -> Result<bool, CliError> {
    let library = Library::of_this_project()?;
    let path = &arguments.file;
    let loaded = load_scenario(&library, path, &path.display().to_string())?;
    let text = read_text(path).map_err(|source| CliError::Read {
        path: path.clone(),
        source,
    })?;
    let unknown = || CliError::NobodyKnows(path.clone());
    let share = arguments
        .before
        .or_else(|| noted(&text))
        .ok_or_else(unknown)?;
    let mut document = Document::read(&text).map_err(|_| unknown())?;
    document.0["expect"] = json!("sound");
    let own = loaded.scenario.seed;
    let needed = clean_runs(share.part());
    let others = (1..).filter(|seed| *seed != own).take(needed as usize);
    let seeds = others.map(|seed| {
        let mut document = document.clone();
        document.0["seed"] = json!(seed);
        let what = format!("seed {seed}");
        Neighbour { what, document }
    });
    let itself = Neighbour {
        what: "as it is".to_owned(),
        document: document.clone(),
    };
    let seeds: Vec<Neighbour> = [itself].into_iter().chain(seeds).collect();
    say(&format!(
        "{}: {} of {} seeds showed it, so {} of other seeds say with 95 % confidence that it is mended\n",
        loaded.name,
        share.shown,
        share.of,
        counted(needed as usize, "clean run")
    ))?;
    let neighbours = neighbours(&library, &document)?;
    let mut verification = Verification {
        library: &library,
        jobs: arguments.jobs.get(),
        folder: arguments.out.as_deref(),
        shown: 0,
        kinds: Vec::new(),
    };
    verification.run(&seeds, |error| Err(error.into()))?;
    let of_seeds = verification.shown;
    let mut refused = 0;
    verification.run(&neighbours, |_| {
        // A value that is next to one may be none: a moment that is in the past by then.
        refused += 1;
        Ok(())
    })?;
    let shown = verification.shown;
    let unable = match refused {
        0 => String::new(),
        some => format!(" ({some} more are no scenarios)"),
    };
    say(&format!(
        "  {of_seeds:>6} of {} show something\n  {:>6} of {}{unable} show something\n",
        counted(seeds.len(), "seed"),
        shown - of_seeds,
        counted(neighbours.len() - refused, "neighbour"),
    ))?;
    Ok(shown == 0)
}

struct Verification<'a> {
    library: &'a Library,
    jobs: NonZeroUsize,
    folder: Option<&'a Path>,
    /// How many runs have shown something.
    shown: usize,
    /// What they have shown, in the order in which it came up.
    kinds: Vec<Signature>,
}

impl Verification<'_> {
    /// Runs all of them; what is no scenario is `refused`.
    fn run(
        &mut self,
        all: &[Neighbour],
        mut refused: impl FnMut(RunError) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        let library = self.library;
        let work = |one: &Neighbour| judged(library, &one.document);
        let bar = progress(all.len(), false, "{eta} left");
        in_order(all, self.jobs, work, |one, judged| {
            bar.inc(1);
            match judged {
                Ok(judged) => match judged.signature {
                    Some(signature) => bar.suspend(|| self.tell(one, signature)),
                    None => Ok(()),
                },
                Err(error) => refused(error),
            }
        })?;
        bar.finish_and_clear();
        Ok(())
    }

    /// Tells that a run shows something, and what, where it is the first that does.
    fn tell(&mut self, one: &Neighbour, signature: Signature) -> Result<(), CliError> {
        self.shown += 1;
        let known = self.kinds.iter().position(|known| *known == signature);
        let place = known.unwrap_or(self.kinds.len());
        if known.is_none() {
            say(&format!("FOUND {}: {signature}\n", place + 1))?;
            self.kinds.push(signature.clone());
        }
        say(&format!("  {}  {}\n", place + 1, one.what))?;
        match self.folder {
            Some(folder) if known.is_none() => {
                keep(folder, &Finding::new(signature, one.document.clone()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_of_a_file_says_how_many_seeds_showed_it() {
        let found = "# Without any one of its parts this holds; 7 of 10 seeds show it; 64 runs made it so small.\nabout: x\n";
        assert_eq!(noted(found), Some(Share { shown: 7, of: 10 }));
        for without in [
            "about: 7 of 10 seeds show it\n",
            "# 0 of 10 seeds show it\n",
            "# of seeds show it\n",
            "",
        ] {
            assert_eq!(noted(without), None, "{without}");
        }
    }

    #[test]
    fn a_share_is_so_many_of_so_many() {
        let part = |text: &str| text.parse::<Share>().ok().map(Share::part);
        assert_eq!(part("3/10"), Some(0.3));
        assert_eq!(part("9/9"), Some(0.9), "the next one might not");
        for wrong in ["0/10", "11/10", "0.3", "3", "a/b", "3/"] {
            assert_eq!(part(wrong), None, "{wrong}");
        }
    }
}
