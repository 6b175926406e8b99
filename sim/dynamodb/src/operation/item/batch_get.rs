//! `BatchGetItem`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::call::Call;
use crate::constraint::{self, Constraints};
use crate::error::Error;
use crate::expression::{BoundProjection, Names};
use crate::name::{self, KEY_CONSTRAINT, TableName};
use crate::operation::answer::{Written, json};
use crate::operation::capacity::{Axis, Consumed, Mode, Units, read_units};
use crate::operation::key::{position_of_key, table_of};
use crate::operation::parameters::{Parameters, READ};
use crate::operation::{expressions, legacy};
use crate::request::{Flag, Text, read};
use crate::tables::Tables;
use crate::value::{Attributes, Checked, Item, item_size};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchGetItem<'a> {
    #[serde(borrow)]
    request_items: Option<BTreeMap<Text<'a>, KeysAndAttributes<'a>>>,
    return_consumed_capacity: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeysAndAttributes<'a> {
    keys: Option<Vec<Checked<Item>>>,
    #[serde(borrow)]
    attributes_to_get: Option<Vec<Text<'a>>>,
    consistent_read: Option<Flag>,
    projection_expression: Option<Text<'a>>,
    expression_attribute_names: Option<Names>,
}

/// The most keys of a request, and the most bytes of its answer.
const KEYS: usize = 100;
const ANSWER_BYTES: usize = 16 << 20;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    responses: BTreeMap<&'a str, Vec<Written>>,
    unprocessed_keys: BTreeMap<&'a str, Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Vec<Consumed<'a>>>,
}

/// What is asked of one table, once it is checked.
struct Wanted<'r> {
    name: TableName<'r>,
    keys: Vec<&'r Item>,
    projection: Option<BoundProjection>,
    consistent: bool,
}

pub(crate) fn batch_get_item(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: BatchGetItem<'_> = read(input)?;
    request.constrain(input)?;
    let items = request.request_items.as_ref();
    let mut wanted = Vec::new();
    for (name, keys) in items.into_iter().flatten() {
        wanted.push(keys.wanted(name, tables)?);
    }
    let mode = Mode::read(request.return_consumed_capacity.as_deref());
    let mut answer = Answer {
        responses: BTreeMap::new(),
        unprocessed_keys: BTreeMap::new(),
        consumed_capacity: (mode != Mode::None).then(Vec::new),
    };
    let mut bytes = 0;
    for wanted in &wanted {
        let (found, unread, units) = wanted.read(tables, call, &mut bytes)?;
        let given = wanted.name.given;
        answer.responses.insert(given, found);
        if !unread.is_empty() {
            let mut whole: Json = serde_json::from_str(input).unwrap_or_default();
            let mut left = whole["RequestItems"][given].take();
            left["Keys"] = unread
                .into_iter()
                .map(|key| serde_json::json!(Attributes(key)))
                .collect();
            answer.unprocessed_keys.insert(given, left);
        }
        let consumed = Units::of_table(units).consumed(given, mode, Axis::Untold);
        if let (Some(all), Some(consumed)) = (&mut answer.consumed_capacity, consumed) {
            all.push(consumed);
        }
    }
    Ok(json(&answer))
}

impl<'r> Wanted<'r> {
    /// The items that were found, the keys that the answer has no room for, and what it cost.
    fn read(
        &self,
        tables: &Tables,
        call: &Call<'_>,
        bytes: &mut usize,
    ) -> Result<(Vec<Written>, Vec<&'r Item>, f64), Error> {
        let table = table_of(tables, call, &self.name)?;
        let stale = call.view.stale_by;
        let (mut found, mut unread, mut units) = (Vec::new(), Vec::new(), 0.0);
        for key in &self.keys {
            let position = position_of_key(table, key)?;
            let item = if self.consistent || stale.is_zero() {
                table.item(&position)
            } else {
                table.item_at(&position, call.now - stale)
            };
            let size = item.map_or(0, |item| item_size(item));
            if !unread.is_empty() || *bytes + size > ANSWER_BYTES {
                unread.push(*key);
                continue;
            }
            *bytes += size;
            units += read_units(size, self.consistent);
            if let Some(item) = item {
                let item = match &self.projection {
                    None => Arc::clone(item),
                    Some(projection) => Arc::new(projection.project(item)),
                };
                found.push(Written(item));
            }
        }
        Ok((found, unread, units))
    }
}

