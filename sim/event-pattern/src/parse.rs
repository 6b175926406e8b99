//! Objects, arrays and `$or` of a pattern.

use std::sync::Arc;

use super::address::Address;
use super::compile::{Alternative, Draft};
use super::error::Reason;
use super::json::{JsonReader, Token};
use super::matcher::{Matcher, Scalar};
use super::number::Number;
use super::operator;

const OR: &str = "$or";

/// Alternatives that the `$or` lists of one pattern may multiply to.
const ALTERNATIVES_MAX: usize = 1000;

/// Fields that one alternative may have.
const FIELDS_MAX: usize = 256;

/// Names that a field inside `$or` must not have.
const RESERVED: [&str; 24] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

/// Reads a pattern to the brace that closes it.
pub(super) fn parse(text: &str) -> Result<Vec<Alternative>, Reason> {
    let mut reader = JsonReader::new(text);
    if reader.next()? != Token::StartObject {
        return reader.fail("Filter is not an object");
    }
    let mut parser = Parser {
        reader,
        path: Vec::new(),
        drafts: Vec::new(),
        frames: Vec::new(),
    };
    parser.frames.push(Frame::Object {
        has_fields: false,
        is_inside_or: false,
        is_step: false,
    });
    while let Some(frame) = parser.frames.pop() {
        match frame {
            Frame::Object {
                has_fields,
                is_inside_or,
                is_step,
            } => {
                parser.step_object(has_fields, is_inside_or, is_step)?;
            }
            Frame::Or(list) => parser.step_or(list)?,
        }
    }
    if parser.drafts.iter().any(|draft| draft.len() > FIELDS_MAX) {
        return Err(Reason(format!(
            "Size of rule exceeds max value of {FIELDS_MAX}"
        )));
    }
    Ok(parser.drafts.into_iter().map(Alternative::from).collect())
}

/// An open part of the pattern. The frames stand in for recursion, so that depth costs no stack.
enum Frame {
    Object {
        has_fields: bool,
        is_inside_or: bool,
        /// Whether its name is on the path; the objects of a `$or` list have none.
        is_step: bool,
    },
    Or(OrList),
}

struct OrList {
    /// The alternatives in front of the list, which every branch starts from.
    before: Vec<Draft>,
    /// The alternatives of the branches read so far.
    collected: Vec<Draft>,
    branches: usize,
}

struct Parser<'a> {
    reader: JsonReader<'a>,
    path: Vec<String>,
    /// The alternatives so far; none before the first field.
    drafts: Vec<Draft>,
    frames: Vec<Frame>,
}

impl Parser<'_> {
    /// Reads one field of an object, or its end.
    fn step_object(
        &mut self,
        has_fields: bool,
        is_inside_or: bool,
        is_step: bool,
    ) -> Result<(), Reason> {
        if self.reader.next()? == Token::EndObject {
            if !has_fields {
                return self.reader.fail("Empty objects are not allowed");
            }
            self.end_object(is_step);
            return Ok(());
        }
        self.frames.push(Frame::Object {
            has_fields: true,
            is_inside_or,
            is_step,
        });
        let name = self.reader.name().to_owned();
        if name == OR {
            return self.start_or();
        }
        if is_inside_or && RESERVED.contains(&name.as_str()) {
            return self.reader.fail(format!(
                "{name} is Ruler reserved fieldName which cannot be used inside {OR}."
            ));
        }
        match self.reader.next()? {
            Token::StartObject => {
                self.path.push(name);
                self.frames.push(Frame::Object {
                    has_fields: false,
                    is_inside_or,
                    is_step: true,
                });
            }
            Token::StartArray => {
                let matchers = parse_list(&mut self.reader)?;
                self.write(name, matchers);
            }
            _ => {
                return self
                    .reader
                    .fail(format!("\"{name}\" must be an object or an array"));
            }
        }
        Ok(())
    }

    fn end_object(&mut self, is_step: bool) {
        if is_step {
            self.path.pop();
        } else if let Some(Frame::Or(list)) = self.frames.last_mut() {
            list.collected.append(&mut self.drafts);
        }
    }

    /// Adds a field to every alternative.
    fn write(&mut self, name: String, matchers: Arc<[Matcher]>) {
        self.path.push(name);
        let path = self.path.join(".");
        self.path.pop();
        if self.drafts.is_empty() {
            self.drafts.push(Draft::new());
        }
        for draft in &mut self.drafts {
            draft.insert(path.clone(), Arc::clone(&matchers));
        }
    }

    fn start_or(&mut self) -> Result<(), Reason> {
        if self.reader.next()? != Token::StartArray {
            return self
                .reader
                .fail(format!("It must be an Array followed with {OR}."));
        }
        let before = std::mem::take(&mut self.drafts);
        self.frames.push(Frame::Or(OrList {
            before,
            collected: Vec::new(),
            branches: 0,
        }));
        Ok(())
    }

    /// Begins one object of a `$or` list, or ends the list.
    fn step_or(&mut self, mut list: OrList) -> Result<(), Reason> {
        match self.reader.next()? {
            Token::StartObject => {
                self.drafts = if list.before.is_empty() {
                    vec![Draft::new()]
                } else {
                    list.before.clone()
                };
                if list.collected.len() + self.drafts.len() > ALTERNATIVES_MAX {
                    return Err(Reason(format!(
                        "Rule expands to more than {ALTERNATIVES_MAX} combinations of {OR}"
                    )));
                }
                list.branches += 1;
                self.frames.push(Frame::Or(list));
                self.frames.push(Frame::Object {
                    has_fields: false,
                    is_inside_or: true,
                    is_step: false,
                });
                Ok(())
            }
            Token::EndArray if list.branches < 2 => self.reader.fail(format!(
                "There must have at least 2 Objects in {OR} relationship."
            )),
            Token::EndArray => {
                self.drafts = list.collected;
                Ok(())
            }
            _ => self.reader.fail(format!(
                "Only JSON object is allowed in array of {OR} relationship."
            )),
        }
    }
}

/// Reads the list of one field, whose opening bracket is read.
fn parse_list(reader: &mut JsonReader<'_>) -> Result<Arc<[Matcher]>, Reason> {
    let mut matchers = Vec::new();
    loop {
        let matcher = match reader.next()? {
            Token::EndArray => break,
            Token::StartObject => operator::parse(reader)?,
            Token::String => {
                let text = reader.string()?.into_owned();
                Address::parse(&text).map_or(Matcher::Equals(Scalar::Text(text)), Matcher::Address)
            }
            Token::Number(text) => Matcher::Equals(Scalar::Number(Number::new(text))),
            Token::True => Matcher::Equals(Scalar::Bool(true)),
            Token::False => Matcher::Equals(Scalar::Bool(false)),
            Token::Null => Matcher::Equals(Scalar::Null),
            _ => return reader.fail("Match value must be String, number, true, false, or null"),
        };
        matchers.push(matcher);
    }
    if matchers.is_empty() {
        return reader.fail("Empty arrays are not allowed");
    }
    Ok(matchers.into())
}
