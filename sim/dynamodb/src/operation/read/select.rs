//! Which attributes a read gives back, and what it may ask of an index that does not have them.

use super::source::Source;
use crate::constraint::enveloped;
use crate::error::Error;
use crate::expression::{BoundCondition, BoundProjection};

/// What `Select` can be, as AWS lists it.
pub(super) const SELECTS: [&str; 4] = [
    "SPECIFIC_ATTRIBUTES",
    "COUNT",
    "ALL_ATTRIBUTES",
    "ALL_PROJECTED_ATTRIBUTES",
];

/// `Select` with what it must fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Select<'r> {
    pub given: Option<&'r str>,
    pub has_attributes_to_get: bool,
    pub has_projection: bool,
    pub has_index: bool,
}

impl Select<'_> {
    /// Whether only the number of items is asked for.
    pub fn counts(&self) -> bool {
        self.given == Some("COUNT")
    }

    /// Refuses what is none of the choices.
    pub fn check_choice(&self) -> Result<(), Error> {
        let mut constraints = crate::constraint::Constraints::default();
        constraints.one_of(self.given, "select", &SELECTS);
        constraints.check()
    }

    /// Refuses a choice that the other parameters contradict.
    pub fn check(&self) -> Result<(), Error> {
        let Some(given) = self.given else {
            return Ok(());
        };
        let projected = match (self.has_attributes_to_get, self.has_projection) {
            (true, _) => Some("AttributesToGet"),
            (_, true) => Some("ProjectionExpression"),
            _ => None,
        };
        match (given, projected) {
            ("SPECIFIC_ATTRIBUTES", None) => Err(enveloped(
                "Must specify the AttributesToGet or ProjectionExpression when choosing to get \
                 SPECIFIC_ATTRIBUTES",
            )),
            ("SPECIFIC_ATTRIBUTES", Some(_)) => Ok(()),
            (given, Some(member)) => {
                let target = if given == "COUNT" {
                    "only the Count"
                } else {
                    given
                };
                Err(enveloped(format_args!(
                    "Cannot specify the {member} when choosing to get {target}"
                )))
            }
            ("ALL_PROJECTED_ATTRIBUTES", None) if !self.has_index => Err(enveloped(
                "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
            )),
            (_, None) => Ok(()),
        }
    }

    /// Whether items are fetched from the table because the index does not have all that is asked
    /// for. A local index can; for a global one, asking is an error.
    pub fn fetches(
        &self,
        source: &Source<'_>,
        projection: Option<&BoundProjection>,
    ) -> Result<bool, Error> {
        let Some(index) = source.index.filter(|_| !source.has_all()) else {
            return Ok(false);
        };
        let name = &index.schema.name;
        let all = self.given == Some("ALL_ATTRIBUTES");
        if all && index.is_global() {
            return Err(Error::invalid(format_args!(
                "Select type ALL_ATTRIBUTES is not supported for global secondary index {name} \
                 because its projection type is not ALL"
            )));
        }
        let asked = projection.map(BoundProjection::roots).unwrap_or_default();
        let missing: Vec<&str> = asked
            .iter()
            .map(|name| &***name)
            .filter(|name| !source.has(name))
            .collect();
        if !missing.is_empty() && index.is_global() {
            return Err(Error::invalid(format_args!(
                "Global secondary index {name} does not project [{}]",
                missing.join(", ")
            )));
        }
        Ok(all || !missing.is_empty())
    }
}

/// Refuses a filter of a query that asks for what the index does not have.
pub(super) fn check_filter_projected(
    source: &Source<'_>,
    filter: Option<&BoundCondition>,
) -> Result<(), Error> {
    let (Some(index), Some(filter)) = (source.index, filter) else {
        return Ok(());
    };
    let roots = filter.roots();
    let mut missing: Vec<&str> = roots
        .iter()
        .map(|(name, _)| &***name)
        .filter(|name| !source.has(name))
        .collect();
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(format_args!(
        "Secondary index {} does not project one or more filter attributes: [{}]",
        index.schema.name,
        missing.join(", ")
    )))
}

/// Refuses a filter that looks into a key attribute, which is never a list or a map.
pub(super) fn check_key_paths(
    source: &Source<'_>,
    filter: Option<&BoundCondition>,
) -> Result<(), Error> {
    let Some(filter) = filter else { return Ok(()) };
    for (name, nested) in filter.roots() {
        let of = match (source.table.key.contains(name), source.key().contains(name)) {
            (true, _) => "Key",
            (_, true) => "IndexKey",
            _ => continue,
        };
        if nested {
            return Err(Error::Validation(format!(
                "Key attributes must be scalars; list random access '[]' and map lookup '.' are \
                 not allowed: {of}: {name}"
            )));
        }
    }
    Ok(())
}
