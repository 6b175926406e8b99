use std::borrow::Cow;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use crate::stack::Position;
use crate::template::reader::error::Problem;
use crate::template::reader::intrinsic::Intrinsic;
use crate::template::reader::node::{Entry, Kind, Node};
use crate::template::reader::report::Report;

/// Reads one YAML document into nodes with positions. Short and long forms of intrinsics become
/// [`Kind::Call`]. `None` means that the text is not YAML; the reason is in the report.
pub(in crate::template) fn parse(text: &str, report: &Report) -> Option<Node> {
    let mut builder = Builder {
        report,
        open: Vec::new(),
        root: None,
    };
    for item in Parser::new_from_str(text) {
        match item {
            Ok((event, span)) => builder.event(event, &span)?,
            Err(error) => {
                report.add(position(*error.marker()), Problem::Syntax(error.info()));
                return None;
            }
        }
    }
    if builder.root.is_none() {
        report.add(
            Position { line: 1, column: 1 },
            Problem::Syntax("the file is empty".to_owned()),
        );
    }
    builder.root
}

fn position(marker: Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

/// A collection whose end has not come yet.
struct Open {
    position: Position,
    tag: Option<(String, Position)>,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        key: Option<(String, Position)>,
    },
}

struct Builder<'report> {
    report: &'report Report,
    open: Vec<Open>,
    root: Option<Node>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Option<()> {
        let here = position(span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_anchor(anchor, here)?;
                let tag = local_tag(tag.as_ref(), span);
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let kind = if plain {
                    plain_scalar(&text)
                } else {
                    Kind::Text(text.into_owned())
                };
                self.complete(Node::new(here, kind), tag)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_anchor(anchor, here)?;
                self.start(
                    here,
                    local_tag(tag.as_ref(), span),
                    Content::List(Vec::new()),
                )
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_anchor(anchor, here)?;
                self.start(
                    here,
                    local_tag(tag.as_ref(), span),
                    Content::Map {
                        entries: Vec::new(),
                        key: None,
                    },
                )
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(_) => self.refuse_anchor(1, here),
            Event::DocumentStart(..) if self.root.is_some() => {
                self.fail(here, "a template is one document, here a second one starts")
            }
            _ => Some(()),
        }
    }

    fn fail(&self, position: Position, reason: &str) -> Option<()> {
        self.report
            .add(position, Problem::Syntax(reason.to_owned()));
        None
    }

    fn refuse_anchor(&self, anchor: usize, position: Position) -> Option<()> {
        if anchor == 0 {
            Some(())
        } else {
            self.fail(
                position,
                "CloudFormation does not support anchors and aliases",
            )
        }
    }

    fn start(
        &mut self,
        position: Position,
        tag: Option<(String, Position)>,
        content: Content,
    ) -> Option<()> {
        self.open.push(Open {
            position,
            tag,
            content,
        });
        Some(())
    }

    fn end(&mut self) -> Option<()> {
        let open = self.open.pop()?;
        let kind = match open.content {
            Content::List(items) => Kind::List(items),
            Content::Map { entries, .. } => self.long_form(entries),
        };
        self.complete(Node::new(open.position, kind), open.tag)
    }

    /// `{Ref: x}` and `{"Fn::Join": [...]}` are calls; every other mapping stays one.
    fn long_form(&self, mut entries: Vec<Entry>) -> Kind {
        let [entry] = entries.as_slice() else {
            return Kind::Map(entries);
        };
        match Intrinsic::by_key(&entry.key) {
            Some(intrinsic) => Kind::Call(intrinsic, Box::new(entries.remove(0).value)),
            None if entry.key.starts_with("Fn::") => {
                self.report.unknown(
                    entry.position,
                    "function",
                    &entry.key,
                    "the template",
                    Intrinsic::all_names(),
                );
                Kind::Unresolved
            }
            None => Kind::Map(entries),
        }
    }

    /// Puts a finished node where it belongs: as a key, a value, an item, or the document.
    fn complete(&mut self, node: Node, tag: Option<(String, Position)>) -> Option<()> {
        let node = self.tagged(node, tag);
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key }) => match key.take() {
                Some((key, position)) => entries.push(Entry {
                    key,
                    position,
                    value: node,
                }),
                None => {
                    let Some(text) = node.scalar() else {
                        self.report.add(
                            node.position,
                            Problem::Syntax("a key must be a text".to_owned()),
                        );
                        return None;
                    };
                    if entries.iter().any(|entry| entry.key == text) {
                        self.report.add(
                            node.position,
                            Problem::Syntax(format!("the key {text:?} is already there")),
                        );
                    }
                    *key = Some((text, node.position));
                }
            },
        }
        Some(())
    }

    fn tagged(&self, node: Node, tag: Option<(String, Position)>) -> Node {
        let Some((tag, position)) = tag else {
            return node;
        };
        if let Some(intrinsic) = Intrinsic::by_tag(&tag) {
            return Node::new(position, Kind::Call(intrinsic, Box::new(node)));
        }
        self.report.unknown(
            position,
            "function",
            &format!("!{tag}"),
            "the template",
            Intrinsic::all_names(),
        );
        Node::new(position, Kind::Unresolved)
    }
}

/// The suffix and place of a local tag such as `!Ref`; YAML's own tags (`!!str`) are no functions.
fn local_tag(tag: Option<&Cow<'_, Tag>>, span: &Span) -> Option<(String, Position)> {
    let tag = tag?;
    let suffix = tag.suffix().to_owned();
    let start = span.tag_start().unwrap_or(span.start);
    (tag.handle() == "!" && !suffix.is_empty()).then(|| (suffix, position(start)))
}

/// YAML 1.1, as CloudFormation and SAM read it: `yes`, `no`, `on` and `off` are booleans, too.
fn plain_scalar(text: &str) -> Kind {
    const YES: [&str; 9] = [
        "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON",
    ];
    const NO: [&str; 9] = [
        "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF",
    ];
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        _ if YES.contains(&text) => Kind::Bool(true, text.to_owned()),
        _ if NO.contains(&text) => Kind::Bool(false, text.to_owned()),
        _ if is_number(text) => Kind::Number(text.to_owned()),
        _ => Kind::Text(text.to_owned()),
    }
}

/// JSON's grammar of a number. Other spellings (`0755`, `.5`) stay texts, so that account numbers
/// survive.
pub(in crate::template) fn is_number(text: &str) -> bool {
    text.starts_with(|letter: char| letter == '-' || letter.is_ascii_digit())
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}
