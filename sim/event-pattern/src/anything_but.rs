//! The `anything-but` operator.

use super::error::Reason;
use super::fold::FoldedText;
use super::json::{JsonReader, Token};
use super::matcher::{Excluded, Matcher, TextMatcher};
use super::numeric::{self, TOO_MANY_ELEMENTS};
use super::wildcard::{self, Wildcard};

/// How the texts inside `anything-but` are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    EqualsIgnoreCase,
    Prefix,
    Suffix,
    Wildcard,
}

/// Reads the value of `anything-but` and the brace behind it.
pub(super) fn parse(reader: &mut JsonReader<'_>) -> Result<Matcher, Reason> {
    let mut token = reader.next()?;
    let mut comparison = None;
    if token == Token::StartObject {
        comparison = Some(parse_comparison(reader)?);
        token = reader.next()?;
    }
    if !matches!(token, Token::StartArray | Token::String | Token::Number(_)) {
        return reader
            .fail("Value of anything-but must be an array or single string/number value.");
    }
    let excluded = match comparison {
        Some(comparison) => parse_compared(reader, token, comparison)?,
        None if token == Token::StartArray => parse_list(reader)?,
        None => parse_single(reader, token)?,
    };
    expect_end(reader)?;
    if comparison.is_some() {
        expect_end(reader)?;
    }
    Ok(Matcher::AnythingBut(excluded))
}

fn parse_comparison(reader: &mut JsonReader<'_>) -> Result<Comparison, Reason> {
    if reader.next()? != Token::Name {
        return reader.fail("Anything-But expression name not found");
    }
    match reader.name() {
        "equals-ignore-case" => Ok(Comparison::EqualsIgnoreCase),
        "prefix" => Ok(Comparison::Prefix),
        "suffix" => Ok(Comparison::Suffix),
        "wildcard" => Ok(Comparison::Wildcard),
        unknown => {
            let reason = format!("Unsupported anything-but pattern: {unknown}");
            reader.fail(reason)
        }
    }
}

fn expect_end(reader: &mut JsonReader<'_>) -> Result<(), Reason> {
    if reader.next()? != Token::EndObject {
        return reader.fail(TOO_MANY_ELEMENTS);
    }
    Ok(())
}

fn parse_single(reader: &mut JsonReader<'_>, token: Token<'_>) -> Result<Excluded, Reason> {
    match token {
        Token::Number(text) => Ok(Excluded::Numbers(vec![numeric::comparable(text)?])),
        _ => Ok(Excluded::Texts(vec![TextMatcher::Equals(
            reader.string()?.into_owned(),
        )])),
    }
}

/// A list of plain values, all of one type.
fn parse_list(reader: &mut JsonReader<'_>) -> Result<Excluded, Reason> {
    let mut texts = Vec::new();
    let mut numbers = Vec::new();
    collect_list(reader, |reader, token| {
        match token {
            Token::String => texts.push(TextMatcher::Equals(reader.string()?.into_owned())),
            Token::Number(text) => numbers.push(numeric::comparable(text)?),
            _ => {
                return reader
                    .fail("Inside anything but list, start|null|boolean is not supported.");
            }
        }
        Ok(())
    })?;
    match (texts.is_empty(), numbers.is_empty()) {
        (false, true) => Ok(Excluded::Texts(texts)),
        (true, false) => Ok(Excluded::Numbers(numbers)),
        _ => reader.fail("Inside anything but list, either all values are number or string, mixed type is not supported"),
    }
}

/// One text or a list of texts behind `equals-ignore-case`, `prefix`, `suffix` or `wildcard`.
fn parse_compared(
    reader: &mut JsonReader<'_>,
    token: Token<'_>,
    comparison: Comparison,
) -> Result<Excluded, Reason> {
    let mut texts = Vec::new();
    if token == Token::StartArray {
        collect_list(reader, |reader, token| {
            texts.push(parse_text(reader, token, comparison)?);
            Ok(())
        })?;
    } else {
        texts.push(parse_text(reader, token, comparison)?);
    }
    let matchers: Result<Vec<TextMatcher>, Reason> = texts
        .into_iter()
        .map(|text| text_matcher(reader, text, comparison))
        .collect();
    Ok(Excluded::Texts(matchers?))
}

fn parse_text(
    reader: &mut JsonReader<'_>,
    token: Token<'_>,
    comparison: Comparison,
) -> Result<String, Reason> {
    let is_affix = matches!(comparison, Comparison::Prefix | Comparison::Suffix);
    if token != Token::String {
        return reader.fail(match comparison {
            Comparison::EqualsIgnoreCase => "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
            Comparison::Wildcard => wildcard::MUST_BE_STRING,
            Comparison::Prefix | Comparison::Suffix => "prefix/suffix match pattern must be a string",
        });
    }
    let text = reader.string()?;
    if is_affix && text.is_empty() {
        return reader.fail("Null prefix/suffix not allowed");
    }
    Ok(text.into_owned())
}

fn text_matcher(
    reader: &JsonReader<'_>,
    text: String,
    comparison: Comparison,
) -> Result<TextMatcher, Reason> {
    Ok(match comparison {
        Comparison::EqualsIgnoreCase => TextMatcher::EqualsIgnoreCase(FoldedText::new(&text)),
        Comparison::Prefix => TextMatcher::Prefix(text),
        Comparison::Suffix => TextMatcher::Suffix(text),
        Comparison::Wildcard => TextMatcher::Wildcard(Wildcard::read(reader, &text)?),
    })
}

/// Reads a list to its end. AWS adds the position to whatever goes wrong inside, also where it
/// stands there already.
fn collect_list<'a>(
    reader: &mut JsonReader<'a>,
    mut add: impl FnMut(&mut JsonReader<'a>, Token<'a>) -> Result<(), Reason>,
) -> Result<(), Reason> {
    loop {
        let added = match reader.next() {
            Ok(Token::EndArray) => return Ok(()),
            Ok(token) => add(reader, token),
            Err(reason) => Err(reason),
        };
        if let Err(reason) = added {
            return reader.fail(reason.0);
        }
    }
}
