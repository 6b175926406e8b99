//! Against the exchange of the harness on a socket: both sides understand each other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alchemiser::alpaca::{Alpaca, AlpacaError, NewOrder, Side};
use alchemiser::clock::Clock;
use alchemiser::id::ClientOrderId;
use alchemiser_mocks::exchange::{
    AssetSetup, Exchange, ExchangeServer, ExchangeSetup, Knobs, MarketSetup, Series,
};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use tokio::time::Instant;

use super::{decimal, order};
use crate::support::opening;
use crate::support::socket::{SkippingWaits, alpaca, alpaca_at};

/// The exchange, its clock, and a client of it.
struct Trading {
    server: ExchangeServer,
    now: Arc<Mutex<DateTime<Utc>>>,
    http: SkippingWaits,
    alpaca: Alpaca,
}

impl Trading {
    async fn begin(setup: ExchangeSetup) -> Self {
        let now = Arc::new(Mutex::new(opening()));
        let clock = Arc::clone(&now);
        let exchange = Arc::new(Mutex::new(Exchange::new(setup)));
        let server = ExchangeServer::start(exchange, move || {
            *clock.lock().unwrap_or_else(PoisonError::into_inner)
        })
        .await;
        let http = SkippingWaits::new();
        let alpaca = alpaca(http.clone(), &server.uri(), "secret");
        Self {
            server,
            now,
            http,
            alpaca,
        }
    }

    /// A client whose clock is the exchange's.
    fn at_its_time(&self) -> Alpaca {
        alpaca_at(
            Arc::new(Shared(Arc::clone(&self.now))),
            self.http.clone(),
            &self.server.uri(),
            "secret",
        )
    }

    fn pass(&self, seconds: i64) {
        *self.now.lock().expect("a clock") += TimeDelta::seconds(seconds);
    }

    fn orders(&self) -> usize {
        self.server
            .exchange()
            .lock()
            .expect("an exchange")
            .orders()
            .len()
    }
}

/// A clock that a test moves.
#[derive(Debug)]
struct Shared(Arc<Mutex<DateTime<Utc>>>);

impl Clock for Shared {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("a clock")
    }
}

/// NVDA costs 187.10 dollars whatever happens; of BRK.A only whole shares are traded; 2.5 shares of
/// MSFT are held.
fn setup() -> ExchangeSetup {
    let series = |symbol: &str, price: &str| (symbol.to_owned(), Series::Price(decimal(price)));
    ExchangeSetup {
        market: MarketSetup {
            series: BTreeMap::from([
                series("NVDA", "187.10"),
                series("BRK.A", "700000"),
                series("MSFT", "400"),
            ]),
            ..MarketSetup::default()
        },
        assets: BTreeMap::from([(
            "BRK.A".to_owned(),
            AssetSetup {
                fractionable: false,
                ..AssetSetup::default()
            },
        )]),
        positions: BTreeMap::from([("MSFT".to_owned(), decimal("2.5").into())]),
        ..ExchangeSetup::default()
    }
}

fn named(id: &str, order: NewOrder) -> NewOrder {
    NewOrder {
        client_order_id: ClientOrderId::new(id),
        ..order
    }
}

fn of(symbol: &str, order: NewOrder) -> NewOrder {
    NewOrder {
        symbol: symbol.to_owned(),
        ..order
    }
}

#[tokio::test]
async fn account_positions_and_assets_are_understood() {
    let trading = Trading::begin(setup()).await;
    let account = trading.alpaca.account().await.expect("an account");
    assert_eq!(
        (
            account.cash,
            account.portfolio_value,
            account.trading_blocked
        ),
        (decimal("100000"), decimal("101000"), false)
    );
    assert!(account.buying_power >= account.cash, "{account:?}");
    let positions = trading.alpaca.positions().await.expect("positions");
    let [position] = positions.as_slice() else {
        panic!("{positions:?}")
    };
    assert_eq!(
        (
            position.symbol.as_str(),
            position.qty,
            position.qty_available
        ),
        ("MSFT", decimal("2.5"), Some(decimal("2.5")))
    );
    for (symbol, fractionable) in [("NVDA", true), ("BRK.A", false)] {
        let asset = trading.alpaca.asset(symbol).await.expect("an asset");
        assert_eq!(
            (asset.symbol.as_str(), asset.fractionable, asset.tradable),
            (symbol, fractionable, true)
        );
    }
}

