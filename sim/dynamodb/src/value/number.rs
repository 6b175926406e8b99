//! Numbers of DynamoDB: decimal, exact, of at most 38 significant digits.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// How many significant digits a number may have.
const MOST_DIGITS: u32 = 38;

/// Where the decimal point of the largest number stands: `9.99..E+125` is `0.999..E+126`.
const HIGHEST_POINT: i64 = 126;

/// Where the decimal point of the smallest positive number stands: `1E-130` is `0.1E-129`.
const LOWEST_POINT: i64 = -129;

/// A number: a whole coefficient times a power of ten.
///
/// It is kept without trailing zeros, so that equal numbers are equal data: `1.0`, `1` and `10E-1`
/// are the same number and print as `1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    /// The coefficient in two halves: a `u128` would widen every value by its alignment.
    high: u64,
    low: u64,
    exponent: i16,
    digits: u8,
    negative: bool,
}

/// Why a text, or the result of a sum, is not a number that DynamoDB stores.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The text is empty.
    #[error("The parameter cannot be converted to a numeric value: ")]
    Empty,
    /// The text is not a decimal number.
    #[error("The parameter cannot be converted to a numeric value: {0}")]
    NotNumeric(String),
    /// More than 38 significant digits.
    #[error("Attempting to store more than 38 significant digits in a Number")]
    TooPrecise,
    /// At or beyond 1E+126.
    #[error(
        "Number overflow. Attempting to store a number with magnitude larger than supported range"
    )]
    Overflow,
    /// Nearer to zero than 1E-130.
    #[error(
        "Number underflow. Attempting to store a number with magnitude smaller than supported range"
    )]
    Underflow,
}

impl Number {
    /// Zero.
    pub const ZERO: Number = Number {
        high: 0,
        low: 0,
        exponent: 0,
        digits: 0,
        negative: false,
    };

    /// The sum of two numbers, or why it cannot be stored. A sum of more than 38 digits overflows.
    pub fn plus(self, other: Number) -> Result<Number, NumberError> {
        if self.is_zero() || other.is_zero() {
            return Ok(if self.is_zero() { other } else { self });
        }
        let (coarse, fine) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        // The last digit of the finer number is not zero and stays the last digit of the sum. So
        // the sum has too many digits wherever the coarser number, written down to that digit,
        // has more than a carry can take away.
        let shift = u32::from(coarse.exponent.abs_diff(fine.exponent));
        let scaled = 10_u128
            .checked_pow(shift)
            .and_then(|factor| coarse.coefficient().checked_mul(factor))
            .ok_or(NumberError::Overflow)?;
        let (coefficient, negative) = if coarse.negative == fine.negative {
            let sum = scaled
                .checked_add(fine.coefficient())
                .ok_or(NumberError::Overflow)?;
            (sum, coarse.negative)
        } else if scaled >= fine.coefficient() {
            (scaled - fine.coefficient(), coarse.negative)
        } else {
            (fine.coefficient() - scaled, fine.negative)
        };
        match Number::stored(coefficient, i64::from(fine.exponent), negative) {
            Err(NumberError::TooPrecise) => Err(NumberError::Overflow),
            stored => stored,
        }
    }

    /// The difference of two numbers, or why it cannot be stored.
    pub fn minus(self, other: Number) -> Result<Number, NumberError> {
        self.plus(other.negated())
    }

    /// Whether the number is zero.
    pub fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// The whole part, if it fits 64 bits: `12.9` gives 12, `-12.9` gives -12.
    pub fn whole(self) -> Option<i64> {
        let magnitude = match u32::from(self.exponent.unsigned_abs()) {
            shift if self.exponent >= 0 => self
                .coefficient()
                .checked_mul(10_u128.checked_pow(shift)?)?,
            shift => 10_u128
                .checked_pow(shift)
                .map_or(0, |factor| self.coefficient() / factor),
        };
        let magnitude = i128::try_from(magnitude).ok()?;
        i64::try_from(if self.negative { -magnitude } else { magnitude }).ok()
    }

