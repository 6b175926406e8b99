use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::stack::Position;
use crate::template::reader::error::Problem;
use crate::template::reader::node::{Entry, Kind, Node};
use crate::template::reader::report::Report;

/// A mapping that is being read. Every getter notes the name it was asked for; when the `Fields`
/// goes out of scope, each key that nobody asked for is reported as unknown, together with the
/// names that are allowed. So a property is known exactly if some code reads it.
pub(in crate::template) struct Fields<'a> {
    owner: String,
    position: Position,
    entries: &'a [Entry],
    report: &'a Report,
    asked: RefCell<Vec<&'static str>>,
    open: bool,
    free: Cell<bool>,
}

impl<'a> Fields<'a> {
    pub(in crate::template) fn new(
        owner: impl Into<String>,
        node: &'a Node,
        report: &'a Report,
    ) -> Self {
        let owner = owner.into();
        let name = owner.rsplit('.').next().unwrap_or_default();
        match &node.kind {
            Kind::Map(_) | Kind::Unresolved | Kind::Absent => {}
            _ => report.wrong_type(node.position, name, "a mapping", node.shown()),
        }
        let open = !matches!(node.kind, Kind::Map(_));
        Self {
            owner,
            position: node.position,
            entries: node.entries(),
            report,
            asked: RefCell::new(Vec::new()),
            open,
            free: Cell::new(false),
        }
    }

    /// Where the mapping starts.
    pub(in crate::template) fn position(&self) -> Position {
        self.position
    }

    pub(in crate::template) fn owner(&self) -> &str {
        &self.owner
    }

