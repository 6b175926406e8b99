//! `ExclusiveStartKey`: where a read goes on.

use super::source::Source;
use crate::error::Error;
use crate::operation::key::check_not_empty;
use crate::operation::parameters::READ;
use crate::table::{Position, key_of};
use crate::value::{Checked, Item, ValueError};

const INVALID: &str = "The provided starting key is invalid";

/// The starting key of a request, if its values are any.
pub(super) fn read(given: Option<&Checked<Item>>, is_query: bool) -> Result<Option<&Item>, Error> {
    match given {
        None => Ok(None),
        Some(Checked(Ok(key))) => Ok(Some(key)),
        Some(Checked(Err(error))) => {
            let message = error.text(READ.rules);
            let named = match error.cause() {
                ValueError::Empty | ValueError::MoreThanOneType => true,
                ValueError::EmptySet(_) | ValueError::NullNotTrue => !is_query,
                _ => false,
            };
            Err(Error::Validation(if named {
                format!("{INVALID}: {message}")
            } else {
                message
            }))
        }
    }
}

/// The place that a starting key means: it has the attributes of the table's key and of the index's
/// key, and no others.
pub(super) fn position(start: &Item, source: &Source<'_>) -> Result<Position, Error> {
    let table = source.table;
    let invalid = || Error::validation(INVALID);
    let index = source.index.map(|index| &index.schema.key);
    let extra = index.map_or(0, |key| {
        key.names().filter(|name| !table.key.contains(name)).count()
    });
    if start.len() != table.key.len() + extra {
        return Err(invalid());
    }
    let names = index
        .into_iter()
        .flat_map(|key| key.names())
        .chain(table.key.names());
    for name in names {
        let value = start.get(name).ok_or_else(invalid)?;
        if !table.types.get(name).is_some_and(|kind| kind.is_of(value)) {
            return Err(invalid());
        }
    }
    for name in table.key.names() {
        start
            .get(name)
            .map_or(Ok(()), |value| check_not_empty(name, value))?;
    }
    source.position(start).ok_or_else(invalid)
}

/// A scan tells a wrong type of a key attribute by an index of the table, where there is one.
pub(super) fn check_types_of_scan(start: &Item, source: &Source<'_>) -> Result<(), Error> {
    let index = source.index.or_else(|| source.table.indexes.first());
    let Some(index) = index else { return Ok(()) };
    for (name, kind) in &source.table.types {
        if let Some(value) = start.get(name).filter(|value| !kind.is_of(value)) {
            return Err(Error::invalid(format_args!(
                "Type mismatch for Index Key {name} Expected: {} Actual: {} IndexName: {}",
                kind.name(),
                value.kind(),
                index.schema.name
            )));
        }
    }
    Ok(())
}

/// The key after which the next page starts: of the table, and of the index that is read.
pub(super) fn of(item: &Item, source: &Source<'_>) -> Item {
    let mut key = key_of(&source.table.key, item);
    if let Some(index) = source.index {
        key.extend(key_of(&index.schema.key, item));
    }
    key
}
