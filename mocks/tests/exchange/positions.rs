use alchemiser_mocks::exchange::{AssetSetup, PositionSetup};
use http::Method;
use serde_json::json;

use crate::client::{Client, dec, still};

fn holding_edz() -> Client {
    let mut setup = still();
    let position = PositionSetup {
        quantity: dec("7.2273576"),
        average_entry_price: Some(dec("8")),
    };
    setup.positions.insert("EDZ".into(), position);
    setup.assets.insert(
        "EDZ".into(),
        AssetSetup {
            fractionable: false,
            ..AssetSetup::default()
        },
    );
    Client::new(setup)
}

#[test]
fn a_position_shows_what_it_cost_and_what_it_is_worth() {
    let mut client = holding_edz();
    let position = client.get("/v2/positions/EDZ");
    for (field, value) in [
        ("qty", "7.2273576"),
        ("qty_available", "7.2273576"),
        ("avg_entry_price", "8"),
        ("market_value", "72.273576"),
        ("unrealized_pl", "14.4547152"),
        ("unrealized_plpc", "0.25"),
        ("current_price", "10"),
        ("side", "long"),
    ] {
        assert_eq!(position[field], value, "{field}");
    }
    assert_eq!(client.get("/v2/positions").as_array().unwrap().len(), 1);
    assert_eq!(client.get("/v2/account")["equity"], "10072.273576");
}

#[test]
fn closing_sells_the_fraction_that_no_order_could() {
    let mut client = holding_edz();
    let (status, order) = client.call(Method::DELETE, "/v2/positions/EDZ", None);
    assert_eq!(
        (status, order["qty"].as_str(), order["side"].as_str()),
        (200, Some("7.2273576"), Some("sell"))
    );
    assert_eq!(client.get("/v2/positions/EDZ")["qty_available"], "0");
    let (status, _) = client.call(Method::DELETE, "/v2/positions/EDZ", None);
    assert_eq!(status, 403);
    client.wait_ms(500);
    let (status, body) = client.call(Method::GET, "/v2/positions/EDZ", None);
    assert_eq!(
        (status, body),
        (
            404,
            json!({"code": 40_410_000, "message": "position does not exist"})
        )
    );
}

#[test]
fn a_part_of_a_position_closes_by_percentage() {
    let mut client = holding_edz();
    let (_, order) = client.call(Method::DELETE, "/v2/positions/EDZ?percentage=50", None);
    assert_eq!(order["qty"], "3.6136788");
}

#[test]
fn closing_everything_cancels_orders_first_when_asked() {
    let mut client = holding_edz();
    client.order(
        json!({"symbol": "EDZ", "side": "sell", "type": "limit", "time_in_force": "day", "qty": 7,
        "limit_price": 20}),
    );
    let (status, body) = client.call(Method::DELETE, "/v2/positions", None);
    assert_eq!((status, body[0]["status"].as_u64()), (207, Some(403)));
    let (status, body) = client.call(Method::DELETE, "/v2/positions?cancel_orders=true", None);
    assert_eq!((status, body[0]["status"].as_u64()), (207, Some(200)));
    client.wait_ms(500);
    assert_eq!(client.get("/v2/account")["cash"], "10072.201302424");
    assert!(client.exchange.positions().is_empty());
}
