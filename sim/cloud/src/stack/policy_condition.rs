use crate::stack::wildcard;

/// One condition of a policy statement, such as `ArnEquals` of `aws:SourceArn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyCondition {
    /// How the key's value is compared.
    pub operator: PolicyOperator,
    /// `...IfExists`: holds also if the request does not carry the key.
    pub if_exists: bool,
    /// Such as `aws:SourceArn`; case does not matter.
    pub key: String,
    /// One of them must match (none, for a negated operator).
    pub values: Vec<String>,
}

/// How a condition compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyOperator {
    /// `ArnEquals` and `ArnLike`, which are the same: wildcards within each part of the ARN.
    ArnLike,
    /// `ArnNotEquals` and `ArnNotLike`.
    ArnNotLike,
    /// Exactly this text.
    StringEquals,
    /// Exactly this text, ignoring case.
    StringEqualsIgnoreCase,
    /// Not this text.
    StringNotEquals,
    /// A text with wildcards.
    StringLike,
    /// Not this text with wildcards.
    StringNotLike,
    /// `true` or `false`.
    Bool,
}

impl PolicyCondition {
    /// Whether it holds for a request with these condition keys and their values.
    pub fn holds(&self, keys: &[(&str, &str)]) -> bool {
        let mut own = keys
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(&self.key));
        let Some((_, actual)) = own.next() else {
            return self.if_exists || self.negated();
        };
        self.values.iter().any(|value| self.compare(value, actual)) != self.negated()
    }

    fn negated(&self) -> bool {
        use PolicyOperator::{ArnNotLike, StringNotEquals, StringNotLike};
        matches!(self.operator, ArnNotLike | StringNotEquals | StringNotLike)
    }

    fn compare(&self, value: &str, actual: &str) -> bool {
        match self.operator {
            PolicyOperator::ArnLike | PolicyOperator::ArnNotLike => {
                wildcard::arn_matches(value, actual)
            }
            PolicyOperator::StringEquals | PolicyOperator::StringNotEquals => value == actual,
            PolicyOperator::StringEqualsIgnoreCase | PolicyOperator::Bool => {
                value.eq_ignore_ascii_case(actual)
            }
            PolicyOperator::StringLike | PolicyOperator::StringNotLike => {
                wildcard::matches(value, actual)
            }
        }
    }
}
