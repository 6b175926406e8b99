//! What is wrong with an expression, in the words of DynamoDB.

use crate::value::{Number, NumberError, Type, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// The parameter of a request that an expression is given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// `ConditionExpression`, of a write.
    Condition,
    /// `FilterExpression`, of a query or a scan.
    Filter,
    /// `KeyConditionExpression`, of a query.
    KeyCondition,
    /// `ProjectionExpression`, of a read.
    Projection,
    /// `UpdateExpression`.
    Update,
}

impl Role {
    /// The name of the parameter.
    pub fn name(self) -> &'static str {
        match self {
            Role::Condition => "ConditionExpression",
            Role::Filter => "FilterExpression",
            Role::KeyCondition => "KeyConditionExpression",
            Role::Projection => "ProjectionExpression",
            Role::Update => "UpdateExpression",
        }
    }
}

/// What is wrong with an expression, and in which parameter it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{flaw}", prefix(*.role, .flaw))]
pub struct ExpressionError {
    /// The parameter.
    pub role: Role,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What DynamoDB puts in front: nothing where the message names the parameter by itself.
fn prefix(role: Role, flaw: &Flaw) -> String {
    match flaw {
        Flaw::KeyOperator(_) | Flaw::KeyCondition(_) => String::new(),
        _ => format!("Invalid {}: ", role.name()),
    }
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The text is empty.
    #[error("The expression can not be empty;")]
    Empty,
    /// The text is longer than 4096 bytes; its size.
    #[error("Expression size has exceeded the maximum allowed size;")]
    TooLong(usize),
    /// A token that cannot stand where it stands, with its neighbours.
    #[error("Syntax error; token: \"{token}\", near: \"{near}\"")]
    Syntax {
        /// The token, or `<EOF>`.
        token: String,
        /// The text from the token before to the token after.
        near: String,
    },
    /// Parentheses directly within parentheses.
    #[error("The expression has redundant parentheses;")]
    RedundantParentheses,
    /// A function that does not exist.
    #[error("Invalid function name; function: {0}")]
    UnknownFunction(String),
    /// A function of update expressions in a condition.
    #[error("The function is not allowed in a condition expression; function: {0}")]
    NotInConditions(&'static str),
    /// A function of conditions in an update expression.
    #[error("The function is not allowed in an update expression; function: {0}")]
    NotInUpdates(&'static str),
    /// A function that gives true or false as an operand, or the other way round.
    #[error("The function is not allowed to be used this way in an expression; function: {0}")]
    MisusedFunction(&'static str),
    /// A reserved word as the name of an attribute.
    #[error("Attribute name is a reserved keyword; reserved keyword: {0}")]
    Reserved(String),
    /// More than 300 operators and functions.
    #[error("The expression contains too many operators; operator count: {0}")]
    TooManyOperators(usize),
    /// More than 100 operands of `IN`.
    #[error("The IN operator is provided with too many operands; number of operands: {0}")]
    TooManyOperands(usize),
    /// A path of more than 32 steps.
    #[error("The document path has too many nesting levels; nesting levels: {0}")]
    PathTooDeep(usize),
    /// An index of a list that is no 32-bit number.
    #[error("List index is not within the allowable range; index: [{0}]")]
    IndexOutOfRange(String),
    /// A section of an update expression that comes twice.
    #[error("The \"{0}\" section can only be used once in an update expression;")]
    RepeatedSection(&'static str),
    /// A name placeholder without a name.
    #[error(
        "An expression attribute name used in the document path is not defined; attribute name: {0}"
    )]
    UndefinedName(String),
    /// A value placeholder without a value.
    #[error(
        "An expression attribute value used in expression is not defined; attribute value: {0}"
    )]
    UndefinedValue(String),
    /// A wrong number of arguments of a function.
    #[error(
        "Incorrect number of operands for operator or function; operator or function: {function}, \
         number of operands: {given}"
    )]
    OperandCount {
        /// The function.
        function: &'static str,
        /// How many it was given.
        given: usize,
    },
    /// An operand of a type that the operator or function does not take.
    #[error(
        "Incorrect operand type for operator or function; operator or function: {function}, operand \
         type: {given}"
    )]
    OperandType {
        /// The operator or function.
        function: &'static str,
        /// The type it was given.
        given: &'static str,
    },
    /// An operand of `ADD` or `DELETE` that is neither a set nor, for `ADD`, a number.
    #[error(
        "Incorrect operand type for operator or function; operator: {section}, operand type: \
         {given}, typeSet: ALLOWED_FOR_{section}_OPERAND"
    )]
    SectionOperandType {
        /// `ADD` or `DELETE`.
        section: &'static str,
        /// The type it was given, as these sections call it.
        given: &'static str,
    },
    /// A function of a path that was given something else.
    #[error("Operator or function requires a document path; operator or function: {0}")]
    PathRequired(&'static str),
    /// An attribute compared with itself.
    #[error(
        "The first operand must be distinct from the remaining operands for this operator or \
         function; operator: {operator}, first operand: {operand}"
    )]
    NotDistinct {
        /// The operator or function.
        operator: &'static str,
        /// The path that stands on both sides.
        operand: String,
    },
    /// A name that `attribute_type` does not know.
    #[error(
        "Invalid attribute type name found; type: {0}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}"
    )]
    TypeName(String),
    /// Bounds of `BETWEEN` of two types.
    #[error(
        "The BETWEEN operator requires same data type for lower and upper bounds; lower bound \
         operand: AttributeValue: {{{0}}}, upper bound operand: AttributeValue: {{{1}}}"
    )]
    BoundTypes(String, String),
    /// A lower bound of `BETWEEN` above the upper one.
    #[error(
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower \
         bound operand: AttributeValue: {{{0}}}, upper bound operand: AttributeValue: {{{1}}}"
    )]
    BoundOrder(String, String),
    /// A path that is another one, or lies within it.
    #[error(
        "Two document paths overlap with each other; must remove or rewrite one of these paths; path \
         one: {0}, path two: {1}"
    )]
    PathsOverlap(String, String),
    /// Two paths of which one takes for a list what the other takes for a map.
    #[error(
        "Two document paths conflict with each other; must remove or rewrite one of these paths; \
         path one: {0}, path two: {1}"
    )]
    PathsConflict(String, String),
    /// An operator or function that a key condition does not have.
    #[error("Invalid operator used in KeyConditionExpression: {0}")]
    KeyOperator(&'static str),
    /// A comparison that is no key condition, and why.
    #[error("Invalid condition in KeyConditionExpression: {0}")]
    KeyCondition(String),
    /// A function within a comparison of a key condition.
    #[error("KeyConditionExpressions cannot contain nested operations")]
    KeyNestedOperation,
    /// A key condition on a path of more than one step.
    #[error("KeyConditionExpressions cannot have conditions on nested attributes")]
    KeyNestedPath,
    /// Two key conditions on one attribute.
    #[error("KeyConditionExpressions must only contain one condition per key")]
    KeyTwice,
}

