//! What the real one has and this one does not simulate, told apart from what the real one has not
//! either.

use http::Method;
use serde_json::{Value, json};

use crate::client::{Client, still};
use crate::manners::{message, resting};

fn with(name: &str, value: Value) -> Value {
    let mut order = resting();
    order[name] = value;
    order
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
#[test]
fn words_that_only_alpaca_knows_are_not_simulated_and_others_are_invalid() {
    let mut client = Client::new(still());
    let mut patched = |body: Value| {
        let id = client.order(resting());
        client.call(Method::PATCH, &format!("/v2/orders/{id}"), Some(body))
    };
    let mut answers = vec![
        (
            patched(json!({"time_in_force": "ioc"})),
            "time_in_force ioc",
        ),
        (patched(json!({"stop_price": "30"})), "stop_price"),
        (patched(json!({"trail": "1"})), "trail"),
        (
            patched(json!({"advanced_instructions": {"algorithm": "VWAP"}})),
            "advanced_instructions",
        ),
    ];
    let invalid = patched(json!({"time_in_force": "iok"}));
    assert_eq!(
        (invalid.0, message(&invalid)),
        (422, "invalid time_in_force")
    );
    for word in ["opg", "cls", "ioc", "fok"] {
        answers.push((client.post(with("time_in_force", json!(word))), word));
    }
    for word in ["stop", "stop_limit", "trailing_stop"] {
        answers.push((client.post(with("type", json!(word))), word));
    }
    for word in ["bracket", "oco", "oto", "mleg"] {
        answers.push((client.post(with("order_class", json!(word))), word));
    }
    answers.push((
        client.post(with("extended_hours", json!(true))),
        "extended_hours",
    ));
    answers.push((
        client.post(with("take_profit", json!({"limit_price": 60}))),
        "take_profit",
    ));
    for (answer, what) in answers {
        assert_eq!(
            (answer.0, &answer.1["code"]),
            (501, &json!(50_110_000)),
            "{what}"
        );
        assert!(
            message(&answer).contains(what) && message(&answer).contains("is not simulated"),
            "{}",
            message(&answer)
        );
    }
    for (order, status, text) in [
        (
            with("time_in_force", json!("iok")),
            422,
            "invalid time_in_force",
        ),
        (
            with("time_in_force", json!("DAY")),
            422,
            "invalid time_in_force",
        ),
        (
            with("time_in_force", Value::Null),
            422,
            "invalid time_in_force",
        ),
        (with("type", json!("stopp")), 422, "invalid order type"),
        (with("type", Value::Null), 422, "invalid order type"),
        (
            with("order_class", json!("brackets")),
            422,
            "invalid order_class: brackets",
        ),
        (
            with("extended_hours", json!("true")),
            400,
            "request body format is invalid",
        ),
        (
            with("type", json!("market")),
            422,
            "market orders require no stop or limit price",
        ),
        (
            with("limit_price", json!(0)),
            422,
            "limit price must be > 0",
        ),
    ] {
        let answer = client.post(order);
        assert_eq!((answer.0, message(&answer)), (status, text));
    }
}

#[test]
fn endpoints_that_only_alpaca_has_are_not_simulated_and_others_are_not_there() {
    let mut client = Client::new(still());
    for (method, path) in [
        (Method::GET, "/v2/watchlists"),
        (Method::POST, "/v2/watchlists/7/AAPL"),
        (Method::GET, "/v2/account/configurations"),
        (Method::PATCH, "/v2/account/configurations"),
        (Method::GET, "/v2/account/activities/FILL?date=2025-10-10"),
        (Method::GET, "/v2/options/contracts?underlying_symbols=AAPL"),
        (Method::GET, "/v2/assets/fixed_income/us_treasuries"),
        (Method::POST, "/v2/positions/AAPL250117C00150000/exercise"),
    ] {
        let answer = client.call(method.clone(), path, None);
        assert_eq!(
            (answer.0, &answer.1["code"]),
            (501, &json!(50_110_000)),
            "{path}"
        );
        let text = message(&answer);
        assert!(
            text.starts_with(&format!("{method} /v2/"))
                && text.contains("GET /v2/positions, DELETE /v2/positions"),
            "{text}"
        );
    }
    for path in [
        "/v2/stocks/snapshots?symbols=AAPL",
        "/v2/stocks/bars/latest?symbols=AAPL",
        "/v2/stocks/AAPL/trades",
        "/v1beta1/news",
        "/v1beta3/crypto/us/bars",
    ] {
        let answer = client.call(Method::GET, path, None);
        assert_eq!((answer.0, answer.1.get("code")), (501, None), "{path}");
        assert!(
            message(&answer).contains("simulated are: GET /v2/stocks/bars,"),
            "{}",
            message(&answer)
        );
    }
    for (method, path) in [
        (Method::GET, "/v2/nothing"),
        (Method::GET, "/"),
        (Method::PUT, "/v2/orders"),
        (Method::GET, "/v2/account/nothing"),
    ] {
        let answer = client.call(method, path, None);
        assert_eq!(
            (answer.0, &answer.1["code"]),
            (404, &json!(40_410_000)),
            "{path}"
        );
    }
    assert_eq!(
        client
            .call(Method::GET, "/v2/stocks/nothing/at/all", None)
            .0,
        404
    );
}

#[test]
fn parameters_of_bars_that_only_alpaca_knows_are_not_simulated_and_others_are_invalid() {
    let mut client = Client::new(still());
    let mut asked = |rest: &str| {
        client.call(
            Method::GET,
            &format!("/v2/stocks/bars?symbols=TECL{rest}"),
            None,
        )
    };
    for rest in [
        "&timeframe=1Day",
        "&timeframe=1D&adjustment=split%2Cdividend",
        "&timeframe=1Day&adjustment=dividend,split&feed=iex",
    ] {
        assert_eq!(asked(rest).0, 200, "{rest}");
    }
    for (rest, what) in [
        ("&timeframe=1Min", "timeframe 1Min"),
        ("&timeframe=59T", "timeframe 59T"),
        ("&timeframe=23Hour", "timeframe 23Hour"),
        ("&timeframe=1Week", "timeframe 1Week"),
        ("&timeframe=12M", "timeframe 12M"),
        ("&timeframe=1Day&adjustment=split", "adjustment split"),
        ("&timeframe=1Day&adjustment=dividend", "adjustment dividend"),
        ("&timeframe=1Day&adjustment=spin-off", "adjustment spin-off"),
        (
            "&timeframe=1Day&adjustment=split,spin-off",
            "adjustment split,spin-off",
        ),
        ("&timeframe=1Day&feed=otc", "feed otc"),
        ("&timeframe=1Day&currency=EUR", "currency EUR"),
    ] {
        let answer = asked(rest);
        assert_eq!(answer.0, 501, "{rest}");
        assert!(
            message(&answer).starts_with(&format!("{what} is not simulated")),
            "{}",
            message(&answer)
        );
    }
    for (rest, text) in [
        ("", "invalid timeframe: "),
        ("&timeframe=60Min", "invalid timeframe: 60Min"),
        ("&timeframe=2Day", "invalid timeframe: 2Day"),
        ("&timeframe=day", "invalid timeframe: day"),
        (
            "&timeframe=1Day&adjustment=splits",
            "invalid adjustment: splits",
        ),
        ("&timeframe=1Day&adjustment=", "invalid adjustment: "),
        (
            "&timeframe=1Day&adjustment=split,split",
            "invalid adjustment: split,split",
        ),
        (
            "&timeframe=1Day&feed=delayed_sip",
            "invalid feed: delayed_sip",
        ),
        ("&timeframe=1Day&sort=up", "invalid sort: up"),
        (
            "&timeframe=1Day&currency=dollars",
            "invalid currency: dollars",
        ),
        ("&timeframe=1Day&asof=yesterday", "invalid asof: yesterday"),
    ] {
        let answer = asked(rest);
        assert_eq!((answer.0, message(&answer)), (400, text), "{rest}");
    }
}
