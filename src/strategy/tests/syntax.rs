use rust_decimal::Decimal;

use super::super::{ExpressionKind, NESTING_MAX, Position, SOURCE_BYTES_MAX, SyntaxError, parse};

fn error(source: &str) -> String {
    parse(source).unwrap_err().to_string()
}

fn kind(source: &str) -> ExpressionKind {
    parse(source).unwrap().kind
}

#[test]
fn commas_and_comments_are_blank() {
    let spaced = parse("(a 1 2) ; the end").unwrap();
    let commas = parse("; first\n(a, 1,,2)").unwrap();
    assert_eq!(spaced.to_string(), commas.to_string());
}

#[test]
fn vectors_and_lists_give_the_same_node() {
    assert_eq!(
        parse("[a 1]").unwrap().to_string(),
        parse("(a 1)").unwrap().to_string()
    );
}

#[test]
fn positions_count_lines_and_characters_from_one() {
    let expression = parse("(a\n  \"ü\" 5)").unwrap();
    let ExpressionKind::List(children) = expression.kind else {
        panic!("not a list")
    };
    let positions: Vec<Position> = children.iter().map(|child| child.position).collect();
    let expected = [(1, 2), (2, 3), (2, 7)].map(|(line, column)| Position { line, column });
    assert_eq!(positions, expected);
}

#[test]
fn numbers_are_exact_decimals() {
    assert_eq!(kind("-0.10"), ExpressionKind::Number(Decimal::new(-10, 2)));
    assert_eq!(kind("+7"), ExpressionKind::Number(Decimal::from(7)));
    assert_eq!(
        kind("0.0000000000000000000000000001"),
        ExpressionKind::Number(Decimal::new(1, 28))
    );
}

#[test]
fn symbols_are_made_of_letters_digits_and_signs() {
    for name in ["weight-equal", "-", "+", ">=", "<", "a1", "x!?*/_", "->a"] {
        assert_eq!(kind(name), ExpressionKind::Symbol(name.to_owned()));
    }
}

#[test]
fn keywords_lose_their_colon() {
    assert_eq!(
        kind(":asset-class"),
        ExpressionKind::Keyword("asset-class".to_owned())
    );
    assert_eq!(kind(":_x9"), ExpressionKind::Keyword("_x9".to_owned()));
}

#[test]
fn strings_resolve_their_escapes() {
    assert_eq!(
        kind(r#""a \"b\" \\ \n\t;(""#),
        ExpressionKind::Text("a \"b\" \\ \n\t;(".to_owned())
    );
}

#[test]
fn empty_input_is_an_error() {
    assert_eq!(parse(" ,\n; only a comment"), Err(SyntaxError::Empty));
}

#[test]
fn tokens_after_the_only_expression_are_an_error() {
    assert_eq!(
        error("(a)\n (b)"),
        "line 2, column 2: unexpected tokens after the strategy's only expression, starting with ("
    );
    assert!(matches!(
        parse("1 )"),
        Err(SyntaxError::UnexpectedTokens { .. })
    ));
}

#[test]
fn unterminated_string_names_its_start() {
    assert_eq!(
        error("(asset \"SPY)\n"),
        "line 1, column 8: unterminated string starting \"SPY), a closing double quote is expected"
    );
    assert!(matches!(
        parse("\"\\"),
        Err(SyntaxError::UnterminatedString { .. })
    ));
}

#[test]
fn unknown_escape_names_the_allowed_ones() {
    assert_eq!(
        error(r#""a\q""#),
        r#"line 1, column 3: unknown escape \q in a string, allowed are \" \\ \/ \n \r \t"#
    );
}

#[test]
fn missing_closer_names_the_bracket_that_is_open() {
    assert_eq!(
        error("(a\n [b"),
        "line 2, column 2: missing ], the [ here is never closed"
    );
}

#[test]
fn wrong_closer_names_both_brackets() {
    assert_eq!(
        error("(a\n [b)"),
        "line 2, column 4: found ), but the [ of line 2, column 2 must be closed by ]"
    );
}

#[test]
fn closer_without_opener_is_an_error() {
    assert_eq!(
        error(")"),
        "line 1, column 1: found ), but no bracket is open"
    );
}

#[test]
fn odd_number_of_map_entries_is_an_error() {
    assert_eq!(
        error("{:a 1 :b}"),
        "line 1, column 1: a map needs pairs of key and value, this one has 3 entries and :b has no value"
    );
}

#[test]
fn unexpected_character_names_what_is_allowed() {
    let message = error("(a\n  #b)");
    assert!(
        message.starts_with("line 2, column 3: unexpected character '#'; allowed are brackets"),
        "{message}"
    );
}

#[test]
fn malformed_numbers_and_keywords_are_errors() {
    assert!(error("1a").starts_with("line 1, column 1: 1a is not a number"));
    assert!(matches!(parse("1."), Err(SyntaxError::BadNumber { .. })));
    assert!(matches!(
        parse("-1.2.3"),
        Err(SyntaxError::BadNumber { .. })
    ));
    assert!(error("(a :9)").starts_with("line 1, column 4: :9 is not a keyword"));
    assert!(matches!(parse(":"), Err(SyntaxError::BadKeyword { .. })));
}

#[test]
fn numbers_that_cannot_be_kept_exactly_are_errors() {
    assert!(matches!(
        parse("0.00000000000000000000000000001"),
        Err(SyntaxError::NumberOutOfRange { .. })
    ));
    assert!(matches!(
        parse(&"9".repeat(30)),
        Err(SyntaxError::NumberOutOfRange { .. })
    ));
}

#[test]
fn nesting_is_limited() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(&nested(NESTING_MAX)).is_ok());
    assert_eq!(
        error(&nested(NESTING_MAX + 1)),
        "line 1, column 251: nested deeper than the 250 levels that are allowed"
    );
    // A hostile file must be refused early, not overflow the stack.
    assert!(matches!(
        parse(&"{(".repeat(1_000_000)),
        Err(SyntaxError::TooDeep { .. })
    ));
}

#[test]
fn size_is_limited() {
    let largest = format!("1{}", " ".repeat(SOURCE_BYTES_MAX - 1));
    assert!(parse(&largest).is_ok());
    assert_eq!(
        parse(&format!("{largest} ")),
        Err(SyntaxError::TooLarge {
            bytes: SOURCE_BYTES_MAX + 1
        })
    );
}
