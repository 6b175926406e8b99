//! `Query`.

use std::ops::Bound;
use std::sync::Arc;

use serde::Deserialize;

use super::page::Plan;
use super::range::KeyCondition;
use super::select::{SELECTS, Select, check_filter_projected, check_key_paths};
use super::source::Source;
use super::start_key;
use crate::call::Call;
use crate::constraint::{self, Constraints};
use crate::error::Error;
use crate::expression::{BoundCondition, KeyTests, Names, Role, Values};
use crate::name::{self, TableName};
use crate::operation::answer::json;
use crate::operation::capacity::Mode;
use crate::operation::expressions;
use crate::operation::key::table_of;
use crate::operation::legacy::{self, Conditions};
use crate::operation::parameters::{Parameters, READ};
use crate::request::{Flag, Text, Whole, read};
use crate::tables::Tables;
use crate::value::{Checked, Item};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Query<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    index_name: Option<Text<'a>>,
    key_condition_expression: Option<Text<'a>>,
    filter_expression: Option<Text<'a>>,
    projection_expression: Option<Text<'a>>,
    expression_attribute_names: Option<Names>,
    expression_attribute_values: Option<Values>,
    key_conditions: Option<Conditions>,
    query_filter: Option<Conditions>,
    conditional_operator: Option<Text<'a>>,
    attributes_to_get: Option<Vec<Text<'a>>>,
    select: Option<Text<'a>>,
    scan_index_forward: Option<Flag>,
    consistent_read: Option<Flag>,
    limit: Option<Whole>,
    exclusive_start_key: Option<Checked<Item>>,
    return_consumed_capacity: Option<Text<'a>>,
}

pub(crate) fn query(tables: &mut Tables, call: &Call<'_>, input: &str) -> Result<String, Error> {
    let request: Query<'_> = read(input)?;
    request.constrain()?;
    let parameters = Parameters {
        legacy: &[
            ("AttributesToGet", request.attributes_to_get.is_some()),
            ("QueryFilter", request.query_filter.is_some()),
            (
                "ConditionalOperator",
                request.conditional_operator.is_some(),
            ),
            ("KeyConditions", request.key_conditions.is_some()),
        ],
        expressions: &[
            (
                "ProjectionExpression",
                request.projection_expression.is_some(),
            ),
            ("FilterExpression", request.filter_expression.is_some()),
            (
                "KeyConditionExpression",
                request.key_condition_expression.is_some(),
            ),
        ],
        told_missing: &["FilterExpression", "KeyConditionExpression"],
        names: request.expression_attribute_names.as_ref(),
        values: request.expression_attribute_values.as_ref(),
    };
    let mut placeholders = parameters.check(READ)?;
    let select = request.select();
    select.check_choice()?;
    let operator = request.conditional_operator.as_deref();
    let legacy_filter = legacy::filter(request.query_filter.as_ref(), operator)?;
    let attributes = legacy::attributes(request.attributes_to_get.as_deref())?;
    let start = start_key::read(request.exclusive_start_key.as_ref(), true)?;
    let key_condition = expressions::condition(
        &mut tables.expressions,
        Role::KeyCondition,
        request.key_condition_expression.as_deref(),
        &mut placeholders,
        READ,
    )?;
    let filter = expressions::condition(
        &mut tables.expressions,
        Role::Filter,
        request.filter_expression.as_deref(),
        &mut placeholders,
        READ,
    )?;
    let projection = expressions::projection(
        &mut tables.expressions,
        request.projection_expression.as_deref(),
        &mut placeholders,
        READ,
    )?
    .or(attributes);
    select.check()?;
    let tests = match &key_condition {
        Some(condition) => {
            let tests = KeyTests::of(condition);
            Some(tests.map_err(|error| READ.expression(error))?)
        }
        None => legacy::key_conditions(request.key_conditions.as_ref())?,
    };
    placeholders
        .check_all_used()
        .map_err(|error| READ.placeholder(error))?;

    let name = TableName::new(request.table_name.as_deref().unwrap_or_default());
    let table = table_of(tables, call, &name)?;
    let Some(tests) = tests else {
        return Err(Error::validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the \
             request.",
        ));
    };
    let source = Source::new(table, request.index_name.as_deref(), call)?;
    let consistent = request.consistent_read == Some(Flag(true));
    if consistent && source.is_global() {
        return Err(Error::validation(
            "Consistent reads are not supported on global secondary indexes",
        ));
    }
    let start_position = match start {
        Some(start) => Some(start_key::position(start, &source)?),
        None => None,
    };
    let condition = KeyCondition::new(&tests, &source)?;
    if let Some(start) = start {
        condition.check_start(start, &source)?;
    }
    refuse_keys(&source, filter.as_ref(), "Filter Expression")?;
    refuse_keys(&source, legacy_filter.as_ref(), "QueryFilter")?;
    check_key_paths(&source, filter.as_ref())?;
    let filter = filter.or(legacy_filter);
    check_filter_projected(&source, filter.as_ref())?;
    let plan = Plan {
        source,
        filter: filter.as_ref(),
        projection: projection.as_ref(),
        fetches: select.fetches(&source, projection.as_ref())?,
        counts: select.counts(),
        limit: request
            .limit
            .map(|Whole(limit)| usize::try_from(limit).unwrap_or(1)),
        consistent,
    };
    let forward = request.scan_index_forward != Some(Flag(false));
    let (mut from, mut to) = condition.range();
    if let Some(position) = start_position {
        *(if forward { &mut from } else { &mut to }) = Bound::Excluded(position);
    }
    let rows = source.rows((from, to), forward, source.seen_at(call, consistent));
    let mode = Mode::read(request.return_consumed_capacity.as_deref());
    Ok(json(&plan.answer(plan.page(rows), name.given, mode)))
}

