use std::collections::BTreeMap;

use crate::stack::{Account, Position, Secret};
use crate::template::reader::error::Problem;
use crate::template::reader::identity::Known;
use crate::template::reader::intrinsic::Intrinsic;
use crate::template::reader::node::{Entry, Kind, Node};
use crate::template::reader::report::Report;
use crate::template::reader::substitution::{self, Piece};

/// Everything that names can stand for; turns nodes with calls into nodes without. Names that
/// nobody declared are reported before resolution, in all branches; here only what slipped through.
#[derive(Clone, Copy)]
pub(in crate::template) struct Scope<'a> {
    pub(in crate::template) report: &'a Report,
    pub(in crate::template) account: &'a Account,
    pub(in crate::template) parameters: &'a BTreeMap<String, Node>,
    pub(in crate::template) mappings: &'a [Entry],
    pub(in crate::template) conditions: &'a BTreeMap<String, bool>,
    pub(in crate::template) identities: &'a BTreeMap<String, Known>,
}

impl Scope<'_> {
    /// The value of a node: no calls in it, and nothing of `AWS::NoValue`.
    pub(in crate::template) fn resolve(&self, node: &Node) -> Node {
        let kind = match &node.kind {
            Kind::List(items) => Kind::List(
                items
                    .iter()
                    .map(|item| self.resolve(item))
                    .filter(|item| item.kind != Kind::Absent)
                    .collect(),
            ),
            Kind::Map(entries) => Kind::Map(
                entries
                    .iter()
                    .filter_map(|entry| self.resolve_entry(entry))
                    .collect(),
            ),
            Kind::Call(intrinsic, argument) => {
                return self.call(*intrinsic, argument, node.position);
            }
            Kind::Text(text) => self.checked_text(text, node.position),
            kind => kind.clone(),
        };
        Node::new(node.position, kind)
    }

    fn resolve_entry(&self, entry: &Entry) -> Option<Entry> {
        let value = self.resolve(&entry.value);
        (value.kind != Kind::Absent).then(|| Entry {
            key: entry.key.clone(),
            position: entry.position,
            value,
        })
    }

    fn checked_text(&self, text: &str, position: Position) -> Kind {
        let secret = Secret::within(text);
        if let Some(secret) = secret.filter(|secret| {
            !Secret::SERVICES.contains(&secret.service()) || secret.path().is_empty()
        }) {
            let rule = format!(
                "must be {{{{resolve:SERVICE:NAME}}}} with a service of {}",
                Secret::SERVICES.join(", ")
            );
            self.report
                .invalid(position, "dynamic reference", &rule, secret.reference());
        }
        Kind::Text(text.to_owned())
    }

    fn call(&self, intrinsic: Intrinsic, argument: &Node, position: Position) -> Node {
        let kind = match intrinsic {
            Intrinsic::Ref => self.reference(argument),
            Intrinsic::GetAtt => self.attribute(argument),
            Intrinsic::Sub => self.substitute(argument),
            Intrinsic::If => return self.choose(argument),
            Intrinsic::Join => self.join(argument),
            Intrinsic::Select => return self.select(argument),
            Intrinsic::Split => self.split(argument),
            Intrinsic::FindInMap => self.find_in_map(argument),
            Intrinsic::ToJsonString => match self.resolve(argument).kind {
                Kind::Unresolved => Kind::Unresolved,
                kind => {
                    let node = Node::new(position, kind);
                    if self.report.makes(position, node.size()) {
                        Kind::Text(node.json())
                    } else {
                        Kind::Unresolved
                    }
                }
            },
            Intrinsic::Equals
            | Intrinsic::Not
            | Intrinsic::And
            | Intrinsic::Or
            | Intrinsic::Contains
            | Intrinsic::Condition => {
                self.report.invalid(
                    position,
                    intrinsic.name(),
                    "is for the sections Conditions and Rules only",
                    intrinsic.name(),
                );
                Kind::Unresolved
            }
        };
        Node::new(position, kind)
    }

    /// Reports an argument of the wrong shape.
    pub(in crate::template) fn malformed(
        &self,
        intrinsic: Intrinsic,
        expected: &str,
        argument: &Node,
    ) -> Kind {
        if !argument.is_unresolved() {
            self.report.wrong_type(
                argument.position,
                intrinsic.name(),
                expected,
                argument.shown(),
            );
        }
        Kind::Unresolved
    }

    fn reference(&self, argument: &Node) -> Kind {
        let Kind::Text(name) = &argument.kind else {
            return self.malformed(Intrinsic::Ref, "a name", argument);
        };
        self.named(name, argument.position)
    }

    fn named(&self, name: &str, position: Position) -> Kind {
        if name == "AWS::NoValue" {
            return Kind::Absent;
        }
        if let Some(value) = self.parameters.get(name) {
            return if self.report.makes(position, value.size()) {
                value.kind.clone()
            } else {
                Kind::Unresolved
            };
        }
        if let Some(value) = self.account.value(name) {
            return Kind::Text(value);
        }
        match self.identities.get(name) {
            Some(Known::Created(identity)) => Kind::Text(identity.reference.clone()),
            Some(Known::LeftOut { condition }) => self.left_out(name, condition, position),
            Some(Known::Unreadable) => Kind::Unresolved,
            None => self.nobody(name, position),
        }
    }

    /// A name that is neither declared nor generated.
    fn nobody(&self, name: &str, position: Position) -> Kind {
        self.report
            .unknown_unless_reported(position, "name", name, "the template");
        Kind::Unresolved
    }

    fn left_out(&self, name: &str, condition: &str, position: Position) -> Kind {
        self.report.add(
            position,
            Problem::NotCreated {
                name: name.to_owned(),
                condition: condition.to_owned(),
            },
        );
        Kind::Unresolved
    }

    fn attribute(&self, argument: &Node) -> Kind {
        let expected = "RESOURCE.ATTRIBUTE or [RESOURCE, ATTRIBUTE]";
        let parts = match &argument.kind {
            Kind::Text(text) => text
                .split_once('.')
                .map(|(resource, attribute)| (resource.to_owned(), attribute.to_owned())),
            Kind::List(items) if items.len() == 2 => {
                items[0].scalar().zip(self.resolve(&items[1]).scalar())
            }
            _ => None,
        };
        let position = match &argument.kind {
            Kind::List(items) => items
                .first()
                .map_or(argument.position, |item| item.position),
            _ => argument.position,
        };
        match parts {
            Some((resource, attribute)) => self.attribute_of(&resource, &attribute, position),
            None => self.malformed(Intrinsic::GetAtt, expected, argument),
        }
    }

    fn attribute_of(&self, resource: &str, attribute: &str, position: Position) -> Kind {
        match self.identities.get(resource) {
            Some(Known::Created(identity)) => match identity.attributes.get(attribute) {
                Some(value) => Kind::Text(value.clone()),
                None => {
                    let allowed = identity
                        .attributes
                        .keys()
                        .map(|name| (*name).to_owned())
                        .collect();
                    self.report
                        .unknown(position, "attribute", attribute, resource, allowed);
                    Kind::Unresolved
                }
            },
            Some(Known::LeftOut { condition }) => self.left_out(resource, condition, position),
            Some(Known::Unreadable) => Kind::Unresolved,
            None => self.nobody(resource, position),
        }
    }

    fn substitute(&self, argument: &Node) -> Kind {
        let expected = "a text or [text, mapping of variables]";
        let (node, variables) = match &argument.kind {
            Kind::List(items) if items.len() == 2 => (&items[0], self.resolve(&items[1])),
            _ => (argument, Node::new(argument.position, Kind::Null)),
        };
        let Kind::Text(text) = &node.kind else {
            return self.malformed(Intrinsic::Sub, expected, argument);
        };
        let mut result = String::new();
        for piece in substitution::pieces(text) {
            match piece {
                Piece::Literal(literal) => result.push_str(literal),
                Piece::Escaped(name) => result.push_str(&format!("${{{name}}}")),
                Piece::Name(name) => {
                    let value = variables.get(name).cloned().unwrap_or_else(|| {
                        Node::new(node.position, self.placeholder(name, node.position))
                    });
                    match value.scalar() {
                        Some(value) if self.report.makes(node.position, value.len()) => {
                            result.push_str(&value)
                        }
                        Some(_) => return Kind::Unresolved,
                        None => {
                            return self.malformed(
                                Intrinsic::Sub,
                                &format!("a text with a text for ${{{name}}}"),
                                &value,
                            );
                        }
                    }
                }
            }
        }
        self.checked_text(&result, node.position)
    }

    fn placeholder(&self, name: &str, position: Position) -> Kind {
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute_of(resource, attribute, position),
            None => self.named(name, position),
        }
    }

    fn choose(&self, argument: &Node) -> Node {
        let chosen = match &argument.kind {
            Kind::List(items) if items.len() == 3 => {
                let condition = items[0]
                    .scalar()
                    .and_then(|name| self.conditions.get(&name));
                condition.map(|holds| self.resolve(if *holds { &items[1] } else { &items[2] }))
            }
            _ => Some(Node::new(
                argument.position,
                self.malformed(
                    Intrinsic::If,
                    "[condition, value if true, value if false]",
                    argument,
                ),
            )),
        };
        chosen.unwrap_or_else(|| Node::new(argument.position, Kind::Unresolved))
    }

    /// Two arguments in a list, resolved.
    fn pair(&self, intrinsic: Intrinsic, expected: &str, argument: &Node) -> Option<(Node, Node)> {
        match &argument.kind {
            Kind::List(items) if items.len() == 2 => {
                Some((self.resolve(&items[0]), self.resolve(&items[1])))
            }
            _ => {
                self.malformed(intrinsic, expected, argument);
                None
            }
        }
    }

    fn join(&self, argument: &Node) -> Kind {
        let expected = "[delimiter, list of texts]";
        let Some((delimiter, list)) = self.pair(Intrinsic::Join, expected, argument) else {
            return Kind::Unresolved;
        };
        let texts = match &list.kind {
            Kind::List(items) => items
                .iter()
                .map(Node::scalar)
                .collect::<Option<Vec<String>>>(),
            _ => None,
        };
        let unresolved = list.is_unresolved()
            || matches!(&list.kind, Kind::List(items) if items.iter().any(Node::is_unresolved));
        match (delimiter.scalar(), texts) {
            (Some(delimiter), Some(texts)) => {
                let length = texts.iter().map(|text| text.len() + delimiter.len()).sum();
                if self.report.makes(argument.position, length) {
                    Kind::Text(texts.join(&delimiter))
                } else {
                    Kind::Unresolved
                }
            }
            _ if unresolved => Kind::Unresolved,
            _ => self.malformed(Intrinsic::Join, expected, argument),
        }
    }

    fn select(&self, argument: &Node) -> Node {
        let expected = "[index, list] with an index inside the list";
        let unresolved = Node::new(argument.position, Kind::Unresolved);
        let Some((index, list)) = self.pair(Intrinsic::Select, expected, argument) else {
            return unresolved;
        };
        if list.is_unresolved() || index.is_unresolved() {
            return unresolved;
        }
        let index = index.scalar().and_then(|text| text.parse::<usize>().ok());
        let chosen = match &list.kind {
            Kind::List(items) => index.and_then(|index| items.get(index)).cloned(),
            _ => None,
        };
        chosen.unwrap_or_else(|| {
            Node::new(
                argument.position,
                self.malformed(Intrinsic::Select, expected, argument),
            )
        })
    }

    fn split(&self, argument: &Node) -> Kind {
        let expected = "[delimiter, text]";
        let Some((delimiter, text)) = self.pair(Intrinsic::Split, expected, argument) else {
            return Kind::Unresolved;
        };
        match (delimiter.scalar(), text.scalar()) {
            (Some(delimiter), Some(whole)) if !delimiter.is_empty() => Kind::List(
                whole
                    .split(&delimiter)
                    .map(|part| Node::text(text.position, part))
                    .collect(),
            ),
            _ if text.is_unresolved() => Kind::Unresolved,
            _ => self.malformed(Intrinsic::Split, expected, argument),
        }
    }

    fn find_in_map(&self, argument: &Node) -> Kind {
        let Kind::List(items) = &argument.kind else {
            return self.malformed(Intrinsic::FindInMap, "[map, key, key]", argument);
        };
        let keys: Vec<Node> = items.iter().map(|item| self.resolve(item)).collect();
        let names: Option<Vec<String>> = keys.iter().map(Node::scalar).collect();
        let Some([map, first, second]) = names.as_deref() else {
            return self.malformed(Intrinsic::FindInMap, "[map, key, key]", argument);
        };
        let found = self
            .mappings
            .iter()
            .find(|entry| entry.key == *map)
            .and_then(|entry| entry.value.get(first)?.get(second));
        match found {
            Some(value) if self.report.makes(argument.position, value.size()) => value.kind.clone(),
            Some(_) => Kind::Unresolved,
            None => {
                let known = self
                    .mappings
                    .iter()
                    .map(|entry| entry.key.clone())
                    .collect();
                self.report.unknown(
                    argument.position,
                    "mapping",
                    &format!("{map}.{first}.{second}"),
                    "Mappings",
                    known,
                );
                Kind::Unresolved
            }
        }
    }
}
