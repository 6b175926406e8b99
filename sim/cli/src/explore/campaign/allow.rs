use std::collections::BTreeMap;
use std::path::Path;

use super::CampaignError;
use crate::error::CliError;
use alchemiser_binding::scenario::Document;
use alchemiser_binding::text_file::read_text;

/// What people allow to be found or missed, and why: a finding by its signature, whatever else by the
/// line that tells it.
#[derive(Debug, Default)]
pub struct Allowed {
    reasons: BTreeMap<String, String>,
}

impl Allowed {
    /// The file `explore.allow` of a campaign; nothing where there is none.
    pub fn of(folder: &Path) -> Result<Self, CliError> {
        let path = folder.join("explore.allow");
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = read_text(&path).map_err(|source| CliError::Read {
            path: path.clone(),
            source,
        })?;
        Self::read(&text).map_err(|problem| CampaignError::Allow { path, problem }.into())
    }

    fn read(text: &str) -> Result<Self, String> {
        let document = Document::read(text).map_err(|error| error.to_string())?;
        if document.0.is_null() {
            return Ok(Self::default());
        }
        let reasons: BTreeMap<String, String> =
            serde_json::from_value(document.0).map_err(|error| error.to_string())?;
        match reasons.iter().find(|(_, reason)| reason.trim().is_empty()) {
            Some((name, _)) => Err(format!("{name:?} has no reason")),
            None => Ok(Self { reasons }),
        }
    }

    /// Why this is allowed, if it is.
    pub fn reason(&self, name: &str) -> Option<&str> {
        self.reasons.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_has_a_reason() {
        let text = "# of this campaign\na lease is taken over: no fault is that long\n\
                    'silent: it ends otherwise': \"#12\"\n";
        let allowed = Allowed::read(text).expect("it is sound");
        assert_eq!(
            allowed.reason("a lease is taken over"),
            Some("no fault is that long")
        );
        assert_eq!(allowed.reason("silent: it ends otherwise"), Some("#12"));
        assert_eq!(allowed.reason("another"), None);
        for empty in ["", "# nothing\n"] {
            assert!(Allowed::read(empty).expect("nothing").reasons.is_empty());
        }
        let refused = |text: &str| Allowed::read(text).expect_err("it is refused");
        assert_eq!(refused("it: ''"), "\"it\" has no reason");
        assert!(refused("- it").contains("invalid type"));
    }
}
