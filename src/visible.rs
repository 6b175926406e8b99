//! Text that others wrote, fit for a mail, a terminal or a log: what cannot be seen is written out,
//! so that it neither moves a cursor nor turns a line around nor begins one.

/// `text` in one line: line breaks and tabs become blanks, and what cannot be seen is written as
/// `\u{1b}`.
#[must_use]
pub fn one_line(text: &str) -> String {
    written(text, |character| is_break(character).then_some(' '))
}

/// `text` in its own lines; all else that cannot be seen is written as `\u{1b}`.
#[must_use]
pub fn lines(text: &str) -> String {
    written(&text.replace("\r\n", "\n"), |character| match character {
        '\n' => Some('\n'),
        '\t' => Some(' '),
        _ => None,
    })
}

/// JSON text in which all that cannot be seen is escaped as JSON does it: the value stays the same.
#[must_use]
pub fn json(text: String) -> String {
    // Nearly every text is of letters that anybody can see.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '\n' && is_hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The first `most` characters of `text`; where there are more, it says how many there were.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
    }
}

fn written(text: &str, kept: impl Fn(char) -> Option<char>) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut shown, character| {
            match kept(character) {
                Some(other) => shown.push(other),
                None if is_hidden(character) => shown.extend(character.escape_unicode()),
                None => shown.push(character),
            }
            shown
        })
}

/// What moves to another line or column.
fn is_break(character: char) -> bool {
    matches!(character, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character cannot be seen: controls, those of bidirectional text, line separators, and
/// what has no width.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str =
        "a\u{1b}[2J\u{9b}31m\0b\r\nc\td\u{202e}e\u{2028}f\u{7f}\u{feff}é\u{e0041}";

    #[test]
    fn one_line_holds_nothing_that_cannot_be_seen() {
        let shown = "a\\u{1b}[2J\\u{9b}31m\\u{0}b  c d\\u{202e}e f\\u{7f}\\u{feff}é\\u{e0041}";
        assert_eq!(one_line(HOSTILE), shown);
    }

    #[test]
    fn lines_keep_their_breaks_and_nothing_else() {
        assert_eq!(lines("a\r\nb\rc\n\td\u{85}"), "a\nb\\u{d}c\n d\\u{85}");
    }

    #[test]
    fn json_stays_the_same_value() {
        let text = serde_json::to_string(HOSTILE).expect("JSON");
        let shown = json(text);
        assert_eq!(
            serde_json::from_str::<String>(&shown).expect("JSON"),
            HOSTILE
        );
        assert!(!shown.chars().any(is_hidden), "{shown}");
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äöü… (4 characters)");
    }
}