    pub(in crate::template) fn report(&self) -> &'a Report {
        self.report
    }

    fn entry(&self, name: &'static str) -> Option<&'a Entry> {
        self.asked.borrow_mut().push(name);
        self.entries.iter().find(|entry| entry.key == name)
    }

    /// The value of a key, if it is there; a null is an error.
    pub(in crate::template) fn node(&self, name: &'static str) -> Option<&'a Node> {
        let value = &self.entry(name)?.value;
        if value.kind == Kind::Null {
            self.report
                .wrong_type(value.position, name, "given or left out", "null".to_owned());
            return None;
        }
        Some(value)
    }

    pub(in crate::template) fn required(&self, name: &'static str) -> Option<&'a Node> {
        let node = self.node(name);
        if node.is_none() && !self.open && self.entry(name).is_none() {
            self.report.add(
                self.position,
                Problem::Missing {
                    name: name.to_owned(),
                    owner: self.owner.clone(),
                },
            );
        }
        node
    }

    /// Every entry of a mapping whose keys are free.
    pub(in crate::template) fn every_entry(&self) -> &'a [Entry] {
        self.free.set(true);
        self.entries
    }

    /// Gives up on a mapping of which nobody knows what it may hold.
    pub(in crate::template) fn accept_everything(&self) {
        self.free.set(true);
    }

    /// Accepts a key with any value.
    pub(in crate::template) fn accept(&self, names: &[&'static str]) {
        for name in names {
            self.node(name);
        }
    }

    pub(in crate::template) fn invalid(&self, node: &Node, name: &str, rule: &str) {
        let found = node.scalar().unwrap_or_else(|| node.shown());
        self.report.invalid(node.position, name, rule, &found);
    }

    fn convert<T>(
        &self,
        node: &Node,
        name: &str,
        expected: &str,
        convert: impl Fn(&Node) -> Option<T>,
    ) -> Option<T> {
        if node.is_unresolved() {
            return None;
        }
        let converted = convert(node);
        if converted.is_none() {
            self.report
                .wrong_type(node.position, name, expected, node.shown());
        }
        converted
    }

    pub(in crate::template) fn text(&self, name: &'static str) -> Option<String> {
        self.convert(self.node(name)?, name, "a text", Node::scalar)
    }

    /// A text that has to be there; empty if it is not, which is reported.
    pub(in crate::template) fn required_text(&self, name: &'static str) -> String {
        self.required(name)
            .and_then(|node| self.convert(node, name, "a text", Node::scalar))
            .unwrap_or_default()
    }

    /// A text of a fixed set.
    pub(in crate::template) fn choice(
        &self,
        name: &'static str,
        allowed: &[&str],
    ) -> Option<String> {
        let node = self.node(name)?;
        let switch =
            matches!(&node.kind, Kind::Bool(value, written) if *written != value.to_string());
        if switch && !allowed.contains(&"true") {
            self.report.wrong_type(
                node.position,
                name,
                &format!("one of {}", allowed.join(", ")),
                node.shown(),
            );
            return None;
        }
        let text = self.convert(node, name, "a text", Node::scalar)?;
        if allowed.contains(&text.as_str()) {
            return Some(text);
        }
        let allowed = allowed.iter().map(|text| (*text).to_owned()).collect();
        self.report.add(
            node.position,
            Problem::NotAllowed {
                name: name.to_owned(),
                allowed,
                found: text,
            },
        );
        None
    }

    pub(in crate::template) fn boolean(&self, name: &'static str) -> Option<bool> {
        self.convert(
            self.node(name)?,
            name,
            "true or false",
            |node| match &node.kind {
                Kind::Bool(value, _) => Some(*value),
                Kind::Text(text) => text.parse().ok(),
                _ => None,
            },
        )
    }

    /// A whole number within a range.
    pub(in crate::template) fn integer(
        &self,
        name: &'static str,
        range: RangeInclusive<i64>,
    ) -> Option<i64> {
        let node = self.node(name)?;
        let number = self.convert(node, name, "a whole number", |node| match &node.kind {
            Kind::Number(text) | Kind::Text(text) => text.parse::<i64>().ok(),
            _ => None,
        })?;
        if range.contains(&number) {
            return Some(number);
        }
        let problem = Problem::OutOfRange {
            name: name.to_owned(),
            minimum: *range.start(),
            maximum: *range.end(),
            found: number.to_string(),
        };
        self.report.add(node.position, problem);
        None
    }

    /// As [`Fields::integer`], for ranges that fit into `u32`.
    pub(in crate::template) fn count(
        &self,
        name: &'static str,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let range = i64::from(*range.start())..=i64::from(*range.end());
        self.integer(name, range)
            .and_then(|number| u32::try_from(number).ok())
    }

    /// A physical name: at most `limit` characters out of ASCII letters, digits and `punctuation`.
    pub(in crate::template) fn name(
        &self,
        name: &'static str,
        limit: usize,
        punctuation: &str,
    ) -> Option<String> {
        let text = self.text(name)?;
        let node = self.node(name)?;
        let fits = |letter: char| letter.is_ascii_alphanumeric() || punctuation.contains(letter);
        if text.is_empty() || text.chars().count() > limit || !text.chars().all(fits) {
            self.invalid(
                node,
                name,
                &format!("must be 1 to {limit} letters, digits or any of {punctuation:?}"),
            );
        }
        Some(text)
    }

    /// The items of a list; empty if the key is missing.
    pub(in crate::template) fn list(&self, name: &'static str) -> &'a [Node] {
        let Some(node) = self.node(name) else {
            return &[];
        };
        match &node.kind {
            Kind::List(items) => items,
            Kind::Unresolved => &[],
            _ => {
                self.report
                    .wrong_type(node.position, name, "a list", node.shown());
                &[]
            }
        }
    }

    /// A list of texts.
    pub(in crate::template) fn texts(&self, name: &'static str) -> Vec<String> {
        self.list(name)
            .iter()
            .filter_map(|item| self.convert(item, name, "a list of texts", Node::scalar))
            .collect()
    }

    /// One text, or a list of texts, as policy documents have it.
    pub(in crate::template) fn one_or_many(&self, name: &'static str) -> Vec<String> {
        match self.node(name) {
            Some(node) if !matches!(node.kind, Kind::List(_)) => {
                self.text(name).into_iter().collect()
            }
            _ => self.texts(name),
        }
    }

    /// A mapping below this one.
    pub(in crate::template) fn object(&self, name: &'static str) -> Option<Fields<'a>> {
        Some(self.below(name, self.node(name)?))
    }

    /// A mapping below this one that has to be there.
    pub(in crate::template) fn required_object(&self, name: &'static str) -> Option<Fields<'a>> {
        Some(self.below(name, self.required(name)?))
    }

    /// A list of mappings below this one.
    pub(in crate::template) fn objects(&self, name: &'static str) -> Vec<Fields<'a>> {
        self.list(name)
            .iter()
            .map(|item| self.below(name, item))
            .collect()
    }

    pub(in crate::template) fn below(&self, name: &str, node: &'a Node) -> Fields<'a> {
        Fields::new(format!("{}.{name}", self.owner), node, self.report)
    }

    /// A mapping of free keys to texts, such as environment variables.
    pub(in crate::template) fn text_map(&self, name: &'static str) -> BTreeMap<String, String> {
        let Some(node) = self.node(name) else {
            return BTreeMap::new();
        };
        if !matches!(node.kind, Kind::Map(_) | Kind::Unresolved) {
            self.report
                .wrong_type(node.position, name, "a mapping", node.shown());
        }
        let texts = node.entries().iter().filter_map(|entry| {
            self.convert(&entry.value, &entry.key, "a text", Node::scalar)
                .map(|text| (entry.key.clone(), text))
        });
        texts.collect()
    }

    /// A JSON object, written as a mapping or as a text; the result is compact JSON.
    pub(in crate::template) fn json_object(&self, name: &'static str) -> Option<String> {
        let node = self.node(name)?;
        let expected = "a JSON object";
        self.convert(node, name, expected, |node| match &node.kind {
            Kind::Map(_) => Some(node.json()),
            Kind::Text(text) => compact_object(text),
            _ => None,
        })
    }

    /// `Tags` in either spelling: a list of keys and values, or (SAM) a mapping.
    pub(in crate::template) fn tags(&self) {
        match self.node("Tags").map(|node| &node.kind) {
            Some(Kind::Map(_)) => drop(self.text_map("Tags")),
            _ => self.objects("Tags").iter().for_each(|tag| {
                tag.required_text("Key");
                tag.required_text("Value");
            }),
        }
    }

    /// Reports unless the number of these properties that are there is right.
    pub(in crate::template) fn choose(&self, count: &'static str, names: &[&'static str]) {
        let found = names
            .iter()
            .filter(|name| self.entry(name).is_some())
            .count();
        let right = match count {
            "at most one" => found <= 1,
            "at least one" => found >= 1,
            _ => found == 1,
        };
        if !right && !self.open {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            self.report.add(
                self.position,
                Problem::Choose {
                    owner: self.owner.clone(),
                    count,
                    names,
                    found,
                },
            );
        }
    }
}

impl Drop for Fields<'_> {
    fn drop(&mut self) {
        let asked = self.asked.borrow();
        if self.free.get() {
            return;
        }
        for entry in self
            .entries
            .iter()
            .filter(|entry| !asked.contains(&entry.key.as_str()))
        {
            let mut allowed: Vec<String> = asked.iter().map(|name| (*name).to_owned()).collect();
            allowed.sort();
            allowed.dedup();
            self.report
                .unknown(entry.position, "property", &entry.key, &self.owner, allowed);
        }
    }
}

/// A JSON object without its white space, in its own key order.
fn compact_object(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    value.is_object().then(|| strip_white_space(text))
}

/// Removes the white space outside strings of a text that is known to be JSON.
fn strip_white_space(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let (mut quoted, mut escaped) = (false, false);
    for letter in json.chars() {
        if quoted || !letter.is_ascii_whitespace() {
            compact.push(letter);
        }
        quoted ^= letter == '"' && !escaped;
        escaped = quoted && letter == '\\' && !escaped;
    }
    compact
}
