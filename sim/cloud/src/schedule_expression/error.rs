use super::Dialect;

/// Why a schedule expression was refused.
///
/// [`Display`](std::fmt::Display) gives AWS's own text, which names no cause; `reason` names it for
/// people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", text(*dialect, expression))]
pub struct ExpressionError {
    /// The service that refused it.
    pub dialect: Dialect,
    /// The expression as given.
    pub expression: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// The form of a time of `at(..)`.
pub(super) const AT_FORM: &str = "yyyy-mm-ddThh:mm:ss";

/// What can be wrong with a schedule expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It has no name with something in brackets.
    #[error("an expression is rate(..), cron(..) or at(..)")]
    Form,
    /// Its name is another one.
    #[error("unknown kind of expression {0:?}")]
    Kind(String),
    /// Only EventBridge Scheduler has `at`.
    #[error("a rule takes no at(..)")]
    AtOfRule,
    /// The time of an `at` is written otherwise, or is no time.
    #[error("{0:?} is not a time of the form {AT_FORM}")]
    AtForm(String),
    /// A rate has not two words.
    #[error("a rate is a value, one space and a unit")]
    RateForm,
    /// The value of a rate.
    #[error("{0:?} is not a positive integer")]
    RateValue(String),
    /// The unit of a rate.
    #[error("{0:?} is not one of minute, minutes, hour, hours, day, days")]
    RateUnit(String),
    /// The unit does not go with the value.
    #[error("the unit {unit:?} must be {} for the value {value}", number(*value))]
    RateNumber {
        /// As written.
        unit: String,
        /// The rate's value.
        value: i32,
    },
    /// A cron expression has more fields or fewer.
    #[error("a cron expression has 6 fields separated by single spaces, found {0}")]
    CronFields(usize),
    /// A cron expression names both days or none.
    #[error("exactly one of day-of-month and day-of-week must be ?")]
    CronDays,
    /// A field of a cron expression.
    #[error("{found:?} is not a value of {field} ({minimum} to {maximum})")]
    CronValue {
        /// As written.
        found: String,
        /// The field's name.
        field: &'static str,
        /// The least allowed value.
        minimum: u16,
        /// The greatest allowed value.
        maximum: u16,
    },
    /// The fields do not go together, in the words of the parser.
    #[error("{0}")]
    Cron(String),
}

fn number(value: i32) -> &'static str {
    if value == 1 { "singular" } else { "plural" }
}

fn text(dialect: Dialect, expression: &str) -> String {
    match dialect {
        Dialect::Rule => "Parameter ScheduleExpression is not valid.".to_owned(),
        Dialect::Scheduler => format!("Invalid Schedule Expression {expression}."),
    }
}
