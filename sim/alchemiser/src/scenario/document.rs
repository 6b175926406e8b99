use std::path::Path;

use serde_json::{Map, Value};

use super::{Library, LoadError, Loaded, read_scenario};

/// A scenario as data: what its file says, without comments and layout. It is written in the
/// layout of the library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document(pub Value);

/// The widest line that is made of more than one value.
const WIDTH: usize = 120;

/// The order of keys; others come behind, by the alphabet.
const ORDER: [&str; 41] = [
    "about",
    "seed",
    "needs",
    "long",
    "lambda",
    "given",
    "when",
    "meanwhile",
    "faults",
    "expect",
    "clock",
    "cash",
    "positions",
    "market",
    "price",
    "closes",
    "exchange",
    "credit",
    "strategies",
    "share",
    "source",
    "mail",
    "topology",
    "knobs",
    "at",
    "deliver",
    "rule",
    "phase",
    "attempt",
    "nth",
    "times",
    "until",
    "delay",
    "order",
    "stage",
    "symbol",
    "side",
    "occurrence",
    "from",
    "to",
    "effect",
];

impl Document {
    /// What a scenario file says.
    ///
    /// # Errors
    /// The text is no YAML.
    pub fn read(text: &str) -> Result<Self, serde_saphyr::Error> {
        serde_saphyr::from_str(text).map(Self)
    }

    /// The text of the file.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = String::new();
        match &self.0 {
            Value::Object(map) if !map.is_empty() => block_map(&mut text, map, 0),
            other => text.push_str(&flow(other)),
        }
        text
    }

    /// The scenario that it is.
    ///
    /// # Errors
    /// All mistakes in it, with their places in the text that [`Document::write`] gives.
    pub fn load(&self, library: &Library, name: &str) -> Result<Loaded, LoadError> {
        read_scenario(library, &self.write(), Path::new(name), name)
    }
}

/// The keys of a map in the order in which people write them.
fn in_order(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    let place = |key: &str| {
        let known = ORDER.iter().position(|known| *known == key);
        known.unwrap_or(ORDER.len())
    };
    entries.sort_by_key(|(key, _)| (place(key), key.as_str()));
    entries
}

/// A map, one entry a line, each in one line if it fits.
fn block_map(text: &mut String, map: &Map<String, Value>, indent: usize) {
    for (key, value) in in_order(map) {
        let head = format!("{:indent$}{}:", "", scalar(key));
        let line = format!("{head} {}", flow(value));
        match value {
            Value::Object(map) if line.len() > WIDTH && !map.is_empty() => {
                text.push_str(&format!("{head}\n"));
                block_map(text, map, indent + 2);
            }
            Value::Array(items) if !items.is_empty() && (line.len() > WIDTH || indent == 0) => {
                block_list(text, &head, items, indent + 2, &line);
            }
            _ => text.push_str(&format!("{line}\n")),
        }
    }
}

/// A list, one item a line; names stay in one line.
fn block_list(text: &mut String, head: &str, items: &[Value], indent: usize, line: &str) {
    let is_plain = items
        .iter()
        .all(|item| !item.is_object() && !item.is_array());
    if is_plain && line.len() <= WIDTH {
        text.push_str(&format!("{line}\n"));
        return;
    }
    text.push_str(&format!("{head}\n"));
    for item in items {
        // An action has one key, and stands without brackets.
        let line = match item {
            Value::Object(map) if map.len() == 1 => {
                let whole = flow(item);
                whole[1..whole.len() - 1].to_owned()
            }
            other => flow(other),
        };
        text.push_str(&format!("{:indent$}- {line}\n", ""));
    }
}

/// A value within one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let entries = in_order(map);
            let entries = entries.iter();
            let parts: Vec<String> = entries
                .map(|(key, value)| format!("{}: {}", scalar(key), flow(value)))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", parts.join(", "))
        }
        Value::String(text) => scalar(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A text, in quotes where it would be read as something else.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text.contains('"') && !text.contains(char::is_control) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        Value::from(text).to_string()
    }
}

fn is_plain(text: &str) -> bool {
    let is_harmless = |letter: char| letter.is_ascii_alphanumeric() || " _-./:".contains(letter);
    let begins_well = text.starts_with(|first: char| first.is_ascii_alphanumeric());
    begins_well
        && text.chars().all(is_harmless)
        && serde_saphyr::from_str::<Value>(&format!("[{text}]"))
            .is_ok_and(|read| read == Value::Array(vec![Value::from(text)]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scenario::Scenario;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<u32>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[a-z0-9 :#'\"{}\\[\\],.~*&!|>%@-]{0,12}".prop_map(Value::from),
            prop::sample::select(vec![
                "null",
                "~",
                "yes",
                "1e3",
                "0x10",
                "",
                "2012-03-14",
                "1_0"
            ])
            .prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{1,8}|[ -~]{1,6}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(value in any_value()) {
            let document = Document(value);
            let text = document.write();
            let read = Document::read(&text);
            prop_assert_eq!(read.ok(), Some(document), "{}", text);
        }
    }

    #[test]
    fn every_scenario_of_the_library_is_the_same_when_it_is_written_anew() {
        let library = Library::of_this_project().expect("the project's files are there");
        let files = library.scenario_files().expect("the folder can be read");
        assert!(files.len() > 100);
        for (name, path) in files {
            let text = std::fs::read_to_string(&path).expect("the file can be read");
            let written = Document::read(&text).expect("it is YAML").write();
            let scenario = |text: &str| {
                let read: Result<Scenario, _> = serde_saphyr::from_str(text);
                format!(
                    "{:?}",
                    read.unwrap_or_else(|error| panic!("{name}: {error}\n{text}"))
                )
            };
            assert_eq!(scenario(&text), scenario(&written), "{name}\n{written}");
        }
    }

    #[test]
    fn it_is_laid_out_as_people_do() {
        let text = "about: x\nneeds: [call_faults]\ngiven: {clock: 2012-03-14 09:30, cash: \
                    \"10.00\"}\nwhen:\n  - advance: 2h\n  - redrive\nfaults:\n  - {at: 'trade / \
                    dynamodb #1', phase: before, effect: crash}\nexpect: sound\n";
        let written = Document::read(text).expect("it is YAML").write();
        assert_eq!(written, text.replace('\'', "\""));
    }
}
