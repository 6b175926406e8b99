//! Groups among the candidates of a filter: they are measured by what they would have earned.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::super::{evaluate as evaluate_expression, parse};
use super::{allocation, closes, decimal, evaluation, written};

#[test]
fn a_group_competes_with_symbols_by_its_return() {
    // Over 5 sessions UP gained 31.25 %, DOWN lost 33.33 %, and half of each, rebalanced daily,
    // lost 3.3 %.
    let filter = |selection: &str| {
        allocation(&format!(
            r#"(weight-equal (filter (cumulative-return {{:window 5}}) ({selection})
                [(asset "UP") (group "Mixed" [(weight-equal [(asset "UP") (asset "DOWN")])]) (asset "DOWN")]))"#
        ))
    };
    assert_eq!(filter("select-top 1"), "UP 1");
    assert_eq!(filter("select-bottom 1"), "DOWN 1");
    assert_eq!(filter("select-top 2"), "DOWN 0.25, UP 0.75");
}

#[test]
fn the_score_is_the_one_of_the_daily_rebalanced_portfolio() {
    let source = r#"(weight-equal (filter (cumulative-return {:window 3}) (select-top 1) [(group "G" (weight-equal "UP" "DOWN"))]))"#;
    // UP 18 19 20 21 and DOWN 13 12 11 10: the product of 1 + (19/18 - 1 + 12/13 - 1) / 2 and so
    // on.
    let index = (decimal("19") / decimal("18") + decimal("12") / decimal("13"))
        * (decimal("20") / decimal("19") + decimal("11") / decimal("12"))
        * (decimal("21") / decimal("20") + decimal("10") / decimal("11"))
        / decimal("8");
    let expected = ((index - Decimal::ONE) * Decimal::ONE_HUNDRED).round_dp(4);
    let tree = evaluation(source).tree();
    assert!(tree.contains(&format!("keep \"G\" {expected}")), "{tree}");
}

#[test]
fn a_group_earned_what_it_decided_the_session_before() {
    // SEE jumps by 10 % on every second session; the group holds it after a session without a jump,
    // so it is always in time. WRONG holds it the other way round and never earns anything.
    let mut market: BTreeMap<String, Vec<Decimal>> = BTreeMap::new();
    market.insert(
        "SEE".to_owned(),
        closes("100 100 110 110 121 121 133.1 133.1 146.41 146.41"),
    );
    market.insert("STILL".to_owned(), closes("50 50 50 50 50 50 50 50 50 50"));
    let group = |name: &str, relation: &str| {
        format!(
            r#"(group "{name}" [(if ({relation} (cumulative-return "SEE" {{:window 1}}) 1) (asset "SEE") (asset "STILL"))])"#
        )
    };
    let source = format!(
        r#"(weight-equal (filter (cumulative-return {{:window 6}}) (select-top 1) [{} {}]))"#,
        group("Wrong", ">"),
        group("Timely", "<")
    );
    let evaluation = evaluate_expression(&parse(&source).unwrap(), &market).unwrap();
    let tree = evaluation.tree();
    assert!(
        tree.contains("keep \"Timely\" 33.1, drop \"Wrong\" 0"),
        "{tree}"
    );
    assert_eq!(written(&evaluation.allocation), "SEE 1");
}

#[test]
fn a_group_inside_a_ranked_group_is_simulated_too() {
    let inner = r#"(filter (cumulative-return {:window 2}) (select-top 1) [(group "Rising" (weight-equal "UP" "FLAT")) (group "Falling" (weight-equal "DOWN" "FLAT"))])"#;
    let source = format!(
        r#"(weight-equal (filter (moving-average-return {{:window 3}}) (select-top 1) [(group "Best" (weight-equal [{inner}])) (asset "FLAT")]))"#
    );
    assert_eq!(allocation(&source), "FLAT 0.5, UP 0.5");
}

#[test]
fn cash_in_a_group_earns_nothing() {
    let source = r#"(weight-equal (filter (cumulative-return {:window 1}) (select-top 1)
        [(group "Half" (weight-specified 0.5 (asset "UP") 0.5 (asset "CASH"))) (asset "FLAT")]))"#;
    assert!(
        evaluation(source)
            .tree()
            .contains("keep \"Half\" 2.5, drop FLAT 0"),
        "{}",
        evaluation(source).tree()
    );
}

#[test]
fn ties_between_groups_rank_by_name() {
    let source = r#"(weight-equal (filter (cumulative-return {:window 2}) (select-top 1)
        [(group "Beta" (weight-equal "FLAT" "CASH")) (group "Alpha" (weight-specified 0.9 "FLAT" 0.1 "CASH"))]))"#;
    assert_eq!(allocation(source), "CASH 0.1, FLAT 0.9");
}

#[test]
fn a_group_without_past_is_skipped_and_says_why() {
    let source = r#"(weight-equal (filter (stdev-return {:window 5}) (select-top 1) [(group "Young" (weight-equal "SHORT" "UP")) (asset "DOWN")]))"#;
    let evaluation = evaluation(source);
    assert_eq!(written(&evaluation.allocation), "DOWN 1");
    assert_eq!(
        evaluation.warnings,
        [
            "line 1, column 15: candidate skipped: stdev-return 5 of \"Young\" has no value: 6 closes are needed and the group's \
          past has 3: there are no closes of SHORT 2 sessions ago"
        ]
    );
}

