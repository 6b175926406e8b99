use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::LoadError;
use crate::text_file::read_text;
use simulated_cloud::stack::{Account, Stack};
use simulated_cloud::template::{TemplateErrors, load};

/// Where a stack of this project lives, in that account.
#[must_use]
pub fn account_with(id: &str) -> Account {
    Account {
        id: id.to_owned(),
        stack: "alchemiser".to_owned(),
        ..Account::default()
    }
}

/// Topologies that were made before, by account and parameters.
type Stacks = BTreeMap<(String, BTreeMap<String, String>), Arc<Stack>>;

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
        let read = |path: &Path| {
            read_text(path).map_err(|source| LoadError::File {
                path: path.to_owned(),
                source,
            })
        };
        let template = read(&root.join("template.yaml"))?;
        let mut strategies = BTreeMap::new();
        for path in files(&root.join("strategies"), "clj")? {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            strategies.insert(name, read(&path)?);
        }
        Ok(Self {
            root: root.to_owned(),
            template,
            strategies,
            stacks: Mutex::default(),
        })
    }

    /// The project that this program was built from.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of_this_project() -> Result<Self, LoadError> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self::open(here.ancestors().nth(2).unwrap_or(here))
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

    /// The scenario files below a folder, in the order of their paths.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
        files(folder, "yaml")
    }

    /// The files below a folder with that ending, in the order of their paths; none where there is no
    /// such folder.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn files_of(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, LoadError> {
        if folder.is_dir() {
            files(folder, ending)
        } else {
            Ok(Vec::new())
        }
    }

    /// All scenario files, in the order of their names.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn scenario_files(&self) -> Result<Vec<(String, PathBuf)>, LoadError> {
        let folder = self.root.join("scenarios");
        let named = |path: PathBuf| {
            let name = path
                .strip_prefix(&folder)
                .unwrap_or(&path)
                .with_extension("")
                .display()
                .to_string();
            (name, path)
        };
        Ok(files(&folder, "yaml")?.into_iter().map(named).collect())
    }

    /// The topology for these parameters.
    ///
    /// # Errors
    /// Every mistake in the template, with its place.
    pub fn stack(
        &self,
        parameters: &BTreeMap<String, String>,
        account: &Account,
    ) -> Result<Arc<Stack>, LoadError> {
        self.read_stack(parameters, account)
            .map_err(LoadError::Template)
    }

    pub(super) fn read_stack(
        &self,
        parameters: &BTreeMap<String, String>,
        account: &Account,
    ) -> Result<Arc<Stack>, TemplateErrors> {
        let mut stacks = self.stacks.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (account.id.clone(), parameters.clone());
        if let Some(stack) = stacks.get(&key) {
            return Ok(Arc::clone(stack));
        }
        let stack = load("template.yaml", &self.template, parameters, account)?;
        let stack = Arc::new(stack);
        stacks.insert(key, Arc::clone(&stack));
        Ok(stack)
    }
}

/// The files below `folder` with that ending, in order, subfolders too.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, LoadError> {
    let failed = |source: io::Error| LoadError::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.extend(files(&path, ending)?);
        } else if path
            .extension()
            .is_some_and(|extension| extension == ending)
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
