use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;

use super::{Action, Lambda, Scenario, Start};
use crate::cloud::template::{Pseudo, Stack, load};

/// A scenario with its name.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The path below the scenario folder without its ending, or the path as it was given.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub scenario: Scenario,
}

/// A mistake in an input file, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LoadError(pub String);

/// Reads one scenario file.
///
/// # Errors
/// File, line, column, the offending text, and what is allowed.
pub fn load_scenario(path: &Path, name: &str) -> Result<Loaded, LoadError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| LoadError(format!("{shown}: {error}")))?;
    let scenario = serde_saphyr::from_str::<Scenario>(&text).map_err(|error| located(&shown, &error.to_string()))?;
    match (scenario.lambda, scenario.given.clock) {
        (Lambda::Binary, Start::At(_)) => {
            Err(mistaken(&shown, &text, "clock:", "a program lives on the machine's clock: with `lambda: binary` it is `clock: now`"))
        }
        (Lambda::InProcess, Start::Now) => {
            Err(mistaken(&shown, &text, "clock:", "`now` is for `lambda: binary`: else name a moment, as in 2012-03-14 09:30"))
        }
        (Lambda::Binary, Start::Now) if scenario.when.iter().any(|action| matches!(action, Action::Advance(_) | Action::AdvanceTo(_))) => {
            Err(mistaken(
                &shown,
                &text,
                "advance",
                "time is real with `lambda: binary`, and nobody wants to wait for it: `fire` or `invoke`",
            ))
        }
        _ => Ok(Loaded { name: name.to_owned(), path: path.to_owned(), scenario }),
    }
}

/// A mistake where `key` stands.
fn mistaken(shown: &str, text: &str, key: &str, words: &str) -> LoadError {
    let place = text.lines().enumerate().find_map(|(index, line)| Some((index + 1, line.find(key)? + 1)));
    let place = place.map_or_else(String::new, |(line, column)| format!(":{line}:{column}"));
    LoadError(format!("{shown}{place}: {words}"))
}

/// The reader's words, with the file's name in place of its stand-in, or before them where they name none.
fn located(shown: &str, words: &str) -> LoadError {
    if words.contains("<input>") { LoadError(words.replace("<input>", shown)) } else { LoadError(format!("{shown}: {words}")) }
}

/// Topologies that were made before, by account and parameters.
type Stacks = BTreeMap<(String, BTreeMap<String, String>), Stack>;

/// The project's own files that scenarios rest on: template, strategies, scenarios.
#[derive(Debug)]
pub struct Library {
    root: PathBuf,
    template: String,
    strategies: BTreeMap<String, String>,
    stacks: Mutex<Stacks>,
}

impl Library {
    /// Reads the files below `root`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn open(root: &Path) -> Result<Self, LoadError> {
        let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| LoadError(format!("{}: {error}", path.display())));
        let template = read(&root.join("template.yaml"))?;
        let mut strategies = BTreeMap::new();
        for path in files(&root.join("strategies"), "clj")? {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            strategies.insert(name, read(&path)?);
        }
        Ok(Self { root: root.to_owned(), template, strategies, stacks: Mutex::default() })
    }

    /// The project that this program was built from.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of_this_project() -> Result<Self, LoadError> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self::open(here.parent().unwrap_or(here))
    }

    /// The packaged strategies, by file name.
    #[must_use]
    pub fn strategies(&self) -> &BTreeMap<String, String> {
        &self.strategies
    }

    /// Where the project is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All scenario files, in the order of their names.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn scenario_files(&self) -> Result<Vec<(String, PathBuf)>, LoadError> {
        let folder = self.root.join("scenarios");
        let named = |path: PathBuf| {
            let name = path.strip_prefix(&folder).unwrap_or(&path).with_extension("").display().to_string();
            (name, path)
        };
        Ok(files(&folder, "yaml")?.into_iter().map(named).collect())
    }

    /// The topology for these parameters.
    ///
    /// # Errors
    /// Every mistake in the template, with its place.
    pub fn stack(&self, parameters: &BTreeMap<String, String>, pseudo: &Pseudo) -> Result<Stack, LoadError> {
        let mut stacks = self.stacks.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (pseudo.account.clone(), parameters.clone());
        if let Some(stack) = stacks.get(&key) {
            return Ok(stack.clone());
        }
        let stack = load("template.yaml", &self.template, parameters, pseudo)
            .map_err(|errors| LoadError(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
        stacks.insert(key, stack.clone());
        Ok(stack)
    }
}

/// The files below `folder` with that ending, in order, subfolders too.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, LoadError> {
    let failed = |error: std::io::Error| LoadError(format!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.extend(files(&path, ending)?);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
