//! Which numbers compare as numbers.

/// Decimal digits that every double reproduces.
const EXACT_DIGITS_MAX: usize = 15;

/// Exponents for which [`EXACT_DIGITS_MAX`] holds with room to spare.
const EXACT_EXPONENT_MAX: i64 = 280;

/// A JSON number by its spelling and, where doubles represent it, by its value.
///
/// AWS compares `300`, `300.0` and `3e2` as equal, but a number that the shortest round-trip of a
/// double does not reproduce (9007199254740993, 1e400) only by its spelling.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    text: String,
    value: Option<f64>,
}

impl Number {
    pub(super) fn new(text: &str) -> Self {
        Number {
            text: text.to_owned(),
            value: comparable(text),
        }
    }

    /// As it is spelled.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The value, unless it can only be compared as text.
    pub(super) fn value(&self) -> Option<f64> {
        self.value
    }

    /// Equality as AWS judges it: exact, for exactly represented numbers.
    pub(super) fn same_as(&self, other: &Number) -> bool {
        match (self.value, other.value) {
            (Some(one), Some(two)) => one == two,
            (None, None) => self.text == other.text,
            _ => false,
        }
    }
}

/// The double that a JSON number stands for, if that double's shortest spelling is the same decimal
/// number.
pub(super) fn comparable(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    if !value.is_finite() {
        return None;
    }
    // Nearly every number: too short to have more digits than a double keeps, and no exponent to
    // leave its range.
    if text.len() <= EXACT_DIGITS_MAX && !text.contains(['e', 'E']) {
        return Some(value);
    }
    let decimal = Decimal::new(text)?;
    if decimal.digits.len() <= EXACT_DIGITS_MAX && decimal.exponent.abs() <= EXACT_EXPONENT_MAX {
        return Some(value);
    }
    let shortest = Decimal::new(&format!("{value:e}"))?;
    (decimal == shortest).then_some(value)
}

/// A decimal number in its one normal form: `0.DIGITS * 10^exponent`, no zero digit at either end.
/// Signs are left to the double, which never loses them but on zero, where they do not count.
#[derive(Debug, PartialEq)]
struct Decimal {
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn new(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        let leading_zeros = all.len() - significant.len();
        let digits = significant.trim_end_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Decimal {
                digits,
                exponent: 0,
            });
        }
        let shift = i64::try_from(whole.len()).ok()? - i64::try_from(leading_zeros).ok()?;
        Some(Decimal {
            digits,
            exponent: i64::from(exponent) + shift,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, two: &str) -> bool {
        Number::new(one).same_as(&Number::new(two))
    }

    #[test]
    fn spellings_of_one_number_are_equal() {
        for text in ["300.0", "3e2", "3.0E+2", "30000e-2"] {
            assert!(same("300", text), "{text}");
        }
        assert!(same("0", "-0") && same("0", "0.00e5"));
        assert!(!same("1", "-1"));
    }

    #[test]
    fn numbers_beyond_a_double_equal_only_their_own_spelling() {
        assert!(same("9007199254740993", "9007199254740993"));
        assert!(!same("9007199254740993", "9007199254740992"));
        assert!(!same("9007199254740993", "9007199254740993.0"));
        assert!(same("1e400", "1e400") && !same("1e400", "10e399"));
        assert_eq!(comparable("1E-325"), None);
        assert_eq!(comparable("1e99999999999"), None);
        assert_eq!(comparable("5e-324"), Some(5e-324));
        assert_eq!(comparable("0.1"), Some(0.1));
        assert_eq!(comparable("1.7976931348623157e308"), Some(f64::MAX));
    }
}
