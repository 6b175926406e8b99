//! `Scan`.

use std::ops::Bound;

use serde::Deserialize;

use super::page::Plan;
use super::select::{SELECTS, Select, check_key_paths};
use super::source::{Range, Source};
use super::start_key;
use crate::call::Call;
use crate::constraint::{self, Constraints};
use crate::error::Error;
use crate::expression::{BoundCondition, BoundProjection, Names, Placeholders, Role, Values};
use crate::name::{self, TableName};
use crate::operation::answer::json;
use crate::operation::capacity::Mode;
use crate::operation::expressions;
use crate::operation::key::table_of;
use crate::operation::legacy::{self, Conditions};
use crate::operation::parameters::{Parameters, READ};
use crate::request::{Flag, Text, Whole, read};
use crate::table::{Position, segment_start};
use crate::tables::Tables;
use crate::value::{Checked, Item};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Scan<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    index_name: Option<Text<'a>>,
    filter_expression: Option<Text<'a>>,
    projection_expression: Option<Text<'a>>,
    expression_attribute_names: Option<Names>,
    expression_attribute_values: Option<Values>,
    scan_filter: Option<Conditions>,
    conditional_operator: Option<Text<'a>>,
    attributes_to_get: Option<Vec<Text<'a>>>,
    select: Option<Text<'a>>,
    consistent_read: Option<Flag>,
    limit: Option<Whole>,
    segment: Option<Whole>,
    total_segments: Option<Whole>,
    exclusive_start_key: Option<Checked<Item>>,
    return_consumed_capacity: Option<Text<'a>>,
}

/// The most parts that a table is scanned in.
const SEGMENTS: i64 = 1_000_000;

/// What a scan asks for, once its parameters are read.
struct Asked<'r> {
    filter: Option<BoundCondition>,
    legacy_filter: Option<BoundCondition>,
    projection: Option<BoundProjection>,
    start: Option<&'r Item>,
    select: Select<'r>,
    segment: Range,
}

pub(crate) fn scan(tables: &mut Tables, call: &Call<'_>, input: &str) -> Result<String, Error> {
    let request: Scan<'_> = read(input)?;
    request.constrain()?;
    let asked = request.asked(tables)?;
    let name = TableName::new(request.table_name.as_deref().unwrap_or_default());
    let table = table_of(tables, call, &name)?;
    let consistent = request.consistent_read == Some(Flag(true));
    let source = Source::new(table, request.index_name.as_deref(), consistent, call)?;
    let fetches = asked.select.fetches(&source, asked.projection.as_ref())?;
    let (mut from, to) = asked.segment;
    if let Some(start) = asked.start {
        start_key::check_types_of_scan(start, &source)?;
        let position = start_key::position(start, &source)?;
        if is_outside(&position, &(from, to.clone())) {
            return Err(Error::validation("The provided starting key is invalid"));
        }
        from = Bound::Excluded(position);
    }
    check_key_paths(&source, asked.filter.as_ref())?;
    let plan = Plan {
        source,
        filter: asked.filter.as_ref().or(asked.legacy_filter.as_ref()),
        projection: asked.projection.as_ref(),
        fetches,
        counts: asked.select.counts(),
        limit: request.limit,
        consistent,
    };
    let rows = source.rows((from, to), true, source.seen_at(call, consistent));
    let mode = Mode::read(request.return_consumed_capacity.as_deref());
    Ok(json(&plan.answer(plan.page(rows), name.given, mode)))
}

/// Whether a starting key belongs to another segment.
fn is_outside(position: &Position, (from, to): &Range) -> bool {
    let before = matches!(from, Bound::Included(from) if position < from);
    before || matches!(to, Bound::Excluded(to) if position >= to)
}

