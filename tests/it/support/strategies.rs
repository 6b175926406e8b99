//! Real prices, and strategies of a small grammar that decide on them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use alchemiser_mocks::exchange::{Market, MarketSetup, calendar};
use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

/// Four with real prices, two with synthetic ones.
pub const SYMBOLS: [&str; 6] = ["AAPL", "EDZ", "GOOG", "IBM", "MSFT", "NVDA"];

/// Closes by symbol, oldest first.
pub type Closes = BTreeMap<String, Vec<Decimal>>;

/// The closes of the six years before that day, as the signal step reads them on its morning.
pub fn closes_before(day: NaiveDate) -> Closes {
    static KNOWN: Mutex<BTreeMap<NaiveDate, Closes>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(day).or_insert_with(|| read_before(day)).clone()
}

fn read_before(day: NaiveDate) -> Closes {
    let last = calendar::previous_trading_day(day);
    let first = last - chrono::Days::new(6 * 365);
    let market = Market::new(MarketSetup::default());
    let closes = |symbol: &str| {
        market
            .adjusted_bars(symbol, first, last, last)
            .into_iter()
            .map(|bar| bar.close)
            .collect()
    };
    SYMBOLS
        .into_iter()
        .map(|symbol| (symbol.to_owned(), closes(symbol)))
        .collect()
}

/// A quiet day, two in crashes, the day after a flash crash, and the days after holidays, splits
/// and a hurricane.
pub fn days() -> Vec<NaiveDate> {
    [
        "2005-02-28",
        "2008-10-10",
        "2009-03-09",
        "2010-05-07",
        "2012-01-03",
        "2012-03-14",
        "2012-10-31",
    ]
    .map(|day| day.parse().expect("a date"))
    .to_vec()
}

fn asset() -> impl Strategy<Value = String> + Clone {
    select(SYMBOLS.to_vec()).prop_map(|symbol| format!("(asset \"{symbol}\")"))
}

/// A comparison of two indicators of symbols; their windows are short, or so long that they need
/// more than the least.
fn condition() -> impl Strategy<Value = String> + Clone {
    let names = select(vec![
        "rsi",
        "moving-average-price",
        "exponential-moving-average-price",
        "moving-average-return",
        "cumulative-return",
        "stdev-return",
        "max-drawdown",
    ]);
    let window = prop_oneof![3 => 2..40_usize, 1 => 60..250_usize];
    let side = (names, select(SYMBOLS.to_vec()), window)
        .prop_map(|(name, symbol, window)| format!("({name} \"{symbol}\" {{:window {window}}})"));
    let level = (20..80_u32).prop_map(|level| level.to_string());
    let left = prop_oneof![3 => side.clone(), 1 => select(SYMBOLS.to_vec()).prop_map(|symbol| format!("(current-price \"{symbol}\")"))];
    (
        select(vec![">", "<", ">=", "<="]),
        left,
        prop_oneof![2 => side, 1 => level],
    )
        .prop_map(|(sign, left, right)| format!("({sign} {left} {right})"))
}

fn selection() -> impl Strategy<Value = String> + Clone {
    (any::<bool>(), 1..3_usize)
        .prop_map(|(top, count)| format!("(select-{} {count})", if top { "top" } else { "bottom" }))
}

/// A list of one to three.
fn list(items: impl Strategy<Value = String> + Clone + 'static) -> BoxedStrategy<String> {
    prop::collection::vec(items, 1..4)
        .prop_map(|items| format!("[{}]", items.join(" ")))
        .boxed()
}

/// One to three pairs of weight and item.
fn pairs(items: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = String> {
    prop::collection::vec((1..100_u32, items), 1..4).prop_map(|pairs| {
        pairs
            .iter()
            .map(|(weight, item)| format!("{weight} {item}"))
            .collect::<Vec<_>>()
            .join(" ")
    })
}

/// Something that can be held: an asset, or a tree of weights, branches, groups and filters, which
/// may rank groups by what they would have earned.
pub fn holding() -> impl Strategy<Value = String> {
    let measure = (
        select(vec![
            "rsi",
            "moving-average-return",
            "cumulative-return",
            "stdev-return",
            "max-drawdown",
        ]),
        2..30_usize,
    );
    asset().boxed().prop_recursive(3, 24, 3, move |inner| {
        prop_oneof![
            list(inner.clone()).prop_map(|list| format!("(weight-equal {list})")),
            pairs(inner.clone()).prop_map(|pairs| format!("(weight-specified {pairs})")),
            (2..30_usize, list(inner.clone()))
                .prop_map(|(window, list)| format!("(weight-inverse-volatility {window} {list})")),
            (condition(), inner.clone(), inner.clone()).prop_map(
                |(condition, then, otherwise)| format!("(if {condition} {then} {otherwise})")
            ),
            ("[a-z]{1,6}", list(inner.clone()))
                .prop_map(|(name, list)| format!("(group \"{name}\" (weight-equal {list}))")),
            (measure.clone(), selection(), list(inner)).prop_map(
                |((name, window), selection, list)| {
                    format!(
                        "(weight-equal (filter ({name} {{:window {window}}}) {selection} {list}))"
                    )
                }
            ),
        ]
    })
}

/// Something that can be held and whose filters choose among symbols, by numbers that two symbols
/// hardly share.
pub fn holding_without_ties() -> impl Strategy<Value = String> {
    let measure = (
        select(vec![
            "moving-average-return",
            "cumulative-return",
            "stdev-return",
        ]),
        2..90_usize,
    );
    asset().boxed().prop_recursive(3, 24, 3, move |inner| {
        prop_oneof![
            list(inner.clone()).prop_map(|list| format!("(weight-equal {list})")),
            pairs(inner.clone()).prop_map(|pairs| format!("(weight-specified {pairs})")),
            (2..30_usize, list(asset()))
                .prop_map(|(window, list)| format!("(weight-inverse-volatility {window} {list})")),
            (condition(), inner.clone(), inner).prop_map(|(condition, then, otherwise)| format!(
                "(if {condition} {then} {otherwise})"
            )),
            (measure.clone(), selection(), list(asset())).prop_map(
                |((name, window), selection, list)| {
                    format!(
                        "(weight-equal (filter ({name} {{:window {window}}}) {selection} {list}))"
                    )
                }
            ),
        ]
    })
}
