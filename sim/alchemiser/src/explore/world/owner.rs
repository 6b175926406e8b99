use serde_json::{Value, json};

use super::amount::{amount, dollars, shares};
use harness::explore::Maker;

/// Calls of an execution in whose middle somebody acts at the broker.
const PLACES: [&str; 6] = [
    "RebalancePlanned / alpaca POST orders",
    "RebalancePlanned / alpaca DELETE orders",
    "RebalancePlanned / alpaca GET account",
    "RebalancePlanned / alpaca GET orders",
    "RebalancePlanned / alpaca GET quotes",
    "SignalGenerated / alpaca GET account",
];

/// What is done in the middle of a run.
pub(super) fn meanwhile(maker: &mut Maker<'_>, symbols: &[String]) -> Value {
    if !maker.has("meanwhile") {
        return Value::Null;
    }
    let count = maker.tape.few("meanwhile", 1, 3);
    let lines: Vec<Value> = (0..count)
        .map(|number| {
            let name = format!("meanwhile {number}");
            let place = maker.pick(&format!("{name}/at"), &PLACES);
            let nth = maker.tape.few(&format!("{name}/number"), 1, 5);
            let mut line = json!({
                "at": format!("{place} #{nth}"),
                "phase": maker.pick(&format!("{name}/phase"), &["before", "after"]),
                "broker": act(maker, &name, symbols),
            });
            if maker.tape.happens(&format!("{name}/later"), 1, 3) {
                line["delay"] = json!(maker.pick(&format!("{name}/delay"), &["1s", "5s", "1m"]));
            }
            line
        })
        .collect();
    json!(lines)
}

/// One thing that the owner, the market or the broker does. A sum that is not there is refused, and
/// so is an order that cannot be: then nothing happens.
pub(super) fn act(maker: &mut Maker<'_>, name: &str, symbols: &[String]) -> Value {
    let symbol = maker
        .one(&format!("{name}/symbol"), symbols)
        .cloned()
        .unwrap_or_default();
    let sum = dollars(amount(maker, &format!("{name}/sum"), 0, 5, 2));
    let quantity = shares(amount(maker, &format!("{name}/shares"), 0, 3, 0));
    let side = maker.pick(&format!("{name}/side"), &["buy", "sell"]);
    match maker.tape.choose(&format!("{name}/act"), 17) {
        0 => json!({ "deposit": sum }),
        1 | 2 => json!({ "withdraw": sum }),
        3 => json!({"dividend": {"symbol": symbol, "per_share": "0.50"}}),
        4 => json!({"fee": maker.pick(&format!("{name}/fee"), &["0.02", "5.00", "500.00"])}),
        5 => json!({"buy": {"symbol": symbol, "quantity": quantity}}),
        6 => json!({"sell": {"symbol": symbol}}),
        7 => json!({"sell": {"symbol": symbol, "quantity": quantity}}),
        8 | 9 => {
            let limit = dollars(amount(maker, &format!("{name}/limit"), 0, 3, 2));
            let lasts = maker.coin(&format!("{name}/lasts"));
            json!({"place": {"symbol": symbol, "side": "buy", "quantity": quantity, "limit": limit, "until_cancelled": lasts}})
        }
        10 => json!({"cancel": {"symbol": symbol, "side": side}}),
        11 => json!({"replace": {"order": {"symbol": symbol, "side": side}, "quantity": quantity}}),
        12 => {
            let parts = [("1", "4"), ("2", "3"), ("10", "1")];
            let (from, to) = maker
                .one(&format!("{name}/split"), &parts)
                .copied()
                .unwrap_or(parts[0]);
            json!({"split": {"symbol": symbol, "from": from, "to": to, "cash_in_lieu": maker.coin(&format!("{name}/in lieu"))}})
        }
        13 => json!({ "halt": symbol }),
        14 => {
            let flag = maker.pick(&format!("{name}/flag"), &["tradable", "fractionable"]);
            json!({"asset": {"symbol": symbol, flag: false}})
        }
        15 => {
            let kinds = ["trading_blocked", "liquidation_only", "account_blocked"];
            json!({"restrict": maker.pick(&format!("{name}/restriction"), &kinds)})
        }
        _ => {
            json!({"requests": maker.pick(&format!("{name}/requests"), &["50", "150", "199"]).parse::<u32>().unwrap_or(1)})
        }
    }
}
