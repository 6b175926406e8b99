//! Keys in requests: whether they fit the table, and where they lead.

use std::sync::Arc;

use crate::call::Call;
use crate::error::Error;
use crate::expression::BoundUpdate;
use crate::name::TableName;
use crate::schema::AttributeType;
use crate::table::{Position, Table};
use crate::tables::Tables;
use crate::value::{Item, Value, item_size};

/// The largest item, partition key and sort key, in bytes.
const ITEM_BYTES: usize = 400 * 1_024;
const HASH_BYTES: usize = 2_048;
const RANGE_BYTES: usize = 1_024;

const UPDATE_TOO_LARGE: &str = "Item size to update has exceeded the maximum allowed size";
const MISMATCH: &str = "The provided key element does not match the schema";

/// The table that an operation on items names, if it can be used.
pub(super) fn table_of<'t>(
    tables: &'t Tables,
    call: &Call<'_>,
    name: &TableName<'_>,
) -> Result<&'t Table, Error> {
    let found = tables.find(call.now, name.place(call.place), name.name);
    let usable = found.filter(|table| matches!(table.status(call.now), "ACTIVE" | "UPDATING"));
    usable.ok_or_else(|| Error::ResourceNotFound("Requested resource not found".to_owned()))
}

/// The place that a `Key` means: it has the attributes of the table's key and no others.
pub(super) fn position_of_key(table: &Table, key: &Item) -> Result<Position, Error> {
    if key.len() != table.key.len() {
        return Err(Error::validation(MISMATCH));
    }
    for (name, most) in limits(table) {
        let value = key.get(name).ok_or_else(|| Error::validation(MISMATCH))?;
        if !table.types.get(name).is_some_and(|kind| kind.is_of(value)) {
            return Err(Error::validation(MISMATCH));
        }
        check_value(name, value, most)?;
    }
    Position::in_table(&table.key, key).ok_or_else(|| Error::validation(MISMATCH))
}

/// How a request names what is wrong with the key of an item that it puts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// The attribute, and what is wrong with it.
    Attribute,
    /// Only that the key does not fit: batches say no more.
    Schema,
}

/// The place of an item that is put, which has all attributes of the table's key.
pub(super) fn position_of_item(
    table: &Table,
    item: &Item,
    naming: Naming,
) -> Result<Position, Error> {
    for (name, most) in limits(table) {
        let Some(value) = item.get(name) else {
            return Err(match naming {
                Naming::Schema => Error::validation(MISMATCH),
                Naming::Attribute => {
                    Error::invalid(format_args!("Missing the key {name} in the item"))
                }
            });
        };
        let kind = table.types.get(name).copied().unwrap_or(AttributeType::S);
        if !kind.is_of(value) {
            return Err(match naming {
                Naming::Schema => Error::validation(MISMATCH),
                Naming::Attribute => Error::invalid(format_args!(
                    "Type mismatch for key {name} expected: {} actual: {}",
                    kind.name(),
                    value.kind()
                )),
            });
        }
        check_value(name, value, most)?;
    }
    Position::in_table(&table.key, item).ok_or_else(|| Error::validation(MISMATCH))
}

/// The attributes of the table's key with their largest sizes.
fn limits(table: &Table) -> impl Iterator<Item = (&Arc<str>, usize)> {
    let hash = table.key.hash.iter().map(|name| (name, HASH_BYTES));
    hash.chain(table.key.range.iter().map(|name| (name, RANGE_BYTES)))
}

/// What an empty value of a key is called, where `value` is one.
pub(super) fn emptiness(value: &Value) -> Option<&'static str> {
    match value {
        Value::S(text) if text.is_empty() => Some("string"),
        Value::B(bytes) if bytes.is_empty() => Some("binary"),
        _ => None,
    }
}

/// Refuses an empty value of a key attribute.
pub(super) fn check_not_empty(name: &str, value: &Value) -> Result<(), Error> {
    match emptiness(value) {
        None => Ok(()),
        Some(kind) => Err(Error::EmptyKey(format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute \
             cannot contain an empty {kind} value. Key: {name}"
        ))),
    }
}

