//! Scalars of the JSON reader: strings, numbers, words.

use std::borrow::Cow;

use super::error::Reason;
use super::json::{JsonReader, Token, describe_character};

const EXPECTED_VALUES: &str =
    "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/// Characters of an unknown word that an error message repeats.
const WORD_CHARACTERS_MAX: usize = 256;

impl<'a> JsonReader<'a> {
    /// Begins the value whose first byte is consumed. Of a string only the quote is read.
    pub(super) fn read_value(&mut self, byte: u8) -> Result<Token<'a>, Reason> {
        match byte {
            b'"' => Ok(Token::String),
            b'{' => Ok(Token::StartObject),
            b'[' => Ok(Token::StartArray),
            b't' => self.read_word("true", Token::True),
            b'f' => self.read_word("false", Token::False),
            b'n' => self.read_word("null", Token::Null),
            b'-' | b'0'..=b'9' => self.read_number(byte),
            _ => self.fail_value(byte),
        }
    }

    fn fail_value<T>(&mut self, byte: u8) -> Result<T, Reason> {
        if byte == b'+' {
            return self.fail_number(
                "JSON spec does not allow numbers to have plus signs: \
                 enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow",
            );
        }
        let start = self.at - 1;
        for word in ["NaN", "Infinity"] {
            if self.text[start..].starts_with(word) {
                self.at = start + word.len();
                return self.fail(format!("Non-standard token '{word}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"));
            }
        }
        if self.text[start..].starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$') {
            return self.fail_word(start);
        }
        self.fail_unexpected(&format!("expected a valid value {EXPECTED_VALUES}"))
    }

    fn read_word(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, Reason> {
        let start = self.at - 1;
        let behind = self.text[start..].strip_prefix(word);
        match behind {
            Some(rest) if !rest.starts_with(is_word_character) => {
                self.at = start + word.len();
                Ok(token)
            }
            _ => self.fail_word(start),
        }
    }

    fn fail_word<T>(&mut self, start: usize) -> Result<T, Reason> {
        let word: String = self.text[start..]
            .chars()
            .take_while(|c| is_word_character(*c))
            .collect();
        let shown: String = word.chars().take(WORD_CHARACTERS_MAX).collect();
        self.at = start + shown.len();
        let dots = if shown.len() < word.len() { "..." } else { "" };
        self.fail(format!(
            "Unrecognized token '{shown}{dots}': was expecting {EXPECTED_VALUES}"
        ))
    }

    fn read_number(&mut self, first: u8) -> Result<Token<'a>, Reason> {
        let start = self.at - 1;
        let mut digit = Some(first);
        if first == b'-' {
            digit = self.take();
            if !digit.is_some_and(|byte| byte.is_ascii_digit()) {
                return self.fail_digit(
                    digit,
                    "expected digit (0-9) to follow minus sign, for valid numeric value",
                );
            }
        }
        if digit == Some(b'0') && self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return self.fail("Invalid numeric value: Leading zeroes not allowed");
        }
        self.skip_digits();
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.expect_digits("Decimal point not followed by a digit")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.expect_digits("Exponent indicator not followed by a digit")?;
        }
        Ok(Token::Number(&self.text[start..self.at]))
    }

    fn expect_digits(&mut self, comment: &str) -> Result<(), Reason> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            let byte = self.take();
            return self.fail_digit(byte, comment);
        }
        self.skip_digits();
        Ok(())
    }

    fn fail_digit<T>(&mut self, byte: Option<u8>, comment: &str) -> Result<T, Reason> {
        match byte {
            Some(_) => self.fail_number(comment),
            None => self.fail("Unexpected end-of-input in a Number value"),
        }
    }

    /// The byte just consumed begins a character that has no place in a number.
    fn fail_number<T>(&mut self, comment: &str) -> Result<T, Reason> {
        let character = self.text[self.at - 1..].chars().next().unwrap_or('\0');
        let described = describe_character(character);
        let reason = format!("Unexpected character ({described}) in numeric value: {comment}");
        Err(self.located(&reason, self.at - 1))
    }

    fn skip_digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Reads to the closing quote; the opening one is consumed. `place` and `missing` are the words
    /// of the messages.
    pub(super) fn scan_string(
        &mut self,
        place: &str,
        missing: &str,
    ) -> Result<Cow<'a, str>, Reason> {
        let start = self.at;
        let mut plain_from = start;
        let mut decoded: Option<String> = None;
        loop {
            let Some(byte) = self.take() else {
                return self.fail(format!("Unexpected end-of-input{missing}"));
            };
            match byte {
                b'"' => {
                    let plain = &self.text[plain_from..self.at - 1];
                    return Ok(match decoded {
                        None => Cow::Borrowed(plain),
                        Some(text) => Cow::Owned(text + plain),
                    });
                }
                b'\\' => {
                    let text = decoded.get_or_insert_default();
                    text.push_str(&self.text[plain_from..self.at - 1]);
                    let character = self.scan_escape()?;
                    text.push(character);
                    plain_from = self.at;
                }
                0..=31 => {
                    let described = describe_character(char::from(byte));
                    let reason = format!(
                        "Illegal unquoted character ({described}): \
                         has to be escaped using backslash to be included in {place}"
                    );
                    return Err(self.located(&reason, self.at - 1));
                }
                _ => {}
            }
        }
    }

    fn scan_escape(&mut self) -> Result<char, Reason> {
        let Some(byte) = self.take() else {
            return self.fail("Unexpected end-of-input in character escape sequence");
        };
        Ok(match byte {
            b'b' => '\u{8}',
            b't' => '\t',
            b'n' => '\n',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'"' | b'/' | b'\\' => char::from(byte),
            b'u' => return self.scan_code_unit(),
            _ => {
                let character = self.text[self.at - 1..].chars().next().unwrap_or('\0');
                let described = describe_character(character);
                return Err(self.located(
                    &format!("Unrecognized character escape {described}"),
                    self.at - 1,
                ));
            }
        })
    }

    /// One `\uXXXX`, or two that form a surrogate pair. Java keeps a lone surrogate; here it
    /// becomes U+FFFD.
    fn scan_code_unit(&mut self) -> Result<char, Reason> {
        let unit = self.scan_hexadecimal()?;
        let is_high = (0xD800..0xDC00).contains(&unit);
        if is_high && self.text[self.at..].starts_with("\\u") {
            let behind_high = self.at;
            self.at += 2;
            let low = self.scan_hexadecimal()?;
            if (0xDC00..0xE000).contains(&low) {
                let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = behind_high;
        }
        Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn scan_hexadecimal(&mut self) -> Result<u32, Reason> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(byte) = self.take() else {
                return self.fail("Unexpected end-of-input in character escape sequence");
            };
            match char::from(byte).to_digit(16) {
                Some(digit) => unit = unit * 16 + digit,
                None => {
                    return self
                        .fail_unexpected("expected a hex-digit for character escape sequence");
                }
            }
        }
        Ok(unit)
    }
}

fn is_word_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}
