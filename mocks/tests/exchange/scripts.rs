use std::time::Duration;

use alchemiser_mocks::exchange::{OrderEffect, OrderRule, QuoteEffect, QuoteRule, Side};
use http::Method;
use serde_json::{Value, json};

use crate::client::{Client, dec, still};

fn buy(qty: &str) -> Value {
    json!({"symbol": "TECL", "side": "buy", "type": "market", "time_in_force": "day", "qty": qty})
}

fn scripted(rules: Vec<OrderRule>) -> Client {
    let mut setup = still();
    setup.order_script = rules;
    Client::new(setup)
}

#[test]
fn a_part_fills_first_and_the_rest_later() {
    let then = Some(Duration::from_secs(5));
    let mut client = scripted(vec![OrderRule::every(OrderEffect::Partial {
        percent: dec("45"),
        then,
    })]);
    let id = client.order(buy("9"));
    client.wait_ms(500);
    let order = client.get(&format!("/v2/orders/{id}"));
    assert_eq!(
        (order["status"].as_str(), order["filled_qty"].as_str()),
        (Some("partially_filled"), Some("4"))
    );
    client.wait_ms(5_000);
    assert_eq!(client.status(&id), "filled");
}

#[test]
fn only_the_second_buy_is_refused() {
    let reject = OrderEffect::Reject {
        status: 403,
        code: 40_310_000,
        message: "trade denied".into(),
    };
    let rule = OrderRule {
        symbol: Some("TECL".into()),
        side: Some(Side::Buy),
        occurrence: Some(2),
        effect: reject,
    };
    let mut client = scripted(vec![rule]);
    assert_eq!(client.post(buy("1")).0, 200);
    assert_eq!(
        client.post(buy("1")),
        (403, json!({"code": 40_310_000, "message": "trade denied"}))
    );
    assert_eq!(client.post(buy("1")).0, 200);
}

#[test]
fn a_late_cancel_loses_against_the_fill() {
    let late = OrderRule::every(OrderEffect::CancelLate(Duration::from_secs(10)));
    let fill = OrderRule::every(OrderEffect::FillAfter(Duration::from_secs(3)));
    let mut client = scripted(vec![late, fill]);
    let id = client.order(buy("1"));
    client.wait_ms(1_000);
    assert_eq!(
        client
            .call(Method::DELETE, &format!("/v2/orders/{id}"), None)
            .0,
        204
    );
    assert_eq!(client.status(&id), "pending_cancel");
    client.wait_ms(2_000);
    assert_eq!(client.status(&id), "filled");
    client.wait_ms(60_000);
    assert_eq!(
        client.kinds(),
        [
            "order_scripted",
            "order_scripted",
            "order_accepted",
            "cancel_requested",
            "order_filled"
        ]
    );
}

#[test]
fn a_market_refusal_comes_after_the_acceptance() {
    let mut client = scripted(vec![OrderRule::every(OrderEffect::RejectAfter(
        Duration::from_secs(1),
    ))]);
    let id = client.order(buy("1"));
    client.wait_ms(1_000);
    assert_eq!(client.status(&id), "rejected");
    assert_eq!(client.get("/v2/account")["buying_power"], "10000");
}

#[test]
fn an_order_that_never_fills_rests_until_the_close() {
    let mut client = scripted(vec![OrderRule::every(OrderEffect::Never)]);
    let id = client.order(buy("1"));
    client.wait_ms(3_600_000);
    assert_eq!(client.status(&id), "new");
}

#[test]
fn a_lying_feed_does_not_move_the_market() {
    let mut setup = still();
    setup.market.quotes = vec![QuoteRule::always("TECL", QuoteEffect::ZeroAsk)];
    let mut client = Client::new(setup);
    let quotes = client.get("/v2/stocks/quotes/latest?symbols=TECL,EDZ");
    assert_eq!(
        (
            &quotes["quotes"]["TECL"]["ap"],
            &quotes["quotes"]["TECL"]["bp"]
        ),
        (&json!(0), &json!(49.99))
    );
    assert_eq!(quotes["quotes"]["EDZ"]["ap"], json!(10.01));
    let id = client.order(buy("1"));
    client.wait_ms(500);
    assert_eq!(
        client.get(&format!("/v2/orders/{id}"))["filled_avg_price"],
        "50.01"
    );
}
