//! One write of an item, alone or in a transaction: what it does to the item as it stands.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::capacity::Units;
use super::key;
use crate::call::Call;
use crate::error::Error;
use crate::expression::{BoundCondition, BoundUpdate};
use crate::place::Place;
use crate::table::{Position, Table, Write};
use crate::tables::Tables;
use crate::value::Item;

/// What a write does.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Put(Arc<Item>),
    Update {
        key: Item,
        update: Option<BoundUpdate>,
    },
    Delete(Item),
    /// Only looks whether the condition holds.
    Check(Item),
}

/// What must hold for a write to happen.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard {
    pub condition: Option<BoundCondition>,
    /// Whether the item is told where the condition does not hold.
    pub tells_item: bool,
}

/// What a write would do to a table.
#[derive(Clone, Debug)]
pub(super) struct Effect {
    pub position: Position,
    pub old: Option<Arc<Item>>,
    pub new: Option<Arc<Item>>,
}

impl Guard {
    fn check(&self, item: Option<&Arc<Item>>) -> Result<(), Error> {
        let Some(condition) = &self.condition else {
            return Ok(());
        };
        let nothing = Item::new();
        if condition.holds(item.map_or(&nothing, |item| item)) {
            return Ok(());
        }
        Err(Error::ConditionalCheckFailed {
            item: item.filter(|_| self.tells_item).cloned(),
        })
    }
}

impl Action {
    /// The place of the item that this is about.
    pub fn position(&self, table: &Table) -> Result<Position, Error> {
        match self {
            Self::Put(item) => key::position_of_item(table, item, key::Naming::Attribute),
            Self::Update { key, .. } | Self::Delete(key) | Self::Check(key) => {
                key::position_of_key(table, key)
            }
        }
    }

    /// What this does to `table`, if the guard lets it. Changes nothing.
    pub fn effect(&self, guard: &Guard, table: &Table, call: &Call<'_>) -> Result<Effect, Error> {
        let position = self.position(table)?;
        let old = table.item(&position).cloned();
        let new = match self {
            Self::Put(item) => {
                key::check_index_keys(table, call, None, item)?;
                guard.check(old.as_ref())?;
                Some(Arc::clone(item))
            }
            Self::Update { key, update } => {
                if let Some(update) = update {
                    check_targets(update, table)?;
                }
                guard.check(old.as_ref())?;
                updated(key, update.as_ref(), old.as_ref(), table, call)?
            }
            Self::Delete(_) => {
                guard.check(old.as_ref())?;
                None
            }
            Self::Check(_) => {
                guard.check(old.as_ref())?;
                old.clone()
            }
        };
        Ok(Effect { position, old, new })
    }
}

/// Refuses to update the key.
fn check_targets(update: &BoundUpdate, table: &Table) -> Result<(), Error> {
    match update.roots().find(|name| table.key.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Error::invalid(format_args!(
            "Cannot update attribute {name}. This attribute is part of the key"
        ))),
    }
}

/// The item after an update; none where there is still none.
fn updated(
    key: &Item,
    update: Option<&BoundUpdate>,
    old: Option<&Arc<Item>>,
    table: &Table,
    call: &Call<'_>,
) -> Result<Option<Arc<Item>>, Error> {
    let before = old.map_or(key, |old| old);
    let Some(update) = update else {
        return Ok(Some(old.map_or_else(|| Arc::new(key.clone()), Arc::clone)));
    };
    let after = update
        .apply(before, old.is_some())
        .map_err(|error| Error::Validation(error.to_string()))?;
    if old.is_none() && update.only_takes_away() {
        return Ok(None);
    }
    key::check_index_keys(table, call, Some(before), &after)?;
    key::check_updated_size(&after)?;
    Ok(Some(Arc::new(after)))
}

impl Effect {
    /// Whether there is anything to do.
    fn changes(&self) -> bool {
        self.old.is_some() || self.new.is_some()
    }

    /// What the write consumes.
    pub fn units(&self, table: &Table, now: DateTime<Utc>) -> Units {
        Units::of_write(table, now, self.old.as_ref(), self.new.as_ref())
    }

    /// Does it.
    pub fn apply(&self, tables: &mut Tables, now: DateTime<Utc>, place: &Place, name: &str) {
        if !self.changes() {
            return;
        }
        let kept = tables.versions();
        if let Some(table) = tables.find_mut(now, place, name) {
            let (position, item) = (self.position.clone(), self.new.clone());
            table.write(
                now,
                kept,
                Write {
                    position,
                    item,
                    expired: false,
                },
            );
        }
    }
}
