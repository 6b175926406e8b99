use serde_json::{Value, json};

use super::explain::explained;
use super::shrink::shows;
use super::{Signature, Twin, smallest};
use crate::scenario::{Document, Library};

/// A scenario that shows something that must not be.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it is about.
    pub signature: Signature,
    /// The scenario.
    pub document: Document,
    /// How small it is; none where nobody has tried to make it smaller.
    pub size: Option<Size>,
    /// What may stand in the place of some of its values.
    pub explained: Vec<String>,
}

/// What is known of a finding that was made small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many runs that took.
    pub runs: usize,
    /// Whether without any one of its parts it shows nothing.
    pub is_minimal: bool,
    /// Under how many of the seeds 1 to [`SEEDS`] it shows the same.
    pub seeds: u64,
}

/// How many seeds a small finding is tried under.
pub const SEEDS: u64 = 10;

impl Finding {
    /// A finding as it was met.
    #[must_use]
    pub fn new(signature: Signature, document: Document) -> Self {
        Self {
            signature,
            document,
            size: None,
            explained: Vec::new(),
        }
    }

    /// The same in as few lines as `most_runs` tries give; as it is where it does not show it by
    /// itself.
    #[must_use]
    pub fn shrunk(&self, library: &Library, most_runs: usize) -> Self {
        if !shows(library, &self.document, &self.signature) {
            return self.clone();
        }
        let shrunk = smallest(library, self.document.clone(), &self.signature, most_runs);
        let document = Document(shrunk.document);
        let under = |seed: &u64| {
            let mut document = document.clone();
            document.0["seed"] = json!(seed);
            shows(library, &document, &self.signature)
        };
        let seeds = (1..=SEEDS).filter(under).count() as u64;
        let explained = explained(&document, |document| {
            shows(library, document, &self.signature)
        });
        Self {
            signature: self.signature.clone(),
            size: Some(Size {
                runs: shrunk.runs,
                is_minimal: shrunk.is_minimal,
                seeds,
            }),
            explained,
            document,
        }
    }

    /// The scenario file: what it shows, what is known of it, and the scenario.
    #[must_use]
    pub fn file(&self) -> String {
        let mut document = self.document.clone();
        document.0["about"] = json!(self.signature.to_string());
        document.0["expect"] = json!("sound");
        document.0["needs"] = json!(needs(&document.0));
        // By itself it holds.
        let twin = Twin::of(&self.signature).map(|twin| {
            let twin = twin.as_str();
            format!("It shows beside its twin only: cargo sim explore twins FILE --twin {twin}")
        });
        let known = self.size.map(|size| size.words());
        let comments = known.iter().chain(&self.explained).chain(&twin);
        let comments: String = comments.map(|words| format!("# {words}\n")).collect();
        comments + &document.write()
    }
}

impl Size {
    /// In a sentence.
    #[must_use]
    pub fn words(self) -> String {
        let minimal = if self.is_minimal {
            "Without any one of its parts this holds"
        } else {
            "More may be left out"
        };
        format!(
            "{minimal}; {} of {SEEDS} seeds show it; {} runs made it so small.",
            self.seeds, self.runs
        )
    }
}

/// What a backend must be able to do.
fn needs(document: &Value) -> Vec<&'static str> {
    let of = |key: &str| document[key].as_array().into_iter().flatten();
    let has =
        |needle: &str| of("when").any(|action| action == needle || action.get(needle).is_some());
    let rows = [
        ("virtual_time", true),
        ("schedules", true),
        (
            "call_faults",
            of("faults")
                .chain(of("meanwhile"))
                .any(|line| line.get("at").is_some()),
        ),
        (
            "delivery_faults",
            of("faults").any(|line| line.get("deliver").is_some()),
        ),
        ("replay", has("replay")),
        ("dead_letters", has("redrive")),
        ("disabled_rules", has("disable_rule")),
    ];
    rows.into_iter()
        .filter(|(_, is_needed)| *is_needed)
        .map(|(name, _)| name)
        .collect()
}