/// Refuses a filter on attributes of the key, which belong into the key condition.
fn refuse_keys(
    source: &Source<'_>,
    filter: Option<&BoundCondition>,
    parameter: &str,
) -> Result<(), Error> {
    let roots = filter.map(BoundCondition::roots).unwrap_or_default();
    let key: Option<&Arc<str>> = roots
        .iter()
        .map(|(name, _)| *name)
        .find(|name| source.key().contains(name));
    match key {
        None => Ok(()),
        Some(name) => Err(Error::Validation(format!(
            "{parameter} can only contain non-primary key attributes: Primary key attribute: {name}"
        ))),
    }
}

impl Query<'_> {
    fn select(&self) -> Select<'_> {
        Select {
            given: self.select.as_deref(),
            has_attributes_to_get: self.attributes_to_get.is_some(),
            has_projection: self.projection_expression.is_some(),
            has_index: self.index_name.is_some(),
        }
    }

    /// A limit below 1 and an empty name come first. Without a name, all constraints are told.
    fn constrain(&self) -> Result<(), Error> {
        let given = self.table_name.as_deref();
        let limit = self
            .limit
            .map(|Whole(limit)| limit)
            .filter(|limit| *limit < 1);
        let bound = "Member must have value greater than or equal to 1";
        let capacity = self.return_consumed_capacity.as_deref();
        let mut constraints = Constraints::default();
        if given.is_none() {
            constraints.one_of(self.select.as_deref(), "select", &SELECTS);
            constraint::capacity_mode(&mut constraints, capacity);
            constraints.null("tableName");
            if let Some(limit) = limit {
                constraints.value(limit, "limit", bound);
            }
            return constraints.check();
        }
        if limit.is_some() {
            constraints.nameless("Limit", bound);
        }
        if given == Some("") {
            name::add_empty(&mut constraints);
        }
        constraints.check()?;
        let mut constraints = Constraints::default();
        name::of_items(given, &mut constraints);
        constraint::capacity_mode(&mut constraints, capacity);
        legacy::constrain(
            self.key_conditions.as_ref(),
            "keyConditions",
            &mut constraints,
        );
        legacy::constrain(self.query_filter.as_ref(), "queryFilter", &mut constraints);
        constraints.check()
    }
}
