//! The parameters from before expressions, as operations take them.

use super::parameters::{READ, Style, WRITE};
use crate::constraint::Constraints;
use crate::error::Error;
pub(super) use crate::expression::legacy::{AttributeUpdates, Conditions, Expected};
use crate::expression::legacy::{Connective, LegacyError, attributes_to_get};
use crate::expression::{BoundCondition, BoundProjection, BoundUpdate, KeyTests};
use crate::request::Text;

fn refused(error: LegacyError, style: Style) -> Error {
    if style.counted && error.is_counted() {
        style.error(error)
    } else {
        Error::Validation(error.to_string())
    }
}

/// How `count` conditions are connected. An operator that connects nothing is refused.
fn connective(operator: Option<&str>, count: usize, style: Style) -> Result<Connective, Error> {
    let Some(operator) = operator else {
        return Ok(Connective::And);
    };
    match (count, operator) {
        (0, _) => Err(style.error("ConditionalOperator cannot be used without Filter or Expected")),
        (1, _) => Err(style.error(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        )),
        (_, "AND") => Ok(Connective::And),
        (_, "OR") => Ok(Connective::Or),
        _ => Err(style
            .error("Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]")),
    }
}

/// The condition that `Expected` is.
pub(super) fn expected(
    given: Option<&Expected>,
    operator: Option<&str>,
) -> Result<Option<BoundCondition>, Error> {
    let connective = connective(operator, given.map_or(0, Expected::count), WRITE)?;
    let Some(given) = given else { return Ok(None) };
    given
        .condition(connective)
        .map_err(|error| refused(error, WRITE))
}

/// The update that `AttributeUpdates` are.
pub(super) fn updates(given: Option<&AttributeUpdates>) -> Result<Option<BoundUpdate>, Error> {
    let update = given.map(AttributeUpdates::update).transpose();
    update.map_err(|error| refused(error, WRITE))
}

/// The filter that `QueryFilter` or `ScanFilter` is.
pub(super) fn filter(
    given: Option<&Conditions>,
    operator: Option<&str>,
) -> Result<Option<BoundCondition>, Error> {
    let connective = connective(operator, given.map_or(0, Conditions::count), READ)?;
    let Some(given) = given else { return Ok(None) };
    given
        .filter(connective)
        .map_err(|error| refused(error, READ))
}

/// The tests that `KeyConditions` are.
pub(super) fn key_conditions(given: Option<&Conditions>) -> Result<Option<KeyTests>, Error> {
    let given = given.filter(|given| given.count() > 0);
    let tests = given.map(Conditions::key_tests).transpose();
    tests.map_err(|error| refused(error, READ))
}

/// The projection that `AttributesToGet` is.
pub(super) fn attributes(given: Option<&[Text<'_>]>) -> Result<Option<BoundProjection>, Error> {
    let Some(given) = given else { return Ok(None) };
    let names = given.iter().map(|name| &**name);
    attributes_to_get(names)
        .map(Some)
        .map_err(|error| refused(error, READ))
}

/// Checks that every condition has an operator.
pub(super) fn constrain(given: Option<&Conditions>, path: &str, constraints: &mut Constraints) {
    for attribute in given.into_iter().flat_map(Conditions::without_operator) {
        constraints.null(format_args!("{path}.{attribute}.member.comparisonOperator"));
    }
}

/// Whether a condition has no operator.
pub(super) fn lacks_operators(given: Option<&Conditions>) -> bool {
    given.is_some_and(|given| given.without_operator().next().is_some())
}
