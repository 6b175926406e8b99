use crate::stack::{PolicyCondition, PolicyOperator};
use crate::template::reader::fields::Fields;
use crate::template::reader::node::Kind;

impl PolicyCondition {
    /// Reads the `Condition` of a statement: operator to key to values.
    pub(in crate::template) fn read_all(fields: &Fields<'_>) -> Vec<Self> {
        const NAMES: [&str; 20] = [
            "ArnEquals",
            "ArnLike",
            "ArnNotEquals",
            "ArnNotLike",
            "StringEquals",
            "StringEqualsIgnoreCase",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "Bool",
            "ArnEqualsIfExists",
            "ArnLikeIfExists",
            "ArnNotEqualsIfExists",
            "ArnNotLikeIfExists",
            "StringEqualsIfExists",
            "StringEqualsIgnoreCaseIfExists",
            "StringNotEqualsIfExists",
            "StringLikeIfExists",
            "StringNotLikeIfExists",
            "BoolIfExists",
        ];
        NAMES
            .into_iter()
            .flat_map(|name| Self::read_operator(fields, name))
            .collect()
    }

    fn read_operator(fields: &Fields<'_>, name: &'static str) -> Vec<Self> {
        let plain = name.trim_end_matches("IfExists");
        let found = OPERATORS
            .iter()
            .find(|(operator, _)| *operator == plain)
            .map(|(_, operator)| *operator);
        let (Some(operator), Some(node)) = (found, fields.node(name)) else {
            return Vec::new();
        };
        if !matches!(node.kind, Kind::Map(_) | Kind::Unresolved) {
            fields.report().wrong_type(
                node.position,
                name,
                "a mapping of condition keys",
                node.shown(),
            );
        }
        for entry in node
            .entries()
            .iter()
            .filter(|entry| !KEYS.iter().any(|key| key.eq_ignore_ascii_case(&entry.key)))
        {
            let known = KEYS.iter().map(|key| (*key).to_owned()).collect();
            fields.report().unknown(
                entry.position,
                "condition key",
                &entry.key,
                fields.owner(),
                known,
            );
        }
        let conditions = node.entries().iter().map(|entry| {
            let values = match &entry.value.kind {
                Kind::List(items) => items
                    .iter()
                    .filter_map(crate::template::reader::node::Node::scalar)
                    .collect(),
                _ => entry.value.scalar().into_iter().collect(),
            };
            Self {
                operator,
                if_exists: name != plain,
                key: entry.key.clone(),
                values,
            }
        });
        conditions.collect()
    }
}

const OPERATORS: [(&str, PolicyOperator); 10] = [
    ("ArnEquals", PolicyOperator::ArnLike),
    ("ArnLike", PolicyOperator::ArnLike),
    ("ArnNotEquals", PolicyOperator::ArnNotLike),
    ("ArnNotLike", PolicyOperator::ArnNotLike),
    ("StringEquals", PolicyOperator::StringEquals),
    (
        "StringEqualsIgnoreCase",
        PolicyOperator::StringEqualsIgnoreCase,
    ),
    ("StringNotEquals", PolicyOperator::StringNotEquals),
    ("StringLike", PolicyOperator::StringLike),
    ("StringNotLike", PolicyOperator::StringNotLike),
    ("Bool", PolicyOperator::Bool),
];

/// The condition keys that requests in a simulated cloud carry. Another one would never hold, so it
/// is refused.
const KEYS: [&str; 3] = ["aws:SecureTransport", "aws:SourceAccount", "aws:SourceArn"];
