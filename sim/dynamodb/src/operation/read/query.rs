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
use crate::expression::{
    BoundCondition, BoundProjection, KeyTests, Names, Placeholders, Role, Values,
};
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

/// What a query asks for, once its parameters are read.
struct Asked<'r> {
    tests: KeyTests,
    filter: Option<BoundCondition>,
    legacy_filter: Option<BoundCondition>,
    projection: Option<BoundProjection>,
    start: Option<&'r Item>,
    select: Select<'r>,
}

pub(crate) fn query(tables: &mut Tables, call: &Call<'_>, input: &str) -> Result<String, Error> {
    let request: Query<'_> = read(input)?;
    request.constrain()?;
    let name = TableName::new(request.table_name.as_deref().unwrap_or_default());
    let asked = request.asked(tables)?;
    let table = table_of(tables, call, &name)?;
    let asked = asked.ok_or_else(|| {
        Error::validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the \
             request.",
        )
    })?;
    let consistent = request.consistent_read == Some(Flag(true));
    let source = Source::new(table, request.index_name.as_deref(), consistent, call)?;
    let start = match asked.start {
        Some(start) => Some(start_key::position(start, &source)?),
        None => None,
    };
    let condition = KeyCondition::new(&asked.tests, &source)?;
    if let Some(start) = asked.start {
        condition.check_start(start, &source)?;
    }
    let filter = asked.filter(&source)?;
    let plan = Plan {
        source,
        filter,
        projection: asked.projection.as_ref(),
        fetches: asked.select.fetches(&source, asked.projection.as_ref())?,
        counts: asked.select.counts(),
        limit: request.limit,
        consistent,
    };
    let forward = request.scan_index_forward != Some(Flag(false));
    let (mut from, mut to) = condition.range();
    if let Some(position) = start {
        *(if forward { &mut from } else { &mut to }) = Bound::Excluded(position);
    }
    let rows = source.rows((from, to), forward, source.seen_at(call, consistent));
    let mode = Mode::read(request.return_consumed_capacity.as_deref());
    Ok(json(&plan.answer(plan.page(rows), name.given, mode)))
}

impl Asked<'_> {
    /// The filter, if it may be one of this source.
    fn filter(&self, source: &Source<'_>) -> Result<Option<&BoundCondition>, Error> {
        refuse_keys(source, self.filter.as_ref(), "Filter Expression")?;
        refuse_keys(source, self.legacy_filter.as_ref(), "QueryFilter")?;
        check_key_paths(source, self.filter.as_ref())?;
        let filter = self.filter.as_ref().or(self.legacy_filter.as_ref());
        check_filter_projected(source, filter)?;
        Ok(filter)
    }
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
    /// Checks which parameters are given together, and gives the placeholders.
    fn placeholders(&self) -> Result<Placeholders<'_>, Error> {
        let legacy = [
            ("AttributesToGet", self.attributes_to_get.is_some()),
            ("QueryFilter", self.query_filter.is_some()),
            ("ConditionalOperator", self.conditional_operator.is_some()),
            ("KeyConditions", self.key_conditions.is_some()),
        ];
        let expressions = [
            ("ProjectionExpression", self.projection_expression.is_some()),
            ("FilterExpression", self.filter_expression.is_some()),
            (
                "KeyConditionExpression",
                self.key_condition_expression.is_some(),
            ),
        ];
        let parameters = Parameters {
            legacy: &legacy,
            expressions: &expressions,
            told_missing: &["FilterExpression", "KeyConditionExpression"],
            names: self.expression_attribute_names.as_ref(),
            values: self.expression_attribute_values.as_ref(),
        };
        parameters.check(READ)
    }

    /// Reads the parameters; none where there is no key condition.
    fn asked(&self, tables: &mut Tables) -> Result<Option<Asked<'_>>, Error> {
        let mut placeholders = self.placeholders()?;
        let select = self.select();
        select.check_choice()?;
        let operator = self.conditional_operator.as_deref();
        let legacy_filter = legacy::filter(self.query_filter.as_ref(), operator)?;
        let attributes = legacy::attributes(self.attributes_to_get.as_deref())?;
        let start = start_key::read(self.exclusive_start_key.as_ref(), true)?;
        let kept = &mut tables.expressions;
        let text = self.key_condition_expression.as_deref();
        let key_condition =
            expressions::condition(kept, Role::KeyCondition, text, &mut placeholders, READ)?;
        let text = self.filter_expression.as_deref();
        let filter = expressions::condition(kept, Role::Filter, text, &mut placeholders, READ)?;
        let text = self.projection_expression.as_deref();
        let projection = expressions::projection(kept, text, &mut placeholders, READ)?;
        select.check()?;
        let tests = match &key_condition {
            Some(condition) => {
                let tests = KeyTests::of(condition);
                Some(tests.map_err(|error| READ.expression(error))?)
            }
            None => legacy::key_conditions(self.key_conditions.as_ref())?,
        };
        let used = placeholders.check_all_used();
        used.map_err(|error| READ.placeholder(error))?;
        Ok(tests.map(|tests| Asked {
            tests,
            filter,
            legacy_filter,
            projection: projection.or(attributes),
            start,
            select,
        }))
    }

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