#[test]
fn inverse_volatility_weighs_groups_by_their_own_deviation() {
    // A group that never moves against its parts: all of UP, in two halves.
    let source = r#"(weight-inverse-volatility 3 [(group "G" (weight-specified 0.5 "SPY" 0.5 "CASH")) (asset "SPY")])"#;
    // Half the deviation, twice the share: two thirds go to the group, of which half is cash.
    let shares = evaluation(source).allocation;
    assert_eq!(shares["CASH"].round_dp(10), decimal("0.3333333333"));
    assert_eq!(shares["SPY"].round_dp(10), decimal("0.6666666667"));
}

#[test]
fn the_past_of_groups_leaves_no_trace_and_no_warning() {
    let source = r#"(weight-equal (filter (cumulative-return {:window 2}) (select-top 1)
        [(group "G" (weight-equal (filter (rsi {:window 3}) (select-top 1) ["UP" "DOWN" "GONE"])))]))"#;
    let evaluation = evaluation(source);
    assert_eq!(evaluation.warnings.len(), 1);
    assert_eq!(
        evaluation.tree().lines().count(),
        5,
        "{}",
        evaluation.tree()
    );
}

#[test]
fn a_group_of_broken_prices_is_skipped_and_says_why() {
    let mut market = super::market();
    market.insert(
        "WILD".to_owned(),
        closes("0.000001 1000000000000 0.000001 1000000000000 0.000001"),
    );
    market.insert("FLAT".to_owned(), closes("50 50 50 50 50"));
    let group = r#"(group "Wild" (if (> (current-price "WILD") 1) (asset "FLAT") (asset "WILD")))"#;
    let source = format!(
        r#"(weight-equal (filter (stdev-return {{:window 4}}) (select-top 2) [{group} (asset "UP")]))"#
    );
    let evaluation = evaluate_expression(&parse(&source).unwrap(), &market).unwrap();
    assert_eq!(written(&evaluation.allocation), "UP 1");
    assert!(
        evaluation.warnings[0]
            .ends_with("the closes differ too much for their returns to be computed"),
        "{:?}",
        evaluation.warnings
    );
}

#[test]
fn groups_of_one_name_and_one_value_rank_by_what_they_hold() {
    let [one, other] = [
        r#"(group "G" (weight-equal "FLAT" "CASH"))"#,
        r#"(group "G" (weight-specified 0.9 "FLAT" 0.1 "CASH"))"#,
    ];
    let best = |first: &str, second: &str| {
        allocation(&format!(
            "(weight-equal (filter (cumulative-return {{:window 2}}) (select-top 1) [{first} {second}]))"
        ))
    };
    assert_eq!(best(one, other), best(other, one));
    assert_eq!(best(one, other), "CASH 0.1, FLAT 0.9");
}

#[test]
fn groups_of_one_name_are_two() {
    let source = r#"(weight-equal (filter (cumulative-return {:window 2}) (select-top 2)
        [(group "G" (weight-equal "FLAT" "CASH")) (group "G" (weight-equal "UP" "DOWN"))]))"#;
    assert_eq!(
        allocation(source),
        "CASH 0.25, DOWN 0.25, FLAT 0.25, UP 0.25"
    );
}

#[test]
fn a_dictionary_of_several_symbols_is_a_group() {
    // Nine tenths of it rise. By its first symbol it would have fallen, and FLAT would win.
    let source = r#"(weight-equal (filter (cumulative-return {:window 5}) (select-top 1) [{"DOWN" 1, "UP" 9} (asset "FLAT")]))"#;
    assert_eq!(allocation(source), "DOWN 0.1, UP 0.9");
}

#[test]
fn the_returns_of_a_group_are_in_the_order_of_the_sessions() {
    // All of it is SPY, so that it is worth what SPY is, up to a factor.
    let source = r#"(weight-equal (filter (rsi {:window 5}) [(group "All" (weight-specified 1 "SPY" 0 "CASH")) (asset "SPY")]))"#;
    let tree = evaluation(source).tree();
    assert!(
        tree.contains("\"All\" 71.295") && tree.contains("SPY 71.295"),
        "{tree}"
    );
}

#[test]
fn a_group_that_held_nothing_once_has_no_past_before() {
    let group = r#"(group "Late" (if (> (current-price "UP") 18) (weight-equal "UP" "FLAT")))"#;
    let filter = |window: usize| {
        format!(
            "(weight-equal (filter (cumulative-return {{:window {window}}}) [{group} (asset \"DOWN\")]))"
        )
    };
    // UP was at 19 two sessions ago and at 18 three sessions ago.
    assert!(
        evaluation(&filter(2)).tree().contains("keep \"Late\""),
        "{}",
        evaluation(&filter(2)).tree()
    );
    let evaluation = evaluation(&filter(3));
    assert_eq!(written(&evaluation.allocation), "DOWN 1");
    assert!(
        evaluation.warnings[0].ends_with("the group's past has 3: it held nothing 3 sessions ago"),
        "{:?}",
        evaluation.warnings
    );
}

#[test]
fn a_share_of_nothing_needs_no_past() {
    let source = r#"(weight-equal (filter (cumulative-return {:window 5}) (select-top 1) [(group "G" (weight-specified 1 "UP" 0 "GONE")) (asset "FLAT")]))"#;
    assert_eq!(allocation(source), "GONE 0, UP 1");
}

#[test]
fn a_warning_is_given_once() {
    let young = r#"(group "Young" (weight-equal "SHORT" "UP"))"#;
    let evaluation = evaluation(&format!(
        r#"(weight-equal (filter (stdev-return {{:window 5}}) [{young} {young} (asset "DOWN")]))"#
    ));
    assert_eq!(evaluation.warnings.len(), 1, "{:?}", evaluation.warnings);
}
