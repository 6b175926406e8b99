//! Which scenarios are meant.

use std::path::{Path, PathBuf};

use alchemiser_binding::report::{NotRun, Reason};
use alchemiser_binding::scenario::{Library, LoadError, Loaded, load_scenario};
use suggestion::nearest;

/// Scenarios that were chosen, and those among them whose files hold mistakes.
#[derive(Debug, Default)]
pub struct Selection {
    pub loaded: Vec<Loaded>,
    pub broken: Vec<NotRun>,
    /// The names of those that were named in full, or by their paths.
    pub named: Vec<String>,
}

/// Why no scenario is chosen.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{}", .0.join("\n"))]
    Broken(Vec<String>),
    #[error("a scenario that takes long has to be named in full: {}", .0.join(", "))]
    Long(Vec<String>),
    #[error("the folder {0:?} has no scenario: they are files that end in .yaml")]
    EmptyFolder(String),
    #[error("no scenario matches {0:?}; `cargo sim list` shows their names")]
    NoMatch(String),
    #[error("there is no scenario {pattern:?}{hint}; `cargo sim list` shows them all")]
    Unknown { pattern: String, hint: String },
}

impl Selection {
    /// The scenarios that `patterns` choose, each once and in the order of the patterns; all where
    /// there are none. One that is long has to be named.
    pub fn of(library: &Library, patterns: &[String]) -> Result<Self, SelectionError> {
        let known = library.scenario_files()?;
        let mut selection = Self::default();
        let mut chosen: Vec<(String, PathBuf)> = Vec::new();
        for pattern in patterns {
            for found in selection.matching(&known, pattern)? {
                if !chosen.contains(&found) {
                    chosen.push(found);
                }
            }
        }
        if patterns.is_empty() {
            chosen = known;
        }
        selection.load(library, chosen);
        let mut long = Vec::new();
        let named = &selection.named;
        selection.loaded.retain(|loaded| {
            let is_left_out = loaded.scenario.long && !named.contains(&loaded.name);
            if is_left_out {
                long.push(loaded.name.clone());
            }
            !is_left_out
        });
        if selection.loaded.is_empty() && selection.broken.is_empty() && !long.is_empty() {
            return Err(SelectionError::Long(long));
        }
        Ok(selection)
    }

    /// The scenarios that are meant, all of which must be sound.
    pub fn sound(library: &Library, patterns: &[String]) -> Result<Vec<Loaded>, SelectionError> {
        let selection = Self::of(library, patterns)?;
        if selection.broken.is_empty() {
            return Ok(selection.loaded);
        }
        let broken = selection.broken.iter().map(ToString::to_string);
        Err(SelectionError::Broken(broken.collect()))
    }

    /// All scenarios, those that are long too.
    pub fn every(library: &Library) -> Result<Self, SelectionError> {
        let mut selection = Self::default();
        selection.load(library, library.scenario_files()?);
        Ok(selection)
    }

    /// Reads files. One that holds a mistake does not keep the others from being read.
    fn load(&mut self, library: &Library, files: Vec<(String, PathBuf)>) {
        for (scenario, path) in files {
            match load_scenario(library, &path, &scenario) {
                Ok(loaded) => self.loaded.push(loaded),
                Err(error) => self.broken.push(NotRun {
                    scenario,
                    reason: Reason::Mistaken(error.to_string()),
                }),
            }
        }
    }

    /// What one pattern chooses: the scenario of that name, with or without its folder, the file or
    /// all files below the folder of that path, all whose names match it as a glob, or all whose
    /// names hold it.
    fn matching(
        &mut self,
        known: &[(String, PathBuf)],
        pattern: &str,
    ) -> Result<Vec<(String, PathBuf)>, SelectionError> {
        if let Some(found) = of_that_name(known, pattern) {
            self.named.push(found.0.clone());
            return Ok(vec![found.clone()]);
        }
        let path = Path::new(pattern);
        if path.is_file() {
            let found = of_a_file(known, path);
            self.named.push(found.0.clone());
            return Ok(vec![found]);
        }
        if path.is_dir() {
            let files = Library::files_below(path)?;
            if files.is_empty() {
                return Err(SelectionError::EmptyFolder(pattern.to_owned()));
            }
            return Ok(files.iter().map(|file| of_a_file(known, file)).collect());
        }
        let is_glob = pattern.contains(['*', '?']);
        let fits = |name: &str| {
            if is_glob {
                matches_glob(pattern, name)
            } else {
                name.contains(pattern)
            }
        };
        let found: Vec<_> = known
            .iter()
            .filter(|(name, _)| fits(name))
            .cloned()
            .collect();
        if found.is_empty() {
            Err(nothing_found(known, pattern, is_glob))
        } else {
            Ok(found)
        }
    }
}

