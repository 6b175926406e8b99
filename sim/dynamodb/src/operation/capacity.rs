//! Consumed capacity, and sizes of item collections.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::answer::Written;
use crate::schema::IndexSchema;
use crate::table::{Index, Table};
use crate::value::{Item, item_size};

/// Bytes of a unit of a write, and of a strongly consistent read.
const WRITE_UNIT: usize = 1_024;
const READ_UNIT: usize = 4_096;

/// What an action of a transaction costs more than one alone.
pub(super) const TRANSACTION_FACTOR: f64 = 2.0;

/// What `ReturnConsumedCapacity` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    None,
    Total,
    Indexes,
}

/// Capacity units of one table.
#[derive(Clone, Debug, Default)]
pub(super) struct Units {
    pub table: f64,
    pub global: BTreeMap<Arc<str>, f64>,
    pub local: BTreeMap<Arc<str>, f64>,
}

/// Whether the units of a transaction are told again as read or written ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Untold,
    Read,
    Write,
}

/// `ConsumedCapacity` of one table.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Consumed<'a> {
    table_name: &'a str,
    #[serde(flatten)]
    total: Detail,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<Detail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    global_secondary_indexes: Option<BTreeMap<String, Detail>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local_secondary_indexes: Option<BTreeMap<String, Detail>>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Detail {
    capacity_units: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_capacity_units: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    write_capacity_units: Option<f64>,
}

impl Mode {
    /// Of the parameter, once it passed the constraints.
    pub fn read(given: Option<&str>) -> Self {
        match given {
            Some("TOTAL") => Self::Total,
            Some("INDEXES") => Self::Indexes,
            _ => Self::None,
        }
    }
}

impl Detail {
    fn new(units: f64, axis: Axis) -> Self {
        Self {
            capacity_units: units,
            read_capacity_units: (axis == Axis::Read).then_some(units),
            write_capacity_units: (axis == Axis::Write).then_some(units),
        }
    }
}

impl Units {
    /// Of the table alone.
    pub fn of_table(table: f64) -> Self {
        Self {
            table,
            ..Self::default()
        }
    }

    /// Of a write that replaced an item: what is written of the larger image, and of each index
    /// whose copy changed.
    pub fn of_write(
        table: &Table,
        now: DateTime<Utc>,
        old: Option<&Arc<Item>>,
        new: Option<&Arc<Item>>,
    ) -> Self {
        let mut units = Self::of_table(write_units(image_size(old).max(image_size(new))));
        for index in table.indexes_now(now) {
            if let Some(written) = index_units(&index.schema, table, old, new) {
                units.add_index(index, written);
            }
        }
        units
    }

    /// Adds units of an index.
    pub fn add_index(&mut self, index: &Index, units: f64) {
        let kind = if index.is_global() {
            &mut self.global
        } else {
            &mut self.local
        };
        *kind.entry(Arc::clone(&index.schema.name)).or_default() += units;
    }

    /// Adds other units of the table, those of the table itself `factor` times.
    pub fn add(&mut self, other: &Self, factor: f64) {
        self.table += other.table * factor;
        for (all, more) in [
            (&mut self.global, &other.global),
            (&mut self.local, &other.local),
        ] {
            for (name, units) in more {
                *all.entry(Arc::clone(name)).or_default() += units;
            }
        }
    }

    /// As the answer tells them, of a table named as the request names it.
    pub fn consumed<'a>(&self, name: &'a str, mode: Mode, axis: Axis) -> Option<Consumed<'a>> {
        let indexes: f64 = self.global.values().chain(self.local.values()).sum();
        let total = Detail::new(self.table + indexes, axis);
        let details = |units: &BTreeMap<Arc<str>, f64>| {
            let named = units
                .iter()
                .map(|(name, units)| (name.to_string(), Detail::new(*units, axis)));
            (!units.is_empty()).then(|| named.collect())
        };
        match mode {
            Mode::None => None,
            Mode::Total => Some(Consumed {
                table_name: name,
                total,
                table: None,
                global_secondary_indexes: None,
                local_secondary_indexes: None,
            }),
            Mode::Indexes => Some(Consumed {
                table_name: name,
                total,
                table: Some(Detail::new(self.table, axis)),
                global_secondary_indexes: details(&self.global),
                local_secondary_indexes: details(&self.local),
            }),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn units_of(size: usize, unit: usize) -> f64 {
    size.div_ceil(unit).max(1) as f64
}

/// The units of a write of so many bytes.
pub(super) fn write_units(size: usize) -> f64 {
    units_of(size, WRITE_UNIT)
}

/// The units of a read of so many bytes; half of them if it need not be consistent.
pub(super) fn read_units(size: usize, consistent: bool) -> f64 {
    units_of(size, READ_UNIT) / if consistent { 1.0 } else { 2.0 }
}

fn image_size(item: Option<&Arc<Item>>) -> usize {
    item.map_or(0, |item| item_size(item))
}

/// What one write costs an index: nothing where its copy stays the same, two writes where the entry
/// moves.
fn index_units(
    schema: &IndexSchema,
    table: &Table,
    old: Option<&Arc<Item>>,
    new: Option<&Arc<Item>>,
) -> Option<f64> {
    let copy = |item: Option<&Arc<Item>>| {
        let held = item.filter(|item| schema.holds(item))?;
        Some(schema.projected(held, &table.key))
    };
    let units = |copy: &Arc<Item>| write_units(item_size(copy));
    match (copy(old), copy(new)) {
        (None, None) => None,
        (None, Some(copy)) | (Some(copy), None) => Some(units(&copy)),
        (Some(old), Some(new)) if old == new => None,
        (Some(old), Some(new)) => {
            let moved = schema
                .key
                .names()
                .any(|name| old.get(name) != new.get(name));
            let (old, new) = (units(&old), units(&new));
            Some(if moved { old + new } else { old.max(new) })
        }
    }
}

/// `ItemCollectionMetrics` of one partition.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CollectionMetrics {
    item_collection_key: Written,
    #[serde(rename = "SizeEstimateRangeGB")]
    size_estimate_range: [f64; 2],
}

impl CollectionMetrics {
    /// Of the partition of `key`, of a table with local indexes; others have no collections.
    pub fn of(table: &Table, now: DateTime<Utc>, key: &Item) -> Option<Self> {
        let name = table.key.hash.first()?;
        let value = key.get(name)?;
        let partition = value.as_key()?;
        let locals = || table.indexes_now(now).filter(|index| !index.is_global());
        locals().next()?;
        let mut bytes = 0;
        for item in table.partition(&partition) {
            bytes += item_size(item);
            let copies = locals().filter(|index| index.schema.holds(item));
            let sizes = copies.map(|index| item_size(&index.schema.projected(item, &table.key)));
            bytes += sizes.sum::<usize>();
        }
        let gigabytes = f64::from(u32::try_from(bytes >> 30).unwrap_or(u32::MAX));
        Some(Self {
            item_collection_key: Written(Arc::new(Item::from([(Arc::clone(name), value.clone())]))),
            size_estimate_range: [gigabytes, gigabytes + 1.0],
        })
    }
}
