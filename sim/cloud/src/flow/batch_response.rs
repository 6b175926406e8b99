//! What a function answers about a batch whose mapping has `ReportBatchItemFailures`.

use serde_json::Value;

/// The identifiers of the items that failed; nothing where the answer is such that the whole batch
/// counts as failed.
pub(crate) fn failed_items(response: &Value) -> Option<Vec<&str>> {
    match response.get("batchItemFailures") {
        None | Some(Value::Null) if response.is_object() || response.is_null() => Some(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.get("itemIdentifier").and_then(Value::as_str))
            .collect(),
        _ => None,
    }
}
