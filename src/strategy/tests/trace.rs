use super::super::{Decision, Taken, Value};
use super::{decimal, evaluation};

const SOURCE: &str = r#"(defsymphony "Calm or cash" {:rebalance-frequency :daily}
  (weight-equal
    [(if (> (rsi "SPY" {:window 10}) 79)
       [(asset "BIL" "Treasury bills")]
       [(group "Stocks" [(weight-specified 0.6 (asset "SPY") 0.4 (asset "TLT"))])])
     (filter (cumulative-return {:window 5})
       (select-top 1)
       [(asset "UP") (asset "DOWN") (asset "GONE")])
     (weight-inverse-volatility 3 [(asset "SPY")])]))"#;

#[test]
fn the_tree_shows_every_decision_outermost_first() {
    let expected = "\
line 2, column 3: weight-equal: SPY 0.5333, TLT 0.1333, UP 0.3333
  line 3, column 6: if (> (rsi \"SPY\" {:window 10}) 79): 69.0046 and 79, take else
    line 3, column 13: rsi 10 of SPY is 69.0046
    line 5, column 9: group \"Stocks\"
      line 5, column 26: weight-specified: SPY 0.6, TLT 0.4
  line 6, column 6: filter by cumulative-return 5, highest first: keep UP 31.25, drop DOWN -33.3333, skip GONE
  line 9, column 6: weight-inverse-volatility: SPY 1
    line 9, column 6: stdev-return 3 of SPY is 1.5194
";
    assert_eq!(evaluation(SOURCE).tree(), expected);
}

#[test]
fn a_branch_records_the_exact_values_of_both_sides() {
    let evaluation = evaluation(r#"(if (<= (current-price "SPY") 115.5) "A" "B")"#);
    let [branch, price] = evaluation.trace.as_slice() else {
        panic!("{:?}", evaluation.trace)
    };
    let expected = Decision::Branch {
        condition: "(<= (current-price \"SPY\") 115.5)".to_owned(),
        sides: Some((
            Value::Number(decimal("116")),
            Value::Number(decimal("115.5")),
        )),
        taken: Taken::Else,
    };
    assert_eq!((&branch.decision, branch.depth), (&expected, 0));
    assert!(
        matches!(&price.decision, Decision::Indicator { value, .. } if *value == decimal("116"))
    );
    assert_eq!(price.depth, 1);
}

#[test]
fn an_if_without_else_says_that_nothing_was_taken() {
    let evaluation = evaluation(r#"(weight-equal (if 0 "A") "B")"#);
    assert_eq!(
        evaluation.trace[1].to_string(),
        "line 1, column 15: if 0, take nothing"
    );
}

#[test]
fn a_branch_among_candidates_is_closed_before_the_next_one() {
    let source = r#"(weight-equal (filter (current-price) (select-top 1) [(if 1 "UP") (if (> (rsi "SPY" {:window 2}) 5) "DOWN")]))"#;
    let depths: Vec<usize> = evaluation(source)
        .trace
        .iter()
        .map(|step| step.depth)
        .collect();
    // weight-equal, filter, both branches, and what the second one asks.
    assert_eq!(depths, [0, 1, 2, 2, 3]);
}
