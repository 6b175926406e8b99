use std::collections::{BTreeMap, BTreeSet};

use schemars::schema_for;
use serde_json::Value;

use crate::scenario::{LoadError, Loaded, Scenario};
use crate::text_file::read_text;

/// What scenarios that set no knob have in its place.
const NO_KNOB: &str = "(none)";

/// How many scenarios combine a knob with an action.
#[derive(Clone, Debug)]
pub struct Combinations {
    /// All knobs; the first stands for none.
    pub knobs: Vec<String>,
    /// All actions.
    pub actions: Vec<String>,
    counts: BTreeMap<(String, String), usize>,
}

impl Combinations {
    /// Of no scenario yet. Which knobs and actions there are the schema of scenario files tells.
    #[must_use]
    pub fn none() -> Self {
        let schema = schema_for!(Scenario).to_value();
        let knobs = keys(&schema["$defs"]["Knobs"]["properties"]);
        let actions = schema["$defs"]["Action"]["oneOf"].as_array();
        let actions = actions.into_iter().flatten().flat_map(names).collect();
        Self {
            knobs: std::iter::once(NO_KNOB.to_owned()).chain(knobs).collect(),
            actions,
            counts: BTreeMap::new(),
        }
    }

    /// Counts one scenario more: its knobs, each with each of its actions.
    ///
    /// # Errors
    /// Where its file cannot be read any more.
    pub fn add(&mut self, loaded: &Loaded) -> Result<(), LoadError> {
        let text = read_text(&loaded.path).map_err(|source| LoadError::File {
            path: loaded.path.clone(),
            source,
        })?;
        // It was read as a scenario, so it is YAML.
        let file: Value = serde_saphyr::from_str(&text).unwrap_or_default();
        self.count(&file);
        Ok(())
    }

    fn count(&mut self, file: &Value) {
        let mut knobs: Vec<String> = keys(&file["given"]["knobs"]).collect();
        if knobs.is_empty() {
            knobs.push(NO_KNOB.to_owned());
        }
        let actions = file["when"].as_array().into_iter().flatten();
        let actions: BTreeSet<String> = actions.flat_map(action).collect();
        for knob in knobs {
            for action in &actions {
                let pair = (knob.clone(), action.clone());
                *self.counts.entry(pair).or_default() += 1;
            }
        }
    }

    /// How many scenarios combine the two.
    #[must_use]
    pub fn times(&self, knob: &str, action: &str) -> usize {
        let pair = (knob.to_owned(), action.to_owned());
        self.counts.get(&pair).copied().unwrap_or_default()
    }
}

fn keys(object: &Value) -> impl Iterator<Item = String> {
    object
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.clone())
}

/// The names of the actions that one alternative of the schema allows.
fn names(alternative: &Value) -> Vec<String> {
    let words = alternative["enum"].as_array().into_iter().flatten();
    let words = words.chain(alternative.get("const"));
    let words = words.filter_map(|word| word.as_str().map(str::to_owned));
    words.chain(keys(&alternative["properties"])).collect()
}

/// The name of an action of a file: a word, or the one key of an object.
fn action(given: &Value) -> Option<String> {
    let word = given.as_str().map(str::to_owned);
    word.or_else(|| keys(given).next())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scenario_combines_each_knob_with_each_action_once() {
        let mut combinations = Combinations::none();
        assert!(combinations.knobs.len() > 15, "{:?}", combinations.knobs);
        for action in ["advance", "settle", "redrive", "put", "broker"] {
            assert!(
                combinations.actions.iter().any(|known| known == action),
                "{action} is not among {:?}",
                combinations.actions
            );
        }
        combinations.count(&json!({
            "given": {"knobs": {"ttl_lag": "1h", "concurrency": 3}},
            "when": ["settle", {"advance": "1h"}, {"advance": "2h"}],
        }));
        combinations.count(&json!({"given": {}, "when": [{"advance": "1h"}]}));
        assert_eq!(combinations.times("ttl_lag", "advance"), 1);
        assert_eq!(combinations.times("concurrency", "settle"), 1);
        assert_eq!(combinations.times("(none)", "advance"), 1);
        assert_eq!(combinations.times("(none)", "settle"), 0);
    }
}
