use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::error::missing;
use super::request::text;
use crate::error::ServiceError;

/// Entries in one batch.
const ENTRIES_MAX: usize = 10;
/// Bytes of all messages of one batch.
const BYTES_MAX: usize = 1_048_576;

/// The entries of a batch request, checked as a whole.
pub(super) struct Batch<'a> {
    entries: Vec<(&'a str, &'a Value)>,
}

impl<'a> Batch<'a> {
    /// `kind` is the name of the entry's shape, for the text about an empty batch.
    pub(super) fn read(input: &'a Value, kind: &str) -> Result<Self, ServiceError> {
        let entries: &[Value] = input
            .get("Entries")
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice);
        if entries.is_empty() {
            return Err(ServiceError::client(
                "EmptyBatchRequest",
                format!("There should be at least one {kind} in the request."),
            ));
        }
        if entries.len() > ENTRIES_MAX {
            let message = format!(
                "Maximum number of entries per request are {ENTRIES_MAX}. You have sent {}.",
                entries.len()
            );
            return Err(ServiceError::client(
                "TooManyEntriesInBatchRequest",
                message,
            ));
        }
        let mut ids = BTreeSet::new();
        let mut read = Vec::new();
        for entry in entries {
            let id = text(entry, "Id").ok_or_else(|| missing("Id"))?;
            if id.len() > 80
                || !id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            {
                let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
                return Err(ServiceError::client("InvalidBatchEntryId", message));
            }
            if !ids.insert(id) {
                return Err(ServiceError::client(
                    "BatchEntryIdsNotDistinct",
                    format!("Id {id} repeated."),
                ));
            }
            read.push((id, entry));
        }
        Ok(Self { entries: read })
    }

    /// Refuses a batch whose messages are too long together.
    pub(super) fn check_size(
        &self,
        size_bytes: impl Fn(&Value) -> usize,
    ) -> Result<(), ServiceError> {
        let sum: usize = self
            .entries
            .iter()
            .map(|(_, entry)| size_bytes(entry))
            .sum();
        if sum > BYTES_MAX {
            let message = format!(
                "Batch requests cannot be longer than {BYTES_MAX} bytes. You have sent {sum} bytes."
            );
            return Err(ServiceError::client("BatchRequestTooLong", message));
        }
        Ok(())
    }

    /// Does each entry on its own; one that fails does not touch the others.
    pub(super) fn run(&self, mut act: impl FnMut(&Value) -> Result<Value, ServiceError>) -> Value {
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for (id, entry) in &self.entries {
            match act(entry) {
                Ok(answer) => {
                    let mut fields = Map::from_iter([("Id".to_owned(), Value::from(*id))]);
                    fields.extend(answer.as_object().cloned().unwrap_or_default());
                    successful.push(Value::Object(fields));
                }
                Err(error) => failed.push(json!({
                    "Id": id, "SenderFault": error.status < 500, "Code": error.code, "Message": error.message
                })),
            }
        }
        let lists = [("Successful", successful), ("Failed", failed)];
        Value::Object(
            lists
                .into_iter()
                .filter(|(_, list)| !list.is_empty())
                .map(|(name, list)| (name.to_owned(), Value::Array(list)))
                .collect(),
        )
    }
}
