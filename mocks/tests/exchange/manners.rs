//! How the real one answers what is spelt in another way and what changes nothing.

use std::collections::BTreeSet;

use alchemiser_mocks::exchange::{BrokerAction, DataPlan};
use http::Method;
use serde_json::{Value, json};

use crate::client::{Client, at, dec, still};

pub fn resting() -> Value {
    json!({"symbol": "TECL", "side": "buy", "type": "limit", "time_in_force": "day", "qty": "10", "limit_price": "40.00"})
}

pub fn message(answer: &(u16, Value)) -> &str {
    answer.1["message"].as_str().unwrap_or_default()
}

#[test]
fn flags_are_read_as_every_client_spells_them() {
    for (word, cancels) in [
        ("true", true),
        ("True", true),
        ("TRUE", true),
        ("1", true),
        ("t", true),
        ("False", false),
        ("false", false),
        ("0", false),
        ("", false),
    ] {
        let mut setup = still();
        setup.positions.insert("EDZ".into(), dec("7").into());
        let mut client = Client::new(setup);
        let rest = json!({"symbol": "EDZ", "side": "sell", "type": "limit", "time_in_force": "day", "qty": 7, "limit_price": 20});
        let id = client.order(rest);
        client.call(
            Method::DELETE,
            &format!("/v2/positions?cancel_orders={word}"),
            None,
        );
        assert_eq!(client.status(&id) == "canceled", cancels, "{word:?}");
    }
    let answer = Client::new(still()).call(Method::DELETE, "/v2/positions?cancel_orders=yes", None);
    assert_eq!(
        (answer.0, message(&answer)),
        (422, "invalid cancel_orders: yes")
    );
}

#[test]
fn a_replacement_that_changes_nothing_is_refused() {
    let mut client = Client::new(still());
    let id = client.order(resting());
    let same = [
        json!({}),
        json!({"qty": "10"}),
        json!({"qty": 10.0, "limit_price": 40, "time_in_force": "day"}),
        json!({"limit_price": "40.0", "client_order_id": "another"}),
    ];
    for body in same {
        let (status, answer) = client.call(Method::PATCH, &format!("/v2/orders/{id}"), Some(body));
        assert_eq!(
            (status, answer),
            (
                403,
                json!({"code": 40_310_000, "message": "order parameters are not changed"})
            )
        );
    }
    let (status, new) = client.call(
        Method::PATCH,
        &format!("/v2/orders/{id}"),
        Some(json!({"time_in_force": "gtc"})),
    );
    assert_eq!(
        (status, &new["time_in_force"], &new["limit_price"]),
        (200, &json!("gtc"), &json!("40"))
    );
}

#[test]
fn a_free_plan_has_the_last_fifteen_minutes_of_one_exchange_only() {
    let refused = (
        403,
        json!({"message": "subscription does not permit querying recent SIP data"}),
    );
    let mut setup = still();
    setup.account.data_plan = DataPlan::Basic;
    let mut client = Client::new(setup);
    client.now = at("2012-10-26T15:40:00Z");
    let bars = "/v2/stocks/bars?symbols=AAPL&timeframe=1Day&start=2012-10-24";
    for (rest, is_served) in [
        ("", true),
        ("&end=2012-10-26", true),
        ("&end=2012-10-26T15:25:00Z", true),
        ("&end=2012-10-26T15:25:01Z", false),
        ("&feed=sip&end=2012-10-26T15:40:00Z", false),
        ("&end=2012-10-27", false),
        ("&feed=iex&end=2012-10-26T15:40:00Z", true),
    ] {
        let answer = client.call(Method::GET, &format!("{bars}{rest}"), None);
        if is_served {
            assert_eq!(
                (answer.0, answer.1["bars"]["AAPL"].as_array().map(Vec::len)),
                (200, Some(2)),
                "{rest}"
            );
        } else {
            assert_eq!(answer, refused, "{rest}");
        }
    }
    for latest in ["quotes", "trades"] {
        let path = format!("/v2/stocks/{latest}/latest?symbols=AAPL");
        assert_eq!(
            client.call(Method::GET, &path, None).0,
            200,
            "one exchange by default"
        );
        assert_eq!(
            client.call(Method::GET, &format!("{path}&feed=sip"), None),
            refused
        );
        let seen = client.get(&format!("{path}&feed=delayed_sip"))[latest]["AAPL"]["t"].clone();
        assert_eq!(seen, "2012-10-26T15:25:00Z");
        let paid = Client::new(still()).call(Method::GET, &format!("{path}&feed=sip"), None);
        assert_eq!(paid.0, 200);
    }
}

