//! Operations on items whose keys are given.

mod batch_get;
mod batch_write;
mod delete;
mod get;
mod put;
mod update;

use std::sync::Arc;

use serde::Serialize;

pub(super) use self::batch_get::batch_get_item;
pub(super) use self::batch_write::batch_write_item;
pub(super) use self::delete::delete_item;
pub(super) use self::get::get_item;
pub(super) use self::put::put_item;
pub(super) use self::update::update_item;
use super::answer::{Written, json};
use super::capacity::{Axis, CollectionMetrics, Consumed, Mode};
use super::key::table_of;
use super::write::{Action, Effect, Guard};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::error::Error;
use crate::name::TableName;
use crate::tables::Tables;
use crate::value::Item;

/// What `ReturnValues` can be.
const RETURN_VALUES: [&str; 5] = ["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"];

/// What is said of others: with the last but one misspelt, as AWS does.
const BAD_RETURN_VALUES: &str = "Failed to satisfy constraint: Member must satisfy enum value set: \
                                 [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]";

/// What is said of those that an operation does not have.
const ONLY_OLD: &str = "ReturnValues can only be ALL_OLD or NONE";

/// The parameters of a single write that say what the answer tells.
#[derive(Clone, Copy, Debug)]
struct Wishes<'r> {
    values: Option<&'r str>,
    capacity: Option<&'r str>,
    metrics: Option<&'r str>,
    on_failure: Option<&'r str>,
}

impl Wishes<'_> {
    fn constrain_on_failure(&self, constraints: &mut Constraints) {
        let path = "returnValuesOnConditionCheckFailure";
        constraints.one_of(self.on_failure, path, &["ALL_OLD", "NONE"]);
    }

    /// Checks all of them, in the order of PutItem and DeleteItem.
    fn constrain(&self, constraints: &mut Constraints) {
        crate::constraint::capacity_mode(constraints, self.capacity);
        if self
            .values
            .is_some_and(|values| !RETURN_VALUES.contains(&values))
        {
            constraints.add(BAD_RETURN_VALUES.to_owned());
        }
        crate::constraint::metrics_mode(constraints, self.metrics);
        self.constrain_on_failure(constraints);
    }

    fn tells_item(&self) -> bool {
        self.on_failure == Some("ALL_OLD")
    }
}

/// The answer of a single write.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Consumed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_collection_metrics: Option<CollectionMetrics>,
}

/// Does one write, and answers what `returned` makes of it.
fn write(
    tables: &mut Tables,
    call: &Call<'_>,
    name: &TableName<'_>,
    (action, guard): (&Action, &Guard),
    wishes: &Wishes<'_>,
    returned: impl FnOnce(&Effect) -> Option<Arc<Item>>,
) -> Result<String, Error> {
    let table = table_of(tables, call, name)?;
    let effect = action.effect(guard, table, call)?;
    if call.conflict == Some(0) {
        return Err(Error::TransactionConflict);
    }
    let mode = Mode::read(wishes.capacity);
    let units = (mode != Mode::None).then(|| effect.units(table, call.now));
    effect.apply(tables, call.now, name.place(call.place), name.name);
    let metrics = match wishes.metrics {
        Some("SIZE") => {
            let written = effect.new.as_deref().or(effect.old.as_deref());
            let table = table_of(tables, call, name)?;
            written.and_then(|item| CollectionMetrics::of(table, call.now, item))
        }
        _ => None,
    };
    let answer = Answer {
        attributes: returned(&effect).map(Written),
        consumed_capacity: units.and_then(|units| units.consumed(name.given, mode, Axis::Untold)),
        item_collection_metrics: metrics,
    };
    Ok(json(&answer))
}