impl Scan<'_> {
    /// Checks which parameters are given together, and gives the placeholders.
    fn placeholders(&self) -> Result<Placeholders<'_>, Error> {
        let legacy = [
            ("AttributesToGet", self.attributes_to_get.is_some()),
            ("ScanFilter", self.scan_filter.is_some()),
            ("ConditionalOperator", self.conditional_operator.is_some()),
        ];
        let expressions = [
            ("ProjectionExpression", self.projection_expression.is_some()),
            ("FilterExpression", self.filter_expression.is_some()),
        ];
        let parameters = Parameters {
            legacy: &legacy,
            expressions: &expressions,
            told_missing: &["FilterExpression"],
            names: self.expression_attribute_names.as_ref(),
            values: self.expression_attribute_values.as_ref(),
        };
        parameters.check(READ)
    }

    fn asked(&self, tables: &mut Tables) -> Result<Asked<'_>, Error> {
        let mut placeholders = self.placeholders()?;
        let operator = self.conditional_operator.as_deref();
        let legacy_filter = legacy::filter(self.scan_filter.as_ref(), operator)?;
        let attributes = legacy::attributes(self.attributes_to_get.as_deref())?;
        let start = start_key::read(self.exclusive_start_key.as_ref(), false)?;
        let kept = &mut tables.expressions;
        let text = self.filter_expression.as_deref();
        let filter = expressions::condition(kept, Role::Filter, text, &mut placeholders, READ)?;
        let text = self.projection_expression.as_deref();
        let projection = expressions::projection(kept, text, &mut placeholders, READ)?;
        let select = self.select();
        select.check_choice()?;
        select.check()?;
        let segment = self.segment()?;
        let used = placeholders.check_all_used();
        used.map_err(|error| READ.placeholder(error))?;
        Ok(Asked {
            filter,
            legacy_filter,
            projection: projection.or(attributes),
            start,
            select,
            segment,
        })
    }

    fn select(&self) -> Select<'_> {
        Select {
            given: self.select.as_deref(),
            has_attributes_to_get: self.attributes_to_get.is_some(),
            has_projection: self.projection_expression.is_some(),
            has_index: self.index_name.is_some(),
        }
    }

    /// The part of the table that is asked for.
    fn segment(&self) -> Result<Range, Error> {
        let (segment, total) = match (self.segment, self.total_segments) {
            (None, None) => return Ok((Bound::Unbounded, Bound::Unbounded)),
            (Some(_), None) => {
                return Err(Error::validation(
                    "The TotalSegments parameter is required but was not present in the request \
                     when Segment parameter is present",
                ));
            }
            (None, Some(_)) => {
                return Err(Error::validation(
                    "The Segment parameter is required but was not present in the request when \
                     parameter TotalSegments is present",
                ));
            }
            (Some(Whole(segment)), Some(Whole(total))) => (segment, total),
        };
        if segment >= total {
            return Err(Error::validation(
                "The Segment parameter is zero-based and must be less than parameter TotalSegments",
            ));
        }
        let (segment, total) = (segment.unsigned_abs(), total.unsigned_abs());
        let start = |segment| segment_start(segment, total).map(Position::from_hash);
        let from = start(segment).map_or(Bound::Unbounded, Bound::Included);
        let to = start(segment + 1).map_or(Bound::Unbounded, Bound::Excluded);
        Ok((from, to))
    }

    /// The numbers and an empty name come first. Without a name, all constraints are told.
    fn constrain(&self) -> Result<(), Error> {
        let given = self.table_name.as_deref();
        let capacity = self.return_consumed_capacity.as_deref();
        let limit = Number::new("Limit", "limit", self.limit, 1, i64::MAX);
        let segment = Number::new("Segment", "segment", self.segment, 0, SEGMENTS - 1);
        let total = Number::new(
            "TotalSegments",
            "totalSegments",
            self.total_segments,
            1,
            SEGMENTS,
        );
        let mut constraints = Constraints::default();
        if given.is_none() || legacy::lacks_operators(self.scan_filter.as_ref()) {
            constraints.one_of(self.select.as_deref(), "select", &SELECTS);
            total.tell(&mut constraints);
            constraint::capacity_mode(&mut constraints, capacity);
            if given.is_none() {
                constraints.null("tableName");
            }
            let operator = self.conditional_operator.as_deref();
            constraints.one_of(operator, "conditionalOperator", &["OR", "AND"]);
            legacy::constrain(self.scan_filter.as_ref(), "scanFilter", &mut constraints);
            segment.tell(&mut constraints);
            limit.tell(&mut constraints);
            return constraints.check();
        }
        for number in [limit, segment, total] {
            number.tell_nameless(&mut constraints);
        }
        if given == Some("") {
            name::add_empty(&mut constraints);
        }
        constraints.check()?;
        let mut constraints = Constraints::default();
        name::of_items(given, &mut constraints);
        constraint::capacity_mode(&mut constraints, capacity);
        constraints.check()
    }
}

/// A number of a request with its bounds.
struct Number {
    name: &'static str,
    path: &'static str,
    broken: Option<(i64, String)>,
}

impl Number {
    fn new(
        name: &'static str,
        path: &'static str,
        given: Option<Whole>,
        least: i64,
        most: i64,
    ) -> Self {
        let broken = given.and_then(|Whole(value)| {
            let (than, bound) = match value {
                value if value < least => ("greater", least),
                value if value > most => ("less", most),
                _ => return None,
            };
            Some((
                value,
                format!("Member must have value {than} than or equal to {bound}"),
            ))
        });
        Self { name, path, broken }
    }

    fn tell(&self, constraints: &mut Constraints) {
        if let Some((value, bound)) = &self.broken {
            constraints.value(value, self.path, bound);
        }
    }

    fn tell_nameless(&self, constraints: &mut Constraints) {
        if let Some((_, bound)) = &self.broken {
            constraints.nameless(self.name, bound);
        }
    }
}
