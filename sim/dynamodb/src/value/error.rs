//! Why a value of a request is refused.

use super::NumberError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use std::sync::Arc;

const INVALID: &str = "One or more parameter values were invalid: ";

/// DynamoDB has two generations of rules for the values of a request, which word some errors
/// differently. The operation decides which one reads the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Of operations on one item or one table: GetItem, PutItem, Query, .., and BatchGetItem.
    Current,
    /// Of BatchWriteItem and of transactions.
    Older,
}

/// The type of the members of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    /// Texts.
    Texts,
    /// Numbers.
    Numbers,
    /// Bytes.
    Bytes,
}

/// Why a value of a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueError {
    /// No type, or only types that are null.
    Empty,
    /// More than one type.
    MoreThanOneType,
    /// A set without members.
    EmptySet(SetKind),
    /// A set of texts in which one occurs twice: all members, as sent.
    DuplicateTexts(Vec<Arc<str>>),
    /// A set of numbers in which one occurs twice.
    DuplicateNumbers,
    /// A set of bytes in which some occur twice: all members, as sent.
    DuplicateBytes(Vec<Arc<[u8]>>),
    /// A number that cannot be read or stored.
    Number(NumberError),
    /// `NULL` that is not true.
    NullNotTrue,
    /// More lists and maps within each other than DynamoDB allows.
    TooDeep,
    /// An attribute, or a member of a map, without a name.
    EmptyName,
    /// What is wrong with one of several types of a value, or with a flag that is a text. It is
    /// told by the older rules, whatever the operation.
    WhileReading(Box<ValueError>),
}

impl ValueError {
    /// The message of the `ValidationException`.
    pub fn text(&self, rules: Rules) -> String {
        match self {
            ValueError::Empty => {
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
                    .to_string()
            }
            ValueError::MoreThanOneType => {
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one \
                 of the supported datatypes"
                    .to_string()
            }
            ValueError::EmptySet(SetKind::Texts) => {
                format!("{INVALID}An string set  may not be empty")
            }
            ValueError::EmptySet(SetKind::Numbers) => {
                format!("{INVALID}An number set  may not be empty")
            }
            ValueError::EmptySet(SetKind::Bytes) => {
                format!("{INVALID}Binary sets should not be empty")
            }
            ValueError::DuplicateTexts(members) => duplicate_texts(members, rules),
            ValueError::DuplicateNumbers if rules == Rules::Older => {
                "Input collection contains duplicates".to_string()
            }
            ValueError::DuplicateNumbers => {
                format!("{INVALID}Input collection contains duplicates.")
            }
            ValueError::DuplicateBytes(members) => duplicate_bytes(members, rules),
            ValueError::Number(NumberError::Empty) if rules == Rules::Older => {
                "The parameter cannot be converted to a numeric value".to_string()
            }
            ValueError::Number(error) => error.to_string(),
            ValueError::NullNotTrue => {
                format!("{INVALID}Null attribute value types must have the value of true")
            }
            ValueError::TooDeep => {
                "Nesting Levels have exceeded supported limits: Attributes in the item have nested \
                 levels beyond supported limit"
                    .to_string()
            }
            ValueError::EmptyName => "Empty attribute name".to_string(),
            ValueError::WhileReading(error) => error.text(Rules::Older),
        }
    }

    /// The message for a value of `ExpressionAttributeValues`, which names the placeholder where
    /// DynamoDB does.
    pub fn text_for_placeholder(&self, placeholder: &str, rules: Rules) -> String {
        let plain = self.text(rules);
        let named = match self {
            ValueError::Empty
            | ValueError::MoreThanOneType
            | ValueError::EmptySet(_)
            | ValueError::WhileReading(_) => true,
            ValueError::TooDeep => false,
            _ => rules == Rules::Older,
        };
        if !named {
            return plain;
        }
        format!("ExpressionAttributeValues contains invalid value: {plain} for key {placeholder}")
    }

    /// What is wrong, however it was found.
    pub fn cause(&self) -> &ValueError {
        match self {
            ValueError::WhileReading(error) => error.cause(),
            error => error,
        }
    }

    /// Whether PutItem, UpdateItem and DeleteItem put `1 validation error detected: ` in front.
    pub fn is_counted(&self) -> bool {
        !matches!(
            self,
            ValueError::Empty | ValueError::MoreThanOneType | ValueError::WhileReading(_)
        )
    }
}

fn duplicate_texts(members: &[Arc<str>], rules: Rules) -> String {
    let list = match rules {
        Rules::Older => members.join(", "),
        Rules::Current => {
            let quoted = as_read(members).into_iter().map(|text| quoted(&text));
            quoted.collect::<Vec<_>>().join(", ")
        }
    };
    format!("{INVALID}Input collection [{list}] contains duplicates.")
}

fn duplicate_bytes(members: &[Arc<[u8]>], rules: Rules) -> String {
    let list = match rules {
        Rules::Older => members
            .iter()
            .map(|bytes| STANDARD.encode(bytes))
            .collect::<Vec<_>>()
            .join(", "),
        Rules::Current => {
            let quoted = as_read(members)
                .into_iter()
                .map(|bytes| format!("\"{}\"", STANDARD.encode(bytes)));
            quoted.collect::<Vec<_>>().join(",")
        }
    };
    format!("{INVALID}Input collection [{list}]of type BS contains duplicates.")
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The members in the order in which the current rules name them: those before the first repeat
/// sorted, as they lie in a sorted set by then, and the others as sent.
fn as_read<T: Ord + Clone>(members: &[T]) -> Vec<T> {
    let mut read = BTreeSet::new();
    let distinct = members
        .iter()
        .take_while(|member| read.insert((*member).clone()))
        .count();
    read.into_iter()
        .chain(members[distinct..].iter().cloned())
        .collect()
}
