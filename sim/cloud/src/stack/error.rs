use std::fmt;

use super::position::Position;

/// What a service says against a resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackError {
    /// Where a template declares the resource, if one does.
    pub place: Option<Position>,
    /// The name of the resource inside the template.
    pub resource: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for StackError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(formatter, "line {}: ", place.line)?;
        }
        write!(formatter, "{}: {}", self.resource, self.reason)
    }
}

impl std::error::Error for StackError {}
