use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::mask;
use crate::journal::{Entry, Journal};
use seeded_dice::Key;

/// What a run showed, each feature as a number: which kinds of entries its journal has and how many
/// of them, and which kind follows which within an invocation. Ids, amounts, names and times are no
/// part of a kind, and what the scenario itself injects is no feature. Which kinds follow each other in the whole run is left out: what runs beside each
/// other comes in any order, and each would be new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features(BTreeSet<Key>);

impl Features {
    /// The features of a run.
    #[must_use]
    pub fn of(journal: &Journal) -> Self {
        let mut features = Self::default();
        let mut times: BTreeMap<String, u64> = BTreeMap::new();
        let mut before: BTreeMap<u64, String> = BTreeMap::new();
        let caused = journal.entries().iter().filter(|entry| !entry.injected);
        for entry in caused {
            let kind = kind_of(entry);
            if let Some(invocation) = entry.invocation {
                let last = before.insert(invocation, kind.clone()).unwrap_or_default();
                let follows = Key::of("follows").text(&last).text(&kind);
                features.0.insert(follows);
            }
            *times.entry(kind).or_default() += 1;
        }
        for (kind, times) in times {
            features.add(&kind, times);
        }
        features
    }

    /// Adds what something else says of the run: a name, and how often it came to pass.
    pub fn add(&mut self, name: &str, times: u64) {
        if times > 0 {
            let key = Key::of("times").text(name).number(magnitude(times));
            self.0.insert(key);
        }
    }

    /// All of them, in an order that says nothing.
    pub fn iter(&self) -> impl Iterator<Item = Key> {
        self.0.iter().copied()
    }
}

/// 1, 2, 3 to 4, 5 to 8, and more are told apart: nine orders are no other story than ten.
fn magnitude(times: u64) -> u64 {
    match times {
        0..=2 => times,
        3..=4 => 3,
        5..=8 => 4,
        _ => 5,
    }
}

/// A text that is longer is no word of a few, but says something about this one run.
const LONGEST: usize = 100;

/// What kind of thing an entry tells: its texts, without what is inside of its parts.
fn kind_of(entry: &Entry) -> String {
    let Ok(Value::Object(fields)) = serde_json::to_value(entry) else {
        return String::new();
    };
    let told = fields.iter().filter(|(key, _)| *key != "at");
    let words = told.filter_map(|(key, value)| match value {
        Value::String(text) if text.len() <= LONGEST => Some(format!("{key} {}", mask(text))),
        Value::Bool(true) => Some(key.clone()),
        Value::Number(number) if key == "attempt" => {
            Some(format!("attempt {}", magnitude(number.as_u64()?)))
        }
        _ => None,
    });
    words.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;
    use crate::journal::JournalEvent;

    fn features(messages: &[&str]) -> Features {
        let mut journal = Journal::default();
        for message in messages {
            let line = JournalEvent::Log {
                level: "INFO".to_owned(),
                message: (*message).to_owned(),
                fields: json!({}).into(),
            };
            journal.push(DateTime::UNIX_EPOCH, Some(1), line);
        }
        Features::of(&journal)
    }

    #[test]
    fn numbers_and_names_are_no_features() {
        let of = |order: &str| features(&[&format!("order {order} was placed")]);
        assert_eq!(of("alch-AAPL-1"), of("alch-MSFT-2"));
        assert_ne!(of("alch-AAPL-1"), features(&["order x-1 was refused"]));
    }

    #[test]
    fn how_often_and_after_what_are_features() {
        assert_ne!(features(&["a", "b"]), features(&["b", "a"]));
        assert_ne!(features(&["a", "a"]), features(&["a", "a", "a"]));
        let many = |times| features(&vec!["a"; times]);
        assert_eq!(many(20), many(30));
    }
}
