use super::{allocation, error, evaluation};

#[test]
fn top_keeps_the_highest_and_bottom_the_lowest() {
    let filter = |selection: &str| {
        allocation(&format!(
            r#"(weight-equal (filter (cumulative-return {{:window 5}}) ({selection}) [(asset "DOWN") (asset "UP") (asset "FLAT")]))"#
        ))
    };
    assert_eq!(filter("select-top 1"), "UP 1");
    assert_eq!(filter("select-bottom 1"), "DOWN 1");
    assert_eq!(filter("select-top 2"), "FLAT 0.5, UP 0.5");
    assert_eq!(filter("select-bottom 2.9"), "DOWN 0.5, FLAT 0.5");
}

#[test]
fn the_window_of_the_condition_counts() {
    // SPY over 2 sessions gained 0.87 %, over 4 sessions 7.4 %; TEN over 2 sessions 4.85 %, over 4
    // sessions 3.85 %.
    let filter = |window: usize| {
        allocation(&format!(
            r#"(weight-equal (filter (cumulative-return {{:window {window}}}) (select-top 1) ["SPY" "TEN"]))"#
        ))
    };
    assert_eq!(filter(2), "TEN 1");
    assert_eq!(filter(4), "SPY 1");
}

#[test]
fn ties_rank_by_symbol_in_both_directions() {
    // UP and a second rising series both have an RSI of 100.
    for selection in ["select-top 1", "select-bottom 1"] {
        let source =
            format!(r#"(weight-equal (filter (rsi {{:window 2}}) ({selection}) ["UP" "SHORT"]))"#);
        assert_eq!(allocation(&source), "SHORT 1", "{selection}");
    }
}

#[test]
fn candidates_without_data_are_skipped_with_a_warning() {
    let source = r#"(weight-equal (filter (stdev-return {:window 5}) (select-top 3) ["SHORT" "UP" "GONE"]))"#;
    let evaluation = evaluation(source);
    assert_eq!(super::written(&evaluation.allocation), "UP 1");
    assert_eq!(
        evaluation.warnings,
        [
            "line 1, column 15: candidate skipped: stdev-return 5 of GONE has no value: no closes of GONE were given",
            "line 1, column 15: candidate skipped: stdev-return 5 of SHORT has no value: 6 closes are needed and 3 are there",
        ]
    );
}

#[test]
fn no_candidate_with_data_is_an_error_at_the_weight_function() {
    let message =
        error(r#"(weight-equal (filter (current-price) (select-top 1) ["GONE" "LOST"]))"#);
    assert!(
        message.starts_with("line 1, column 1: no assets to hold"),
        "{message}"
    );
}

#[test]
fn without_selection_all_candidates_are_kept() {
    assert_eq!(
        allocation(r#"(weight-equal (filter (current-price) ["UP" "DOWN"]))"#),
        "DOWN 0.5, UP 0.5"
    );
}

#[test]
fn more_than_there_are_keeps_all_and_repeated_candidates_count_once() {
    let source = r#"(weight-equal (filter (current-price) (select-top 9) ["UP" "up" "DOWN"]))"#;
    assert_eq!(allocation(source), "DOWN 0.5, UP 0.5");
}

#[test]
fn each_kept_symbol_is_a_child_of_the_weight_function() {
    let source =
        r#"(weight-equal [(filter (current-price) (select-top 2) ["UP" "DOWN"]) (asset "SPY")])"#;
    let shares = evaluation(source).allocation;
    assert_eq!(shares["UP"], shares["SPY"].round_dp(28));
}

#[test]
fn a_group_of_one_symbol_is_that_symbol() {
    let source = r#"(weight-equal (filter (current-price) (select-top 1)
        [(group "Rising" [(weight-equal [(asset "UP")])]) (asset "DOWN")]))"#;
    assert_eq!(allocation(source), "UP 1");
}

#[test]
fn a_filter_alone_is_a_list_and_no_allocation() {
    let message = error(r#"(filter (current-price) (select-top 1) ["UP" "DOWN"])"#);
    assert!(
        message.contains("the strategy's value is a list of 1"),
        "{message}"
    );
}

#[test]
fn what_an_inner_filter_keeps_are_candidates_of_the_outer_one() {
    // TEN at 108 and UP at 21 have risen, DOWN has not.
    let source = r#"(weight-equal (filter (current-price) (select-bottom 1) [(filter (rsi {:window 3}) (select-top 2) ["UP" "TEN" "DOWN"])]))"#;
    assert_eq!(allocation(source), "UP 1");
}

#[test]
fn null_is_no_candidate() {
    assert_eq!(
        allocation(
            r#"(weight-equal (filter (current-price) (select-top 2) ["UP" nil (group "G" nil) (if 0 "DOWN")]))"#
        ),
        "UP 1"
    );
}