impl KeysAndAttributes<'_> {
    fn keys(&self) -> &[Checked<Item>] {
        self.keys.as_deref().unwrap_or_default()
    }

    fn wanted<'r>(&'r self, name: &'r str, tables: &mut Tables) -> Result<Wanted<'r>, Error> {
        let parameters = Parameters {
            legacy: &[("AttributesToGet", self.attributes_to_get.is_some())],
            expressions: &[("ProjectionExpression", self.projection_expression.is_some())],
            told_missing: &[],
            names: self.expression_attribute_names.as_ref(),
            values: None,
        };
        let mut placeholders = parameters.check(READ)?;
        let attributes = legacy::attributes(self.attributes_to_get.as_deref())?;
        let mut keys: Vec<&Item> = Vec::new();
        for key in self.keys() {
            match key {
                Checked(Err(error)) => return Err(READ.value(error)),
                Checked(Ok(key)) if keys.contains(&key) => {
                    return Err(Error::validation(
                        "Provided list of item keys contains duplicates",
                    ));
                }
                Checked(Ok(key)) => keys.push(key),
            }
        }
        let projection = expressions::projection(
            &mut tables.expressions,
            self.projection_expression.as_deref(),
            &mut placeholders,
            READ,
        )?;
        placeholders
            .check_all_used()
            .map_err(|error| READ.placeholder(error))?;
        Ok(Wanted {
            name: TableName::new(name),
            keys,
            projection: projection.or(attributes),
            consistent: self.consistent_read == Some(Flag(true)),
        })
    }
}

impl BatchGetItem<'_> {
    fn constrain(&self, input: &str) -> Result<(), Error> {
        let mut constraints = Constraints::default();
        let Some(items) = self.request_items.as_ref() else {
            constraints.null("requestItems");
            return constraints.check();
        };
        let least = "Member must have length greater than or equal to 1";
        if items.is_empty() {
            constraints.nameless("RequestItems", least);
        } else if let Some((name, _)) = items.iter().find(|(_, keys)| keys.keys().is_empty()) {
            constraints.nameless(format_args!("RequestItems.{name}.member.Keys"), least);
        }
        constraints.check()?;

        let mut constraints = Constraints::default();
        let valid = items.keys().all(|name| name::is_valid_key(name));
        let total: usize = items.values().map(|keys| keys.keys().len()).sum();
        if valid && total > KEYS {
            let longest = items.iter().max_by_key(|(_, keys)| keys.keys().len());
            let name = longest.map_or("", |(name, _)| name);
            let bound = format!("Member must have length less than or equal to {KEYS}");
            constraints.nameless(format_args!("RequestItems.{name}.member.Keys"), &bound);
            return constraints.check();
        }
        if !valid {
            let request: Json = serde_json::from_str(input).unwrap_or_default();
            constraints.value(&request["RequestItems"], "requestItems", KEY_CONSTRAINT);
        }
        constraint::capacity_mode(&mut constraints, self.return_consumed_capacity.as_deref());
        constraints.check()?;
        let mixed = |given: fn(&KeysAndAttributes<'_>) -> bool| items.values().any(given);
        if mixed(|keys| keys.projection_expression.is_some())
            && mixed(|keys| keys.attributes_to_get.is_some())
        {
            return Err(Error::validation(
                "Can not use both expression and non-expression parameters in the same request: \
                 Non-expression parameters: {AttributesToGet} Expression parameters: \
                 {ProjectionExpression}",
            ));
        }
        Ok(())
    }
}
