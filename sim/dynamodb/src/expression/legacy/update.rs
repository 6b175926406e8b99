//! Updates of requests from before expressions.

use super::super::error::UpdateError;
use super::super::parser::Symbols;
use super::super::update::{Action, BoundUpdate, Term, Update};
use super::{Attributes, LegacyError, Slots};
use crate::value::{Checked, Shared, Type, Value};
use serde::Deserialize;
use serde::de::Deserializer;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

/// `AttributeUpdates`: what to do with attributes, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttributeUpdates(BTreeMap<Arc<str>, AttributeUpdate>);

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AttributeUpdate {
    action: Option<Shared>,
    value: Option<Checked<Value>>,
}

impl<'de> Deserialize<'de> for AttributeUpdates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_map(Attributes(PhantomData))
            .map(AttributeUpdates)
    }
}

impl AttributeUpdates {
    /// The update that these are.
    pub fn update(&self) -> Result<BoundUpdate, LegacyError> {
        if self.0.keys().any(|name| name.is_empty()) {
            return Err(LegacyError::EmptyName);
        }
        for update in self.0.values() {
            if let Some(Checked(Err(error))) = &update.value {
                return Err(LegacyError::Value(error.clone()));
            }
        }
        if self
            .0
            .values()
            .any(|update| !matches!(update.action(), "PUT" | "ADD" | "DELETE"))
        {
            return Err(LegacyError::UnknownAction);
        }
        let mut slots = Slots::default();
        let actions = self
            .0
            .iter()
            .map(|(name, update)| update.action_on(name, &mut slots));
        let actions = actions.collect::<Result<Vec<_>, _>>()?;
        let targets = actions
            .iter()
            .map(|action| action.path().named(&slots.names))
            .collect();
        Ok(BoundUpdate {
            update: Arc::new(Update {
                actions,
                symbols: Symbols::default(),
            }),
            names: slots.names,
            values: slots.values,
            targets,
            mismatch: UpdateError::LegacyType,
        })
    }
}

impl AttributeUpdate {
    fn action(&self) -> &str {
        self.action.as_ref().map_or("PUT", |action| &action.0)
    }

    fn action_on(&self, name: &Arc<str>, slots: &mut Slots) -> Result<Action, LegacyError> {
        let action = self.action();
        let Some(Checked(Ok(value))) = &self.value else {
            return match action {
                "DELETE" => Ok(Action::Remove(slots.path(name))),
                _ => Err(LegacyError::NoValue),
            };
        };
        let kind = value.kind();
        let is_set = matches!(kind, Type::Ss | Type::Ns | Type::Bs);
        match action {
            "DELETE" if !is_set => return Err(LegacyError::DeleteType(kind.name())),
            "ADD" if !is_set && !matches!(kind, Type::N | Type::L) => {
                return Err(LegacyError::AddType(kind.name()));
            }
            _ => {}
        }
        let (path, slot) = (slots.path(name), slots.value(value));
        Ok(match action {
            "ADD" => Action::Add(path, slot),
            "DELETE" => Action::Delete(path, slot),
            _ => Action::Set(path, Term::Value(slot)),
        })
    }
}