#[test]
fn the_cancellation_of_a_filled_order_has_two_answers() {
    for (is_accepted, expected) in [(false, 422), (true, 204)] {
        let mut setup = still();
        setup.knobs.accept_cancel_of_filled = is_accepted;
        let mut client = Client::new(setup);
        let mut order = resting();
        order["limit_price"] = json!("50.01");
        let id = client.order(order);
        client.wait_ms(500);
        let answer = client.call(Method::DELETE, &format!("/v2/orders/{id}"), None);
        assert_eq!(answer.0, expected);
        client.wait_ms(60_000);
        assert_eq!(client.status(&id), "filled");
        let gone = client.order(resting());
        client.call(Method::DELETE, &format!("/v2/orders/{gone}"), None);
        client.wait_ms(1_000);
        let answer = client.call(Method::DELETE, &format!("/v2/orders/{gone}"), None);
        assert_eq!(
            (answer.0, message(&answer)),
            (422, "order is already in \"canceled\" state"),
            "only what is filled"
        );
    }
}

#[test]
fn what_is_placed_after_the_close_waits_for_the_next_session() {
    // Friday 10 October 2025, after the close; Monday is Columbus Day, on which the exchanges
    // trade.
    for (placed, fills) in [
        ("2025-10-10T20:00:00Z", "2025-10-13T13:30:00.500Z"),
        ("2025-10-11T15:00:00Z", "2025-10-13T13:30:00.500Z"),
        ("2025-10-13T13:29:59.999Z", "2025-10-13T13:30:00.500Z"),
        // The day before Thanksgiving, and the early close of the day after it.
        ("2025-11-26T21:00:01Z", "2025-11-28T14:30:00.500Z"),
        ("2025-11-28T18:00:00Z", "2025-12-01T14:30:00.500Z"),
    ] {
        let mut setup = still();
        setup.positions.insert("EDZ".into(), dec("7").into());
        let mut client = Client::new(setup);
        client.now = at(placed);
        let market = json!({"symbol": "TECL", "side": "buy", "type": "market", "time_in_force": "day", "qty": "1"});
        let dollars = json!({"symbol": "TECL", "side": "buy", "type": "market", "time_in_force": "day", "notional": "100"});
        let mut limit = resting();
        (limit["limit_price"], limit["time_in_force"]) = (json!("50.01"), json!("gtc"));
        let ids = [
            client.order(market),
            client.order(dollars),
            client.order(limit),
        ];
        let (_, closing) = client.call(Method::DELETE, "/v2/positions/EDZ", None);
        let ids: Vec<String> = ids
            .into_iter()
            .chain([closing["id"].as_str().unwrap().to_owned()])
            .collect();
        for id in &ids {
            assert_eq!(client.status(id), "accepted", "placed at {placed}");
        }
        client.now = at(fills) - chrono::TimeDelta::milliseconds(1);
        for id in &ids {
            assert_eq!(client.status(id), "new", "a moment before {fills}");
        }
        client.now = at(fills);
        for id in &ids {
            let order = client.get(&format!("/v2/orders/{id}"));
            assert_eq!(
                (order["status"].as_str(), order["filled_at"].as_str()),
                (Some("filled"), Some(fills))
            );
        }
    }
}

