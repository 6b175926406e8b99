//! Positions in a JSON text as Jackson prints them.

/// Characters of the source that an error message repeats.
const SNIPPET_UNITS_MAX: usize = 500;

/// `[Source: (String)"<text>"; line: L, column: C]` for a byte offset: both count from 1, columns
/// in UTF-16 units.
pub(super) fn describe(text: &str, offset: usize) -> String {
    let (line, column) = line_and_column(text, offset);
    describe_at(text, line, column)
}

/// As [`describe`], for the beginning of the document itself, which Jackson places at column 0.
pub(super) fn describe_root(text: &str) -> String {
    describe_at(text, 1, 0)
}

fn describe_at(text: &str, line: usize, column: usize) -> String {
    format!(
        "[Source: (String){}; line: {line}, column: {column}]",
        snippet(text)
    )
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let bytes = before.as_bytes();
    let mut line = 1;
    let mut row_start = 0;
    for (index, byte) in bytes.iter().enumerate() {
        // A carriage return ends a line, but one with a line feed behind it is a single line end.
        let ends_line =
            *byte == b'\n' || (*byte == b'\r' && text.as_bytes().get(index + 1) != Some(&b'\n'));
        if ends_line {
            line += 1;
            row_start = index + 1;
        }
    }
    let column = before[row_start..].encode_utf16().count() + 1;
    (line, column)
}

fn snippet(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(SNIPPET_UNITS_MAX) + 2);
    let mut units = 0;
    let mut hidden = 0;
    shown.push('"');
    for character in text.chars() {
        if units + character.len_utf16() > SNIPPET_UNITS_MAX || hidden > 0 {
            hidden += character.len_utf16();
            continue;
        }
        units += character.len_utf16();
        if character.is_control() && character != '\r' && character != '\n' {
            shown.push_str(&format!("\\u{:04X}", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown.push('"');
    if hidden > 0 {
        shown.push_str(&format!("[truncated {hidden} chars]"));
    }
    shown
}
