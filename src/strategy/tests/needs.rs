use super::super::{data_needs, parse};

fn needs(source: &str) -> String {
    let needs = data_needs(&parse(source).unwrap());
    let needs: Vec<String> = needs
        .iter()
        .map(|(symbol, bars)| format!("{symbol} {bars}"))
        .collect();
    needs.join(", ")
}

#[test]
fn both_branches_count_and_the_greatest_need_wins() {
    let source = r#"(defsymphony "N" {}
      (if (> (rsi "spy" {:window 100}) (current-price "QQQ"))
        (if (< (cumulative-return "TLT" {:window 90}) 0) "A" "B")
        (if (< (moving-average-price "SPY" {:window 250}) (max-drawdown "QQQ")) "C" "D")))"#;
    assert_eq!(needs(source), "QQQ 200, SPY 300, TLT 95");
}

#[test]
fn assets_that_are_only_held_need_nothing() {
    assert_eq!(
        needs(r#"(weight-equal [(asset "A") (group "B" (asset "C"))])"#),
        ""
    );
}

#[test]
fn a_filter_needs_its_candidates() {
    let source = r#"(filter (stdev-return {:window 100}) (select-top 1)
      [(asset "A" "Name") "b"
       (group "G" [(if (> (rsi "X") 1) (asset "C") [(asset "D")])])
       (filter (current-price) (select-top 1) ["E"])
       (weight-specified 1 "F") (weight-inverse-volatility 3 "H") {"I" 1} (weight-equal "J")
       (defsymphony "K" {} "L")])"#;
    assert_eq!(
        needs(source),
        "A 105, B 105, C 101, D 101, E 105, F 105, H 105, I 105, J 105, L 105, X 300"
    );
}

#[test]
fn inverse_volatility_needs_its_assets() {
    assert_eq!(
        needs(r#"(weight-inverse-volatility 90 [(asset "A") (asset "B")] "C")"#),
        "A 95, B 95, C 95"
    );
}

#[test]
fn defaults_decide_without_window() {
    assert_eq!(
        needs(
            r#"[(rsi "A") (moving-average-return "B") (current-price "C") (cumulative-return "D")]"#
        ),
        "A 200, B 60, C 1, D 65"
    );
}

#[test]
fn what_check_refuses_needs_nothing() {
    assert_eq!(
        needs(r#"[(rsi "A" {:window 0}) (nonsense "B") (rsi) (filter (rsi 5) ["C"])]"#),
        ""
    );
}

#[test]
fn calls_inside_unknown_functions_still_count() {
    assert_eq!(needs(r#"(nonsense (rsi "A"))"#), "A 200");
}

#[test]
fn a_ranked_group_needs_the_past_that_is_simulated() {
    // The group's index has 11 closes; before each but the first the group decides.
    let group =
        r#"(group "G" (if (> (cumulative-return "X" {:window 100}) 0) (asset "A") (asset "B")))"#;
    let source =
        format!(r#"(filter (stdev-return {{:window 10}}) (select-top 1) [{group} (asset "C")])"#);
    assert_eq!(needs(&source), "A 11, B 11, C 60, X 115");
    // In a group inside a ranked group the pasts add up.
    let nested = format!(
        r#"(filter (rsi {{:window 70}}) (select-top 1) [(group "Outer" [(weight-equal [{source}])]) (asset "D")])"#
    );
    assert_eq!(needs(&nested), "A 220, B 220, C 269, D 210, X 324");
}

#[test]
fn what_an_inner_filter_keeps_is_measured_by_the_outer_one() {
    let source = r#"(filter (stdev-return {:window 100}) (select-top 1) [(filter (current-price) (select-top 2) ["A" "B"]) "C"])"#;
    assert_eq!(needs(source), "A 105, B 105, C 105");
}

#[test]
fn a_branch_among_candidates_needs_its_condition_and_is_measured() {
    let source = r#"(filter (cumulative-return {:window 90}) (select-top 1)
      [(if (> (rsi "X" {:window 100}) (current-price "Y")) (asset "A") [(asset "B") (if 1 "C" "D")])])"#;
    assert_eq!(needs(source), "A 95, B 95, C 95, D 95, X 300, Y 1");
}

#[test]
fn a_candidate_of_one_symbol_needs_what_it_asks() {
    // Whatever it decides it holds A, and is measured as A.
    let source = r#"(filter (cumulative-return {:window 90}) (select-top 1)
      [(weight-equal [(if (> (rsi "X" {:window 100}) 50) (asset "A") (asset "A"))]) (group "G" (if (< (rsi "Y") 50) (asset "B")))])"#;
    assert_eq!(needs(source), "A 95, B 95, X 300, Y 200");
}

#[test]
fn an_inner_filter_needs_its_own_measure_too() {
    let source = r#"(filter (current-price) (select-top 1) [(filter (stdev-return {:window 100}) (select-top 2) ["A" "B"]) "C"])"#;
    assert_eq!(needs(source), "A 105, B 105, C 1");
}

#[test]
fn the_weights_of_a_dictionary_may_be_measured() {
    assert_eq!(needs(r#"{"A" (rsi "X"), "B" 1}"#), "X 200");
}
