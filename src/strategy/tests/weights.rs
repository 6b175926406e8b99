//! The table of rules.md 5.4, corrected meaning; each test names what the flattening of seed
//! time gave (incident 72).

use rust_decimal::Decimal;

use super::{allocation, decimal, error, evaluation};

#[test]
fn weight_equal_shares_by_child_not_by_symbol() {
    // Regression witness: flattened, this was a third each.
    let source = r#"(weight-equal [(asset "A") (weight-equal [(asset "B") (asset "C")])])"#;
    assert_eq!(allocation(source), "A 0.5, B 0.25, C 0.25");
}

#[test]
fn weight_equal_keeps_the_proportions_of_a_specified_child() {
    // Regression witness: flattened, this was a third each.
    let source =
        r#"(weight-equal [(weight-specified 0.9 (asset "A") 0.1 (asset "B")) (asset "C")])"#;
    assert_eq!(allocation(source), "A 0.45, B 0.05, C 0.5");
}

#[test]
fn weight_equal_counts_a_repeated_symbol_twice() {
    // Regression witness: with unique symbols, this was a half each. Thirds are rounded: the
    // largest takes the rest.
    let source = r#"(weight-equal [(asset "A") (asset "A") (asset "B")])"#;
    assert_eq!(
        allocation(source),
        "A 0.6666666666666666666666666667, B 0.3333333333333333333333333333"
    );
}

#[test]
fn weight_equal_of_nothing_is_an_error() {
    assert_eq!(
        error("(weight-equal [])"),
        "line 1, column 1: no assets to hold, at least one is needed, in (weight-equal [])"
    );
    assert!(error("(weight-equal)").contains("no assets to hold"));
    assert!(error("(weight-equal [(if (> 0 1) (asset \"A\"))])").contains("no assets to hold"));
}

#[test]
fn weight_equal_ignores_a_null_child() {
    let source = r#"(weight-equal [(if (> 0 1) (asset "A")) (asset "B") nil])"#;
    assert_eq!(allocation(source), "B 1");
}

#[test]
fn weight_equal_takes_its_children_as_arguments_or_in_lists() {
    let expected = "A 0.25, B 0.25, C 0.25, D 0.25";
    assert_eq!(
        allocation(r#"(weight-equal (asset "A") "b" [(asset "C") [(asset "D")]])"#),
        expected
    );
}

#[test]
fn group_returns_its_last_child_unchanged() {
    assert_eq!(
        allocation(r#"(weight-equal (group "G" [(asset "A") (asset "B")]))"#),
        "A 0.5, B 0.5"
    );
    assert_eq!(
        allocation(r#"(group "G" (weight-specified 3 "A" 1 "B"))"#),
        "A 0.75, B 0.25"
    );
    assert_eq!(allocation(r#"(group "G" (asset "A") (asset "B"))"#), "B 1");
    // Regression witness: at seed time a group summed its children, so that it could stand alone.
    assert!(error(r#"(group "G" [(asset "A") (asset "B")])"#).contains("value is a list of 2"));
}

#[test]
fn weight_specified_scales_to_one() {
    assert_eq!(
        allocation(r#"(weight-specified 60 (asset "A") 40 (asset "B"))"#),
        "A 0.6, B 0.4"
    );
    assert_eq!(
        evaluation(r#"(weight-specified 60 "A" 40 "B")"#).warnings,
        Vec::<String>::new()
    );
}

#[test]
fn weight_specified_scales_a_nested_fragment() {
    let source =
        r#"(weight-specified 0.5 (weight-equal [(asset "A") (asset "B")]) 0.5 (asset "A"))"#;
    assert_eq!(allocation(source), "A 0.75, B 0.25");
    // The same with the pair as a bare list.
    assert_eq!(
        allocation(r#"(weight-specified 0.5 ["A" "B"] 0.5 "A")"#),
        "A 0.75, B 0.25"
    );
}

#[test]
fn weight_specified_warns_if_the_weights_are_not_a_whole() {
    let evaluation = evaluation(r#"(weight-specified 0.6 "A" 0.06 "B")"#);
    assert_eq!(
        evaluation.warnings,
        ["line 1, column 1: the weights sum to 0.66, not to 1 or 100; they are scaled"]
    );
    assert_eq!(
        evaluation.allocation.values().sum::<Decimal>(),
        Decimal::ONE
    );
}

#[test]
fn weight_specified_keeps_a_share_of_zero() {
    assert_eq!(allocation(r#"(weight-specified 1 "A" 0 "B")"#), "A 1, B 0");
}

#[test]
fn inverse_volatility_weighs_by_one_over_deviation() {
    // The deviations are 1.5194405886 (golden) and 3.3650936919; computed elsewhere.
    let source = r#"(weight-inverse-volatility 3 [(asset "SPY") (asset "TEN")])"#;
    let shares = evaluation(source).allocation;
    let [spy, ten] = ["SPY", "TEN"].map(|symbol| shares[symbol]);
    assert_eq!(spy.round_dp(10), decimal("0.6889282578"));
    assert_eq!(spy + ten, Decimal::ONE);
}

#[test]
fn inverse_volatility_skips_what_has_none_with_a_warning() {
    let evaluation = evaluation(r#"(weight-inverse-volatility 3 ["SPY" "FLAT" "GONE" "SHORT"])"#);
    assert_eq!(super::written(&evaluation.allocation), "SPY 1");
    assert_eq!(
        evaluation.warnings,
        [
            "line 1, column 1: asset skipped: stdev-return 3 of FLAT is 0, not positive",
            "line 1, column 1: asset skipped: stdev-return 3 of GONE has no value: no closes of GONE were given",
            "line 1, column 1: asset skipped: stdev-return 3 of SHORT has no value: 4 closes are needed and 3 are there",
        ]
    );
}

#[test]
fn a_dictionary_is_an_allocation() {
    assert_eq!(allocation(r#"{"a" 3, "B" 1}"#), "A 0.75, B 0.25");
}

#[test]
fn one_symbol_is_an_allocation() {
    assert_eq!(allocation(r#"(asset "spy" nil)"#), "SPY 1");
    assert_eq!(allocation(r#""cash""#), "CASH 1");
}

#[test]
fn symbols_that_differ_in_case_are_one() {
    assert_eq!(
        allocation(r#"(weight-equal "a" "A" "b" "B")"#),
        "A 0.5, B 0.5"
    );
}

#[test]
fn shares_sum_to_exactly_one_however_they_round() {
    for count in 1..=120 {
        let symbols: Vec<String> = (0..count).map(|number| format!("\"S{number}\"")).collect();
        let evaluation = evaluation(&format!(
            "(weight-equal [{} (weight-equal [\"A\" \"B\" \"C\"])])",
            symbols.join(" ")
        ));
        assert_eq!(
            evaluation.allocation.values().sum::<Decimal>(),
            Decimal::ONE,
            "{count}"
        );
        assert!(
            evaluation
                .allocation
                .values()
                .all(|share| (Decimal::ZERO..=Decimal::ONE).contains(share))
        );
    }
}
