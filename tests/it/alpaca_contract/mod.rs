//! What the broker's client says and understands over a socket (rules.md 7.7 to 7.9).

mod broken;
mod exchange;
mod wire;

use alchemiser::alpaca::{NewOrder, Side};
use alchemiser::id::ClientOrderId;
use rust_decimal::Decimal;
use serde_json::{Value, json};

fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).expect("a decimal")
}

/// A limit order to buy.
fn order(qty: &str, limit_price: &str) -> NewOrder {
    NewOrder {
        symbol: "NVDA".to_owned(),
        qty: decimal(qty),
        side: Side::Buy,
        kind: "limit",
        time_in_force: "day",
        limit_price: decimal(limit_price),
        client_order_id: ClientOrderId::new("alch-NVDA-buy-0-1"),
        position_intent: None,
    }
}

/// The broker's answer to such an order.
fn accepted() -> Value {
    json!({
        "id": "904837e3-3b76-47ec-b432-046db621571b", "client_order_id": "alch-NVDA-buy-0-1", "symbol": "NVDA", "side": "buy",
        "qty": "1.50", "filled_qty": "0", "filled_avg_price": null, "status": "accepted", "filled_at": null, "limit_price": "187.10",
        "extended_hours": false, "legs": null,
    })
}
