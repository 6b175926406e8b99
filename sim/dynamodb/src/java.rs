//! Requests as AWS shows them in messages: in the way of Java's `toString`.

use serde_json::Value as Json;

/// How a member is shown.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Text,
    Value,
    /// Values, or texts, by name.
    Map(&'static Shape),
    List(&'static Shape),
    /// A class, with its members: as the request names them, and how they are shown.
    Class(&'static str, &'static [(&'static str, Shape)]),
}

use Shape::{Class, List, Map, Text, Value};

const ITEM: Shape = Map(&Value);

/// `RequestItems` of `BatchWriteItem`.
pub(crate) const WRITE_REQUESTS: Shape = Map(&List(&Class(
    "WriteRequest",
    &[
        (
            "PutRequest",
            Class("PutRequest", &[("Item", ITEM), PROFILE]),
        ),
        (
            "DeleteRequest",
            Class("DeleteRequest", &[("Key", ITEM), PROFILE]),
        ),
    ],
)));

/// `TransactItems` of `TransactWriteItems`.
pub(crate) const TRANSACT_WRITES: Shape = List(&Class(
    "TransactWriteItem",
    &[
        (
            "ConditionCheck",
            Class(
                "ConditionCheck",
                &[("Key", ITEM), TABLE, C, N, V, R, PROFILE],
            ),
        ),
        (
            "Put",
            Class("Put", &[("Item", ITEM), TABLE, C, N, V, R, PROFILE]),
        ),
        (
            "Delete",
            Class("Delete", &[("Key", ITEM), TABLE, C, N, V, R, PROFILE]),
        ),
        (
            "Update",
            Class(
                "Update",
                &[
                    ("Key", ITEM),
                    ("UpdateExpression", Text),
                    TABLE,
                    C,
                    N,
                    V,
                    R,
                    PROFILE,
                ],
            ),
        ),
    ],
));

/// `TransactItems` of `TransactGetItems`.
pub(crate) const TRANSACT_GETS: Shape = List(&Class(
    "TransactGetItem",
    &[(
        "Get",
        Class(
            "Get",
            &[
                ("Key", ITEM),
                TABLE,
                ("ProjectionExpression", Text),
                N,
                PROFILE,
            ],
        ),
    )],
));

type Member = (&'static str, Shape);

const TABLE: Member = ("TableName", Text);
const C: Member = ("ConditionExpression", Text);
const N: Member = ("ExpressionAttributeNames", Map(&Text));
const V: Member = ("ExpressionAttributeValues", ITEM);
const R: Member = ("ReturnValuesOnConditionCheckFailure", Text);
/// A member that no request has.
const PROFILE: Member = ("WorkloadProfileName", Text);

/// The members of an attribute value, as its class has them.
const TYPES: [&str; 16] = [
    "S",
    "N",
    "B",
    "INT",
    "DECIMAL",
    "DOUBLE",
    "SS",
    "NS",
    "BS",
    "INTSET",
    "DECIMALSET",
    "DOUBLESET",
    "M",
    "L",
    "NULL",
    "BOOL",
];

/// No message shows more bytes of a request.
const MOST: usize = 1 << 20;

/// Shows the member `name` of a request, whose input is read again for it.
pub(crate) fn member(input: &str, name: &str, shape: Shape) -> String {
    let request: Json = serde_json::from_str(input).unwrap_or_default();
    let mut text = String::new();
    show(&request[name], shape, &mut text);
    text
}

fn show(value: &Json, shape: Shape, out: &mut String) {
    if out.len() > MOST {
        return;
    }
    match (shape, value) {
        (_, Json::Null) => out.push_str("null"),
        (Map(inner), Json::Object(members)) => {
            list(('{', '}'), members, out, |(name, member), out| {
                out.push_str(name);
                out.push('=');
                show(member, *inner, out);
            });
        }
        (List(inner), Json::Array(members)) => {
            list(('[', ']'), members, out, |member, out| {
                show(member, *inner, out)
            });
        }
        (Class(name, members), value) => {
            out.push_str(name);
            list(('(', ')'), members, out, |(member, shape), out| {
                out.push_str(&lower_first(member));
                out.push('=');
                show(&value[*member], *shape, out);
            });
        }
        (Value, value) => {
            out.push_str("AttributeValue");
            list(('(', ')'), &TYPES, out, |kind, out| {
                out.push_str(&lower_first(kind));
                out.push('=');
                show_typed(kind, &value[*kind], out);
            });
        }
        (_, Json::String(text)) => out.push_str(text),
        (_, other) => out.push_str(&other.to_string()),
    }
}

/// Shows what an attribute value has under the name of a type.
fn show_typed(kind: &str, value: &Json, out: &mut String) {
    match (kind, value) {
        ("M", value) => show(value, ITEM, out),
        ("L", value) => show(value, List(&Value), out),
        ("B", Json::String(text)) => {
            let length = text.len() / 4 * 3 - text.bytes().rev().take_while(|b| *b == b'=').count();
            out.push_str(&format!(
                "java.nio.HeapByteBuffer[pos=0 lim={length} cap={length}]"
            ));
        }
        ("BS", Json::Array(members)) => {
            list(('[', ']'), members, out, |member, out| {
                show_typed("B", member, out)
            });
        }
        (_, value) => show(value, List(&Text), out),
    }
}

fn list<T>(
    (open, close): (char, char),
    members: impl IntoIterator<Item = T>,
    out: &mut String,
    mut each: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (index, member) in members.into_iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        each(member, out);
    }
    out.push(close);
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}
