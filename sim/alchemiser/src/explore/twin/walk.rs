use serde_json::{Map, Value};

/// The same data with other texts: `text` is asked of each text and each key, and gives another one
/// or none.
pub(super) fn with_texts(value: &Value, text: &dyn Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::String(old) => text(old).map_or_else(|| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(|item| with_texts(item, text)).collect(),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let key = text(key).unwrap_or_else(|| key.clone());
                (key, with_texts(value, text))
            });
            Value::Object(entries.collect())
        }
        _ => value.clone(),
    }
}

/// The entries of a map, or nothing.
pub(super) fn entries<'a>(value: &'a Value, pointer: &str) -> Option<&'a Map<String, Value>> {
    value.pointer(pointer)?.as_object()
}

/// The sources of all strategies.
pub(super) fn sources(document: &Value) -> impl Iterator<Item = &str> {
    let strategies = entries(document, "/given/strategies").into_iter().flatten();
    strategies.filter_map(|(_, strategy)| strategy.get("source")?.as_str())
}

/// Whether chance decides how often something happens in this world.
pub(super) fn has_coins(document: &Value) -> bool {
    let knobs = entries(document, "/given/knobs").into_iter().flatten();
    let mut names = knobs.map(|(name, _)| name);
    names.any(|name| name.ends_with("_per_mille"))
}

/// Whether all prices are the document's own.
pub(super) fn has_own_prices(document: &Value) -> bool {
    let market = entries(document, "/given/market");
    let is_priced = |asset: &Value| asset.get("price").is_some() || asset.get("closes").is_some();
    market.is_some_and(|market| market.values().all(is_priced))
        && entries(document, "/given/strategies").is_some()
}
