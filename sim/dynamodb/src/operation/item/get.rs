//! `GetItem`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::constraint::{self, Constraints};
use crate::error::Error;
use crate::expression::Names;
use crate::name::{self, TableName};
use crate::operation::answer::{Written, json};
use crate::operation::capacity::{Axis, Consumed, Mode, Units, read_units};
use crate::operation::key::{position_of_key, table_of};
use crate::operation::parameters::{Parameters, READ};
use crate::operation::{expressions, legacy};
use crate::request::{Flag, Text, read};
use crate::tables::Tables;
use crate::value::{Checked, Item, item_size};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetItem<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    key: Option<Checked<Item>>,
    consistent_read: Option<Flag>,
    projection_expression: Option<Text<'a>>,
    expression_attribute_names: Option<Names>,
    attributes_to_get: Option<Vec<Text<'a>>>,
    return_consumed_capacity: Option<Text<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Consumed<'a>>,
}

pub(crate) fn get_item(tables: &mut Tables, call: &Call<'_>, input: &str) -> Result<String, Error> {
    let request: GetItem<'_> = read(input)?;
    request.constrain()?;
    let parameters = Parameters {
        legacy: &[("AttributesToGet", request.attributes_to_get.is_some())],
        expressions: &[(
            "ProjectionExpression",
            request.projection_expression.is_some(),
        )],
        told_missing: &[],
        names: request.expression_attribute_names.as_ref(),
        values: None,
    };
    parameters.check_mix(READ)?;
    let key = match &request.key {
        Some(Checked(Ok(key))) => key,
        Some(Checked(Err(error))) => return Err(READ.value(error)),
        None => &Item::new(),
    };
    let mut placeholders = parameters.placeholders(READ)?;
    let attributes = legacy::attributes(request.attributes_to_get.as_deref())?;
    let projection = expressions::projection(
        &mut tables.expressions,
        request.projection_expression.as_deref(),
        &mut placeholders,
        READ,
    )?
    .or(attributes);
    placeholders
        .check_all_used()
        .map_err(|error| READ.placeholder(error))?;
    let name = TableName::new(request.table_name.as_deref().unwrap_or_default());
    let table = table_of(tables, call, &name)?;
    let position = position_of_key(table, key)?;
    let consistent = request.consistent_read == Some(Flag(true));
    let found = if consistent || call.view.stale_by.is_zero() {
        table.item(&position)
    } else {
        table.item_at(&position, call.now - call.view.stale_by)
    };
    let mode = Mode::read(request.return_consumed_capacity.as_deref());
    let size = found.map_or(0, |item| item_size(item));
    let units = Units::of_table(read_units(size, consistent));
    let item = found.map(|item| match &projection {
        None => Written(Arc::clone(item)),
        Some(projection) => Written(Arc::new(projection.project(item))),
    });
    let consumed_capacity = units.consumed(name.given, mode, Axis::Untold);
    Ok(json(&Answer {
        item,
        consumed_capacity,
    }))
}

impl GetItem<'_> {
    fn constrain(&self) -> Result<(), Error> {
        name::not_empty(self.table_name.as_deref())?;
        let mut constraints = Constraints::default();
        if self.key.is_none() {
            constraints.null("key");
        }
        name::of_items(self.table_name.as_deref(), &mut constraints);
        constraint::capacity_mode(&mut constraints, self.return_consumed_capacity.as_deref());
        if self.attributes_to_get.as_ref().is_some_and(Vec::is_empty) {
            let bound = "Member must have length greater than or equal to 1";
            constraints.value("[]", "attributesToGet", bound);
        }
        constraints.check()
    }
}
