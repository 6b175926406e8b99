//! Every problem an evaluation can report, with its place, its text and what is allowed; and that
//! `check` sees the ones that do not depend on prices.

use super::super::{check, parse};
use super::error;

/// The source fails with this text, and so does its check, also in a branch that is not taken.
fn assert_static(source: &str, expected: &str) {
    assert!(error(source).starts_with(expected), "{}", error(source));
    assert_eq!(
        check(&parse(source).unwrap()).unwrap_err().to_string(),
        error(source)
    );
    let hidden = parse(&format!("(if (> 1 0) (asset \"A\") {source})")).unwrap();
    assert!(check(&hidden).is_err(), "{source}");
}

/// The source fails with this text, which no check can foresee.
fn assert_dynamic(source: &str, expected: &str) {
    assert!(error(source).starts_with(expected), "{}", error(source));
    assert_eq!(check(&parse(source).unwrap()), Ok(()), "{source}");
}

#[test]
fn unknown_function_names_the_known_ones() {
    assert_static(
        "(weight-equal\n  (weigth-equal []))",
        "line 2, column 3: unknown function weigth-equal, known are defsymphony if >",
    );
    assert!(error("(a)").ends_with("stdev-return max-drawdown, in (a)"));
}

#[test]
fn reserved_functions_name_their_replacement() {
    assert_static(
        "(ma \"SPY\")",
        "line 1, column 1: function ma has no meaning, use moving-average-price, in (ma \"SPY\")",
    );
    assert_static(
        "(volatility \"SPY\")",
        "line 1, column 1: function volatility has no meaning, use stdev-return",
    );
}

#[test]
fn bare_words_and_keywords_are_no_values() {
    assert_static(
        "[1 true]",
        "line 1, column 4: unknown name true, outside the first place of a call only nil is allowed, in true",
    );
    assert_static(
        "[:daily]",
        "line 1, column 2: keyword :daily is not a value, it is allowed in {:window n} and",
    );
}

#[test]
fn wrong_numbers_of_arguments_are_errors() {
    for (source, expected) in [
        (
            "(defsymphony \"A\" {})",
            "defsymphony takes 3 arguments, not 2",
        ),
        (
            "(defsymphony \"A\" {} \"A\" \"B\")",
            "defsymphony takes 3 arguments, not 4",
        ),
        ("(if 1)", "if takes 2 to 3 arguments, not 1"),
        ("(if 1 2 3 4)", "if takes 2 to 3 arguments, not 4"),
        ("(> 1)", "> takes 2 arguments, not 1"),
        ("(asset)", "asset takes 1 to 2 arguments, not 0"),
        ("(group \"A\")", "group takes 2 or more arguments, not 1"),
        (
            "(weight-inverse-volatility 5)",
            "weight-inverse-volatility takes 2 or more arguments, not 1",
        ),
        ("(filter (rsi))", "filter takes 2 to 3 arguments, not 1"),
        ("(select-top)", "select-top takes 1 arguments, not 0"),
        ("(rsi)", "rsi takes 1 to 2 arguments, not 0"),
        (
            "(current-price \"SPY\" {})",
            "current-price takes 1 arguments, not 2",
        ),
    ] {
        assert_static(source, &format!("line 1, column 1: {expected}"));
    }
}

#[test]
fn selection_outside_a_filter_is_an_error() {
    assert_static(
        "(select-top 1)",
        "line 1, column 1: select-top is allowed only as the second argument of filter",
    );
}

#[test]
fn symbols_are_strings_without_blanks() {
    for source in [
        "(asset 5)",
        "(asset \"\")",
        "(asset \"S P\")",
        "(rsi (if 1 \"A\"))",
        "{5 1}",
    ] {
        let message = error(source);
        assert!(
            message.contains("is not a ticker symbol, which is a string without blanks"),
            "{message}"
        );
        assert!(check(&parse(source).unwrap()).is_err());
    }
    assert_dynamic(
        "(weight-equal \"S P\")",
        "line 1, column 15: \"S P\" is not a ticker symbol",
    );
    assert_dynamic("\"\"", "line 1, column 1: \"\" is not a ticker symbol");
}

