//! One match expression, `{"operator": value}`.

use super::address::AddressBlock;
use super::error::Reason;
use super::fold::FoldedText;
use super::json::{JsonReader, Token};
use super::matcher::{Matcher, Scalar, TextMatcher};
use super::wildcard::{MUST_BE_STRING, Wildcard};
use super::{anything_but, numeric};

/// Reads a match expression, whose opening brace is read, to its closing brace.
pub(super) fn parse(reader: &mut JsonReader<'_>) -> Result<Matcher, Reason> {
    if reader.next()? != Token::Name {
        return reader.fail("Match expression name not found");
    }
    let matcher = match reader.name() {
        "exactly" => {
            let text = expect_string(reader, "exact match pattern must be a string")?;
            Matcher::Equals(Scalar::Text(text))
        }
        "prefix" => Matcher::Text(parse_affix(reader, &PREFIX)?),
        "suffix" => Matcher::Text(parse_affix(reader, &SUFFIX)?),
        "numeric" => return numeric::parse(reader),
        "anything-but" => return anything_but::parse(reader),
        "exists" => parse_exists(reader)?,
        // AWS itself names the wrong operator here.
        "cidr" => {
            let text = expect_string(reader, PREFIX.must_be_string)?;
            Matcher::Cidr(AddressBlock::parse(&text)?)
        }
        "equals-ignore-case" => {
            let text = expect_string(reader, IGNORE_CASE_MUST_BE_STRING)?;
            Matcher::Text(TextMatcher::EqualsIgnoreCase(FoldedText::new(&text)))
        }
        "wildcard" => {
            let text = expect_string(reader, MUST_BE_STRING)?;
            Matcher::Text(TextMatcher::Wildcard(Wildcard::read(reader, &text)?))
        }
        unknown => {
            let reason = format!("Unrecognized match type {unknown}");
            return reader.fail(reason);
        }
    };
    expect_end(reader)?;
    Ok(matcher)
}

const IGNORE_CASE: &str = "equals-ignore-case";
const IGNORE_CASE_MUST_BE_STRING: &str = "equals-ignore-case match pattern must be a string";

/// What differs between `prefix` and `suffix`.
struct Affix {
    must_be_string: &'static str,
    no_name: &'static str,
    unsupported: &'static str,
    exact: fn(String) -> TextMatcher,
    ignoring_case: fn(FoldedText) -> TextMatcher,
}

const PREFIX: Affix = Affix {
    must_be_string: "prefix match pattern must be a string",
    no_name: "Prefix expression name not found",
    unsupported: "Unsupported prefix pattern: ",
    exact: TextMatcher::Prefix,
    ignoring_case: TextMatcher::PrefixIgnoreCase,
};

const SUFFIX: Affix = Affix {
    must_be_string: "suffix match pattern must be a string",
    no_name: "Suffix expression name not found",
    unsupported: "Unsupported suffix pattern: ",
    exact: TextMatcher::Suffix,
    ignoring_case: TextMatcher::SuffixIgnoreCase,
};

/// A string, or an object with the one key `equals-ignore-case`.
fn parse_affix(reader: &mut JsonReader<'_>, affix: &Affix) -> Result<TextMatcher, Reason> {
    match reader.next()? {
        Token::String => Ok((affix.exact)(reader.string()?.into_owned())),
        Token::StartObject => {
            if reader.next()? != Token::Name {
                return reader.fail(affix.no_name);
            }
            if reader.name() != IGNORE_CASE {
                return reader.fail(format!("{}{}", affix.unsupported, reader.name()));
            }
            let text = expect_string(reader, IGNORE_CASE_MUST_BE_STRING)?;
            expect_end(reader)?;
            Ok((affix.ignoring_case)(FoldedText::new(&text)))
        }
        _ => reader.fail(affix.must_be_string),
    }
}

fn parse_exists(reader: &mut JsonReader<'_>) -> Result<Matcher, Reason> {
    match reader.next()? {
        Token::True => Ok(Matcher::Exists),
        Token::False => Ok(Matcher::Absent),
        _ => reader.fail("exists match pattern must be either true or false."),
    }
}

fn expect_string(reader: &mut JsonReader<'_>, otherwise: &str) -> Result<String, Reason> {
    if reader.next()? != Token::String {
        return reader.fail(otherwise);
    }
    Ok(reader.string()?.into_owned())
}

fn expect_end(reader: &mut JsonReader<'_>) -> Result<(), Reason> {
    if reader.next()? != Token::EndObject {
        return reader.fail("Only one key allowed in match expression");
    }
    Ok(())
}
