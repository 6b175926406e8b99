//! Texts with `*` in them.

use super::error::Reason;
use super::json::JsonReader;

/// What is said of a wildcard that is no text.
pub(super) const MUST_BE_STRING: &str = "wildcard match pattern must be a string";

/// One piece of a wildcard pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// Exactly this byte.
    Byte(u8),
    /// Any bytes, or none.
    Star,
}

/// A text in which `*` stands for any characters or none, `\*` for a star and `\\` for a backslash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    original: String,
    pieces: Vec<Piece>,
}

impl Wildcard {
    /// Reads a wildcard pattern; an error in it is placed where the reader stands.
    pub(super) fn read(reader: &JsonReader<'_>, text: &str) -> Result<Self, Reason> {
        Self::parse(text).or_else(|reason| reader.fail(reason.0))
    }

    /// Reads a wildcard pattern. Positions in the errors count UTF-8 bytes from 1; they carry no
    /// place in the document, which is the caller's to add.
    pub(super) fn parse(text: &str) -> Result<Self, Reason> {
        let mut pieces = Vec::with_capacity(text.len());
        let mut bytes = text.bytes().enumerate().peekable();
        while let Some((index, byte)) = bytes.next() {
            let following = bytes.peek().map(|(_, byte)| *byte);
            match (byte, following) {
                (b'*', Some(b'*')) => {
                    return Err(Reason(format!(
                        "Consecutive wildcard characters at pos {}",
                        index + 1
                    )));
                }
                (b'*', _) => pieces.push(Piece::Star),
                (b'\\', Some(escaped @ (b'*' | b'\\'))) => {
                    bytes.next();
                    pieces.push(Piece::Byte(escaped));
                }
                (b'\\', _) => {
                    return Err(Reason(format!(
                        "Invalid escape character at pos {}",
                        index + 1
                    )));
                }
                _ => pieces.push(Piece::Byte(byte)),
            }
        }
        Ok(Wildcard {
            original: text.to_owned(),
            pieces,
        })
    }

    /// As the pattern spells it.
    pub(super) fn original(&self) -> &str {
        &self.original
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether the whole value fits. On a mismatch only the last star takes one byte more, which
    /// suffices: what an earlier star could take instead, the last one can take as well.
    pub(super) fn matches(&self, value: &str) -> bool {
        let bytes = value.as_bytes();
        let (mut piece_at, mut byte_at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match self.pieces.get(piece_at) {
                Some(Piece::Star) => {
                    piece_at += 1;
                    retry = Some((piece_at, byte_at));
                    continue;
                }
                Some(Piece::Byte(expected)) if bytes.get(byte_at) == Some(expected) => {
                    piece_at += 1;
                    byte_at += 1;
                    continue;
                }
                None if byte_at == bytes.len() => return true,
                _ => {}
            }
            match retry {
                Some((behind_star, taken_to)) if taken_to < bytes.len() => {
                    retry = Some((behind_star, taken_to + 1));
                    piece_at = behind_star;
                    byte_at = taken_to + 1;
                }
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, value: &str) -> bool {
        Wildcard::parse(pattern)
            .expect("valid wildcard")
            .matches(value)
    }

    #[test]
    fn star_takes_any_bytes_or_none_and_both_ends_are_anchored() {
        assert!(matches("*", "") && matches("a*b", "ab") && matches("a*b", "a\nb"));
        assert!(matches("*a*a", "aba") && matches("*ab*ab*", "xabyabz"));
        assert!(!matches("a*b", "abc") && !matches("", "a") && !matches("*a*a", "a"));
    }

    #[test]
    fn escapes_stand_for_themselves() {
        assert!(
            matches(r"\*", "*")
                && !matches(r"\*", "x")
                && matches(r"\**", "*x")
                && matches(r"\\", r"\")
        );
        assert_eq!(
            Wildcard::parse("a**"),
            Err(Reason("Consecutive wildcard characters at pos 2".into()))
        );
        assert_eq!(
            Wildcard::parse(r"\x"),
            Err(Reason("Invalid escape character at pos 1".into()))
        );
    }
}
