use crate::stack::Position;
use suggestion::nearest;

/// One thing that is wrong with a template, and where. Its text is one line:
/// `file:line:column: what is wrong, the offending text, what is allowed`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{file}:{position}: {problem}")]
pub struct TemplateError {
    /// The file name as it was handed to [`load`](crate::template::load).
    pub file: String,
    /// Where in the file.
    pub position: Position,
    /// What is wrong.
    pub problem: Problem,
}

/// All that is wrong with a template, in the order of the file: one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateErrors(Vec<TemplateError>);

impl TemplateErrors {
    pub(super) const fn new(errors: Vec<TemplateError>) -> Self {
        Self(errors)
    }
}

impl std::fmt::Display for TemplateErrors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(formatter, "{end}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TemplateErrors {}

impl std::ops::Deref for TemplateErrors {
    type Target = [TemplateError];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl IntoIterator for TemplateErrors {
    type Item = TemplateError;
    type IntoIter = std::vec::IntoIter<TemplateError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// What can be wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is not YAML, or uses a part of YAML that CloudFormation refuses (anchors, aliases).
    #[error("not a readable YAML document: {0}")]
    Syntax(String),
    /// A name that nobody declared or that this reader does not know.
    #[error(
        "unknown {kind} {name:?} in {owner}{}; allowed: {}",
        suggestion(name, allowed),
        listed(allowed)
    )]
    Unknown {
        /// Sort of name: `property`, `resource type`, `attribute`, ...
        kind: &'static str,
        /// The offending name.
        name: String,
        /// Where it stands, such as `AWS::Events::Rule.Targets`.
        owner: String,
        /// The names that would have been accepted.
        allowed: Vec<String>,
    },
    /// A required property is not there.
    #[error("{owner} needs the property {name:?}")]
    Missing {
        /// The property's name.
        name: String,
        /// Where it should stand.
        owner: String,
    },
    /// A parameter without a value.
    #[error("the parameter {name:?} has no default and no value is given")]
    NoValue {
        /// The parameter's name.
        name: String,
    },
    /// A value of the wrong type.
    #[error("{name:?} must be {expected}, found {found}")]
    WrongType {
        /// The property's name.
        name: String,
        /// The type that is allowed, with its article.
        expected: String,
        /// The offending text.
        found: String,
    },
    /// A number outside its range.
    #[error("{name:?} must lie between {minimum} and {maximum}, found {found}")]
    OutOfRange {
        /// The property's name.
        name: String,
        /// The least allowed value.
        minimum: i64,
        /// The greatest allowed value.
        maximum: i64,
        /// The offending text.
        found: String,
    },
    /// A text that is not one of a fixed set.
    #[error("{name:?} must be one of {}, found {found:?}", listed(allowed))]
    NotAllowed {
        /// The property's name.
        name: String,
        /// The allowed texts.
        allowed: Vec<String>,
        /// The offending text.
        found: String,
    },
    /// A value that breaks a rule of its own.
    #[error("{name:?} {rule}, found {found:?}")]
    Invalid {
        /// The property's name.
        name: String,
        /// The rule, as the rest of the sentence that starts with the name.
        rule: String,
        /// The offending text.
        found: String,
    },
    /// Properties that exclude each other, or of which one is needed.
    #[error("{owner} needs {count} of {}, found {found}", listed(names))]
    Choose {
        /// Where they stand.
        owner: String,
        /// `exactly one`, `at most one` or `at least one`.
        count: &'static str,
        /// The properties to choose from.
        names: Vec<String>,
        /// How many are there.
        found: usize,
    },
    /// A reference to something that the parameters' values leave out of the stack.
    #[error("{name:?} is not created, because its condition {condition:?} is false")]
    NotCreated {
        /// The resource's logical id.
        name: String,
        /// The condition's name.
        condition: String,
    },
    /// Resources, or conditions, that wait for each other.
    #[error("circular dependency: {}", path.join(" -> "))]
    Cycle {
        /// The circle; the last name is the first again.
        path: Vec<String>,
    },
    /// An assertion of the Rules section does not hold.
    #[error("rule {rule:?} does not hold: {description}")]
    Assertion {
        /// The rule's logical id.
        rule: String,
        /// The template's own description of the assertion.
        description: String,
    },
}

/// Names that one error message lists at most; the error itself holds all of them.
const LISTED_MAX: usize = 32;

fn listed(names: &[String]) -> String {
    match names.get(..LISTED_MAX) {
        Some(first) if names.len() > LISTED_MAX => {
            format!("{} and {} more", first.join(", "), names.len() - LISTED_MAX)
        }
        _ if names.is_empty() => "nothing".to_owned(),
        _ => names.join(", "),
    }
}

fn suggestion(name: &str, allowed: &[String]) -> String {
    nearest(name, allowed.iter().map(String::as_str))
        .map_or_else(String::new, |near| format!(" (did you mean {near:?}?)"))
}
