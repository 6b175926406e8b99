use std::io;
use std::path::{Path, PathBuf};

use super::validate::mistakes;
use super::{Library, Mistakes, Places, Scenario, yaml_error};
use crate::text_file::{TextFileError, read_text};
use simulated_cloud::template::TemplateErrors;

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

/// Why an input file cannot be used, with the place of what is wrong in it.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: TextFileError,
    },
    /// A folder cannot be listed.
    #[error("{}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The template holds mistakes.
    #[error(transparent)]
    Template(#[from] TemplateErrors),
    /// The scenario holds mistakes.
    #[error(transparent)]
    Scenario(#[from] Mistakes),
}

/// Reads one scenario file, and holds it against what there is: the names of the template, of
/// production and of itself.
///
/// # Errors
/// All mistakes: file, line, column, the offending text, and what is allowed.
pub fn load_scenario(library: &Library, path: &Path, name: &str) -> Result<Loaded, LoadError> {
    let text = read_text(path).map_err(|source| LoadError::File {
        path: path.to_owned(),
        source,
    })?;
    read_scenario(library, &text, path, name)
}

/// Reads a scenario out of the text of a file, as [`load_scenario`] does.
///
/// # Errors
/// All mistakes: file, line, column, the offending text, and what is allowed.
pub fn read_scenario(
    library: &Library,
    text: &str,
    path: &Path,
    name: &str,
) -> Result<Loaded, LoadError> {
    let places = Places::of(text);
    let file = path.display().to_string();
    let scenario = match serde_saphyr::from_str::<Scenario>(text) {
        Ok(scenario) => scenario,
        Err(error) => {
            let mistake = yaml_error::mistake(&error, &places);
            return Err(Mistakes::new(file, vec![mistake], places).into());
        }
    };
    let mistakes = mistakes(&scenario, &places, library);
    if !mistakes.is_empty() {
        return Err(Mistakes::new(file, mistakes, places).into());
    }
    Ok(Loaded {
        name: name.to_owned(),
        path: path.to_owned(),
        scenario,
        places,
    })
}
