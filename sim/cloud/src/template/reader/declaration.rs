use crate::stack::Position;
use crate::template::reader::error::Problem;
use crate::template::reader::fields::Fields;
use crate::template::reader::node::{Entry, Kind, Node};
use crate::template::reader::report::Report;
use crate::template::resource::serverless_event;

/// A resource as the template declares it, before anything in it is resolved.
pub(in crate::template) struct Declaration {
    pub(in crate::template) id: String,
    pub(in crate::template) position: Position,
    pub(in crate::template) resource_type: String,
    pub(in crate::template) type_position: Position,
    pub(in crate::template) properties: Node,
    pub(in crate::template) condition: Option<(String, Position)>,
    pub(in crate::template) depends_on: Vec<(String, Position)>,
}

impl Declaration {
    /// Reads the attributes around the properties.
    pub(in crate::template) fn read(entry: &Entry, globals: &Globals<'_>, report: &Report) -> Self {
        let fields = Fields::new(format!("Resources.{}", entry.key), &entry.value, report);
        fields.accept(&["Metadata"]);
        for name in ["DeletionPolicy", "UpdateReplacePolicy"] {
            fields.choice(
                name,
                &["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"],
            );
        }
        if !entry
            .key
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric())
        {
            report.invalid(
                entry.position,
                "a logical id",
                "must be letters and digits",
                &entry.key,
            );
        }
        let resource_type = fields.required_text("Type");
        let empty = || Node::new(entry.position, Kind::Map(Vec::new()));
        let own = fields.node("Properties").cloned().unwrap_or_else(empty);
        let properties = match globals.of(&resource_type) {
            Some(shared) => merge(shared, &own),
            None => own,
        };
        let placed = |name: &'static str| {
            fields
                .node(name)
                .map_or(entry.position, |node| node.position)
        };
        Self {
            id: entry.key.clone(),
            position: entry.position,
            type_position: placed("Type"),
            condition: fields
                .text("Condition")
                .map(|name| (name, placed("Condition"))),
            depends_on: fields
                .one_or_many("DependsOn")
                .into_iter()
                .map(|id| (id, placed("DependsOn")))
                .collect(),
            resource_type,
            properties,
        }
    }

    /// The logical ids of what SAM generates out of this resource.
    pub(in crate::template) fn generated_ids(&self) -> Vec<String> {
        if self.resource_type != "AWS::Serverless::Function" {
            return Vec::new();
        }
        let mut ids = Vec::new();
        if self.properties.get("Role").is_none() {
            ids.push(format!("{}Role", self.id));
        }
        for event in self
            .properties
            .get("Events")
            .map(Node::entries)
            .unwrap_or_default()
        {
            ids.extend(serverless_event::generated_ids(
                &format!("{}{}", self.id, event.key),
                &event.value,
            ));
        }
        ids
    }
}

/// The section `Globals`: the properties that all functions share, and those of all simple tables.
#[derive(Default)]
pub(in crate::template) struct Globals<'a> {
    function: Option<&'a Node>,
    simple_table: Option<&'a Node>,
}

impl<'a> Globals<'a> {
    pub(in crate::template) fn read(section: Option<&'a Node>, report: &Report) -> Self {
        let Some(section) = section else {
            return Self::default();
        };
        let fields = Fields::new("Globals", section, report);
        let shared = |name| {
            fields.node(name);
            section
                .get(name)
                .filter(|shared| matches!(shared.kind, Kind::Map(_)))
        };
        Self {
            function: shared("Function"),
            simple_table: shared("SimpleTable"),
        }
    }

    fn of(&self, resource_type: &str) -> Option<&'a Node> {
        match resource_type {
            "AWS::Serverless::Function" => self.function,
            "AWS::Serverless::SimpleTable" => self.simple_table,
            _ => None,
        }
    }
}

/// Merges as SAM does: mappings by key, lists one after the other, and otherwise the resource's own
/// value stands.
fn merge(globals: &Node, own: &Node) -> Node {
    let kind = match (&globals.kind, &own.kind) {
        (Kind::List(first), Kind::List(second)) => {
            Kind::List(first.iter().chain(second).cloned().collect())
        }
        (Kind::Map(shared), Kind::Map(entries)) => {
            let inherited = shared
                .iter()
                .filter(|entry| own.get(&entry.key).is_none())
                .cloned();
            let merged = entries.iter().map(|entry| match globals.get(&entry.key) {
                Some(shared) => Entry {
                    value: merge(shared, &entry.value),
                    ..entry.clone()
                },
                None => entry.clone(),
            });
            Kind::Map(merged.chain(inherited).collect())
        }
        (_, kind) => kind.clone(),
    };
    Node::new(own.position, kind)
}

/// Reports two resources that would have the same physical name.
pub(in crate::template) fn refuse_duplicates(named: &[(&str, Position)], report: &Report) {
    for (index, (arn, position)) in named.iter().enumerate() {
        if let Some((_, first)) = named[..index].iter().find(|(other, _)| other == arn) {
            let rule = format!("is already taken by the resource at {first}");
            report.add(
                *position,
                Problem::Invalid {
                    name: "physical name".to_owned(),
                    rule,
                    found: (*arn).to_owned(),
                },
            );
        }
    }
}
