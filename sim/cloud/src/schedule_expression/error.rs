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
    pub reason: String,
}

fn text(dialect: Dialect, expression: &str) -> String {
    match dialect {
        Dialect::Rule => "Parameter ScheduleExpression is not valid.".to_owned(),
        Dialect::Scheduler => format!("Invalid Schedule Expression {expression}."),
    }
}