    /// The bytes that DynamoDB counts for the number: one for two digits on either side of the
    /// decimal point, one for the exponent, one for the sign of a negative number.
    pub fn size(self) -> usize {
        let digits = i64::from(self.digits);
        let before = self.point().clamp(0, digits);
        let bytes = (before + 1) / 2 + (digits - before + 1) / 2 + 1 + i64::from(self.negative);
        usize::try_from(bytes).unwrap_or(0)
    }

    /// The number that a coefficient and an exponent make, if DynamoDB can store it.
    fn stored(coefficient: u128, exponent: i64, negative: bool) -> Result<Number, NumberError> {
        if coefficient == 0 {
            return Ok(Number::ZERO);
        }
        let (coefficient, zeros) = without_trailing_zeros(coefficient);
        let exponent = exponent.saturating_add(zeros);
        let digits = coefficient.ilog10() + 1;
        if digits > MOST_DIGITS {
            return Err(NumberError::TooPrecise);
        }
        within_range(i64::from(digits).saturating_add(exponent))?;
        Ok(Number {
            high: (coefficient >> 64) as u64,
            low: coefficient as u64,
            exponent: i16::try_from(exponent).map_err(|_| NumberError::Underflow)?,
            digits: digits as u8,
            negative,
        })
    }

    fn negated(self) -> Number {
        Number {
            negative: !self.negative && !self.is_zero(),
            ..self
        }
    }

    fn coefficient(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }

    /// Where the decimal point stands: the number is `0.coefficient` times ten to this power.
    fn point(self) -> i64 {
        i64::from(self.digits) + i64::from(self.exponent)
    }

    fn cmp_magnitude(&self, other: &Number) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (false, false) => {}
            (mine, theirs) => return theirs.cmp(&mine),
        }
        self.point().cmp(&other.point()).then_with(|| {
            let widest = self.digits.max(other.digits);
            let widened = |number: &Number| {
                number.coefficient() * 10_u128.pow(u32::from(widest - number.digits))
            };
            widened(self).cmp(&widened(other))
        })
    }

    /// Writes the number out and gives its text to `use_text`, without allocating.
    pub fn with_text<T>(&self, use_text: impl FnOnce(&str) -> T) -> T {
        let mut text = Text::default();
        if self.negative {
            text.push(b'-');
        }
        let digits = Digits::of(self.coefficient());
        let digits = digits.as_slice();
        match self.point() {
            _ if self.is_zero() => text.push(b'0'),
            point if point <= 0 => {
                text.extend(b"0.");
                (point..0).for_each(|_| text.push(b'0'));
                text.extend(digits);
            }
            point if point >= digits.len() as i64 => {
                text.extend(digits);
                (digits.len() as i64..point).for_each(|_| text.push(b'0'));
            }
            point => {
                let (whole, fraction) = digits.split_at(point as usize);
                text.extend(whole);
                text.push(b'.');
                text.extend(fraction);
            }
        }
        use_text(std::str::from_utf8(&text.bytes[..text.length]).unwrap_or_default())
    }
}

/// The longest text: a sign, `0.`, 129 zeros and 38 digits.
#[derive(Clone, Copy)]
struct Text {
    bytes: [u8; 176],
    length: usize,
}

impl Default for Text {
    fn default() -> Text {
        Text {
            bytes: [0; 176],
            length: 0,
        }
    }
}

impl Text {
    fn push(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }
}

/// The decimal digits of a coefficient.
struct Digits {
    bytes: [u8; 40],
    start: usize,
}

impl Digits {
    fn of(coefficient: u128) -> Digits {
        let mut digits = Digits {
            bytes: [0; 40],
            start: 40,
        };
        let mut rest = coefficient;
        while rest > u128::from(u64::MAX) {
            digits.push((rest % 10) as u8);
            rest /= 10;
        }
        let mut rest = rest as u64;
        while rest > 0 {
            digits.push((rest % 10) as u8);
            rest /= 10;
        }
        digits
    }

