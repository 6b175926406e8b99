use super::{allocation, evaluation};

/// Which of two assets an `if` on that condition takes.
fn holds(condition: &str) -> bool {
    match allocation(&format!(r#"(if {condition} (asset "YES") (asset "NO"))"#)).as_str() {
        "YES 1" => true,
        "NO 1" => false,
        other => panic!("{other}"),
    }
}

#[test]
fn explicit_windows_count() {
    // Incident 71: at seed time both sides would have used the default window 14 and been equal.
    assert!(holds(r#"(> (rsi "SPY" {:window 2}) 80)"#));
    assert!(holds(r#"(< (rsi "SPY" {:window 5}) 72)"#));
    assert!(holds(
        r#"(= (moving-average-price "SPY" {:window 5}) 113.2)"#
    ));
}

#[test]
fn defaults_apply_without_window() {
    for options in ["", " {}"] {
        assert!(holds(&format!(
            r#"(= (rsi "SPY"{options}) (rsi "SPY" {{:window 14}}))"#
        )));
        let ema = format!(r#"(exponential-moving-average-price "SPY"{options})"#);
        assert!(holds(&format!(
            r#"(= {ema} (exponential-moving-average-price "SPY" {{:window 12}}))"#
        )));
        assert!(holds(&format!(
            r#"(= (stdev-return "SPY"{options}) (stdev-return "SPY" {{:window 6}}))"#
        )));
    }
    let error = super::error(r#"(> (moving-average-price "SPY") 1)"#);
    assert!(
        error.contains("moving-average-price 200 of SPY has no value: 200 closes are needed"),
        "{error}"
    );
    let error = super::error(r#"(> (moving-average-return "SPY") 1)"#);
    assert!(
        error.contains(
            "moving-average-return 21 of SPY has no value: 22 closes are needed and 20 are there"
        ),
        "{error}"
    );
    let error = super::error(r#"(> (cumulative-return "SPY") 1)"#);
    assert!(
        error.contains(
            "cumulative-return 60 of SPY has no value: 61 closes are needed and 20 are there"
        ),
        "{error}"
    );
}

#[test]
fn the_branch_not_taken_is_not_evaluated() {
    let source =
        r#"(if (> 1 0) (asset "A") (if (> (rsi "GONE") 1) (asset "B") (no-such-function)))"#;
    assert_eq!(allocation(source), "A 1");
}

#[test]
fn if_without_else_is_null() {
    assert_eq!(allocation(r#"(weight-equal (if (> 0 1) "A") "B")"#), "B 1");
}

#[test]
fn comparisons_have_their_usual_meaning() {
    assert!(holds("(> 2 1)") && !holds("(> 1 1)"));
    assert!(holds("(< 1 2)") && !holds("(< 1 1)"));
    assert!(holds("(>= 1 1)") && !holds("(>= 0 1)"));
    assert!(holds("(<= 1 1)") && !holds("(<= 2 1)"));
}

#[test]
fn equality_is_by_value_for_numbers_and_by_text_for_strings() {
    assert!(holds("(= 1 1.00)") && !holds("(= 1 2)"));
    assert!(holds(r#"(= "a" "a")"#) && !holds(r#"(= "a" "b")"#));
    assert!(!holds(r#"(= "1" 1)"#));
}

#[test]
fn sides_that_are_no_numbers_are_converted() {
    assert!(holds(r#"(> "2.5" 2)"#));
    assert!(holds("(>= nil 0)") && holds("(< nil 1)"));
    assert!(holds("(= (> 1 0) (> 2 1))") && holds("(>= (> 1 0) 1)") && holds("(<= (> 0 1) 0)"));
    let odd = evaluation(r#"(if (>= "two" 0) "A" "B")"#);
    assert_eq!(
        odd.warnings,
        [r#"line 1, column 9: "two" is compared as the number 0"#]
    );
    assert!(odd.allocation.contains_key("A"));
}

#[test]
fn a_number_or_null_is_a_condition() {
    assert!(holds("1") && !holds("0") && !holds("nil"));
}

#[test]
fn config_and_names_are_not_evaluated() {
    let source = r#"(defsymphony Calm {:asset-class "EQUITIES", :rebalance-frequency :daily} (weight-equal [(asset "A" "a b")]))"#;
    assert_eq!(allocation(source), "A 1");
}

#[test]
fn indicators_take_their_symbol_as_string_or_asset_in_any_case() {
    assert!(holds(
        r#"(= (current-price (asset "spy")) (current-price "SPY"))"#
    ));
}

#[test]
fn one_element_vectors_nest_at_will() {
    let source = r#"(weight-equal [(if (> (current-price "SPY") 100)
        [(group "Bull" [(weight-equal [(if (< (rsi "SPY" {:window 2}) 90) [[(asset "A")]] [(asset "B")])])])]
        [(asset "C")])])"#;
    assert_eq!(allocation(source), "A 1");
}

#[test]
fn the_same_inputs_give_the_same_evaluation() {
    let source =
        r#"(weight-equal (filter (rsi {:window 3}) (select-top 2) ["SPY" "UP" "DOWN" "GONE"]))"#;
    assert_eq!(evaluation(source), evaluation(source));
}

#[test]
fn a_series_without_closes_is_none() {
    let source = r#"(weight-equal (filter (current-price) ["EMPTY" "UP"]))"#;
    let mut market = super::market();
    market.insert("EMPTY".to_owned(), Vec::new());
    let evaluation = super::evaluate_expression(&super::parse(source).unwrap(), &market).unwrap();
    assert!(
        evaluation.warnings[0].ends_with("no closes of EMPTY were given"),
        "{:?}",
        evaluation.warnings
    );
}
