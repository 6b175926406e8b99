use std::path::{Path, PathBuf};

use super::mistake::all_shown;
use super::validate::mistakes;
use super::{Library, Places, Scenario, yaml_error};
use crate::text_file::read_text;

/// A scenario with its name.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The path below the scenario folder without its ending, or the path as it was given.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub scenario: Scenario,
    /// Where it says so; nowhere for one that no file holds.
    pub places: Places,
}

/// A mistake in an input file, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LoadError(pub String);

/// Reads one scenario file, and holds it against what there is: the names of the template, of
/// production and of itself.
///
/// # Errors
/// All mistakes: file, line, column, the offending text, and what is allowed.
pub fn load_scenario(library: &Library, path: &Path, name: &str) -> Result<Loaded, LoadError> {
    let shown = path.display().to_string();
    let text = read_text(path).map_err(|error| LoadError(format!("{shown}: {error}")))?;
    let places = Places::of(&text);
    let scenario = match serde_saphyr::from_str::<Scenario>(&text) {
        Ok(scenario) => scenario,
        Err(error) => {
            return Err(LoadError(
                yaml_error::mistake(&error, &places).shown(&shown, &places),
            ));
        }
    };
    let mistakes = mistakes(&scenario, &places, library);
    if mistakes.is_empty() {
        Ok(Loaded {
            name: name.to_owned(),
            path: path.to_owned(),
            scenario,
            places,
        })
    } else {
        Err(LoadError(all_shown(mistakes, &shown, &places)))
    }
}
