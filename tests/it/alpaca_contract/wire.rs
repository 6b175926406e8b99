//! Against a server that answers from a script: every letter that goes out, and what is made of
//! every answer.

use std::time::Duration;

use alchemiser::alpaca::{Alpaca, AlpacaError, NewOrder, Order, Side};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::time::Instant;
use wiremock::matchers::{any, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{accepted, decimal, order};
use crate::support::socket::{SkippingWaits, alpaca};

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn symbols(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn client(http: &SkippingWaits, server: &MockServer) -> Alpaca {
    alpaca(http.clone(), &server.uri(), "secret")
}

/// A server that answers everything with this.
async fn answering(status: u16, body: impl Into<Vec<u8>>) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_raw(body, "application/json");
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn asked(server: &MockServer) -> Vec<Request> {
    server
        .received_requests()
        .await
        .expect("requests are recorded")
}

/// Method, path and query of everything that was asked.
async fn targets(server: &MockServer) -> Vec<String> {
    let target = |request: &Request| {
        let query = request
            .url
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        format!("{} {}{query}", request.method, request.url.path())
    };
    asked(server).await.iter().map(target).collect()
}

#[tokio::test]
async fn each_call_has_its_path_its_query_and_the_keys() {
    let http = SkippingWaits::new();
    let server = answering(404, "{}").await;
    let alpaca = client(&http, &server);
    let (start, end) = (date("2024-10-10"), date("2025-10-10"));
    let pair = symbols(&["BRK.B", "A/B"]);
    let refusals = [
        alpaca.account().await.err(),
        alpaca.positions().await.err(),
        alpaca.asset("A/B").await.err(),
        alpaca.calendar(end, end).await.err(),
        alpaca.latest_quotes(&pair).await.err(),
        alpaca.daily_bars(&pair, start, end).await.err(),
        alpaca.portfolio_history("3M").await.err(),
        alpaca.post_order(&order("1", "2")).await.err(),
        alpaca.order("904837e3").await.err(),
        alpaca.cancel_order("904837e3").await.err(),
    ];
    for refusal in refusals {
        assert!(
            matches!(refusal, Some(AlpacaError::Refused { status: 404, .. })),
            "{refusal:?}"
        );
    }
    assert_eq!(alpaca.order_by_client_id("alch-NVDA buy&0").await, Ok(None));
    let expected = [
        "GET /v2/account",
        "GET /v2/positions",
        "GET /v2/assets/A%2FB",
        "GET /v2/calendar?start=2025-10-10&end=2025-10-10",
        "GET /v2/stocks/quotes/latest?symbols=BRK.B%2CA%2FB",
        "GET /v2/stocks/bars?symbols=BRK.B%2CA%2FB&timeframe=1Day&start=2024-10-10&end=2025-10-10&limit=10000&adjustment=all&sort=asc",
        "GET /v2/account/portfolio/history?period=3M&timeframe=1D",
        "POST /v2/orders",
        "GET /v2/orders/904837e3",
        "DELETE /v2/orders/904837e3",
        "GET /v2/orders:by_client_order_id?client_order_id=alch-NVDA%20buy%260",
    ];
    assert_eq!(targets(&server).await, expected);
    for request in asked(&server).await {
        let header = |name: &str| {
            request
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        assert_eq!(header("APCA-API-KEY-ID"), Some("PKTEST"), "{}", request.url);
        assert_eq!(
            header("APCA-API-SECRET-KEY"),
            Some("secret"),
            "{}",
            request.url
        );
        assert_eq!(
            (header("accept"), header("content-type")),
            (Some("application/json"), Some("application/json")),
            "{}",
            request.url
        );
        assert_eq!(
            request.body.is_empty(),
            request.method != "POST",
            "{}",
            request.url
        );
    }
}

#[tokio::test]
async fn an_order_is_exact_text() {
    let http = SkippingWaits::new();
    let server = answering(200, accepted().to_string()).await;
    let alpaca = client(&http, &server);
    let amounts = [
        ("1.50", "187.10"),
        ("0.000000001", "0.0001"),
        ("12345678901234567890.123456789", "99999.99"),
        ("7", "100"),
    ];
    for (qty, price) in amounts {
        alpaca
            .post_order(&order(qty, price))
            .await
            .expect("accepted");
    }
    alpaca
        .post_order(&NewOrder {
            side: Side::Sell,
            ..order("1", "2")
        })
        .await
        .expect("accepted");
    let texts: Vec<String> = asked(&server)
        .await
        .into_iter()
        .map(|request| String::from_utf8(request.body).expect("text"))
        .collect();
    let text = |qty: &str, side: &str, price: &str| {
        format!(
            r#"{{"symbol":"NVDA","qty":"{qty}","side":"{side}","type":"limit","time_in_force":"day","limit_price":"{price}","client_order_id":"alch-NVDA-buy-0-1"}}"#
        )
    };
    let mut expected: Vec<String> = amounts
        .iter()
        .map(|(qty, price)| text(qty, "buy", price))
        .collect();
    expected.push(text("1", "sell", "2"));
    assert_eq!(texts, expected);
}

#[tokio::test]
async fn an_order_is_read_to_the_last_digit() {
    let http = SkippingWaits::new();
    let mut filled = accepted();
    filled["status"] = json!("filled");
    filled["filled_qty"] = json!("1.500000001");
    filled["filled_avg_price"] = json!("187.0999999999");
    filled["filled_at"] = json!("2025-10-10T13:35:00.123456789Z");
    let read = any_order(&http, &answering(200, filled.to_string()).await).await;
    assert_eq!(
        (read.qty, read.filled_qty),
        (decimal("1.50"), decimal("1.500000001"))
    );
    assert_eq!(read.filled_avg_price, Some(decimal("187.0999999999")));
    assert_eq!(
        read.filled_at.map(|at| at.timestamp_subsec_nanos()),
        Some(123_456_789)
    );
    assert!(read.status.is_filled() && read.status.is_terminal());
    let fresh = any_order(&http, &answering(200, accepted().to_string()).await).await;
    assert_eq!(
        (
            fresh.filled_avg_price,
            fresh.filled_at,
            fresh.status.is_terminal()
        ),
        (None, None, false)
    );
}

async fn any_order(http: &SkippingWaits, server: &MockServer) -> Order {
    client(http, server)
        .order("904837e3")
        .await
        .expect("an order")
}

#[tokio::test]
async fn only_what_ends_the_orders_day_is_final() {
    let http = SkippingWaits::new();
    for (status, is_terminal) in [
        ("new", false),
        ("accepted", false),
        ("pending_new", false),
        ("partially_filled", false),
        ("pending_cancel", false),
        ("pending_replace", false),
        ("held", false),
        ("suspended", false),
        ("calculated", true),
        ("a word of tomorrow", false),
        ("filled", true),
        ("canceled", true),
        ("expired", true),
        ("rejected", true),
        ("replaced", true),
        ("done_for_day", true),
    ] {
        let mut answer = accepted();
        answer["status"] = json!(status);
        let read = any_order(&http, &answering(200, answer.to_string()).await).await;
        assert_eq!(
            (read.status.as_str(), read.status.is_terminal()),
            (status, is_terminal)
        );
    }
}

#[tokio::test]
async fn prices_are_read_exactly_whether_text_or_number() {
    let http = SkippingWaits::new();
    let quotes = r#"{"quotes":{"NVDA":{"t":"2025-10-10T13:35:00Z","bp":187.1,"ap":187.12,"bs":1},"X":{"t":"2025-10-10T13:35:00Z","bp":0,"ap":"0.0101"}}}"#;
    let read = client(&http, &answering(200, quotes).await)
        .latest_quotes(&symbols(&["NVDA", "X", "Y"]))
        .await
        .expect("quotes");
    assert_eq!(
        read.keys().collect::<Vec<_>>(),
        ["NVDA", "X"],
        "a symbol without a quote is absent"
    );
    assert_eq!(
        (read["NVDA"].bid, read["NVDA"].ask),
        (decimal("187.1"), decimal("187.12"))
    );
    assert_eq!(
        (read["X"].bid, read["X"].ask),
        (Decimal::ZERO, decimal("0.0101"))
    );
    let account = r#"{"account_number":"PA1","cash":"-12.345","buying_power":"50000","portfolio_value":"100000.01","trading_blocked":true}"#;
    let read = client(&http, &answering(200, account).await)
        .account()
        .await
        .expect("an account");
    assert_eq!(
        (read.cash, read.portfolio_value, read.trading_blocked),
        (decimal("-12.345"), decimal("100000.01"), true)
    );
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_names_the_field_and_is_not_asked_for_again() {
    let http = SkippingWaits::new();
    for (body, words) in [
        (
            r#"{"account_number":"PA1","cash":"ten"}"#,
            "cash: \"ten\" is not a decimal",
        ),
        (r#"{"cash":"1"}"#, "missing field `account_number`"),
        ("<html>down for maintenance</html>", "expected value"),
        ("", "EOF"),
    ] {
        let server = answering(200, body).await;
        let error = client(&http, &server)
            .account()
            .await
            .expect_err("unreadable");
        assert!(
            matches!(&error, AlpacaError::Unreadable(text) if text.contains(words)),
            "{error}"
        );
        assert!(
            error.is_outcome_unknown() && !error.is_transient(),
            "{error}"
        );
        assert_eq!(asked(&server).await.len(), 1);
    }
}

fn refused(status: u16, code: Option<i64>, message: &str) -> AlpacaError {
    AlpacaError::Refused {
        status,
        code,
        message: message.to_owned(),
    }
}

fn unavailable(status: u16, message: &str) -> AlpacaError {
    AlpacaError::Unavailable {
        status,
        message: message.to_owned(),
    }
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
#[tokio::test]
async fn errors_are_told_apart_by_their_status_and_never_by_their_words() {
    let http = SkippingWaits::new();
    let limited = AlpacaError::RateLimited {
        message: "too many requests".to_owned(),
    };
    let html = "<html><body>504 Gateway Time-out</body></html>";
    // status, body, error, transient, outcome unknown, duplicate
    let table = [
        (
            400,
            r#"{"code":40010001,"message":"bad request"}"#,
            refused(400, Some(40_010_001), "bad request"),
            [false; 3],
        ),
        (
            401,
            r#"{"message":"forbidden."}"#,
            refused(401, None, "forbidden."),
            [false; 3],
        ),
        (
            403,
            r#"{"code":40310000,"message":"insufficient buying power","buying_power":"1"}"#,
            refused(403, Some(40_310_000), "insufficient buying power"),
            [false; 3],
        ),
        (
            403,
            "Forbidden",
            refused(403, None, "Forbidden"),
            [false; 3],
        ),
        (
            404,
            r#"{"code":40410000,"message":"order not found"}"#,
            refused(404, Some(40_410_000), "order not found"),
            [false; 3],
        ),
        (
            422,
            r#"{"code":42210000,"message":"order is already in \"filled\" state"}"#,
            refused(
                422,
                Some(42_210_000),
                "order is already in \"filled\" state",
            ),
            [false; 3],
        ),
        (
            422,
            r#"{"code":42210000,"message":"price 502.11 invalid"}"#,
            refused(422, Some(42_210_000), "price 502.11 invalid"),
            [false; 3],
        ),
        (
            422,
            r#"{"code":40010001,"message":"client_order_id must be unique"}"#,
            refused(422, Some(40_010_001), "client_order_id must be unique"),
            [false, false, true],
        ),
        (
            403,
            r#"{"code":40310000,"message":"client_order_id must be unique"}"#,
            refused(403, Some(40_310_000), "client_order_id must be unique"),
            [false; 3],
        ),
        (
            429,
            r#"{"code":42910000,"message":"too many requests"}"#,
            limited,
            [true, false, false],
        ),
        (
            500,
            r#"{"code":50010000,"message":"internal server error"}"#,
            unavailable(500, "internal server error"),
            [true, true, false],
        ),
        (502, html, unavailable(502, html), [true, true, false]),
        (503, "", unavailable(503, ""), [true, true, false]),
        (
            504,
            r#"{"message":"timeout"}"#,
            unavailable(504, "timeout"),
            [true, true, false],
        ),
    ];
    for (status, body, expected, flags) in table {
        let server = answering(status, body).await;
        let error = client(&http, &server)
            .post_order(&order("1", "2"))
            .await
            .expect_err("an error");
        assert_eq!(error, expected);
        assert_eq!(
            [
                error.is_transient(),
                error.is_outcome_unknown(),
                error.is_duplicate_client_order_id()
            ],
            flags,
            "{error}"
        );
        let deletion = client(&http, &server).cancel_order("904837e3").await;
        assert_eq!(deletion, Err(expected));
        assert_eq!(
            targets(&server).await,
            ["POST /v2/orders", "DELETE /v2/orders/904837e3"],
            "a write is never repeated"
        );
    }
}

#[tokio::test]
async fn a_read_is_repeated_with_growing_pauses_four_times_in_all() {
    let http = SkippingWaits::new();
    for status in [429, 500, 502, 503, 504] {
        let server = answering(status, "{}").await;
        let alpaca = client(&http, &server);
        let begin = Instant::now();
        let error = alpaca.account().await.expect_err("never");
        assert!(error.is_transient(), "{error}");
        assert_eq!(asked(&server).await.len(), 4, "{status}");
        let waited = begin.elapsed();
        assert!(
            waited >= Duration::from_millis(3_500) && waited < Duration::from_millis(6_000),
            "{status}: {waited:?}"
        );
    }
    for status in [400, 401, 403, 404, 422] {
        let server = answering(status, "{}").await;
        client(&http, &server).account().await.expect_err("refused");
        assert_eq!(asked(&server).await.len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_read_succeeds_as_soon_as_the_broker_recovers() {
    let http = SkippingWaits::new();
    let server = MockServer::start().await;
    for status in [429, 503] {
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(status))
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    Mock::given(path("/v2/positions"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!([{"symbol": "X", "qty": "-1.5"}])),
        )
        .mount(&server)
        .await;
    let positions = client(&http, &server)
        .positions()
        .await
        .expect("the third try");
    assert_eq!(
        (positions[0].qty, positions[0].qty_available),
        (decimal("-1.5"), None)
    );
    assert_eq!(asked(&server).await.len(), 3);
}

#[tokio::test]
async fn all_pages_of_bars_are_read() {
    let http = SkippingWaits::new();
    let server = MockServer::start().await;
    let bar = |day: u32, close: f64| json!({"t": format!("2025-10-{day:02}T04:00:00Z"), "o": 1, "h": 1, "l": 1, "c": close, "v": 1});
    let last = json!({"bars": {"A": [bar(9, 1.1)], "B": [bar(9, 20.05)]}, "next_page_token": null});
    let first = json!({"bars": {"A": [bar(8, 1.0)]}, "next_page_token": "a|b="});
    let page = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    Mock::given(query_param("page_token", "a|b="))
        .respond_with(page(last))
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(page(first))
        .mount(&server)
        .await;
    let bars = client(&http, &server)
        .daily_bars(
            &symbols(&["A", "B"]),
            date("2025-10-01"),
            date("2025-10-10"),
        )
        .await
        .expect("bars");
    let closes = |symbol: &str| {
        bars[symbol]
            .iter()
            .map(|bar| bar.close.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (closes("A"), closes("B")),
        (
            vec!["1.0".to_owned(), "1.1".to_owned()],
            vec!["20.05".to_owned()]
        )
    );
    assert!(targets(&server).await[1].ends_with("&page_token=a%7Cb%3D"));
}

#[tokio::test]
async fn many_symbols_are_asked_for_a_hundred_at_a_time() {
    let http = SkippingWaits::new();
    let server = answering(200, r#"{"quotes":{},"bars":null,"next_page_token":null}"#).await;
    let alpaca = client(&http, &server);
    let names: Vec<String> = (0..201).map(|number| format!("S{number}")).collect();
    alpaca.latest_quotes(&names).await.expect("quotes");
    alpaca
        .daily_bars(&names, date("2025-10-01"), date("2025-10-10"))
        .await
        .expect("bars");
    let counts: Vec<usize> = targets(&server)
        .await
        .iter()
        .map(|target| target.matches('S').count())
        .collect();
    assert_eq!(counts, [100, 100, 1, 100, 100, 1]);
}
