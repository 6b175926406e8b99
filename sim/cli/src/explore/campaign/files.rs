use std::io::Write;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::CampaignError;
use super::terms::Terms;
use crate::error::CliError;
use harness::campaign::{Merged, Part};
use harness::chain::sha256;

/// The folder of a campaign.
///
/// | file | what it holds |
/// |---|---|
/// | `campaign.json` | the terms |
/// | `explore.allow` | what people allow to be found or missed, and why |
/// | `round-R/plan.json` | after which state the round was planned |
/// | `round-R/part-I.jsonl` | what one process made of its items |
/// | `round-R/merged.json` | what is known when the round is complete |
///
/// All are written by rename: one that is there is whole, however many write it.
#[derive(Debug)]
pub struct CampaignFiles {
    folder: PathBuf,
    pub terms: Terms,
}

/// The plan of a round. What its items are follows from the terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub round: u64,
    /// SHA-256 of the terms.
    pub campaign: String,
    /// The digest of what was known when it was planned.
    pub after: String,
}

/// What is known, and what is missing of the newest round.
#[derive(Debug, Default)]
pub struct Known {
    pub merged: Merged,
    /// None where no round is planned.
    pub newest: Option<u64>,
    pub missing: Vec<u64>,
}

impl CampaignFiles {
    /// The campaign in a folder.
    pub fn open(folder: &Path) -> Result<Self, CliError> {
        let path = folder.join("campaign.json");
        if !path.is_file() {
            return Err(CampaignError::None(folder.to_owned()).into());
        }
        Ok(Self {
            folder: folder.to_owned(),
            terms: read_json(&path)?,
        })
    }

    /// Begins a campaign in an empty folder.
    pub fn begin(folder: &Path, terms: Terms) -> Result<Self, CliError> {
        let is_empty = match std::fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_none(),
            Err(_) => true,
        };
        if !is_empty {
            return Err(CampaignError::NotEmpty(folder.to_owned()).into());
        }
        write(&folder.join("campaign.json"), &text_of(&terms))?;
        Ok(Self {
            folder: folder.to_owned(),
            terms,
        })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn round_file(&self, round: u64, name: &str) -> PathBuf {
        self.folder.join(format!("round-{round}")).join(name)
    }

    pub fn part_file(&self, round: u64, index: u64) -> PathBuf {
        self.round_file(round, &format!("part-{index}.jsonl"))
    }

    /// The newest round that is planned.
    pub fn newest(&self) -> Option<u64> {
        (0..)
            .take_while(|round| self.round_file(*round, "plan.json").is_file())
            .last()
    }

    /// The plan of a round, as it follows from what is known.
    pub fn plan(&self, round: u64, merged: &Merged) -> Plan {
        Plan {
            round,
            campaign: sha256(text_of(&self.terms).as_bytes()),
            after: merged.digest(),
        }
    }

    pub fn write_plan(&self, plan: &Plan) -> Result<(), CliError> {
        write(&self.round_file(plan.round, "plan.json"), &text_of(plan))
    }

    /// SHA-256 of the plan of a round: parts name it.
    pub fn plan_hash(&self, round: u64) -> Result<String, CliError> {
        let path = self.round_file(round, "plan.json");
        if !path.is_file() {
            return Err(CampaignError::NoRound(round).into());
        }
        let plan: Plan = read_json(&path)?;
        if plan.campaign != self.plan(round, &Merged::default()).campaign || plan.round != round {
            return Err(CampaignError::Stray(path).into());
        }
        Ok(sha256(text_of(&plan).as_bytes()))
    }

    /// A part, if it is there and whole. One that is torn is as good as missing; one of another
    /// campaign is a mistake.
    pub fn part(&self, round: u64, index: u64, plan_hash: &str) -> Result<Option<Part>, CliError> {
        let path = self.part_file(round, index);
        if !path.is_file() {
            return Ok(None);
        }
        let text = read(&path)?;
        match Part::read(&text) {
            Ok(part)
                if (part.round, part.index, part.plan.as_str()) == (round, index, plan_hash) =>
            {
                Ok(Some(part))
            }
            Ok(_) => Err(CampaignError::Stray(path).into()),
            Err(harness::campaign::PartError::Torn) => Ok(None),
            Err(source) => Err(CampaignError::Part { path, source }.into()),
        }
    }

    pub fn write_part(&self, part: &Part) -> Result<(), CliError> {
        write(&self.part_file(part.round, part.index), &part.write())
    }

    /// What is known of all rounds. Of those before the newest one file tells.
    pub fn known(&self) -> Result<Known, CliError> {
        let Some(newest) = self.newest() else {
            return Ok(Known::default());
        };
        let before = match newest.checked_sub(1) {
            Some(before) => read_json(&self.round_file(before, "merged.json"))?,
            None => Merged::default(),
        };
        let path = self.round_file(newest, "plan.json");
        let plan: Plan = read_json(&path)?;
        if plan.after != before.digest() {
            let round = newest;
            return Err(CampaignError::OtherState { path, round }.into());
        }
        let plan_hash = self.plan_hash(newest)?;
        let mut known = Known {
            merged: before,
            newest: Some(newest),
            missing: Vec::new(),
        };
        for index in 0..self.terms.parts {
            match self.part(newest, index, &plan_hash)? {
                Some(part) => known.merged = known.merged.join(Merged::of(&part)),
                None => known.missing.push(index),
            }
        }
        known.merged = known.merged.close(newest, self.terms.parts);
        Ok(known)
    }

    /// Keeps what is known when a round is complete.
    pub fn write_merged(&self, round: u64, merged: &Merged) -> Result<(), CliError> {
        write(&self.round_file(round, "merged.json"), &text_of(merged))
    }
}

fn text_of(value: &impl Serialize) -> String {
    format!("{:#}\n", json!(value))
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, CliError> {
    let text = read(path)?;
    serde_json::from_str(&text).map_err(|source| CliError::Json {
        path: path.to_owned(),
        source,
    })
}

/// Reads a file of our own, which may be longer than what a person writes.
fn read(path: &Path) -> Result<String, CliError> {
    let bytes = std::fs::read(path).map_err(|source| CliError::Read {
        path: path.to_owned(),
        source: source.into(),
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes a file whole or not at all, also where two do so at once, or the machine dies.
fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let write = || {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Others read it too: a temporary file is for its owner alone.
            builder.permissions(std::fs::Permissions::from_mode(0o644));
        }
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|source| CliError::Write {
        path: path.to_owned(),
        source,
    })
}
