use serde_json::{Value, json};

use harness::explore::Maker;

/// What the broker says where it refuses an order, each with status and code.
const REFUSALS: [(u16, u32, &str); 6] = [
    (403, 40_310_000, "insufficient buying power"),
    (
        403,
        40_310_000,
        "trade denied due to pattern day trading protection",
    ),
    (403, 40_310_000, "asset is not fractionable"),
    (
        403,
        40_310_000,
        "fractional orders are not allowed to short",
    ),
    (422, 42_210_000, "fractional orders are not accepted"),
    (422, 40_010_001, "qty must be integer"),
];

/// States that orders seldom show; the last does not end.
const STATES: [&str; 9] = [
    "accepted",
    "pending_new",
    "suspended",
    "held",
    "stopped",
    "pending_cancel",
    "pending_replace",
    "calculated",
    "done_for_day",
];

/// What becomes of an order.
pub(super) fn rule(maker: &mut Maker<'_>, name: &str, symbols: &[String]) -> Value {
    let mut rule = json!({});
    if maker.coin(&format!("{name}/of a symbol")) {
        rule["symbol"] = json!(maker.one(&format!("{name}/symbol"), symbols));
    }
    if maker.coin(&format!("{name}/of a side")) {
        rule["side"] = json!(maker.pick(&format!("{name}/side"), &["buy", "sell"]));
    }
    if maker.tape.happens(&format!("{name}/once"), 2, 3) {
        rule["occurrence"] = json!(maker.tape.few(&format!("{name}/occurrence"), 1, 4));
    }
    let span = maker.pick(
        &format!("{name}/span"),
        &["1s", "3s", "7s", "30s", "2m", "10m"],
    );
    rule["effect"] = match maker.tape.choose(&format!("{name}/effect"), 7) {
        0 => json!({ "fill_after": span }),
        1 => json!({"partial": maker.pick(&format!("{name}/percent"), &["1", "40", "50", "99"])}),
        2 => json!({ "cancel_late": span }),
        3 => json!({ "reject_after": span }),
        4 => shown(maker, name),
        5 => json!("never"),
        _ => {
            let refusal = maker.one(&format!("{name}/refusal"), &REFUSALS);
            let (status, code, message) = refusal.unwrap_or(&REFUSALS[0]);
            json!({"reject": {"status": status, "code": code, "message": message}})
        }
    };
    rule
}

fn shown(maker: &mut Maker<'_>, name: &str) -> Value {
    let status = maker.pick(&format!("{name}/status"), &STATES);
    let span = maker.pick(&format!("{name}/shown for"), &["5s", "30s", "5m"]);
    if status == "done_for_day" {
        json!({"show": {"status": status}})
    } else {
        json!({"show": {"status": status, "for": span}})
    }
}
