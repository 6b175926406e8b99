//! `DeleteTable`.

use serde::Deserialize;

use super::existing;
use crate::call::Call;
use crate::error::Error;
use crate::name;
use crate::operation::answer::wrapped;
use crate::request::{Text, read};
use crate::table::State;
use crate::tables::Tables;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteTable<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
}

pub(crate) fn delete_table(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: DeleteTable<'_> = read(input)?;
    let name = name::of_table(request.table_name.as_deref())?;
    let table = existing(tables, call, &name)?;
    if table.settings.protected {
        return Err(Error::validation(
            "Resource cannot be deleted as it is currently protected against deletion. Disable \
             deletion protection first.",
        ));
    }
    if table
        .indexes
        .iter()
        .any(|index| index.is_creating(call.now))
    {
        return Err(Error::ResourceInUse(format!(
            "Attempt to change a resource which is still in use: Cannot delete table while \
             indexes are being created, updated, or deleted. Table: {}",
            name.name
        )));
    }
    super::idle(table, call)?;
    let place = name.place(call.place);
    let mut shown = table.described(place, call.now);
    shown["TableStatus"] = "DELETING".into();
    if tables.timing.table.is_zero() {
        tables.remove(place, name.name);
    } else {
        let until = call.now + tables.timing.table;
        super::existing_mut(tables, call, &name)?.state = State::Deleting { until };
    }
    Ok(wrapped("TableDescription", &shown))
}
