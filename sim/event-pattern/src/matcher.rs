//! What one entry of a pattern's list demands of a value.

use super::address::{Address, AddressBlock};
use super::fold::FoldedText;
use super::number::Number;
use super::wildcard::Wildcard;

/// A scalar of an event.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Text(String),
    Number(Number),
    Bool(bool),
    Null,
}

/// One entry of a pattern's list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Matcher {
    /// This very scalar.
    Equals(Scalar),
    /// A text that spells this address in any way.
    Address(Address),
    /// A text that spells an address of this block.
    Cidr(AddressBlock),
    Text(TextMatcher),
    Numeric(NumericRange),
    /// Any scalar at all.
    Exists,
    /// No scalar at the path. No value satisfies this; the search for values decides it.
    Absent,
    /// A scalar that is none of these.
    AnythingBut(Excluded),
}

/// What an operator demands of a text; other scalars never satisfy it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TextMatcher {
    Equals(String),
    EqualsIgnoreCase(FoldedText),
    Prefix(String),
    PrefixIgnoreCase(FoldedText),
    Suffix(String),
    SuffixIgnoreCase(FoldedText),
    Wildcard(Wildcard),
}

/// What `anything-but` excludes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Excluded {
    Texts(Vec<TextMatcher>),
    Numbers(Vec<f64>),
}

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bound {
    pub(super) value: f64,
    pub(super) is_inclusive: bool,
}

/// Numbers between two ends, of which either may be missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NumericRange {
    pub(super) lower: Option<Bound>,
    pub(super) upper: Option<Bound>,
}

impl Matcher {
    /// Whether a value at the path satisfies this entry.
    pub(super) fn accepts(&self, value: &Scalar) -> bool {
        match self {
            Matcher::Equals(expected) => expected.same_as(value),
            Matcher::Address(expected) => {
                value.address().is_some_and(|address| address == *expected)
            }
            Matcher::Cidr(block) => value
                .address()
                .is_some_and(|address| block.contains(address)),
            Matcher::Text(matcher) => matcher.accepts_scalar(value),
            Matcher::Numeric(range) => value.number().is_some_and(|number| range.contains(number)),
            Matcher::Exists => true,
            Matcher::Absent => false,
            Matcher::AnythingBut(excluded) => !excluded.contains(value),
        }
    }

    /// The wildcards in this entry, for the judgement of its complexity.
    pub(super) fn wildcards(&self) -> impl Iterator<Item = &Wildcard> {
        let texts = match self {
            Matcher::Text(matcher) => std::slice::from_ref(matcher),
            Matcher::AnythingBut(Excluded::Texts(matchers)) => matchers.as_slice(),
            _ => &[],
        };
        texts.iter().filter_map(|matcher| match matcher {
            TextMatcher::Wildcard(wildcard) => Some(wildcard),
            _ => None,
        })
    }
}

impl Scalar {
    fn same_as(&self, other: &Scalar) -> bool {
        match (self, other) {
            (Scalar::Number(one), Scalar::Number(two)) => one.same_as(two),
            _ => self == other,
        }
    }

    fn address(&self) -> Option<Address> {
        match self {
            Scalar::Text(text) => Address::parse(text),
            _ => None,
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Scalar::Number(number) => number.value(),
            _ => None,
        }
    }
}

impl TextMatcher {
    fn accepts_scalar(&self, value: &Scalar) -> bool {
        matches!(value, Scalar::Text(text) if self.accepts(text))
    }

    fn accepts(&self, text: &str) -> bool {
        match self {
            TextMatcher::Equals(expected) => text == expected,
            TextMatcher::EqualsIgnoreCase(expected) => expected.equals(text),
            TextMatcher::Prefix(prefix) => text.starts_with(prefix.as_str()),
            TextMatcher::PrefixIgnoreCase(prefix) => prefix.is_prefix_of(text),
            TextMatcher::Suffix(suffix) => text.ends_with(suffix.as_str()),
            TextMatcher::SuffixIgnoreCase(suffix) => suffix.is_suffix_of(text),
            TextMatcher::Wildcard(wildcard) => wildcard.matches(text),
        }
    }
}

impl Excluded {
    fn contains(&self, value: &Scalar) -> bool {
        match self {
            Excluded::Texts(matchers) => {
                matchers.iter().any(|matcher| matcher.accepts_scalar(value))
            }
            Excluded::Numbers(numbers) => value
                .number()
                .is_some_and(|number| numbers.contains(&number)),
        }
    }
}

impl NumericRange {
    /// The range that holds a single number.
    pub(super) fn only(value: f64) -> Self {
        let bound = Some(Bound {
            value,
            is_inclusive: true,
        });
        NumericRange {
            lower: bound,
            upper: bound,
        }
    }

    fn contains(&self, number: f64) -> bool {
        let above = self
            .lower
            .is_none_or(|lower| lower.value < number || lower.includes(number));
        above
            && self
                .upper
                .is_none_or(|upper| number < upper.value || upper.includes(number))
    }
}

impl Bound {
    fn includes(&self, number: f64) -> bool {
        self.is_inclusive && self.value == number
    }
}
