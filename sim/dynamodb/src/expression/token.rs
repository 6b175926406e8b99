//! The tokens of an expression.

use super::error::Flaw;

/// What a token is. A character that no token starts with is a token of its own, which fits
/// nowhere: so the first error in the text is the one that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, the name of a function or of an attribute.
    Word,
    /// `#name`
    Name,
    /// `:value`
    Value,
    /// A whole number: the index of a list.
    Index,
    /// A comparator, a bracket, a sign or a comma.
    Symbol,
    /// Nothing that an expression may hold.
    Unknown,
}

/// A token: its place in the text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// Cuts a text into tokens.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::with_capacity(bytes.len() / 4 + 4);
    let mut start = 0;
    while let Some(first) = bytes.get(start) {
        if first.is_ascii_whitespace() || *first == 0x0b {
            start += 1;
            continue;
        }
        let (kind, end) = token(text, start);
        tokens.push(Token { kind, start, end });
        start = end;
    }
    tokens
}

/// The kind and the end of the token that starts at `start`.
fn token(text: &str, start: usize) -> (Kind, usize) {
    let bytes = text.as_bytes();
    let end_of = |from: usize, inside: fn(&u8) -> bool| {
        bytes[from..]
            .iter()
            .position(|byte| !inside(byte))
            .map_or(bytes.len(), |at| from + at)
    };
    match bytes[start] {
        b'a'..=b'z' | b'A'..=b'Z' => (Kind::Word, end_of(start, is_name)),
        mark @ (b'#' | b':') => match end_of(start + 1, is_name) {
            end if end == start + 1 => (Kind::Unknown, end),
            end if mark == b'#' => (Kind::Name, end),
            end => (Kind::Value, end),
        },
        b'0' => (Kind::Index, start + 1),
        b'1'..=b'9' => (Kind::Index, end_of(start, u8::is_ascii_digit)),
        b'<' if matches!(bytes.get(start + 1), Some(b'=' | b'>')) => (Kind::Symbol, start + 2),
        b'>' if bytes.get(start + 1) == Some(&b'=') => (Kind::Symbol, start + 2),
        b'<' | b'>' | b'=' | b'+' | b'-' | b'(' | b')' | b'[' | b']' | b'.' | b',' => {
            (Kind::Symbol, start + 1)
        }
        _ => {
            let length = text[start..].chars().next().map_or(1, char::len_utf8);
            (Kind::Unknown, start + length)
        }
    }
}

fn is_name(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_'
}

/// The syntax error of the token at `index`, or of the end of the text behind the last token. It
/// shows the text from the token before to the token after.
pub(super) fn syntax_error(text: &str, tokens: &[Token], index: usize) -> Flaw {
    let Some(token) = tokens.get(index) else {
        let near = tokens
            .last()
            .map_or(text, |last| &text[last.start..last.end]);
        return Flaw::Syntax {
            token: "<EOF>".to_string(),
            near: near.to_string(),
        };
    };
    let start = tokens[index.saturating_sub(1)].start;
    let end = tokens.get(index + 1).unwrap_or(token).end;
    Flaw::Syntax {
        token: text[token.start..token.end].to_string(),
        near: text[start..end].to_string(),
    }
}

/// Whether parentheses stand directly within parentheses: `((a = :b))`. Those of a function's
/// arguments and of `IN` are no group.
pub(super) fn has_redundant_parentheses(text: &str, tokens: &[Token]) -> bool {
    let mut open: Vec<usize> = Vec::new();
    // The group that the token before has closed.
    let mut closed: Option<usize> = None;
    for (index, token) in tokens.iter().enumerate() {
        let now = match &text[token.start..token.end] {
            "(" => {
                open.push(index);
                None
            }
            ")" => {
                let Some(start) = open.pop() else {
                    return false;
                };
                if closed == Some(start + 1) && is_group(text, tokens, start) {
                    return true;
                }
                Some(start)
            }
            _ => None,
        };
        closed = now;
    }
    false
}

/// Whether the parenthesis at `index` opens a group, not the arguments of a function or of `IN`.
fn is_group(text: &str, tokens: &[Token], index: usize) -> bool {
    let Some(before) = index.checked_sub(1).map(|before| tokens[before]) else {
        return true;
    };
    let word = &text[before.start..before.end];
    before.kind != Kind::Word
        || ["AND", "OR", "NOT", "BETWEEN"]
            .iter()
            .any(|keyword| word.eq_ignore_ascii_case(keyword))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str, index: usize) -> String {
        syntax_error(text, &tokens(text), index).to_string()
    }

    #[test]
    fn an_error_shows_the_neighbours() {
        for (text, index, shown) in [
            (
                "INVALID SYNTAX HERE",
                0,
                r#"Syntax error; token: "INVALID", near: "INVALID SYNTAX""#,
            ),
            (
                "exists(pk) x y",
                4,
                r#"Syntax error; token: "x", near: ") x y""#,
            ),
            ("a = :v)", 3, r#"Syntax error; token: ")", near: ":v)""#),
            ("exists(", 2, r#"Syntax error; token: "<EOF>", near: "(""#),
            ("  \t", 0, "Syntax error; token: \"<EOF>\", near: \"  \t\""),
            ("a é = :v", 1, r#"Syntax error; token: "é", near: "a é =""#),
            ("l[00]", 3, r#"Syntax error; token: "0", near: "00]""#),
        ] {
            assert_eq!(error(text, index), shown);
        }
    }

    #[test]
    fn parentheses_directly_within_parentheses_are_redundant() {
        for (text, redundant) in [
            ("((a = :v))", true),
            ("((a = :v)) AND b = :v", true),
            ("NOT ((a = :v))", true),
            ("(a = :v)", false),
            ("((a = :v) AND b = :v)", false),
            ("size((a)) = :v", false),
            ("a IN ((:v))", false),
        ] {
            assert_eq!(
                has_redundant_parentheses(text, &tokens(text)),
                redundant,
                "{text}"
            );
        }
    }
}
