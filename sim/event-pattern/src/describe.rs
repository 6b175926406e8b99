//! What a pattern demands, and what an event has, in words for people.

use std::fmt::{Display, Formatter, Result};
use std::net::{Ipv4Addr, Ipv6Addr};

use super::address::{Address, AddressBlock};
use super::matcher::{Bound, Excluded, Matcher, NumericRange, Scalar, TextMatcher};

/// Characters of a text that are shown.
const TEXT_CHARACTERS_MAX: usize = 100;

/// Entries of a list that are shown.
const ENTRIES_MAX: usize = 12;

/// All entries of one list: any of them suffices.
pub(super) fn describe_list(matchers: &[Matcher]) -> String {
    let mut entries: Vec<String> = matchers
        .iter()
        .take(ENTRIES_MAX)
        .map(Matcher::to_string)
        .collect();
    if matchers.len() > ENTRIES_MAX {
        entries.push(format!("{} more", matchers.len() - ENTRIES_MAX));
    }
    entries.join(" or ")
}

impl Display for Matcher {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Matcher::Equals(scalar) => scalar.fmt(formatter),
            Matcher::Address(address) => write!(formatter, "address {address}"),
            Matcher::Cidr(block) => write!(formatter, "cidr {block}"),
            Matcher::Text(matcher) => matcher.fmt(formatter),
            Matcher::Numeric(range) => write!(formatter, "numeric {range}"),
            Matcher::Exists => formatter.write_str("exists true"),
            Matcher::Absent => formatter.write_str("exists false"),
            Matcher::AnythingBut(excluded) => write!(formatter, "anything-but {excluded}"),
        }
    }
}

impl Display for Scalar {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Scalar::Text(text) => quote(formatter, text),
            Scalar::Number(number) => formatter.write_str(number.text()),
            Scalar::Bool(value) => value.fmt(formatter),
            Scalar::Null => formatter.write_str("null"),
        }
    }
}

impl Display for TextMatcher {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let (operator, text) = match self {
            TextMatcher::Equals(text) => ("", text.as_str()),
            TextMatcher::EqualsIgnoreCase(text) => ("equals-ignore-case ", text.original()),
            TextMatcher::Prefix(text) => ("prefix ", text.as_str()),
            TextMatcher::PrefixIgnoreCase(text) => ("prefix equals-ignore-case ", text.original()),
            TextMatcher::Suffix(text) => ("suffix ", text.as_str()),
            TextMatcher::SuffixIgnoreCase(text) => ("suffix equals-ignore-case ", text.original()),
            TextMatcher::Wildcard(wildcard) => ("wildcard ", wildcard.original()),
        };
        formatter.write_str(operator)?;
        quote(formatter, text)
    }
}

impl Display for Excluded {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let values: Vec<String> = match self {
            Excluded::Texts(matchers) => matchers.iter().map(TextMatcher::to_string).collect(),
            Excluded::Numbers(numbers) => numbers.iter().map(|number| spell(*number)).collect(),
        };
        match values.as_slice() {
            [only] => formatter.write_str(only),
            _ => write!(formatter, "[{}]", values.join(", ")),
        }
    }
}

impl Display for NumericRange {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        if let (Some(lower), Some(upper)) = (self.lower, self.upper)
            && lower == upper
        {
            return write!(formatter, "= {}", spell(lower.value));
        }
        let end = |bound: Bound, sign: &str| {
            format!(
                "{sign}{} {}",
                if bound.is_inclusive { "=" } else { "" },
                spell(bound.value)
            )
        };
        let ends = [
            self.lower.map(|bound| end(bound, ">")),
            self.upper.map(|bound| end(bound, "<")),
        ];
        formatter.write_str(&ends.into_iter().flatten().collect::<Vec<_>>().join(" and "))
    }
}

impl Display for Address {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Address::V4(bits) => Ipv4Addr::from_bits(*bits).fmt(formatter),
            Address::V6(bits) => Ipv6Addr::from_bits(*bits).fmt(formatter),
        }
    }
}

impl Display for AddressBlock {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write!(formatter, "{}/{}", self.low(), self.mask_bits())
    }
}

fn quote(formatter: &mut Formatter<'_>, text: &str) -> Result {
    let shown: String = text.chars().take(TEXT_CHARACTERS_MAX).collect();
    let dots = if shown.len() < text.len() { "…" } else { "" };
    write!(formatter, "{}{dots}", serde_json::Value::from(shown))
}

/// A number without a needless fraction.
fn spell(number: f64) -> String {
    let text = format!("{number:?}");
    text.strip_suffix(".0")
        .map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;

    #[test]
    fn every_operator_is_described_as_it_is_written() {
        let cases = [
            (
                r#""x", null, true, 3.0e2"#,
                r#""x" or null or true or 3.0e2"#,
            ),
            (
                r#""10.0.0.01", {"exactly": "y"}"#,
                r#"address 10.0.0.1 or "y""#,
            ),
            (
                r#"{"prefix": "a"}, {"suffix": {"equals-ignore-case": "Z"}}"#,
                r#"prefix "a" or suffix equals-ignore-case "Z""#,
            ),
            (
                r#"{"suffix": "a"}, {"prefix": {"equals-ignore-case": "Z"}}"#,
                r#"suffix "a" or prefix equals-ignore-case "Z""#,
            ),
            (
                r#"{"equals-ignore-case": "Ab"}, {"wildcard": "a*\\*"}"#,
                r#"equals-ignore-case "Ab" or wildcard "a*\\*""#,
            ),
            (
                r#"{"numeric": [">", 100]}, {"numeric": [">=", -1.5, "<", 1e300]}"#,
                "numeric > 100 or numeric >= -1.5 and < 1e300",
            ),
            (
                r#"{"numeric": ["<=", 5]}, {"numeric": ["=", 5]}"#,
                "numeric <= 5 or numeric = 5",
            ),
            (
                r#"{"cidr": "10.0.0.7/24"}, {"cidr": "2001:DB8::/32"}"#,
                "cidr 10.0.0.0/24 or cidr 2001:db8::/32",
            ),
            (
                r#"{"exists": true}, {"exists": false}"#,
                "exists true or exists false",
            ),
            (
                r#"{"anything-but": ["x", "y"]}, {"anything-but": 5}"#,
                r#"anything-but ["x", "y"] or anything-but 5"#,
            ),
            (
                r#"{"anything-but": {"prefix": "x"}}"#,
                r#"anything-but prefix "x""#,
            ),
            (
                r#"{"anything-but": {"suffix": ["x", "y"]}}"#,
                r#"anything-but [suffix "x", suffix "y"]"#,
            ),
            (
                "1,2,3,4,5,6,7,8,9,10,11,12,13,14",
                "1 or 2 or 3 or 4 or 5 or 6 or 7 or 8 or 9 or 10 or 11 or 12 or 2 more",
            ),
        ];
        for (list, expected) in cases {
            let pattern = Pattern::parse(&format!(r#"{{"a": [{list}]}}"#)).expect(list);
            let described: Vec<String> = pattern.alternatives[0]
                .lists()
                .map(|list| super::describe_list(list))
                .collect();
            assert_eq!(described, [expected], "{list}");
        }
    }
}
