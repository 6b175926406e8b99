//! What a message may say.

/// Only characters that XML 1.0 allows.
pub(super) fn is_valid_text(text: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    text.bytes().all(is_plain)
        || text.chars().all(
            |character| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..),
        )
}
