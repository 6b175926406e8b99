//! What holds for any text and for any strategy: reading never panics, writing back changes nothing, shares are a whole,
//! and the closes that a strategy says it needs are enough.

mod support;

use std::collections::BTreeMap;

use alchemiser::strategy::{check, data_needs, evaluate, parse};
use alchemiser_mocks::exchange::{Market, MarketSetup};
use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;
use support::json::cases;

const SYMBOLS: [&str; 6] = ["AAPL", "EDZ", "GOOG", "IBM", "MSFT", "NVDA"];

/// Closes of six years, of real and synthetic prices.
fn market() -> BTreeMap<String, Vec<Decimal>> {
    let day = |year| NaiveDate::from_ymd_opt(year, 3, 1).expect("a date");
    let market = Market::new(MarketSetup::default());
    let closes = |symbol: &str| market.adjusted_bars(symbol, day(2006), day(2012), day(2012)).into_iter().map(|bar| bar.close).collect();
    SYMBOLS.into_iter().map(|symbol| (symbol.to_owned(), closes(symbol))).collect()
}

/// Text in which much is a token.
fn text() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "\\",
        ";",
        ",",
        " ",
        "\n",
        ":window",
        ":",
        "if",
        "asset",
        "weight-equal",
        "filter",
        "rsi",
        ">",
        "-",
        "+",
        "0",
        "12",
        ".5",
        "1e9",
        "nil",
        "SPY",
        "\u{e9}",
        "\u{0}",
    ]);
    let string = any::<String>().prop_map(|content| format!("\"{}\"", content.replace(['"', '\\'], "\\\\")));
    let free = prop_oneof![8 => pieces.prop_map(str::to_owned), 1 => any::<String>(), 1 => string.clone()];
    let bracketed = prop::collection::vec(prop_oneof![string, select(vec!["a", "1", ":k"]).prop_map(str::to_owned)], 0..5);
    prop_oneof![
        3 => prop::collection::vec(free, 0..40).prop_map(|parts| parts.concat()),
        1 => bracketed.prop_map(|parts| format!("[{}]", parts.join(" "))),
    ]
}

fn asset() -> impl Strategy<Value = String> + Clone {
    select(SYMBOLS.to_vec()).prop_map(|symbol| format!("(asset \"{symbol}\")"))
}

/// An indicator that has returns, so that it can also rank groups, without its symbol.
fn measure() -> impl Strategy<Value = (&'static str, usize)> + Clone {
    let names = ["rsi", "moving-average-return", "cumulative-return", "stdev-return", "max-drawdown"];
    (select(names.to_vec()), 2..30_usize)
}

/// Something that can be held: an asset, or a tree of weights, branches, groups and filters.
fn holding() -> impl Strategy<Value = String> {
    asset().boxed().prop_recursive(3, 24, 3, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4).prop_map(|items| format!("[{}]", items.join(" "))).boxed();
        let priced = select(vec!["moving-average-price", "exponential-moving-average-price", "stdev-return", "rsi"]);
        let side = (priced, select(SYMBOLS.to_vec()), 2..40_usize)
            .prop_map(|(name, symbol, window)| format!("({name} \"{symbol}\" {{:window {window}}})"));
        let condition =
            (select(vec![">", "<", ">=", "<="]), side.clone(), side).prop_map(|(sign, left, right)| format!("({sign} {left} {right})"));
        let selection =
            (any::<bool>(), 1..3_usize).prop_map(|(top, count)| format!("(select-{} {count})", if top { "top" } else { "bottom" }));
        let weighed = prop::collection::vec((1..100_u32, inner.clone()), 1..4)
            .prop_map(|pairs| pairs.iter().map(|(weight, item)| format!("{weight} {item}")).collect::<Vec<_>>().join(" "));
        prop_oneof![
            list.clone().prop_map(|list| format!("(weight-equal {list})")),
            weighed.prop_map(|pairs| format!("(weight-specified {pairs})")),
            (2..30_usize, list.clone()).prop_map(|(window, list)| format!("(weight-inverse-volatility {window} {list})")),
            (condition, inner.clone(), inner).prop_map(|(condition, then, otherwise)| format!("(if {condition} {then} {otherwise})")),
            ("[a-z]{1,6}", list.clone()).prop_map(|(name, list)| format!("(group \"{name}\" (weight-equal {list}))")),
            (measure(), selection, list).prop_map(|((name, window), selection, list)| {
                format!("(weight-equal (filter ({name} {{:window {window}}}) {selection} {list}))")
            }),
        ]
    })
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn any_text_is_read_or_refused(text in text()) {
        if let Ok(expression) = parse(&text) {
            let _ = check(&expression);
            let _ = data_needs(&expression);
            let _ = evaluate(&expression, &BTreeMap::new());
            let written = expression.to_string();
            let again = parse(&written);
            prop_assert_eq!(again.map(|again| again.to_string()), Ok(written));
        }
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_strategy_gives_a_whole_and_the_closes_it_asks_for_are_enough(source in holding()) {
        let expression = parse(&source).expect("a strategy");
        prop_assert_eq!(check(&expression), Ok(()));
        let mut market = market();
        let needs = data_needs(&expression);
        market.retain(|symbol, closes| {
            let bars = needs.get(symbol).copied().unwrap_or_default();
            closes.drain(..closes.len().saturating_sub(bars));
            bars > 0
        });
        let evaluation = evaluate(&expression, &market);
        let evaluation = evaluation.map_err(|error| TestCaseError::fail(format!("{error}: {source}")))?;
        prop_assert_eq!(&evaluation.warnings.iter().filter(|warning| !warning.contains("scaled")).collect::<Vec<_>>(), &Vec::<&String>::new());
        prop_assert_eq!(evaluation.allocation.values().sum::<Decimal>(), Decimal::ONE);
        prop_assert!(evaluation.allocation.values().all(|share| (Decimal::ZERO..=Decimal::ONE).contains(share)));
        prop_assert_eq!(evaluate(&expression, &market), Ok(evaluation));
    }
}