#[test]
fn names_are_strings() {
    assert_static(
        "(asset \"A\" 5)",
        "line 1, column 12: 5 is not a name, which is a string in double quotes",
    );
    assert_static(
        "(group bulls \"A\")",
        "line 1, column 8: bulls is not a name",
    );
}

#[test]
fn options_other_than_one_window_are_errors() {
    for source in [
        "(rsi \"SPY\" 10)",
        "(rsi \"SPY\" {:windows 10})",
        "(rsi \"SPY\" {\"window\" 10})",
        "(rsi \"SPY\" {:window 10 :window 11})",
    ] {
        let message = error(source);
        assert!(
            message.contains("is not an option, only {:window n} is allowed"),
            "{message}"
        );
        assert!(check(&parse(source).unwrap()).is_err());
    }
    assert_static(
        "(filter (current-price {:window 5}) [])",
        "line 1, column 25: :window is not an option",
    );
}

#[test]
fn windows_are_whole_numbers_in_range() {
    for window in ["0", "-5", "2.5", "10001", "\"10\"", "(> 1 0)"] {
        let source = format!("(rsi \"SPY\" {{:window {window}}})");
        let message = error(&source);
        assert!(message.starts_with("line 1, column 21: "), "{message}");
        assert!(
            message.contains("is not a window, whole numbers from 1 to 10000 are allowed"),
            "{message}"
        );
    }
    assert_static(
        "(stdev-return \"SPY\" {:window 1})",
        "line 1, column 30: 1 is not a window, whole numbers from 2 to 10000",
    );
    assert_static(
        "(weight-inverse-volatility 1 [\"A\"])",
        "line 1, column 28: 1 is not a window, whole numbers from 2",
    );
}

#[test]
fn lists_and_weights_cannot_be_compared() {
    assert_dynamic(
        "(> [1] 2)",
        "line 1, column 4: a list of 1 cannot be compared",
    );
    assert_dynamic(
        "(= 1 (weight-equal \"A\"))",
        "line 1, column 6: weights of 1 symbols cannot be compared",
    );
}

#[test]
fn a_string_is_no_condition() {
    assert_dynamic(
        "(if \"yes\" \"A\" \"B\")",
        "line 1, column 5: \"yes\" is not a condition, a comparison or a number is allowed",
    );
}

#[test]
fn a_number_is_no_asset_and_an_asset_no_weight() {
    assert_dynamic(
        "(weight-equal [(asset \"A\") 5])",
        "line 1, column 28: 5 is not an asset",
    );
    assert_dynamic(
        "(weight-specified \"A\" 0.5)",
        "line 1, column 19: \"A\" is not a weight, a number is expected",
    );
}

#[test]
fn weight_specified_needs_pairs() {
    assert_static(
        "(weight-specified 0.5 \"A\" 0.5)",
        "line 1, column 1: weight-specified takes pairs of weight and asset, 3 arguments are not pairs",
    );
}

#[test]
fn weights_without_assets_are_errors() {
    assert_dynamic("(weight-specified)", "line 1, column 1: no assets to hold");
    assert_dynamic(
        "(weight-specified 1 nil)",
        "line 1, column 21: no assets to hold",
    );
    assert_dynamic(
        "(weight-inverse-volatility 5 [])",
        "line 1, column 1: no assets to hold",
    );
}

#[test]
fn weights_that_cannot_be_normalised_are_errors() {
    assert_dynamic(
        "(weight-specified 1.5 \"A\" -0.5 \"B\")",
        "line 1, column 1: weight -0.5 is negative, 0 or more is allowed",
    );
    assert_dynamic(
        "(weight-specified 0 \"A\" 0 \"B\")",
        "line 1, column 1: the weights sum to 0",
    );
    let huge = "79228162514264337593543950335";
    assert_dynamic(
        &format!("(weight-specified {huge} \"A\" {huge} \"A\")"),
        "line 1, column 1: the weights are too large",
    );
}

#[test]
fn inverse_volatility_needs_one_volatility() {
    assert_dynamic(
        "(weight-inverse-volatility 5 [\"FLAT\" \"GONE\"])",
        "line 1, column 1: no asset has a positive volatility: stdev-return 5 of FLAT is 0, not positive; stdev-return 5 of GONE",
    );
}

