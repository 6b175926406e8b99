//! `TransactGetItems`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{all_or_none, constrain_count, twice};
use crate::call::Call;
use crate::constraint::{self, Constraints};
use crate::error::Error;
use crate::expression::{BoundProjection, Names};
use crate::java::TRANSACT_GETS;
use crate::name::{self, TableName};
use crate::operation::answer::{Written, json};
use crate::operation::capacity::{Axis, Consumed, Mode, TRANSACTION_FACTOR, Units, read_units};
use crate::operation::expressions;
use crate::operation::key::{position_of_key, table_of};
use crate::operation::parameters::{OLDER, Parameters};
use crate::request::{Text, read};
use crate::table::Position;
use crate::tables::Tables;
use crate::value::{Checked, Item, item_size};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TransactGetItems<'a> {
    #[serde(borrow)]
    transact_items: Option<Vec<TransactItem<'a>>>,
    return_consumed_capacity: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TransactItem<'a> {
    #[serde(borrow)]
    get: Option<Get<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    key: Option<Checked<Item>>,
    projection_expression: Option<Text<'a>>,
    expression_attribute_names: Option<Names>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    responses: Vec<Response>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Vec<Consumed<'a>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Written>,
}

/// One read, once its parameters are checked.
struct Wanted<'r> {
    name: TableName<'r>,
    key: &'r Item,
    projection: Option<BoundProjection>,
}

pub(crate) fn transact_get_items(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: TransactGetItems<'_> = read(input)?;
    request.constrain(input)?;
    let mut wanted = Vec::new();
    for get in request.gets() {
        wanted.push(get.wanted(tables)?);
    }
    let places = wanted.iter().enumerate().map(|(index, wanted)| {
        let position = position_of_key(table_of(tables, call, &wanted.name)?, wanted.key);
        // What cancels is only told once every table is found.
        Ok(position
            .map_err(empty_key_is_a_reason)
            .and_then(|position| {
                if call.conflict == Some(index) {
                    return Err(Error::TransactionConflict);
                }
                Ok(position)
            }))
    });
    let places: Vec<Position> = all_or_none(places.collect::<Result<_, Error>>()?)?;
    for (index, (place, one)) in places.iter().zip(&wanted).enumerate() {
        let mut earlier = places.iter().zip(&wanted).take(index);
        if earlier.any(|(other, two)| other == place && two.name.name == one.name.name) {
            return Err(twice());
        }
    }
    let mode = Mode::read(request.return_consumed_capacity.as_deref());
    let (mut responses, mut units) = (Vec::new(), BTreeMap::<&str, Units>::new());
    for (place, wanted) in places.iter().zip(&wanted) {
        let found = table_of(tables, call, &wanted.name)?.item(place);
        let size = found.map_or(0, |item| item_size(item));
        let read = Units::of_table(read_units(size, true));
        units
            .entry(wanted.name.given)
            .or_default()
            .add(&read, TRANSACTION_FACTOR);
        let item = found.map(|item| match &wanted.projection {
            None => Written(Arc::clone(item)),
            Some(projection) => Written(Arc::new(projection.project(item))),
        });
        responses.push(Response { item });
    }
    let consumed = units
        .iter()
        .filter_map(|(name, units)| units.consumed(name, mode, Axis::Read));
    let consumed_capacity = (mode != Mode::None).then(|| consumed.collect());
    Ok(json(&Answer {
        responses,
        consumed_capacity,
    }))
}

/// A read is not refused for an empty key as a whole.
fn empty_key_is_a_reason(error: Error) -> Error {
    match error {
        Error::EmptyKey(message) => Error::Validation(message),
        other => other,
    }
}

impl Get<'_> {
    fn wanted(&self, tables: &mut Tables) -> Result<Wanted<'_>, Error> {
        let key = match &self.key {
            Some(Checked(Ok(key))) => key,
            Some(Checked(Err(error))) => return Err(OLDER.value(error)),
            None => return Err(Error::Internal),
        };
        let parameters = Parameters {
            legacy: &[],
            expressions: &[("ProjectionExpression", self.projection_expression.is_some())],
            told_missing: &[],
            names: self.expression_attribute_names.as_ref(),
            values: None,
        };
        let mut placeholders = parameters.check(OLDER)?;
        let projection = expressions::projection(
            &mut tables.expressions,
            self.projection_expression.as_deref(),
            &mut placeholders,
            OLDER,
        )?;
        placeholders
            .check_all_used()
            .map_err(|error| OLDER.placeholder(error))?;
        let name = TableName::new(self.table_name.as_deref().unwrap_or_default());
        Ok(Wanted {
            name,
            key,
            projection,
        })
    }
}

impl TransactGetItems<'_> {
    fn gets(&self) -> impl Iterator<Item = &Get<'_>> {
        self.transact_items
            .iter()
            .flatten()
            .filter_map(|item| item.get.as_ref())
    }

    fn constrain(&self, input: &str) -> Result<(), Error> {
        let items = self.transact_items.as_deref();
        constrain_count(items.map(<[_]>::len), input, TRANSACT_GETS)?;
        let mut constraints = Constraints::default();
        for (index, item) in items.into_iter().flatten().enumerate() {
            let path = format!("transactItems.{}.member.get", index + 1);
            let Some(get) = &item.get else {
                constraints.null(path);
                continue;
            };
            if get.key.is_none() {
                constraints.null(format!("{path}.key"));
            }
            if get.table_name.is_none() {
                constraints.null(format!("{path}.tableName"));
            }
        }
        constraint::capacity_mode(&mut constraints, self.return_consumed_capacity.as_deref());
        constraints.check()?;
        let mut constraints = Constraints::default();
        for (index, get) in self.gets().enumerate() {
            let path = format!("transactItems.{}.member.get.tableName", index + 1);
            name::of_member(get.table_name.as_deref(), &path, &mut constraints);
        }
        constraints.check()
    }
}
