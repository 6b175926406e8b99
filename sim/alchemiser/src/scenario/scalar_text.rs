//! From a character of a text to where it is written in YAML, where quotes, escapes and folded
//! lines stand between.

use granit_parser::ScalarStyle;

use simulated_cloud::stack::Position;

/// Where the character at `line` and `column` of `text` is written, which stands between two
/// characters of `file`.
pub(super) fn place_in_scalar(
    file: &str,
    (from, to): (usize, usize),
    style: ScalarStyle,
    text: &str,
    line: usize,
    column: usize,
) -> Option<Position> {
    let written: Vec<char> = file.chars().take(to).collect();
    let mut at = from;
    match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => at += 1,
        // The header of a block (`|`, `>-`, a comment) has a line of its own.
        ScalarStyle::Literal | ScalarStyle::Folded
            if matches!(written.get(at), Some('|' | '>')) =>
        {
            while written.get(at).is_some_and(|character| *character != '\n') {
                at += 1;
            }
        }
        _ => {}
    }
    let (mut at_line, mut at_column) = (1, 1);
    for character in text.chars() {
        if (at_line, at_column) == (line, column) {
            at = skip_blanks_before(&written, at, style, character);
            return Some(position(&written[..at.min(written.len())]));
        }
        at = after(&written, at, style, character);
        (at_line, at_column) = if character == '\n' {
            (at_line + 1, 1)
        } else {
            (at_line, at_column + 1)
        };
    }
    None
}

/// Behind what a character of the text is written as.
fn after(written: &[char], at: usize, style: ScalarStyle, character: char) -> usize {
    let at = skip_blanks_before(written, at, style, character);
    match written.get(at) {
        Some('\\') if style == ScalarStyle::DoubleQuoted => {
            at + 2 + digits_of_escape(written.get(at + 1))
        }
        Some('\'') if style == ScalarStyle::SingleQuoted => at + 2,
        Some(blank) if blank.is_whitespace() => {
            let end = end_of_blanks(written, at);
            // Line ends with all blanks around them are written for the first blank of the text,
            // and nothing for the next.
            if written[at..end].contains(&'\n') {
                end
            } else {
                at + 1
            }
        }
        Some(_) if character.is_whitespace() => at,
        _ => at + 1,
    }
}

/// To where the writing of a character begins: a line that is continued by a backslash, or begins
/// deeper, has blanks before.
fn skip_blanks_before(written: &[char], at: usize, style: ScalarStyle, character: char) -> usize {
    let mut at = at;
    if style == ScalarStyle::DoubleQuoted
        && written.get(at) == Some(&'\\')
        && written.get(at + 1) == Some(&'\n')
    {
        at = end_of_blanks(written, at + 1);
    }
    if character.is_whitespace() {
        at
    } else {
        end_of_blanks(written, at)
    }
}

fn end_of_blanks(written: &[char], at: usize) -> usize {
    written
        .iter()
        .skip(at)
        .position(|character| !character.is_whitespace())
        .map_or(written.len(), |many| at + many)
}

fn digits_of_escape(letter: Option<&char>) -> usize {
    match letter {
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        _ => 0,
    }
}

fn position(before: &[char]) -> Position {
    let line = before
        .iter()
        .filter(|character| **character == '\n')
        .count()
        + 1;
    let column = before
        .iter()
        .rev()
        .take_while(|character| **character != '\n')
        .count()
        + 1;
    Position { line, column }
}