/// The scenario of that name; the folder may be left out where no other has the same file name.
fn of_that_name<'a>(known: &'a [(String, PathBuf)], name: &str) -> Option<&'a (String, PathBuf)> {
    if let Some(found) = known.iter().find(|(full, _)| full == name) {
        return Some(found);
    }
    let mut found = known.iter().filter(|(full, _)| base(full) == name);
    found.next().filter(|_| found.next().is_none())
}

/// A name without its folder.
fn base(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, base)| base)
}

/// A file by the name of its scenario, if it is one of the library's, or by its path.
fn of_a_file(known: &[(String, PathBuf)], path: &Path) -> (String, PathBuf) {
    let real = path.canonicalize().ok();
    let of_the_library = known
        .iter()
        .find(|(_, file)| file.canonicalize().ok() == real);
    of_the_library
        .cloned()
        .unwrap_or_else(|| (path.display().to_string(), path.to_owned()))
}

fn nothing_found(known: &[(String, PathBuf)], pattern: &str, is_glob: bool) -> SelectionError {
    let pattern = pattern.to_owned();
    if is_glob {
        return SelectionError::NoMatch(pattern);
    }
    let full = known.iter().map(|(name, _)| name.as_str());
    let near = nearest(&pattern, full.clone().chain(full.map(base)))
        .map(|near| format!(" (did you mean {near:?}?)"));
    SelectionError::Unknown {
        hint: near.unwrap_or_default(),
        pattern,
    }
}

/// Whether a name matches a glob: `*` is any text, with slashes too, and `?` one character.
fn matches_glob(glob: &str, name: &str) -> bool {
    let mut rest = glob.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('*') => name
            .char_indices()
            .map(|(at, _)| at)
            .chain([name.len()])
            .any(|at| matches_glob(rest.as_str(), &name[at..])),
        Some(wanted) => {
            let mut letters = name.chars();
            letters
                .next()
                .is_some_and(|letter| wanted == '?' || wanted == letter)
                && matches_glob(rest.as_str(), letters.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(patterns: &[&str]) -> Result<Vec<String>, String> {
        let library = Library::of_this_project().expect("the project's files are there");
        let patterns: Vec<String> = patterns
            .iter()
            .map(|pattern| (*pattern).to_owned())
            .collect();
        let selection = Selection::of(&library, &patterns).map_err(|error| error.to_string())?;
        Ok(selection
            .loaded
            .into_iter()
            .map(|loaded| loaded.name)
            .collect())
    }

    #[test]
    fn a_name_is_one_scenario_and_a_part_of_it_many() {
        let one = chosen(&["alpaca_503"]).expect("one");
        assert!(one.len() == 1 && base(&one[0]) == "alpaca_503", "{one:?}");
        let many = chosen(&["alpaca_"]).expect("some");
        assert!(
            many.iter().any(|name| base(name) == "alpaca_429")
                && many.iter().all(|name| name.contains("alpaca_")),
            "{many:?}"
        );
        assert_eq!(chosen(&["alpaca_503", "alpaca_5"]), Ok(one));
    }

    #[test]
    fn a_folder_may_be_left_out_of_a_name_that_no_other_folder_has() {
        let file = |name: &str| (name.to_owned(), PathBuf::from(name));
        let known = ["a/one", "b/one", "b/two", "two/three"].map(file);
        let found = |name: &str| of_that_name(&known, name).map(|(name, _)| name.as_str());
        assert_eq!(found("two"), Some("b/two"));
        assert_eq!(found("b/one"), Some("b/one"));
        assert_eq!(found("one"), None, "it would be one of two");
        assert_eq!(found("thre"), None, "it is a part of a name");
    }

    #[test]
    fn globs_and_folders_choose_too() {
        assert_eq!(
            chosen(&["judge/two*at_once"]),
            Ok(vec!["judge/two_copies_at_once".to_owned()])
        );
        assert_eq!(chosen(&["*alpaca_4??"]), chosen(&["alpaca_429"]));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/judge");
        let below = chosen(&[&folder.display().to_string()]).expect("some");
        assert!(
            below.len() > 10 && below.iter().all(|name| name.starts_with("judge/")),
            "{below:?}"
        );
        assert_eq!(chosen(&["judge/"]), Ok(below));
    }

    #[test]
    fn what_is_not_there_or_takes_long_is_said() {
        assert!(
            chosen(&["full_dya"])
                .expect_err("nothing")
                .contains("did you mean \"full_day\"?")
        );
        assert!(
            chosen(&["nothing*"])
                .expect_err("nothing")
                .contains("no scenario matches")
        );
        assert!(
            chosen(&["yea"])
                .expect_err("only long ones")
                .starts_with("a scenario that takes long has to be named in full: ")
        );
        assert_eq!(chosen(&["year"]).map(|names| names.len()), Ok(1));
    }
}
