//! What holds for any text and for any strategy: reading never panics, writing back changes
//! nothing, shares are a whole, and the closes that a strategy says it needs are enough.

use std::collections::BTreeMap;

use crate::support::json::cases;
use crate::support::strategies::{closes_before, holding};
use alchemiser::strategy::{check, data_needs, evaluate, parse};
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

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
    let string =
        any::<String>().prop_map(|content| format!("\"{}\"", content.replace(['"', '\\'], "\\\\")));
    let free =
        prop_oneof![8 => pieces.prop_map(str::to_owned), 1 => any::<String>(), 1 => string.clone()];
    let bracketed = prop::collection::vec(
        prop_oneof![string, select(vec!["a", "1", ":k"]).prop_map(str::to_owned)],
        0..5,
    );
    prop_oneof![
        3 => prop::collection::vec(free, 0..40).prop_map(|parts| parts.concat()),
        1 => bracketed.prop_map(|parts| format!("[{}]", parts.join(" "))),
    ]
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
        let mut market = closes_before("2012-03-02".parse().expect("a date"));
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
