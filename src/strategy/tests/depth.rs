//! Real strategies nest 220 levels deep; the deepest that can be read must not overflow a thread's
//! default stack of 2 MB, also in a build without optimisation.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::super::{NESTING_MAX, check, data_needs, evaluate, parse};
use super::market;

/// Three quarters of what a thread has by default, so that its caller has room as well.
const STACK_BYTES: usize = 1536 * 1024;

/// The middle inside as many pairs of open and close as can be read, with room for five levels
/// more.
fn nested(open: &str, middle: &str, close: &str) -> String {
    let opened = |text: &str| text.matches(['(', '[', '{']).count();
    let closed = |text: &str| text.matches([')', ']', '}']).count();
    let count = (NESTING_MAX - 5) / (opened(open) - closed(open));
    format!("{}{middle}{}", open.repeat(count), close.repeat(count))
}

/// The market, with two series that reach back further than groups can be nested.
fn long_market() -> BTreeMap<String, Vec<Decimal>> {
    let mut market = market();
    for (symbol, period) in [("FAR", 7), ("NEAR", 11)] {
        market.insert(
            symbol.to_owned(),
            (0..300)
                .map(|session| Decimal::from(100 + session % period))
                .collect(),
        );
    }
    market
}

/// Reads, checks, evaluates, prints and drops the strategy on a small stack.
fn assert_fits(source: String) {
    let work = move || {
        let expression = parse(&source).unwrap();
        assert!(expression.to_string().len() > NESTING_MAX);
        assert_eq!(check(&expression), Ok(()));
        data_needs(&expression);
        evaluate(&expression, &long_market()).unwrap();
        assert_eq!(expression.clone(), expression);
    };
    std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn deep_branches_fit_the_stack() {
    assert_fits(nested(
        "(if (> (rsi \"SPY\" {:window 10}) 5) ",
        "\"A\"",
        " \"B\")",
    ));
    assert_fits(nested("(if 0 \"B\" ", "\"A\"", ")"));
}

#[test]
fn deep_conditions_fit_the_stack() {
    assert_fits(format!("(if {} \"A\" \"B\")", nested("(if ", "1", " 1 0)")));
    assert_fits(format!("(if {} \"A\" \"B\")", nested("(> ", "1", " 0)")));
    assert_fits(format!(
        "(if {} \"A\" \"B\")",
        nested("(if (= 1 ", "1", ") 1 0)")
    ));
}

#[test]
fn deep_weights_and_groups_fit_the_stack() {
    assert_fits(nested("(weight-equal ", "\"A\"", ")"));
    assert_fits(nested("(weight-specified 1 ", "\"A\"", ")"));
    assert_fits(nested("(weight-inverse-volatility 3 ", "\"SPY\"", ")"));
    assert_fits(nested("(group \"G\" ", "\"A\"", ")"));
    assert_fits(nested("(defsymphony \"D\" {} ", "\"A\"", ")"));
}

#[test]
fn deep_filters_and_lists_fit_the_stack() {
    assert_fits(format!(
        "(weight-equal {})",
        nested("(filter (rsi) (select-top 1) ", "\"SPY\"", ")")
    ));
    assert_fits(format!("(weight-equal {})", nested("[", "\"A\"", "]")));
    assert_fits(format!(
        "(weight-equal {})",
        nested("(filter (rsi) [", "\"SPY\"", "])")
    ));
}

#[test]
fn the_usual_mix_fits_the_stack() {
    assert_fits(nested(
        "(weight-equal [(if (> (current-price \"SPY\") 5) [(group \"G\" [",
        "\"A\"",
        "])] [])])",
    ));
}

#[test]
fn deep_ranked_groups_fit_the_stack() {
    assert_fits(nested(
        "(weight-equal (filter (cumulative-return {:window 1}) (select-top 1) [",
        "\"FAR\" \"NEAR\"",
        "]))",
    ));
    assert_fits(nested(
        "(group \"G\" (weight-inverse-volatility 2 [\"SPY\" ",
        "\"FAR\" \"NEAR\"",
        "]))",
    ));
}
