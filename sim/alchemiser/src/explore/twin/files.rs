use serde_json::{Map, Value};

use super::walk::entries;

/// The world with strategy files whose names are in the opposite order, so that they are read in it,
/// and with each list of equal weights the other way round. None where that changes nothing.
///
/// The order in which a file lists market and positions cannot matter: they are read as maps.
pub(super) fn twin(document: &Value) -> Option<Value> {
    let strategies = entries(document, "/given/strategies")?;
    let count = strategies.len();
    let mut files = Map::new();
    for (place, strategy) in strategies.values().enumerate() {
        let mut strategy = strategy.clone();
        if let Some(Value::String(source)) = strategy.get_mut("source") {
            *source = turned(source);
        }
        files.insert(format!("twin-{:03}.clj", count - place), strategy);
    }
    let is_turned = files.values().zip(strategies.values().rev());
    let is_same = count < 2 && is_turned.into_iter().all(|(one, other)| one == other);
    let mut twin = document.clone();
    twin["given"]["strategies"] = Value::Object(files);
    (!is_same).then_some(twin)
}

const EQUAL: &str = "(weight-equal [";

/// A strategy with the assets of each list of equal weights in the opposite order. A list that is
/// chosen from keeps its order: among candidates that are alike the first is taken.
fn turned(source: &str) -> String {
    let mut parts = source.split(EQUAL);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (list, rest) = part.split_once(']').unwrap_or((part, ""));
        let assets: Vec<&str> = list.split_inclusive(')').map(str::trim).collect();
        let is_plain = |asset: &&str| {
            asset.starts_with("(asset \"")
                && asset.ends_with("\")")
                && asset.matches('(').count() == 1
        };
        text.push_str(EQUAL);
        if assets.iter().all(is_plain) {
            let turned: Vec<&str> = assets.into_iter().rev().collect();
            text.push_str(&turned.join(" "));
        } else {
            text.push_str(list);
        }
        if part.contains(']') {
            text.push(']');
        }
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_equal_weights_is_turned_and_no_other() {
        let of = |body: &str| turned(&format!("(defsymphony \"S\" {{}} {body})"));
        let whole = |body: &str| format!("(defsymphony \"S\" {{}} {body})");
        assert_eq!(
            of("(weight-equal [(asset \"A\") (asset \"B\") (asset \"C\")])"),
            whole("(weight-equal [(asset \"C\") (asset \"B\") (asset \"A\")])")
        );
        for same in [
            "(asset \"A\")",
            "(weight-equal [(filter (rsi {:window 3}) (select-top 1) [(asset \"A\") (asset \"B\")])])",
            "(weight-inverse-volatility 3 [(asset \"A\") (asset \"B\")])",
        ] {
            assert_eq!(of(same), whole(same));
        }
    }
}