    fn push(&mut self, digit: u8) {
        self.start -= 1;
        self.bytes[self.start] = b'0' + digit;
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

fn without_trailing_zeros(mut coefficient: u128) -> (u128, i64) {
    let mut zeros = 0;
    while coefficient > u128::from(u64::MAX) && coefficient.is_multiple_of(10) {
        coefficient /= 10;
        zeros += 1;
    }
    if let Ok(mut small) = u64::try_from(coefficient) {
        while small > 0 && small.is_multiple_of(10) {
            small /= 10;
            zeros += 1;
        }
        coefficient = u128::from(small);
    }
    (coefficient, zeros)
}

fn within_range(point: i64) -> Result<(), NumberError> {
    match point {
        _ if point > HIGHEST_POINT => Err(NumberError::Overflow),
        _ if point < LOWEST_POINT => Err(NumberError::Underflow),
        _ => Ok(()),
    }
}

/// A text taken apart by the grammar of numbers: sign, digits with at most one point, exponent.
struct Parts {
    negative: bool,
    coefficient: u128,
    /// The digits between the first and the last that is not zero.
    significant: u32,
    /// The power of ten of the last significant digit.
    exponent: i64,
    /// Zero has no magnitude, but its range is checked as if its last digit were a one.
    zero_point: i64,
}

impl Parts {
    fn read(text: &str) -> Option<Parts> {
        let (negative, unsigned) = match text.as_bytes().split_first()? {
            (b'-', rest) => (true, rest),
            (b'+', rest) => (false, rest),
            _ => (false, text.as_bytes()),
        };
        let end = unsigned.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let written = match end {
            Some(end) => exponent(&unsigned[end + 1..])?,
            None => 0,
        };
        let mut parts = Parts {
            negative,
            coefficient: 0,
            significant: 0,
            exponent: 0,
            zero_point: 0,
        };
        let (mut any, mut point_seen, mut fraction, mut zeros) = (false, false, 0_i64, 0_u32);
        for byte in &unsigned[..end.unwrap_or(unsigned.len())] {
            match byte {
                b'.' if !point_seen => point_seen = true,
                b'0'..=b'9' => {
                    any = true;
                    fraction += i64::from(point_seen);
                    if *byte == b'0' {
                        zeros += u32::from(parts.significant > 0);
                    } else {
                        parts.push(u128::from(byte - b'0'), zeros);
                        zeros = 0;
                    }
                }
                _ => return None,
            }
        }
        parts.exponent = written
            .saturating_sub(fraction)
            .saturating_add(i64::from(zeros));
        parts.zero_point = written.saturating_sub(fraction).saturating_add(1);
        any.then_some(parts)
    }

    /// Adds a digit after `zeros` zeros. The coefficient of a number of too many digits is wrong,
    /// and not used.
    fn push(&mut self, digit: u128, zeros: u32) {
        self.significant = self.significant.saturating_add(zeros).saturating_add(1);
        if self.significant <= MOST_DIGITS {
            self.coefficient = self.coefficient * 10_u128.pow(zeros + 1) + digit;
        }
    }
}

/// An exponent as written; `None` if it is not a 64-bit whole number.
fn exponent(bytes: &[u8]) -> Option<i64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Number, NumberError> {
        if text.is_empty() {
            return Err(NumberError::Empty);
        }
        let parts = Parts::read(text).ok_or_else(|| NumberError::NotNumeric(text.to_string()))?;
        if parts.significant == 0 {
            return within_range(parts.zero_point).map(|()| Number::ZERO);
        }
        if parts.significant > MOST_DIGITS {
            return Err(NumberError::TooPrecise);
        }
        Number::stored(parts.coefficient, parts.exponent, parts.negative)
    }
}

impl From<i64> for Number {
    fn from(whole: i64) -> Number {
        // Nineteen digits are always within the range.
        Number::stored(u128::from(whole.unsigned_abs()), 0, whole < 0).unwrap_or(Number::ZERO)
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
            (mine, theirs) => theirs.cmp(&mine),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| formatter.write_str(text))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_prints_as_it_is_given_back() {
        for (written, given_back) in [
            ("00042", "42"),
            ("1.0", "1"),
            ("3.1400", "3.14"),
            ("1.5E2", "150"),
            ("-0", "0"),
            ("+.5", "0.5"),
            ("5.", "5"),
            ("1e-7", "0.0000001"),
            ("-1.20e+3", "-1200"),
        ] {
            assert_eq!(number(written).to_string(), given_back);
        }
        assert_eq!(number("1E-130").to_string().len(), 132);
        assert_eq!(
            number("9.9999999999999999999999999999999999999E+125")
                .to_string()
                .len(),
            126
        );
    }