#[tokio::test]
async fn the_calendar_the_quotes_and_the_bars_are_understood() {
    let trading = Trading::begin(setup()).await;
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").expect("a time of day");
    for (date, hours) in [
        ("2025-10-10", Some((time("09:30"), time("16:00")))),
        ("2025-11-28", Some((time("09:30"), time("13:00")))),
        ("2025-10-11", None),
        ("2025-12-25", None),
    ] {
        let date = date.parse().expect("a date");
        let days = trading
            .alpaca
            .calendar(date, date)
            .await
            .expect("a calendar");
        assert_eq!(
            days.first().map(|day| (day.open, day.close)),
            hours,
            "{date}"
        );
    }
    let symbols = ["NVDA".to_owned(), "MSFT".to_owned()];
    let quotes = trading
        .alpaca
        .latest_quotes(&symbols)
        .await
        .expect("quotes");
    assert!(
        quotes["NVDA"].bid <= decimal("187.10") && decimal("187.10") <= quotes["NVDA"].ask,
        "{quotes:?}"
    );
    assert!(
        quotes["NVDA"].at <= opening() && opening() - quotes["NVDA"].at < TimeDelta::minutes(1),
        "{quotes:?}"
    );
    let today = opening().date_naive();
    let bars = trading
        .alpaca
        .daily_bars(&symbols, today - TimeDelta::days(4), today)
        .await
        .expect("bars");
    let nvda: Vec<(String, Decimal)> = bars["NVDA"]
        .iter()
        .map(|bar| (bar.date.to_string(), bar.close))
        .collect();
    let price = decimal("187.1");
    let expected = ["2025-10-06", "2025-10-07", "2025-10-08", "2025-10-09"]
        .map(|date| (date.to_owned(), price));
    assert_eq!(
        nvda, expected,
        "today's bar is not there before the session has ended"
    );
}

#[tokio::test]
async fn an_order_is_placed_found_and_filled_under_its_own_id() {
    let trading = Trading::begin(setup()).await;
    let alpaca = &trading.alpaca;
    let wanted = named("alch-NVDA-buy-0-a", order("1.234567891", "190.05"));
    assert_eq!(
        alpaca.order_by_client_id("alch-NVDA-buy-0-a").await,
        Ok(None)
    );
    let placed = alpaca.post_order(&wanted).await.expect("accepted");
    assert_eq!(
        (placed.client_order_id.as_str(), placed.qty, placed.side),
        ("alch-NVDA-buy-0-a", wanted.qty, Side::Buy)
    );
    assert_eq!(
        (
            placed.filled_qty,
            placed.filled_avg_price,
            placed.status.is_terminal()
        ),
        (Decimal::ZERO, None, false)
    );
    trading.pass(60);
    let found = alpaca
        .order_by_client_id("alch-NVDA-buy-0-a")
        .await
        .expect("an answer")
        .expect("the order");
    assert_eq!(alpaca.order(&placed.id).await, Ok(found.clone()));
    assert!(
        found.status.is_filled() && found.filled_qty == wanted.qty,
        "{found:?}"
    );
    assert!(
        found
            .filled_avg_price
            .is_some_and(|price| price <= decimal("190.05") && price > decimal("180")),
        "{found:?}"
    );
    assert!(
        found.filled_at.is_some_and(|at| at > opening()),
        "{found:?}"
    );
    let positions = alpaca.positions().await.expect("positions");
    assert!(
        positions
            .iter()
            .any(|position| position.symbol == "NVDA" && position.qty == wanted.qty),
        "{positions:?}"
    );
    let again = alpaca
        .post_order(&wanted)
        .await
        .expect_err("one order an id");
    assert!(
        again.is_duplicate_client_order_id() && !again.is_outcome_unknown(),
        "{again}"
    );
    assert_eq!(trading.orders(), 1);
}

#[tokio::test]
async fn an_order_is_cancelled_once() {
    let trading = Trading::begin(setup()).await;
    let resting = trading
        .alpaca
        .post_order(&order("1", "100"))
        .await
        .expect("accepted");
    trading.pass(10);
    assert_eq!(trading.alpaca.cancel_order(&resting.id).await, Ok(()));
    trading.pass(60);
    let cancelled = trading.alpaca.order(&resting.id).await.expect("the order");
    assert_eq!(
        (
            cancelled.status.as_str(),
            cancelled.status.is_terminal(),
            cancelled.filled_qty
        ),
        ("canceled", true, Decimal::ZERO)
    );
    let again = trading
        .alpaca
        .cancel_order(&resting.id)
        .await
        .expect_err("nothing is left to cancel");
    assert!(
        matches!(
            again,
            AlpacaError::Refused {
                status: 422,
                code: Some(42_210_000),
                ..
            }
        ),
        "{again}"
    );
}

