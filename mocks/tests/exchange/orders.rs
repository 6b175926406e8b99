use alchemiser_mocks::exchange::Report;
use http::Method;
use serde_json::{Value, json};

use crate::client::{Client, at, dec, still};

fn limit(side: &str, qty: &str, price: &str) -> Value {
    json!({"symbol": "TECL", "side": side, "type": "limit", "time_in_force": "day", "qty": qty, "limit_price": price})
}

fn market(symbol: &str, side: &str, qty: &str) -> Value {
    json!({"symbol": symbol, "side": side, "type": "market", "time_in_force": "day", "qty": qty})
}

#[test]
fn a_marketable_limit_order_lives_from_pending_new_to_filled() {
    let mut client = Client::new(still());
    let (status, order) = client.post(limit("buy", "10", "50.10"));
    assert_eq!(
        (status, order["status"].as_str()),
        (200, Some("pending_new"))
    );
    assert_eq!(order["qty"], "10");
    assert_eq!(order["filled_avg_price"], Value::Null);
    let id = order["id"].as_str().unwrap().to_owned();
    client.wait_ms(20);
    assert_eq!(client.status(&id), "new");
    assert_eq!(
        client.exchange.next_due(),
        Some(at("2025-10-10T13:35:00.500Z"))
    );
    client.wait_ms(480);
    let filled = client.get(&format!("/v2/orders/{id}"));
    assert_eq!(filled["status"], "filled");
    assert_eq!(
        (&filled["filled_qty"], &filled["filled_avg_price"]),
        (&json!("10"), &json!("50.01"))
    );
    assert_eq!(filled["filled_at"], "2025-10-10T13:35:00.500Z");
    let account = client.get("/v2/account");
    assert_eq!(
        (&account["cash"], &account["equity"]),
        (&json!("9499.9"), &json!("9999.9"))
    );
    assert_eq!(client.kinds(), ["order_accepted", "order_filled"]);
    assert_eq!(client.exchange.next_due(), None);
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
#[test]
fn refusals_carry_the_codes_and_texts_of_alpaca() {
    let mut setup = still();
    setup
        .positions
        .insert("EDZ".into(), dec("7.2273576").into());
    setup.assets.insert(
        "EDZ".into(),
        alchemiser_mocks::exchange::AssetSetup {
            fractionable: false,
            ..Default::default()
        },
    );
    let mut client = Client::new(setup);
    let with = |mut order: Value, name: &str, value: Value| {
        order[name] = value;
        order
    };
    let base = limit("buy", "10", "50.00");
    let cases = [
        (
            with(base.clone(), "qty", json!("1000")),
            403,
            40_310_000,
            "insufficient buying power",
        ),
        (
            limit("sell", "1", "50.00"),
            403,
            40_310_000,
            "insufficient qty available for order (requested: 1, available: 0)",
        ),
        (
            market("EDZ", "sell", "7.227358"),
            403,
            40_310_000,
            "asset \"EDZ\" is not fractionable",
        ),
        (
            market("EDZ", "sell", "8"),
            403,
            40_310_000,
            "insufficient qty available for order (requested: 8, available: 7.2273576)",
        ),
        (
            market("TECL", "buy", "0.01"),
            403,
            40_310_000,
            "cost basis must be >= minimal amount of order 1",
        ),
        (
            market("NOTASYMBOL", "buy", "1"),
            422,
            42_210_000,
            "asset \"NOTASYMBOL\" not found",
        ),
        (
            with(base.clone(), "limit_price", json!("50.005")),
            422,
            42_210_000,
            "invalid limit_price 50.005. sub-penny increment does not fulfill minimum pricing criteria",
        ),
        (
            with(base.clone(), "qty", json!("-1")),
            422,
            40_010_001,
            "qty must be > 0",
        ),
        (
            with(base.clone(), "qty", json!("ten")),
            422,
            40_010_001,
            "qty must be a number",
        ),
        (
            with(base.clone(), "side", json!("hold")),
            422,
            40_010_001,
            "invalid side: hold",
        ),
        (
            with(base.clone(), "type", json!("stopp")),
            422,
            40_010_001,
            "invalid order type",
        ),
        (
            with(base.clone(), "limit_price", Value::Null),
            422,
            40_010_001,
            "limit orders require limit_price",
        ),
        (
            with(base.clone(), "client_order_id", json!("x".repeat(129))),
            422,
            40_010_001,
            "client_order_id must be no more than 128 characters",
        ),
    ];
    for (order, status, code, message) in cases {
        let (actual, body) = client.post(order.clone());
        assert_eq!(
            (actual, &body["code"], body["message"].as_str()),
            (status, &json!(code), Some(message)),
            "{order}"
        );
    }
    assert_eq!(client.exchange.orders().len(), 0);
}

#[test]
fn a_client_order_id_is_taken_once() {
    let mut client = Client::new(still());
    let mut order = limit("buy", "1", "40.00");
    order["client_order_id"] = json!("plan-TECL-buy-1");
    client.order(order.clone());
    let (status, body) = client.post(order);
    assert_eq!(status, 422);
    assert_eq!(
        body,
        json!({"code": 40_010_001, "message": "client_order_id must be unique"})
    );
    let found = client.get("/v2/orders:by_client_order_id?client_order_id=plan-TECL-buy-1");
    assert_eq!(found["client_order_id"], "plan-TECL-buy-1");
    let (status, body) = client.call(
        Method::GET,
        "/v2/orders:by_client_order_id?client_order_id=other",
        None,
    );
    assert_eq!((status, body["code"].as_i64()), (404, Some(40_410_000)));
}

#[test]
fn a_lagging_replica_hides_a_fresh_order_from_its_client_id_only() {
    let mut setup = still();
    setup.knobs.hide_new_orders_for = std::time::Duration::from_secs(3);
    let mut client = Client::new(setup);
    let mut order = limit("buy", "1", "40.00");
    order["client_order_id"] = json!("mine");
    let id = client.order(order.clone());
    let target = "/v2/orders:by_client_order_id?client_order_id=mine";
    assert_eq!(client.call(Method::GET, target, None).0, 404);
    assert_eq!(client.post(order).0, 422);
    assert_eq!(client.status(&id), "pending_new");
    client.wait_ms(3_000);
    assert_eq!(client.get(target)["id"], id);
}

#[test]
fn a_cancelled_order_gives_its_buying_power_back_only_when_the_cancel_is_done() {
    let mut client = Client::new(still());
    let id = client.order(limit("buy", "150", "40.00"));
    assert_eq!(client.get("/v2/account")["buying_power"], "4000");
    assert_eq!(
        client
            .call(Method::DELETE, &format!("/v2/orders/{id}"), None)
            .0,
        204
    );
    assert_eq!(client.status(&id), "pending_cancel");
    assert_eq!(client.get("/v2/account")["buying_power"], "4000");
    client.wait_ms(50);
    assert_eq!(client.status(&id), "canceled");
    assert_eq!(client.get("/v2/account")["buying_power"], "10000");
    let (status, body) = client.call(Method::DELETE, &format!("/v2/orders/{id}"), None);
    assert_eq!(
        (status, body["message"].as_str()),
        (422, Some("order is already in \"canceled\" state"))
    );
}

#[test]
fn an_order_after_hours_waits_for_the_open_and_a_resting_one_expires_at_the_close() {
    let mut client = Client::new(still());
    client.now = at("2025-10-10T21:00:00Z");
    let filled = client.order(limit("buy", "1", "51.00"));
    let resting = client.order(limit("buy", "1", "40.00"));
    assert_eq!(client.status(&filled), "accepted");
    client.now = at("2025-10-13T13:30:01Z");
    assert_eq!(
        (client.status(&filled), client.status(&resting)),
        ("filled".into(), "new".into())
    );
    client.now = at("2025-10-13T20:00:00Z");
    assert_eq!(client.status(&resting), "expired");
    assert_eq!(
        client.kinds(),
        [
            "order_accepted",
            "order_accepted",
            "order_filled",
            "order_expired"
        ]
    );
}

#[test]
fn an_order_inside_the_spread_fills_at_its_limit_after_a_while() {
    let mut client = Client::new(still());
    let id = client.order(limit("buy", "1", "50.00"));
    client.wait_ms(1_000);
    assert_eq!(client.status(&id), "new");
    client.wait_ms(8_000);
    let order = client.get(&format!("/v2/orders/{id}"));
    assert_eq!(
        (order["status"].as_str(), order["filled_avg_price"].as_str()),
        (Some("filled"), Some("50"))
    );
}

#[test]
fn a_replaced_order_lives_on_under_a_new_id() {
    let mut client = Client::new(still());
    let id = client.order(limit("buy", "200", "40.00"));
    let body = json!({"limit_price": "45.00"});
    let (status, new) = client.call(Method::PATCH, &format!("/v2/orders/{id}"), Some(body));
    assert_eq!(status, 200, "{new}");
    assert_eq!(
        (&new["replaces"], &new["limit_price"]),
        (&json!(id), &json!("45"))
    );
    let old = client.get(&format!("/v2/orders/{id}"));
    assert_eq!(
        (old["status"].as_str(), &old["replaced_by"]),
        (Some("replaced"), &new["id"])
    );
    assert_eq!(client.get("/v2/orders").as_array().unwrap().len(), 1);
    assert_eq!(client.get("/v2/account")["buying_power"], "1000");
}

#[test]
fn lists_filter_and_all_open_orders_cancel_at_once() {
    let mut client = Client::new(still());
    client.order(limit("buy", "1", "40.00"));
    client.wait_ms(1_000);
    client.order(limit("buy", "1", "51.00"));
    client.wait_ms(1_000);
    let third = client.order(limit("buy", "1", "41.00"));
    let open = client.get("/v2/orders?status=open");
    assert_eq!(open[0]["id"], third);
    assert_eq!(open.as_array().unwrap().len(), 2);
    assert_eq!(
        client
            .get("/v2/orders?status=closed&symbols=TECL%2CEDZ")
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let after =
        client.get("/v2/orders?status=all&after=2025-10-10T13%3A35%3A01Z&direction=asc&limit=5");
    assert_eq!(after.as_array().unwrap().len(), 1);
    let (status, body) = client.call(Method::DELETE, "/v2/orders", None);
    assert_eq!((status, body.as_array().unwrap().len()), (207, 2));
    client.wait_ms(100);
    assert_eq!(client.get("/v2/orders"), json!([]));
}

#[test]
fn an_order_does_not_trade_against_the_account_itself() {
    let mut setup = still();
    setup.positions.insert("TECL".into(), dec("10").into());
    let mut client = Client::new(setup);
    client.order(limit("sell", "10", "60.00"));
    let (status, body) = client.post(limit("buy", "1", "60.00"));
    assert_eq!(
        (status, body["message"].as_str()),
        (
            403,
            Some("potential wash trade detected. use complex orders")
        )
    );
    client.order(limit("buy", "1", "59.00"));
}

#[test]
fn requests_without_keys_or_in_excess_are_refused() {
    let mut setup = still();
    setup.knobs.requests_per_minute = 3;
    let mut client = Client::new(setup);
    let bare = http::Request::get("/v2/account")
        .body(bytes::Bytes::new())
        .unwrap();
    let refused = client.exchange.handle(client.now, &bare);
    assert_eq!(refused.status(), 401);
    for _ in 0..3 {
        client.get("/v2/clock");
    }
    let (status, body) = client.call(Method::GET, "/v2/clock", None);
    assert_eq!(
        (status, body),
        (
            429,
            json!({"code": 42_910_000, "message": "rate limit exceeded"})
        )
    );
    let quotes = "/v2/stocks/quotes/latest?symbols=TECL";
    for _ in 0..3 {
        client.get(quotes);
    }
    assert_eq!(
        client.call(Method::GET, quotes, None),
        (429, json!({"message": "too many requests."}))
    );
    client.wait_ms(60_000);
    client.get("/v2/clock");
}

#[test]
fn the_account_is_stated_at_the_beginning_and_after_each_session() {
    let mut client = Client::new(still());
    client.order(limit("buy", "1", "51.00"));
    client.now = at("2025-10-13T20:00:01Z");
    client.get("/v2/account");
    let stated = |report: Report| match report {
        Report::Statement {
            at,
            cash,
            equity,
            positions,
        } => Some((at, cash, equity, positions.len())),
        _ => None,
    };
    let statements: Vec<_> = client
        .exchange
        .take_reports()
        .into_iter()
        .filter_map(stated)
        .collect();
    let days: Vec<String> = statements.iter().map(|(at, ..)| at.to_rfc3339()).collect();
    assert_eq!(
        days,
        [
            "2025-10-10T13:35:00+00:00",
            "2025-10-10T20:00:00+00:00",
            "2025-10-13T20:00:00+00:00"
        ]
    );
    let (_, cash, equity, held) = &statements[1];
    assert_eq!(
        (cash, equity, *held),
        (&dec("9949.99"), &dec("9999.99"), 1),
        "a share at 50 was bought at the ask"
    );
}
