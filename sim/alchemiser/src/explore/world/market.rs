use serde_json::{Map, Value, json};

use super::amount::{amount, dollars};
use harness::explore::Maker;

/// Symbols with real prices, and names that nobody has.
const NAMES: [&str; 8] = ["MSFT", "AAPL", "IBM", "GOOG", "QQA", "QQB", "QQC", "QQD"];

/// The symbols of a world: few, and seldom a hundred.
pub(super) fn symbols(maker: &mut Maker<'_>) -> Vec<String> {
    let is_crowd = maker.tape.happens("crowd", 1, 40);
    let count = if is_crowd {
        maker.tape.few("symbols", 9, 100)
    } else {
        maker.tape.few("symbols", 1, 8)
    };
    let names = NAMES.iter().map(|name| (*name).to_owned());
    let others =
        (0..100_u8).map(|number| format!("Z{}{}", letter(number / 26), letter(number % 26)));
    let count = usize::try_from(count).unwrap_or_default();
    names.chain(others).take(count).collect()
}

fn letter(number: u8) -> char {
    char::from(b'A' + number)
}

/// What each symbol costs, and what may be done with it.
pub(super) fn market(maker: &mut Maker<'_>, symbols: &[String]) -> Value {
    let mut market = Map::new();
    let (is_moving, is_odd) = (maker.has("moving prices"), maker.has("odd assets"));
    for symbol in symbols {
        let mut asset = Map::new();
        let name = format!("market/{symbol}");
        price(maker, &name, is_moving, &mut asset);
        if is_odd && maker.coin(&format!("{name}/whole")) {
            asset.insert("fractionable".to_owned(), json!(false));
        }
        if is_odd && maker.tape.happens(&format!("{name}/closed"), 1, 6) {
            asset.insert("tradable".to_owned(), json!(false));
        }
        if is_odd && maker.tape.happens(&format!("{name}/quote"), 1, 4) {
            asset.insert("quote".to_owned(), quote(maker, &name));
        }
        market.insert(symbol.clone(), Value::Object(asset));
    }
    Value::Object(market)
}

/// A price that stands still, that jumps from day to day, or that moves all day.
fn price(maker: &mut Maker<'_>, name: &str, is_moving: bool, asset: &mut Map<String, Value>) {
    let first = amount(maker, &format!("{name}/price"), -1, 4, 2);
    let kind = if is_moving {
        maker.tape.choose(&format!("{name}/kind"), 3)
    } else {
        0
    };
    match kind {
        0 => drop(asset.insert("price".to_owned(), json!(dollars(first)))),
        1 => {
            let mut closes = Vec::new();
            let mut close = first;
            for day in 0..maker.tape.few(&format!("{name}/days"), 2, 6) {
                closes.push(dollars(close));
                let percent = maker.one(
                    &format!("{name}/step {day}"),
                    &[100_i64, 101, 99, 104, 95, 130, 60],
                );
                let percent = rust_decimal::Decimal::new(*percent.unwrap_or(&100), 2);
                close = (close * percent)
                    .max(rust_decimal::Decimal::new(5, 2))
                    .round_dp(2);
            }
            asset.insert("closes".to_owned(), json!(closes));
        }
        // Real or made-up prices, which move all day.
        _ => {}
    }
}

fn quote(maker: &mut Maker<'_>, name: &str) -> Value {
    let name = format!("{name}/quote/kind");
    match maker.tape.choose(&name, 5) {
        0 => json!("zero_ask"),
        1 => json!("zero_bid"),
        2 => json!("missing"),
        3 => json!({"crossed": "0.50"}),
        _ => json!({"stale": maker.pick(&format!("{name}/age"), &["2m", "10m", "2h"])}),
    }
}
