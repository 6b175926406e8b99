//! `BatchWriteItem`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::call::Call;
use crate::constraint::{self, Constraints, enveloped};
use crate::error::Error;
use crate::java;
use crate::name::{self, KEY_CONSTRAINT, TableName};
use crate::operation::answer::json;
use crate::operation::capacity::{Axis, CollectionMetrics, Consumed, Mode, Units};
use crate::operation::key::{
    Naming, check_index_keys, check_item_size, position_of_item, position_of_key, table_of,
};
use crate::operation::parameters::OLDER;
use crate::operation::write::Effect;
use crate::request::{Text, read};
use crate::table::{Position, Table};
use crate::tables::Tables;
use crate::value::{Checked, Item, item_size};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchWriteItem<'a> {
    #[serde(borrow)]
    request_items: Option<BTreeMap<Text<'a>, Vec<WriteRequest>>>,
    return_consumed_capacity: Option<Text<'a>>,
    return_item_collection_metrics: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WriteRequest {
    put_request: Option<PutRequest>,
    delete_request: Option<DeleteRequest>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRequest {
    item: Option<Checked<Item>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteRequest {
    key: Option<Checked<Item>>,
}

/// The most writes of a request, and the most bytes.
const WRITES: usize = 25;
const REQUEST_BYTES: usize = 16 << 20;

const BOUNDS: &str = "Map value must satisfy constraint: [Member must have length less than or \
                      equal to 25, Member must have length greater than or equal to 1]";

/// One write, once its values are checked.
enum Wanted<'r> {
    Put(&'r Item),
    Delete(&'r Item),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    unprocessed_items: BTreeMap<&'a str, Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Vec<Consumed<'a>>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    item_collection_metrics: BTreeMap<&'a str, Vec<CollectionMetrics>>,
}

pub(crate) fn batch_write_item(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: BatchWriteItem<'_> = read(input)?;
    request.constrain(input)?;
    let wanted = request.wanted()?;
    let mut all = Vec::new();
    for (name, writes) in &wanted {
        all.push((name, effects(tables, call, name, writes)?));
    }
    let mode = Mode::read(request.return_consumed_capacity.as_deref());
    let tells_metrics = request.return_item_collection_metrics.as_deref() == Some("SIZE");
    let mut answer = Answer {
        unprocessed_items: BTreeMap::new(),
        consumed_capacity: (mode != Mode::None).then(Vec::new),
        item_collection_metrics: BTreeMap::new(),
    };
    for (name, effects) in all {
        let mut units = Units::default();
        for effect in &effects {
            if mode != Mode::None {
                units.add(&effect.units(table_of(tables, call, name)?, call.now), 1.0);
            }
            effect.apply(tables, call.now, name.place(call.place), name.name);
        }
        let consumed = units.consumed(name.given, mode, Axis::Untold);
        if let (Some(all), Some(consumed)) = (&mut answer.consumed_capacity, consumed) {
            all.push(consumed);
        }
        if tells_metrics {
            let metrics = metrics(table_of(tables, call, name)?, call, &effects);
            if !metrics.is_empty() {
                answer.item_collection_metrics.insert(name.given, metrics);
            }
        }
    }
    Ok(json(&answer))
}

/// What the writes do to one table.
fn effects(
    tables: &Tables,
    call: &Call<'_>,
    name: &TableName<'_>,
    writes: &[Wanted<'_>],
) -> Result<Vec<Effect>, Error> {
    let table = table_of(tables, call, name)?;
    let mut effects: Vec<Effect> = Vec::with_capacity(writes.len());
    for write in writes {
        let (position, new): (Position, _) = match write {
            Wanted::Put(item) => {
                let position = position_of_item(table, item, Naming::Schema)?;
                check_index_keys(table, call, None, item)?;
                (position, Some(Arc::new((*item).clone())))
            }
            Wanted::Delete(key) => (position_of_key(table, key)?, None),
        };
        if effects.iter().any(|other| other.position == position) {
            return Err(Error::validation(
                "Provided list of item keys contains duplicates",
            ));
        }
        let old = table.item(&position).cloned();
        effects.push(Effect { position, old, new });
    }
    Ok(effects)
}

/// The collections that were written to, each once.
fn metrics(table: &Table, call: &Call<'_>, effects: &[Effect]) -> Vec<CollectionMetrics> {
    let mut partitions: Vec<&Item> = Vec::new();
    for effect in effects {
        let Some(item) = effect.new.as_deref().or(effect.old.as_deref()) else {
            continue;
        };
        let same = |other: &&Item| {
            table
                .key
                .hash
                .iter()
                .all(|name| other.get(name) == item.get(name))
        };
        if !partitions.iter().any(same) {
            partitions.push(item);
        }
    }
    partitions
        .into_iter()
        .filter_map(|item| CollectionMetrics::of(table, call.now, item))
        .collect()
}

impl BatchWriteItem<'_> {
    fn constrain(&self, input: &str) -> Result<(), Error> {
        let Some(items) = self
            .request_items
            .as_ref()
            .filter(|items| !items.is_empty())
        else {
            return Err(Error::validation(
                "The requestItems parameter is required for BatchWriteItem",
            ));
        };
        let shown = || java::member(input, "RequestItems", java::WRITE_REQUESTS);
        let mut constraints = Constraints::default();
        let total: usize = items.values().map(Vec::len).sum();
        if total > WRITES || items.values().any(Vec::is_empty) {
            constraints.value(shown(), "requestItems", BOUNDS);
        }
        constraint::capacity_mode(&mut constraints, self.return_consumed_capacity.as_deref());
        constraint::metrics_mode(
            &mut constraints,
            self.return_item_collection_metrics.as_deref(),
        );
        constraints.check()?;
        if !items.keys().all(|name| name::is_valid_key(name)) {
            return Err(enveloped(format_args!(
                "Value '{}' at 'requestItems' failed to satisfy constraint: {KEY_CONSTRAINT}",
                shown()
            )));
        }
        Ok(())
    }

    /// The writes by table, with checked values.
    fn wanted(&self) -> Result<Vec<(TableName<'_>, Vec<Wanted<'_>>)>, Error> {
        let (mut all, mut bytes) = (Vec::new(), 0);
        for (name, requests) in self.request_items.iter().flatten() {
            let mut writes = Vec::with_capacity(requests.len());
            for request in requests {
                let write = request.wanted()?;
                bytes += item_size(match &write {
                    Wanted::Put(item) | Wanted::Delete(item) => item,
                });
                writes.push(write);
            }
            all.push((TableName::new(name), writes));
        }
        if bytes > REQUEST_BYTES {
            return Err(Error::validation(
                "Item collection too large: aggregate size of items in BatchWriteItem exceeds 16MB \
                 limit",
            ));
        }
        Ok(all)
    }
}

impl WriteRequest {
    fn wanted(&self) -> Result<Wanted<'_>, Error> {
        const ONE: &str = "Supplied AttributeValue has more than one datatypes set, must contain \
                           exactly one of the supported datatypes";
        match (&self.put_request, &self.delete_request) {
            (Some(put), None) => {
                let item = checked(put.item.as_ref(), "item")?;
                check_item_size(item)?;
                Ok(Wanted::Put(item))
            }
            (None, Some(delete)) => Ok(Wanted::Delete(checked(delete.key.as_ref(), "key")?)),
            _ => Err(Error::validation(ONE)),
        }
    }
}

fn checked<'r>(given: Option<&'r Checked<Item>>, path: &str) -> Result<&'r Item, Error> {
    match given {
        Some(Checked(Ok(item))) => Ok(item),
        Some(Checked(Err(error))) => Err(OLDER.value(error)),
        None => {
            let mut constraints = Constraints::default();
            constraints.null(path);
            constraints.check()?;
            Err(Error::Internal)
        }
    }
}
