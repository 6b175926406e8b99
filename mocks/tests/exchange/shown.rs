//! States that orders seldom have.

use std::time::Duration;

use alchemiser_mocks::exchange::{OrderEffect, OrderRule, OrderStatus, Report, Shown};
use http::Method;
use serde_json::json;

use crate::client::{Client, at, dec, still};

fn showing(status: OrderStatus, seconds: Option<u64>) -> Client {
    let mut setup = still();
    let lasting = seconds.map(Duration::from_secs);
    setup.order_script = vec![OrderRule::every(OrderEffect::Show(Shown {
        status,
        lasting,
    }))];
    Client::new(setup)
}

fn order() -> serde_json::Value {
    json!({"symbol": "TECL", "side": "buy", "type": "limit", "time_in_force": "day", "qty": "10", "limit_price": "50.01"})
}

const WAITING: [OrderStatus; 7] = [
    OrderStatus::Accepted,
    OrderStatus::PendingNew,
    OrderStatus::AcceptedForBidding,
    OrderStatus::Stopped,
    OrderStatus::Suspended,
    OrderStatus::Held,
    OrderStatus::PendingReview,
];

#[test]
fn nothing_is_filled_while_an_order_waits_and_then_it_goes_on() {
    for status in WAITING.into_iter().chain([OrderStatus::PendingReplace]) {
        let mut client = showing(status, Some(60));
        let id = client.order(order());
        client.wait_ms(59_999);
        assert_eq!(client.status(&id), status.as_str());
        assert_eq!(
            client.get("/v2/account")["buying_power"],
            "9499.9",
            "{status:?}"
        );
        client.wait_ms(502);
        assert_eq!(client.status(&id), "filled", "{status:?}");
    }
}

#[test]
fn an_order_that_waits_can_be_cancelled_but_for_one_that_is_to_be_replaced() {
    for status in WAITING {
        let mut client = showing(status, Some(60));
        let id = client.order(order());
        client.wait_ms(1_000);
        assert_eq!(
            client
                .call(Method::DELETE, &format!("/v2/orders/{id}"), None)
                .0,
            204,
            "{status:?}"
        );
        client.wait_ms(100_000);
        assert_eq!(client.status(&id), "canceled", "{status:?}");
        assert_eq!(client.exchange.positions().len(), 0);
    }
    let mut client = showing(OrderStatus::PendingReplace, None);
    let id = client.order(order());
    let (status, body) = client.call(Method::DELETE, &format!("/v2/orders/{id}"), None);
    assert_eq!(
        (status, body["message"].as_str()),
        (422, Some("original order pending replacement"))
    );
    let (status, _) = client.call(
        Method::PATCH,
        &format!("/v2/orders/{id}"),
        Some(json!({"limit_price": "51"})),
    );
    assert_eq!(status, 422);
    client.now = at("2025-10-10T20:00:00Z");
    assert_eq!(client.status(&id), "expired");
}

#[test]
fn the_market_cancels_by_itself() {
    let mut client = showing(OrderStatus::PendingCancel, Some(60));
    let id = client.order(order());
    assert_eq!(client.status(&id), "pending_cancel");
    assert_eq!(
        client
            .call(Method::DELETE, &format!("/v2/orders/{id}"), None)
            .0,
        422
    );
    client.wait_ms(60_000);
    assert_eq!(client.status(&id), "canceled");
    assert_eq!(
        client.kinds(),
        ["order_scripted", "order_accepted", "order_cancelled"]
    );
}

#[test]
fn an_order_that_is_done_for_the_day_holds_nothing_and_ends_with_it() {
    let mut setup = still();
    let shown = Shown {
        status: OrderStatus::DoneForDay,
        lasting: None,
    };
    let part = OrderEffect::Partial {
        percent: dec("40"),
        then: Some(Duration::from_secs(1)),
    };
    setup.order_script = vec![
        OrderRule {
            occurrence: Some(1),
            ..OrderRule::every(part)
        },
        OrderRule {
            occurrence: Some(1),
            ..OrderRule::every(OrderEffect::Show(shown))
        },
    ];
    let mut client = Client::new(setup);
    let id = client.order(order());
    client.wait_ms(10_000);
    let shown = client.get(&format!("/v2/orders/{id}"));
    assert_eq!(
        (shown["status"].as_str(), shown["filled_qty"].as_str()),
        (Some("done_for_day"), Some("4"))
    );
    assert_eq!(client.get("/v2/account")["buying_power"], "9799.96");
    let sell = json!({"symbol": "TECL", "side": "sell", "type": "market", "time_in_force": "day", "qty": "4"});
    client.order(sell);
    client.now = at("2025-10-10T20:00:00Z");
    assert_eq!(client.status(&id), "expired");
    let changed = |report: &Report| {
        matches!(
            report,
            Report::OrderStatusChanged {
                status: OrderStatus::DoneForDay,
                ..
            }
        )
    };
    assert_eq!(
        client
            .exchange
            .take_reports()
            .iter()
            .filter(|report| changed(report))
            .count(),
        1
    );
}

#[test]
fn an_order_that_lives_longer_goes_on_the_day_after() {
    let mut client = showing(OrderStatus::DoneForDay, None);
    let mut order = order();
    order["time_in_force"] = json!("gtc");
    let id = client.order(order);
    client.wait_ms(1_000);
    assert_eq!(client.status(&id), "done_for_day");
    client.now = at("2025-10-13T13:30:01Z");
    assert_eq!(client.status(&id), "filled");
}

#[test]
fn what_is_executed_is_filled_once_it_is_calculated() {
    for (seconds, filled) in [
        (Some(60), "2025-10-10T13:36:00.500Z"),
        (None, "2025-10-10T20:00:00Z"),
    ] {
        let mut client = showing(OrderStatus::Calculated, seconds);
        let id = client.order(order());
        client.wait_ms(500);
        let shown = client.get(&format!("/v2/orders/{id}"));
        assert_eq!(
            (shown["status"].as_str(), shown["filled_qty"].as_str()),
            (Some("calculated"), Some("10"))
        );
        let (status, body) = client.call(Method::DELETE, &format!("/v2/orders/{id}"), None);
        assert_eq!(
            (status, body["message"].as_str()),
            (422, Some("order is already in \"calculated\" state"))
        );
        client.now = at(filled);
        assert_eq!(client.status(&id), "filled");
    }
}
