//! Operations on tables.

mod create;
mod delete;
mod describe;
mod specification;
mod update;

pub(crate) use self::create::create;
pub(super) use self::create::create_table;
pub(super) use self::delete::delete_table;
pub(super) use self::describe::{describe_table, list_tables};
pub(super) use self::update::update_table;
use crate::call::Call;
use crate::error::Error;
use crate::name::TableName;
use crate::table::Table;
use crate::tables::Tables;

/// The table that an operation on tables names.
pub(super) fn existing<'t>(
    tables: &'t Tables,
    call: &Call<'_>,
    name: &TableName<'_>,
) -> Result<&'t Table, Error> {
    let found = tables.find(call.now, name.place(call.place), name.name);
    found.ok_or_else(|| missing(name))
}

/// The same, to change it.
pub(super) fn existing_mut<'t>(
    tables: &'t mut Tables,
    call: &Call<'_>,
    name: &TableName<'_>,
) -> Result<&'t mut Table, Error> {
    let found = tables.find_mut(call.now, name.place(call.place), name.name);
    found.ok_or_else(|| missing(name))
}

fn missing(name: &TableName<'_>) -> Error {
    Error::ResourceNotFound(format!(
        "Requested resource not found: Table: {} not found",
        name.name
    ))
}

/// Refuses to change a table that is being changed.
pub(super) fn idle(table: &Table, call: &Call<'_>) -> Result<(), Error> {
    let name = &table.name;
    match table.status(call.now) {
        "ACTIVE" => Ok(()),
        "CREATING" => Err(Error::ResourceInUse(format!(
            "Attempt to change a resource which is still in use: Table is being created: {name}"
        ))),
        "DELETING" => Err(Error::ResourceInUse(format!(
            "Attempt to change a resource which is still in use: Table is being deleted: {name}"
        ))),
        _ => Err(Error::ResourceInUse(format!(
            "Attempt to change a resource which is still in use: Table is being updated: {name}"
        ))),
    }
}