#[test]
fn assets_are_listed_and_found_by_their_ids() {
    let mut setup = still();
    setup.positions.insert("BTC/USD".into(), dec("1").into());
    setup.positions.insert("EDZ".into(), dec("7").into());
    let mut client = Client::new(setup);
    let symbols = |client: &mut Client, query: &str| -> Vec<String> {
        let list = client.get(&format!("/v2/assets{query}"));
        list.as_array()
            .unwrap()
            .iter()
            .map(|asset| asset["symbol"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        symbols(&mut client, ""),
        [
            "AAPL", "BTC/USD", "EDZ", "FB", "GOOG", "IBM", "MSFT", "TECL"
        ]
    );
    assert_eq!(
        symbols(&mut client, "?asset_class=crypto&status=active"),
        ["BTC/USD"]
    );
    assert_eq!(
        symbols(&mut client, "?status=inactive"),
        Vec::<String>::new()
    );
    assert_eq!(
        symbols(
            &mut client,
            "?exchange=CRYPTO&attributes=fractional_eh_enabled"
        ),
        ["BTC/USD"]
    );
    assert_eq!(
        client
            .call(Method::GET, "/v2/assets?asset_class=us_option", None)
            .0,
        501
    );
    assert_eq!(
        client.call(Method::GET, "/v2/assets?status=activ", None).0,
        422
    );
    let id = client.get("/v2/assets/EDZ")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(client.get(&format!("/v2/assets/{id}"))["symbol"], "EDZ");
    assert_eq!(client.get(&format!("/v2/positions/{id}"))["qty"], "7");
    let (_, order) = client.call(Method::DELETE, &format!("/v2/positions/{id}?qty=3"), None);
    assert_eq!(
        (order["symbol"].as_str(), order["qty"].as_str()),
        (Some("EDZ"), Some("3"))
    );
}

#[test]
fn one_symbol_is_asked_for_in_the_path_as_well() {
    let mut client = Client::new(still());
    let all = client.get("/v2/stocks/bars?symbols=TECL&timeframe=1Day&start=2025-10-06");
    let one = client.get("/v2/stocks/TECL/bars?timeframe=1Day&start=2025-10-06");
    assert_eq!(
        (&one["symbol"], &one["bars"]),
        (&json!("TECL"), &all["bars"]["TECL"])
    );
    assert_eq!(one["bars"].as_array().map(Vec::len), Some(4));
    for (latest, name) in [("quotes", "quote"), ("trades", "trade")] {
        let all = client.get(&format!("/v2/stocks/{latest}/latest?symbols=TECL"));
        let one = client.get(&format!("/v2/stocks/TECL/{latest}/latest"));
        assert_eq!(
            (&one["symbol"], &one[name]),
            (&json!("TECL"), &all[latest]["TECL"])
        );
    }
    assert_eq!(
        client
            .call(Method::GET, "/v2/stocks/tecl/bars?timeframe=1Day", None)
            .0,
        400
    );
}

#[test]
fn the_rate_limit_is_told_in_headers_and_another_program_has_a_part_in_it() {
    let mut setup = still();
    setup.knobs.requests_per_minute = 10;
    let mut client = Client::new(setup);
    client.now = at("2025-10-10T13:35:00.700Z");
    let limits = |client: &mut Client, target: &str| -> [String; 3] {
        let headers = client.headers(target);
        [
            "X-RateLimit-Limit",
            "X-RateLimit-Remaining",
            "X-RateLimit-Reset",
        ]
        .map(|name| headers[name].to_str().unwrap().to_owned())
    };
    // The count starts anew at 13:36:00.700: who comes at the second that the header names is not
    // too early.
    let reset = at("2025-10-10T13:36:01Z").timestamp().to_string();
    assert_eq!(limits(&mut client, "/v2/clock"), ["10", "9", &reset]);
    client.wait_ms(30_000);
    assert_eq!(limits(&mut client, "/v2/nothing"), ["10", "8", &reset]);
    client
        .exchange
        .act(client.now, &BrokerAction::Requests(5))
        .unwrap();
    assert_eq!(limits(&mut client, "/v2/clock"), ["10", "2", &reset]);
    client
        .exchange
        .act(client.now, &BrokerAction::Requests(200))
        .unwrap();
    assert_eq!(
        limits(&mut client, "/v2/clock"),
        ["10", "0", &reset],
        "a refusal tells it as well"
    );
    assert_eq!(client.call(Method::GET, "/v2/clock", None).0, 429);
    assert_eq!(
        limits(&mut client, "/v2/stocks/quotes/latest?symbols=TECL")[1],
        "9",
        "market data have a limit of their own"
    );
    client.now = at("2025-10-10T13:36:01Z");
    assert_eq!(limits(&mut client, "/v2/clock")[1], "9");
}

#[test]
fn asof_makes_a_difference_once_a_symbol_has_another_name() {
    let mut setup = still();
    setup.market.synthetic = Some(BTreeSet::new());
    let mut client = Client::new(setup);
    let bars = |client: &mut Client, day: &str| {
        client
            .call(
                Method::GET,
                &format!("/v2/stocks/bars?symbols=TECL&timeframe=1Day&asof={day}"),
                None,
            )
            .0
    };
    for day in ["-", "2025-01-02", "2025-10-10"] {
        assert_eq!(bars(&mut client, day), 200, "{day}");
    }
    client
        .exchange
        .act(
            client.now,
            &BrokerAction::Rename {
                symbol: "EDZ".into(),
                to: "EDY".into(),
            },
        )
        .unwrap();
    assert_eq!(
        ["-", "2025-01-02", "2025-10-10"].map(|day| bars(&mut client, day)),
        [501, 501, 200]
    );
}

#[test]
fn the_history_of_the_account_is_of_whole_days_between_two_that_are_named() {
    let mut client = Client::new(still());
    let mut history = |query: &str| {
        client.call(
            Method::GET,
            &format!("/v2/account/portfolio/history?{query}"),
            None,
        )
    };
    let days = |answer: &(u16, Value)| answer.1["timestamp"].as_array().map(Vec::len);
    for (query, count) in [
        ("", 23),
        ("timeframe=1D&period=1W", 6),
        ("timeframe=1D&start=2025-10-01&end=2025-10-03", 3),
        (
            "timeframe=1D&start=2025-10-01T00:00:00-04:00&end=2025-10-03T23:59:59Z",
            3,
        ),
        ("timeframe=1D&date_start=2025-10-01&date_end=2025-10-03", 3),
        ("timeframe=1D&start=2025-09-29&period=3D", 4),
        (
            "timeframe=1D&end=2025-10-03&period=1D&extended_hours=True&cashflow_types=NONE",
            2,
        ),
    ] {
        let answer = history(query);
        assert_eq!((answer.0, days(&answer)), (200, Some(count)), "{query}");
    }
    for query in [
        "period=1W",
        "period=1D",
        "timeframe=1H",
        "timeframe=1D&cashflow_types=ALL",
    ] {
        assert_eq!(history(query).0, 501, "{query}");
    }
    for query in [
        "timeframe=2D",
        "period=month",
        "timeframe=1D&start=now",
        "timeframe=1D&start=2025-10-01&end=2025-10-03&period=1W",
    ] {
        assert_eq!(history(query).0, 422, "{query}");
    }
}

#[test]
fn an_order_that_waits_for_the_next_session_can_be_cancelled_and_not_replaced() {
    let mut client = Client::new(still());
    client.now = at("2025-10-10T21:00:00Z");
    let id = client.order(resting());
    let target = format!("/v2/orders/{id}");
    let (status, body) = client.call(Method::PATCH, &target, Some(json!({"limit_price": "41"})));
    assert_eq!(status, 422);
    assert_eq!(
        body,
        json!({"code": 40_010_001, "message": "unable to replace order, order isn't sent to exchange yet"})
    );
    client.now = at("2025-10-13T13:30:01Z");
    let (status, replaced) =
        client.call(Method::PATCH, &target, Some(json!({"limit_price": "41"})));
    assert_eq!(status, 200);
    client.now = at("2025-10-13T21:00:00Z");
    assert_eq!(client.status(replaced["id"].as_str().unwrap()), "expired");
    let next = client.order(resting());
    assert_eq!(
        client
            .call(Method::DELETE, &format!("/v2/orders/{next}"), None)
            .0,
        204
    );
    client.wait_ms(1_000);
    assert_eq!(client.status(&next), "canceled");
}

#[test]
fn orders_are_listed_by_class_and_from_one_to_another() {
    let mut setup = still();
    setup.positions.insert("BTC/USD".into(), dec("1").into());
    let mut client = Client::new(setup);
    let coin = json!({"symbol": "BTC/USD", "side": "sell", "type": "limit", "time_in_force": "gtc", "qty": "0.5", "limit_price": "999999"});
    let ids: Vec<String> = [resting(), coin, resting(), resting()]
        .into_iter()
        .map(|order| client.order(order))
        .collect();
    let mut listed = |query: &str| -> Vec<usize> {
        let list = client.get(&format!("/v2/orders?direction=asc&{query}"));
        let place = |order: &Value| {
            ids.iter()
                .position(|id| order["id"] == id.as_str())
                .unwrap()
        };
        list.as_array().unwrap().iter().map(place).collect()
    };
    assert_eq!(listed("asset_class=crypto"), [1]);
    assert_eq!(listed("asset_class=us_equity,crypto&limit=2"), [0, 1]);
    assert_eq!(
        listed("asset_class=us_equity&asset_class=crypto"),
        [0, 1, 2, 3]
    );
    assert_eq!(listed("symbols=TECL&symbols=BTC%2FUSD"), [0, 1, 2, 3]);
    assert_eq!(
        listed(&format!(
            "after_order_id={}&before_order_id={}",
            ids[0], ids[3]
        )),
        [1, 2]
    );
    assert_eq!(listed(&format!("after_order_id={}&limit=1", ids[1])), [2]);
    assert_eq!(
        client
            .call(Method::GET, "/v2/orders?asset_class=us_option", None)
            .0,
        501
    );
    assert_eq!(
        client
            .call(Method::GET, "/v2/orders?asset_class=coins", None)
            .0,
        422
    );
    assert_eq!(
        client
            .call(Method::GET, "/v2/calendar?date_type=SETTLEMENT", None)
            .0,
        501
    );
    assert_eq!(
        client
            .call(
                Method::GET,
                "/v2/orders?after_order_id=61e69015-8549-4bfd-b9c3-01e75843f47d",
                None
            )
            .0,
        404
    );
}