#[test]
fn filters_rank_by_an_indicator_without_symbol() {
    for condition in [
        "5",
        "(asset \"A\")",
        "(rsi \"SPY\" {:window 5})",
        "(rsi 5)",
        "[]",
    ] {
        let source = format!("(filter {condition} (select-top 1) [\"A\"])");
        let message = error(&source);
        assert!(message.starts_with("line 1, column 9: "), "{message}");
        assert!(
            message.contains("is not an indicator to rank by"),
            "{message}"
        );
        assert!(check(&parse(&source).unwrap()).is_err());
    }
}

#[test]
fn filters_keep_a_positive_number() {
    for selection in [
        "(select-top 0)",
        "(select-bottom -1)",
        "(select-top 0.9)",
        "(select-top \"1\")",
        "(select-top 1 2)",
        "3",
    ] {
        let source = format!("(filter (rsi) {selection} [\"A\"])");
        assert_static(
            &source,
            &format!("line 1, column 15: {selection} is not a selection, (select-top n) and"),
        );
    }
}

#[test]
fn missing_and_short_data_name_indicator_symbol_and_numbers() {
    assert_dynamic(
        "(> (rsi \"GONE\" {:window 5}) 1)",
        "line 1, column 4: rsi 5 of GONE has no value: no closes of GONE were given",
    );
    assert_dynamic(
        "(> (stdev-return \"SHORT\" {:window 3}) 1)",
        "line 1, column 4: stdev-return 3 of SHORT has no value: 4 closes are needed and 3 are there",
    );
}

#[test]
fn the_final_value_must_be_an_allocation() {
    for (source, found) in [
        ("[(asset \"A\")]", "a list of 1"),
        ("(if (> 0 1) \"A\")", "null"),
        ("5", "5"),
        ("(> 1 0)", "true"),
        (
            "(defsymphony \"N\" {} (if 1 [(asset \"A\")] \"B\"))",
            "a list of 1",
        ),
    ] {
        assert_dynamic(
            source,
            &format!(
                "line 1, column 1: the strategy's value is {found}; weights or one symbol are allowed"
            ),
        );
    }
}

#[test]
fn groups_have_no_price_to_rank_by() {
    let filter = |candidates: &str| format!("(filter (current-price) (select-top 1) {candidates})");
    let group = "(group \"G\" (weight-equal \"UP\" \"DOWN\"))";
    for candidates in [
        format!("[\"SPY\" {group}]"),
        format!("(if 1 [{group}] [])"),
        format!("(filter (rsi {{:window 3}}) [{group}])"),
    ] {
        let source = filter(&candidates);
        let message = error(&source);
        assert!(
            message.contains(
                "a group has no price of its own, so current-price cannot rank it; rsi, returns"
            ),
            "{message}"
        );
        assert_eq!(
            check(&parse(&source).unwrap()).unwrap_err().to_string(),
            message
        );
    }
}

#[test]
fn a_mistake_is_found_in_every_place_that_is_evaluated() {
    for place in [
        "(defsymphony \"D\" {} X)",
        "(group \"G\" X)",
        "(group \"G\" \"A\" X)",
        "(if X \"A\")",
        "(if 1 X)",
        "(if 1 \"A\" X)",
        "(if (> X 1) \"A\")",
        "(if (= 1 X) \"A\")",
        "(weight-equal X)",
        "(weight-equal [\"A\" X])",
        "(weight-specified X \"A\")",
        "(weight-specified 1 X)",
        "(weight-inverse-volatility 5 X)",
        "(filter (rsi) X)",
        "(filter (rsi) (select-top 1) X)",
        "[\"A\" X]",
        "{\"A\" X}",
    ] {
        let error = check(&parse(&place.replace('X', "(no-such)")).unwrap())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("unknown function no-such"),
            "{place}: {error}"
        );
        assert_eq!(
            check(&parse(&place.replace('X', "nil")).unwrap()),
            Ok(()),
            "{place}"
        );
    }
}