#[tokio::test]
async fn what_the_exchange_refuses_is_refused_with_its_status_and_code() {
    let trading = Trading::begin(setup()).await;
    for (name, wanted, expected) in [
        (
            "more than the cash buys",
            order("100000", "187.10"),
            (403, Some(40_310_000)),
        ),
        (
            "a part of a whole share",
            of("BRK.A", order("0.1", "700000")),
            (403, Some(40_310_000)),
        ),
        (
            "more than is held",
            of(
                "MSFT",
                NewOrder {
                    side: Side::Sell,
                    ..order("3", "400")
                },
            ),
            (403, Some(40_310_000)),
        ),
        (
            "less than a dollar",
            order("0.001", "187.10"),
            (403, Some(40_310_000)),
        ),
        (
            "a part of a cent",
            order("1", "187.101"),
            (422, Some(42_210_000)),
        ),
        (
            "no share at all",
            order("0", "187.10"),
            (422, Some(40_010_001)),
        ),
    ] {
        match trading.alpaca.post_order(&wanted).await {
            Err(AlpacaError::Refused { status, code, .. }) => {
                assert_eq!((status, code), expected, "{name}")
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    let unknown = trading
        .alpaca
        .order("904837e3-3b76-47ec-b432-046db621571b")
        .await;
    assert!(
        matches!(
            unknown,
            Err(AlpacaError::Refused {
                status: 404,
                code: Some(40_410_000),
                ..
            })
        ),
        "{unknown:?}"
    );
    assert_eq!(trading.orders(), 0);
}

#[tokio::test]
async fn a_wrong_secret_is_refused_by_both_apis() {
    let trading = Trading::begin(setup()).await;
    let stranger = alpaca(trading.http.clone(), &trading.server.uri(), "wrong");
    let account = stranger.account().await;
    assert!(
        matches!(account, Err(AlpacaError::Refused { status: 401, .. })),
        "{account:?}"
    );
    let quotes = stranger.latest_quotes(&["NVDA".to_owned()]).await;
    assert!(
        matches!(
            quotes,
            Err(AlpacaError::Refused {
                status: 403,
                code: None,
                ..
            })
        ),
        "{quotes:?}"
    );
}

#[tokio::test]
async fn an_order_beyond_the_rate_limit_is_not_placed_and_a_later_one_is() {
    let knobs = Knobs {
        requests_per_minute: 2,
        ..Knobs::default()
    };
    let trading = Trading::begin(ExchangeSetup { knobs, ..setup() }).await;
    for id in ["first", "second"] {
        trading
            .alpaca
            .post_order(&named(id, order("1", "100")))
            .await
            .expect("accepted");
    }
    let third = named("third", order("1", "100"));
    let error = trading
        .alpaca
        .post_order(&third)
        .await
        .expect_err("too many");
    assert!(
        matches!(error, AlpacaError::RateLimited { .. }) && !error.is_outcome_unknown(),
        "{error}"
    );
    assert_eq!(trading.orders(), 2);
    trading.pass(61);
    trading.alpaca.post_order(&third).await.expect("accepted");
    assert_eq!(trading.orders(), 3);
}

#[tokio::test]
async fn what_the_broker_tells_of_its_rate_limit_is_waited_for_before_an_order_is_sent() {
    let knobs = Knobs {
        requests_per_minute: 2,
        ..Knobs::default()
    };
    let trading = Trading::begin(ExchangeSetup { knobs, ..setup() }).await;
    let alpaca = trading.at_its_time();
    // Another client of the account takes the one that would be left.
    trading.alpaca.account().await.expect("an account");
    trading.pass(20);
    alpaca
        .post_order(&named("first", order("1", "100")))
        .await
        .expect("accepted");
    let begin = Instant::now();
    trading.pass(40);
    alpaca
        .post_order(&named("second", order("1", "100")))
        .await
        .expect("accepted");
    let waited = begin.elapsed();
    assert!(
        waited >= Duration::from_secs(39) && waited < Duration::from_secs(42),
        "{waited:?}"
    );
    assert_eq!(trading.orders(), 2, "neither was refused");
}
