use serde_json::{Map, Value, json};

use super::amount::{amount, dollars, shares};
use super::order;
use harness::explore::Maker;

/// What the account begins with: nothing, cents, the usual, or a great deal.
pub(super) fn cash(maker: &mut Maker<'_>) -> String {
    match maker.tape.choose("cash", 8) {
        0 => "0.00".to_owned(),
        1 => dollars(amount(maker, "cash/little", -2, 2, 2)),
        2 => dollars(amount(maker, "cash/much", 5, 8, 2)),
        _ => dollars(amount(maker, "cash/usual", 3, 5, 2)),
    }
}

/// What is held: some of the symbols, dust and fractions too.
pub(super) fn positions(maker: &mut Maker<'_>, symbols: &[String]) -> Value {
    let mut positions = Map::new();
    // A world without holdings only ever buys.
    if !maker.coin("has positions") {
        return Value::Null;
    }
    for symbol in symbols {
        let name = format!("position/{symbol}");
        if !maker.coin(&name) {
            continue;
        }
        let held = match maker.tape.choose(&format!("{name}/kind"), 6) {
            0 => "0.000001".to_owned(),
            1 | 2 => shares(amount(maker, &format!("{name}/part"), -1, 3, 6)),
            _ => shares(amount(maker, &format!("{name}/whole"), 0, 4, 0)),
        };
        positions.insert(symbol.clone(), json!(held));
    }
    Value::Object(positions)
}

/// The account's kind and the broker's manners.
pub(super) fn exchange(maker: &mut Maker<'_>, symbols: &[String]) -> Value {
    let mut exchange = json!({});
    if maker.has("margin") {
        exchange["credit"] = json!(dollars(amount(maker, "credit", 2, 6, 2)));
        exchange["shorting"] = json!(maker.coin("shorting"));
    }
    let spans: [(&str, &[&str]); 6] = [
        ("settlement_delay", &["2s", "30s", "5m", "1d"]),
        ("hide_new_orders_for", &["500ms", "3s", "30s"]),
        ("hide_fill_price_for", &["2s", "30s"]),
        ("hide_new_bars_for", &["1h", "1d"]),
        ("remember_client_order_ids_for", &["1h", "1d"]),
        ("requests_per_minute", &["40", "100", "180"]),
    ];
    for (key, values) in spans {
        if maker.has(key) {
            let value = maker.pick(key, values);
            exchange[key] = value
                .parse::<u32>()
                .map_or(json!(value), |number| json!(number));
        }
    }
    for key in [
        "accept_cancel_of_filled",
        "show_unfinished_bar",
        "pattern_day_trader",
    ] {
        if maker.has(key) {
            exchange[key] = json!(true);
        }
    }
    if maker.has("orders") {
        let count = maker.tape.few("orders", 1, 5);
        let rules: Vec<Value> = (0..count)
            .map(|number| order::rule(maker, &format!("order {number}"), symbols))
            .collect();
        exchange["orders"] = json!(rules);
    }
    exchange
}