impl Flaw {
    /// The error of this flaw in an expression of `role`.
    pub(crate) fn within(self, role: Role) -> ExpressionError {
        ExpressionError { role, flaw: self }
    }
}

/// Why an update cannot be applied to the item as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// A path whose parent is missing, or is no list or map as the path takes it for.
    #[error("The document path provided in the update expression is invalid for update")]
    InvalidPath,
    /// An operand that names an attribute which the item does not have.
    #[error("The provided expression refers to an attribute that does not exist in the item")]
    MissingAttribute,
    /// A stored value of a type that the operation does not take.
    #[error("An operand in the update expression has an incorrect data type")]
    OperandType,
    /// The same, in an update by `AttributeUpdates`.
    #[error("Type mismatch for attribute to update")]
    LegacyType,
    /// A sum that cannot be stored.
    #[error(transparent)]
    Number(#[from] NumberError),
}

/// A value as error messages show it: `N:1`, `S:text`.
pub(super) fn shown(value: &Value) -> String {
    struct Members<I>(I);
    impl<I: Iterator<Item = String> + Clone> fmt::Display for Members<I> {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(
                formatter,
                "[{}]",
                self.0.clone().collect::<Vec<_>>().join(", ")
            )
        }
    }
    let kind = value.kind();
    match value {
        Value::S(text) => format!("{kind}:{text}"),
        Value::N(number) => format!("{kind}:{number}"),
        Value::B(bytes) => format!("{kind}:{}", STANDARD.encode(bytes)),
        Value::Bool(flag) => format!("{kind}:{flag}"),
        Value::Null => format!("{kind}:true"),
        Value::Ss(set) => format!("{kind}:{}", Members(set.iter().map(ToString::to_string))),
        Value::Ns(set) => format!("{kind}:{}", Members(set.iter().map(Number::to_string))),
        Value::Bs(set) => {
            format!(
                "{kind}:{}",
                Members(set.iter().map(|bytes| STANDARD.encode(bytes)))
            )
        }
        Value::L(list) => format!("{kind}:{}", Members(list.iter().map(braced))),
        Value::M(map) => {
            let members = map
                .iter()
                .map(|(name, value)| format!("{name}={}", braced(value)));
            format!("{kind}:{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

fn braced(value: &Value) -> String {
    format!("{{{}}}", shown(value))
}

/// The names that `ADD` and `DELETE` call types by.
pub(super) fn spelled_out(kind: Type) -> &'static str {
    match kind {
        Type::S => "STRING",
        Type::N => "NUMBER",
        Type::B => "Binary",
        Type::L => "LIST",
        Type::M => "MAP",
        other => other.name(),
    }
}