fn check_value(name: &str, value: &Value, most: usize) -> Result<(), Error> {
    check_not_empty(name, value)?;
    check_size(value, most == HASH_BYTES)
}

/// Refuses a value that is too long for a partition key or a sort key.
pub(super) fn check_size(value: &Value, is_hash: bool) -> Result<(), Error> {
    let bytes = match value {
        Value::S(text) => text.len(),
        Value::B(bytes) => bytes.len(),
        // A number never is.
        _ => 0,
    };
    match is_hash {
        // The space is missing in the original as well.
        true if bytes > HASH_BYTES => Err(Error::invalid(
            "Size of hashkey has exceeded the maximum size limit of2048 bytes",
        )),
        false if bytes > RANGE_BYTES => Err(Error::invalid(
            "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
        )),
        _ => Ok(()),
    }
}

/// Refuses values that no index of the table can have as keys. Of an update only what it changed is
/// looked at: `before` is the item before it.
pub(super) fn check_index_keys(
    table: &Table,
    call: &Call<'_>,
    before: Option<&Item>,
    item: &Item,
) -> Result<(), Error> {
    let mut first: Option<(&Arc<str>, Error)> = None;
    for index in table.indexes_now(call.now) {
        let name = &index.schema.name;
        for attribute in index.schema.key.names() {
            if table.key.contains(attribute) {
                continue;
            }
            let Some(value) = item.get(attribute) else {
                continue;
            };
            if before.is_some_and(|before| before.get(attribute) == Some(value)) {
                continue;
            }
            let Err(error) = check_index_key(table, name, attribute, value, before.is_some())
            else {
                continue;
            };
            if first.as_ref().is_none_or(|(other, _)| name < other) {
                first = Some((name, error));
            }
        }
    }
    first.map_or(Ok(()), |(_, error)| Err(error))
}

fn check_index_key(
    table: &Table,
    index: &str,
    attribute: &Arc<str>,
    value: &Value,
    is_update: bool,
) -> Result<(), Error> {
    let kind = table
        .types
        .get(attribute)
        .copied()
        .unwrap_or(AttributeType::S);
    if !kind.is_of(value) {
        return Err(Error::invalid(format_args!(
            "Type mismatch for Index Key {attribute} Expected: {} Actual: {} IndexName: {index}",
            kind.name(),
            value.kind()
        )));
    }
    let Some(empty) = emptiness(value) else {
        return Ok(());
    };
    Err(Error::EmptyKey(if is_update {
        format!(
            "One or more parameter values are not valid. The update expression attempted to update \
             a secondary index key to a value that is not supported. The AttributeValue for a key \
             attribute cannot contain an empty {empty} value."
        )
    } else {
        format!(
            "One or more parameter values are not valid. A value specified for a secondary index \
             key is not supported. The AttributeValue for a key attribute cannot contain an empty \
             {empty} value. IndexName: {index}, IndexKey: {attribute}"
        )
    }))
}

/// Refuses an item that is too large to be put.
pub(super) fn check_item_size(item: &Item) -> Result<(), Error> {
    if item_size(item) > ITEM_BYTES {
        return Err(Error::validation(
            "Item size has exceeded the maximum allowed size",
        ));
    }
    Ok(())
}

/// Refuses an update whose request alone is too large, of a key that fits the table.
pub(super) fn check_update_charge(
    tables: &Tables,
    call: &Call<'_>,
    name: &TableName<'_>,
    key: &Item,
    update: &BoundUpdate,
) -> Result<(), Error> {
    if update.charge() <= ITEM_BYTES {
        return Ok(());
    }
    position_of_key(table_of(tables, call, name)?, key)?;
    Err(Error::validation(UPDATE_TOO_LARGE))
}

/// Refuses an item that an update made too large.
pub(super) fn check_updated_size(item: &Item) -> Result<(), Error> {
    if item_size(item) > ITEM_BYTES {
        return Err(Error::validation(UPDATE_TOO_LARGE));
    }
    Ok(())
}
