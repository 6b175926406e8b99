//! `DescribeTable` and `ListTables`.

use serde::Deserialize;
use serde_json::json;

use super::existing;
use crate::call::Call;
use crate::constraint::Constraints;
use crate::error::Error;
use crate::name;
use crate::request::{Text, Whole, read};
use crate::tables::Tables;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeTable<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
}

pub(crate) fn describe_table(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: DescribeTable<'_> = read(input)?;
    let name = name::of_table(request.table_name.as_deref())?;
    let table = existing(tables, call, &name)?;
    Ok(json!({ "Table": table.described(name.place(call.place), call.now) }).to_string())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTables<'a> {
    #[serde(borrow)]
    exclusive_start_table_name: Option<Text<'a>>,
    limit: Option<Whole>,
}

/// The most names of one answer.
const PAGE: i64 = 100;

pub(crate) fn list_tables(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: ListTables<'_> = read(input)?;
    let mut constraints = Constraints::default();
    let start = request.exclusive_start_table_name.as_deref();
    if let Some(start) = start {
        name::of_new_table(start, "exclusiveStartTableName", &mut constraints);
    }
    let limit = request.limit.map_or(PAGE, |Whole(limit)| limit);
    if limit < 1 {
        let bound = "Member must have value greater than or equal to 1";
        constraints.value(limit, "limit", bound);
    } else if limit > PAGE {
        let bound = format!("Member must have value less than or equal to {PAGE}");
        constraints.value(limit, "limit", &bound);
    }
    constraints.check()?;
    let limit = usize::try_from(limit).unwrap_or(1);
    let names: Vec<&str> = tables
        .all(call.now, call.place)
        .map(|table| &*table.name)
        .filter(|name| start.is_none_or(|start| *name > start))
        .take(limit + 1)
        .collect();
    let page = &names[..names.len().min(limit)];
    let mut answer = json!({ "TableNames": page });
    if let Some(last) = page.last().filter(|_| names.len() > limit) {
        answer["LastEvaluatedTableName"] = (*last).into();
    }
    Ok(answer.to_string())
}