    #[test]
    fn a_text_that_is_no_number_is_refused() {
        for text in [
            "+",
            ".",
            "1e",
            "1.2.3",
            "++5",
            "1_0",
            " 5",
            "NaN",
            "1e99999999999999999999",
        ] {
            assert_eq!(
                text.parse::<Number>(),
                Err(NumberError::NotNumeric(text.into())),
                "{text}"
            );
        }
        assert_eq!("".parse::<Number>(), Err(NumberError::Empty));
    }

    #[test]
    fn the_range_has_ends() {
        for (text, error) in [
            ("1E126", NumberError::Overflow),
            ("-1E+126", NumberError::Overflow),
            ("0e126", NumberError::Overflow),
            ("1E-131", NumberError::Underflow),
            ("0.0e-130", NumberError::Underflow),
            ("1e999999999999999999", NumberError::Overflow),
            (
                "123456789012345678901234567890123456789",
                NumberError::TooPrecise,
            ),
        ] {
            assert_eq!(text.parse::<Number>(), Err(error), "{text}");
        }
        assert_eq!(
            number("1234567890123456789012345678901234567800").digits,
            38
        );
    }

    #[test]
    fn sums_are_exact_or_refused() {
        let nines = number(&"9".repeat(38));
        assert_eq!(nines.plus(number("1")).unwrap(), number("1E38"));
        assert_eq!(number("1E38").minus(number("1")).unwrap(), nines);
        assert_eq!(number("1E38").plus(number("1")), Err(NumberError::Overflow));
        assert_eq!(
            number("1E100").plus(number("1E-100")),
            Err(NumberError::Overflow)
        );
        assert_eq!(number("0.1").plus(number("0.2")).unwrap(), number("0.3"));
        assert_eq!(number("5").minus(number("5")).unwrap(), Number::ZERO);
        let largest = number("9.9999999999999999999999999999999999999E+125");
        assert_eq!(largest.plus(largest), Err(NumberError::Overflow));
        assert_eq!(
            number("9E125").plus(number("9E125")),
            Err(NumberError::Overflow)
        );
    }

    #[test]
    fn sizes_count_pairs_of_digits() {
        for (text, size) in [
            ("0", 1),
            ("42", 2),
            ("-42", 3),
            ("123", 3),
            ("1.5", 3),
            ("1E100", 2),
        ] {
            assert_eq!(number(text).size(), size, "{text}");
        }
    }

    #[test]
    fn the_whole_part_is_cut_towards_zero() {
        assert_eq!(number("12.9").whole(), Some(12));
        assert_eq!(number("-12.9").whole(), Some(-12));
        assert_eq!(number("1E18").whole(), Some(1_000_000_000_000_000_000));
        assert_eq!(number("1E19").whole(), None);
        assert_eq!(number("1E-130").whole(), Some(0));
    }

    proptest! {
        #[test]
        fn text_reads_back(mantissa in any::<i64>(), exponent in -100..100_i32) {
            let read = number(&format!("{mantissa}e{exponent}"));
            prop_assert_eq!(read, number(&read.to_string()));
        }

        #[test]
        fn order_is_that_of_scaled_integers(
            a in any::<i32>(), b in any::<i32>(), x in 0..9_u32, y in 0..9_u32,
        ) {
            let (one, other) = (number(&format!("{a}e{x}")), number(&format!("{b}e{y}")));
            let scaled = |whole: i32, power| i128::from(whole) * 10_i128.pow(power);
            prop_assert_eq!(one.cmp(&other), scaled(a, x).cmp(&scaled(b, y)));
            prop_assert_eq!(one.plus(other).unwrap().to_string(),
                (scaled(a, x) + scaled(b, y)).to_string());
            prop_assert_eq!(one.minus(other).unwrap().to_string(),
                (scaled(a, x) - scaled(b, y)).to_string());
        }
    }
}
