//! The `numeric` operator: `["=", n]`, `["<", n]`, `[">", low, "<=", high]` and their like.

use super::error::Reason;
use super::json::{JsonReader, Token};
use super::matcher::{Bound, Matcher, NumericRange};
use super::number;

pub(super) const TOO_MANY_ELEMENTS: &str = "Too many elements in numeric expression";

/// Reads the value of `numeric` and the brace behind it.
pub(super) fn parse(reader: &mut JsonReader<'_>) -> Result<Matcher, Reason> {
    if reader.next()? != Token::StartArray {
        return reader.fail("Value of numeric must be an array.");
    }
    let range = parse_range(reader)?;
    if reader.next()? != Token::EndObject {
        return reader.fail(TOO_MANY_ELEMENTS);
    }
    Ok(Matcher::Numeric(range))
}

fn parse_range(reader: &mut JsonReader<'_>) -> Result<NumericRange, Reason> {
    let token = reader.next()?;
    if token != Token::String {
        let spelling = reader.spelling(token)?;
        return reader.fail(format!("Invalid member in numeric match: {spelling}"));
    }
    let operator = reader.string()?;
    // A wrong operand is reported only behind the token that follows the operator, so that one is
    // read first.
    let operand = reader.next()?;
    match operator.as_ref() {
        "=" => {
            let text = expect_number(reader, operand, "equals")?;
            expect_last(reader)?;
            Ok(NumericRange::only(threshold(reader, text)?))
        }
        "<" | "<=" => {
            let text = expect_number(reader, operand, &operator)?;
            expect_last(reader)?;
            let upper = Bound {
                value: threshold(reader, text)?,
                is_inclusive: operator == "<=",
            };
            Ok(NumericRange {
                lower: None,
                upper: Some(upper),
            })
        }
        ">" | ">=" => {
            let text = expect_number(reader, operand, &operator)?;
            parse_behind_lower(reader, text, operator == ">=")
        }
        unknown => reader.fail(format!("Unrecognized numeric range operator: {unknown}")),
    }
}

/// What may follow a lower end: nothing, or an upper end.
fn parse_behind_lower(
    reader: &mut JsonReader<'_>,
    low: &str,
    is_inclusive: bool,
) -> Result<NumericRange, Reason> {
    let token = reader.next()?;
    if token == Token::EndArray {
        let lower = Bound {
            value: threshold(reader, low)?,
            is_inclusive,
        };
        return Ok(NumericRange {
            lower: Some(lower),
            upper: None,
        });
    }
    if token != Token::String {
        let spelling = reader.spelling(token)?;
        return reader.fail(format!("Bad value in numeric range: {spelling}"));
    }
    let operator = reader.string()?;
    if operator != "<" && operator != "<=" {
        return reader.fail(format!("Bad numeric range operator: {operator}"));
    }
    let operand = reader.next()?;
    let high = expect_number(reader, operand, &operator)?;
    if reader.next()? != Token::EndArray {
        return reader.fail("Too many terms in numeric range expression");
    }
    let lower = Bound {
        value: threshold(reader, low)?,
        is_inclusive,
    };
    let upper = Bound {
        value: threshold(reader, high)?,
        is_inclusive: operator == "<=",
    };
    if lower.value >= upper.value {
        return reader.fail("Bottom must be less than top");
    }
    Ok(NumericRange {
        lower: Some(lower),
        upper: Some(upper),
    })
}

fn expect_number<'a>(
    reader: &JsonReader<'a>,
    token: Token<'a>,
    operator: &str,
) -> Result<&'a str, Reason> {
    match token {
        Token::Number(text) => Ok(text),
        _ => reader.fail(format!("Value of {operator} must be numeric")),
    }
}

fn expect_last(reader: &mut JsonReader<'_>) -> Result<(), Reason> {
    if reader.next()? != Token::EndArray {
        return reader.fail(TOO_MANY_ELEMENTS);
    }
    Ok(())
}

fn threshold(reader: &JsonReader<'_>, text: &str) -> Result<f64, Reason> {
    comparable(text).or_else(|reason| reader.fail(reason.0))
}

/// A number that ranges and exclusions can compare with; the error has no place yet.
pub(super) fn comparable(text: &str) -> Result<f64, Reason> {
    number::comparable(text).ok_or_else(|| Reason(format!("Cannot compare number : {text}")))
}
