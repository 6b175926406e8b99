use crate::stack::Position;
use crate::template::reader::intrinsic::Intrinsic;

/// One value of the template with the place where it is written.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::template) struct Node {
    pub(in crate::template) position: Position,
    pub(in crate::template) kind: Kind,
}

/// What a value is. `Call` is found before resolution only; `Absent` and `Unresolved` after it
/// only.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::template) enum Kind {
    Null,
    /// A YAML 1.1 boolean with the word that was written (`true`, `OFF`, ...).
    Bool(bool, String),
    /// A number by its exact text, which is also a valid JSON number.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    Call(Intrinsic, Box<Node>),
    /// `AWS::NoValue`: as if it were not written.
    Absent,
    /// Could not be resolved; the reason is reported already, so that nothing more need be said.
    Unresolved,
}

/// A key of a mapping with its value.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::template) struct Entry {
    pub(in crate::template) key: String,
    pub(in crate::template) position: Position,
    pub(in crate::template) value: Node,
}

impl Node {
    pub(in crate::template) fn new(position: Position, kind: Kind) -> Self {
        Self { position, kind }
    }

    pub(in crate::template) fn text(position: Position, text: impl Into<String>) -> Self {
        Self::new(position, Kind::Text(text.into()))
    }

    pub(in crate::template) fn is_unresolved(&self) -> bool {
        self.kind == Kind::Unresolved
    }

    pub(in crate::template) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(in crate::template) fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// The text of a scalar; CloudFormation hands numbers and booleans to services as text where
    /// they want text.
    pub(in crate::template) fn scalar(&self) -> Option<String> {
        match &self.kind {
            Kind::Text(text) | Kind::Number(text) => Some(text.clone()),
            Kind::Bool(value, _) => Some(value.to_string()),
            _ => None,
        }
    }

    /// The value as an error message shows it: short, and quoted if it is a text.
    pub(in crate::template) fn shown(&self) -> String {
        match &self.kind {
            Kind::Null | Kind::Absent => "nothing".to_owned(),
            Kind::Bool(value, written) if *written == value.to_string() => written.clone(),
            Kind::Bool(value, written) => {
                format!("{written} (without quotes it is the YAML boolean {value})")
            }
            Kind::Number(text) => text.clone(),
            Kind::Text(text) => format!("{text:?}"),
            Kind::List(items) => format!("a list of {}", items.len()),
            Kind::Map(entries) => {
                let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
                format!(
                    "a mapping with {}",
                    if keys.is_empty() {
                        "nothing".to_owned()
                    } else {
                        keys.join(", ")
                    }
                )
            }
            Kind::Call(intrinsic, _) => intrinsic.name().to_owned(),
            Kind::Unresolved => "a value that could not be resolved".to_owned(),
        }
    }

    /// About how many bytes the node takes.
    pub(in crate::template) fn size(&self) -> usize {
        match &self.kind {
            Kind::Text(text) | Kind::Number(text) => text.len() + 1,
            Kind::List(items) => items.iter().map(Node::size).sum::<usize>() + 1,
            Kind::Map(entries) => {
                entries
                    .iter()
                    .map(|entry| entry.key.len() + entry.value.size())
                    .sum::<usize>()
                    + 1
            }
            Kind::Call(_, argument) => argument.size() + 1,
            Kind::Null | Kind::Absent | Kind::Unresolved | Kind::Bool(..) => 1,
        }
    }

    /// Compact JSON in the order of the template. Null, booleans, numbers and texts keep their JSON
    /// type.
    pub(in crate::template) fn json(&self) -> String {
        let joined = |parts: Vec<String>| parts.join(",");
        match &self.kind {
            Kind::Null | Kind::Absent | Kind::Unresolved | Kind::Call(..) => "null".to_owned(),
            Kind::Bool(value, _) => value.to_string(),
            Kind::Number(text) => text.clone(),
            Kind::Text(text) => json_text(text),
            Kind::List(items) => format!("[{}]", joined(items.iter().map(Node::json).collect())),
            Kind::Map(entries) => {
                let members = entries
                    .iter()
                    .map(|entry| format!("{}:{}", json_text(&entry.key), entry.value.json()));
                format!("{{{}}}", joined(members.collect()))
            }
        }
    }
}

/// A JSON string literal.
pub(in crate::template) fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
