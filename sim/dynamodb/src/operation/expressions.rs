//! Expressions of requests: parsed by their text, bound to the request's placeholders.

use super::parameters::Style;
use crate::error::Error;
use crate::expression::{
    BoundCondition, BoundProjection, BoundUpdate, Expressions, Placeholders, Role,
};

/// The condition or filter of a request, where there is one.
pub(super) fn condition(
    expressions: &mut Expressions,
    role: Role,
    text: Option<&str>,
    placeholders: &mut Placeholders<'_>,
    style: Style,
) -> Result<Option<BoundCondition>, Error> {
    let Some(text) = text else { return Ok(None) };
    let parsed = expressions.condition(role, text);
    let bound = parsed.and_then(|parsed| parsed.bind(role, placeholders));
    bound.map(Some).map_err(|error| style.expression(error))
}

/// The projection of a request, where there is one.
pub(super) fn projection(
    expressions: &mut Expressions,
    text: Option<&str>,
    placeholders: &mut Placeholders<'_>,
    style: Style,
) -> Result<Option<BoundProjection>, Error> {
    let Some(text) = text else { return Ok(None) };
    let parsed = expressions.projection(text);
    let bound = parsed.and_then(|parsed| parsed.bind(placeholders));
    bound.map(Some).map_err(|error| style.expression(error))
}

/// The update of a request, where there is one.
pub(super) fn update(
    expressions: &mut Expressions,
    text: Option<&str>,
    placeholders: &mut Placeholders<'_>,
    style: Style,
) -> Result<Option<BoundUpdate>, Error> {
    let Some(text) = text else { return Ok(None) };
    let parsed = expressions.update(text);
    let bound = parsed.and_then(|parsed| parsed.bind(placeholders));
    bound.map(Some).map_err(|error| style.expression(error))
}
