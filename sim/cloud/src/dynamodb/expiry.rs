use std::collections::BTreeSet;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value};

/// A primary key, as JSON text.
type Key = String;

/// Which items of one table a sweep must look at, so that it need not read the whole table.
#[derive(Debug)]
pub(super) struct Expiries {
    key_attributes: Vec<String>,
    /// Written since the last sweep; when they expire is not known yet.
    written: BTreeSet<Key>,
    /// The second in which each item expires, as it was when last looked at.
    due: BTreeSet<(i64, Key)>,
}

impl Expiries {
    /// Of a new table with the `KeySchema` of its request.
    pub(super) fn new(key_schema: &Value) -> Self {
        let elements = key_schema.as_array().into_iter().flatten();
        let key_attributes = elements
            .filter_map(|element| element["AttributeName"].as_str())
            .map(str::to_owned)
            .collect();
        Self {
            key_attributes,
            written: BTreeSet::new(),
            due: BTreeSet::new(),
        }
    }

    /// Notes that an item may have changed by `write`: it has an `Item`, or the `Key` of one.
    pub(super) fn note(&mut self, write: &Value) {
        let key = match write.get("Item") {
            Some(item) => self
                .key_attributes
                .iter()
                .map(|name| (name.clone(), item[name].clone()))
                .collect::<Map<_, _>>()
                .into(),
            None => write["Key"].clone(),
        };
        self.written.insert(key.to_string());
    }

    /// Notes that the item with `key` expires in `second`, as it stands.
    pub(super) fn expect(&mut self, second: i64, key: Key) {
        self.due.insert((second, key));
    }

    /// Forgets the seconds: from now on another attribute may hold them.
    pub(super) fn forget(&mut self) {
        let due = std::mem::take(&mut self.due);
        self.written.extend(due.into_iter().map(|(_, key)| key));
    }

    /// Takes the keys of all items that may have expired by the second `newest`.
    pub(super) fn take(&mut self, newest: i64) -> BTreeSet<Key> {
        let later = self.due.split_off(&(newest.saturating_add(1), Key::new()));
        let expired = std::mem::replace(&mut self.due, later);
        let mut keys = std::mem::take(&mut self.written);
        keys.extend(expired.into_iter().map(|(_, key)| key));
        keys
    }
}

/// The second in which `item` expires: only a number counts.
pub(super) fn second(item: &Value, attribute: &str) -> Option<i64> {
    let number: Decimal = item[attribute]["N"].as_str()?.parse().ok()?;
    number.floor().to_i64()
}

/// The writes of a call that may leave an item, each with the name of its table.
pub(super) fn writes<'a>(operation: &str, input: &'a Value) -> Vec<(String, &'a Value)> {
    let mut found = Vec::new();
    match operation {
        "PutItem" | "UpdateItem" => found.push((table_name(&input["TableName"]), input)),
        "BatchWriteItem" => {
            for (table, requests) in input["RequestItems"].as_object().into_iter().flatten() {
                let puts = requests
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|request| request.get("PutRequest"));
                found.extend(puts.map(|put| (name_in(table), put)));
            }
        }
        "TransactWriteItems" => {
            let actions = input["TransactItems"].as_array().into_iter().flatten();
            let writes = actions.filter_map(|action| action.get("Put").or(action.get("Update")));
            found.extend(writes.map(|write| (table_name(&write["TableName"]), write)));
        }
        _ => {}
    }
    found
}

/// The name of a table that is given by its name or its ARN.
pub(super) fn table_name(given: &Value) -> String {
    name_in(given.as_str().unwrap_or_default())
}

fn name_in(given: &str) -> String {
    given.rsplit('/').next().unwrap_or(given).to_owned()
}
