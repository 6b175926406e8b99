//! JSON as text. What AWS passes on keeps the order of keys, keys that stand twice, and the way
//! numbers are written; a parsed value keeps none of them.

use chrono::{DateTime, Datelike, Timelike, Utc};

/// The text of valid JSON without the white space between its tokens.
#[must_use]
pub fn compacted(text: &str) -> String {
    let mut compacted = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    // Where the part begins that is not copied yet. White space is ASCII: it ends no character.
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = byte == b'\\' && !escaped;
        } else if byte == b'"' {
            in_string = true;
        } else if byte.is_ascii_whitespace() {
            compacted.push_str(&text[from..at]);
            from = at + 1;
        }
    }
    compacted.push_str(&text[from..]);
    compacted
}

/// Appends a text as a JSON string.
pub(super) fn push_quoted(json: &mut String, text: &str) {
    if text
        .bytes()
        .any(|byte| byte < b' ' || byte == b'"' || byte == b'\\')
    {
        json.push_str(&serde_json::Value::from(text).to_string());
    } else {
        json.push('"');
        json.push_str(text);
        json.push('"');
    }
}

/// Appends a time as events have it: ISO 8601 in UTC, whole seconds.
pub(super) fn push_seconds(text: &mut String, time: DateTime<Utc>) {
    let year = time.year();
    if !(0..=9999).contains(&year) {
        text.push_str(&time.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        return;
    }
    push_digits(text, year.unsigned_abs(), 4);
    for (mark, number) in [
        ('-', time.month()),
        ('-', time.day()),
        ('T', time.hour()),
        (':', time.minute()),
        (':', time.second()),
    ] {
        text.push(mark);
        push_digits(text, number, 2);
    }
    text.push('Z');
}

fn push_digits(text: &mut String, number: u32, digits: u32) {
    for place in (0..digits).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        text.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

/// The part of compact JSON that a path like `$.a.b[0]['c d']` leads to, as text.
#[must_use]
pub fn resolve<'a>(json: &'a str, path: &str) -> Option<&'a str> {
    let mut value = json;
    let mut rest = path.strip_prefix('$')?;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']')?;
            value = match index.parse::<usize>() {
                Ok(number) => element(value, number)?,
                Err(_) => member(value, index.trim_matches(['\'', '"']))?,
            };
            rest = after;
        } else {
            let name = rest.strip_prefix('.')?;
            let end = name.find(['.', '[']).unwrap_or(name.len());
            value = member(value, &name[..end])?;
            rest = &name[end..];
        }
    }
    Some(value)
}

/// The text of a JSON string; none for anything else.
#[must_use]
pub fn unquoted(json: &str) -> Option<String> {
    json.starts_with('"')
        .then(|| serde_json::from_str(json).ok())
        .flatten()
}

/// The last member of that name.
fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = object.strip_prefix('{')?;
    let mut found = None;
    while rest.starts_with('"') {
        let (key, after) = rest.split_at(length(rest));
        let after = after.strip_prefix(':')?;
        let (value, next) = after.split_at(length(after));
        if unquoted(key).as_deref() == Some(name) {
            found = Some(value);
        }
        rest = next.strip_prefix(',').unwrap_or_default();
    }
    found
}

fn element(array: &str, number: usize) -> Option<&str> {
    let mut rest = array
        .strip_prefix('[')
        .filter(|rest| !rest.starts_with(']'))?;
    for _ in 0..number {
        rest = rest[length(rest)..].strip_prefix(',')?;
    }
    Some(&rest[..length(rest)])
}

/// How many bytes the value at the beginning of the text has.
fn length(text: &str) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if in_string => {
                in_string = escaped || byte != b'"';
                escaped = byte == b'\\' && !escaped;
            }
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b',' | b':' | b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compacting_keeps_order_duplicates_numbers_and_the_inside_of_strings() {
        let text = "{ \"z\" : 1.0 ,\n \"a\": [ 1e2, \"two  \\\" words\" ], \"z\": {} }";
        assert_eq!(
            compacted(text),
            r#"{"z":1.0,"a":[1e2,"two  \" words"],"z":{}}"#
        );
    }

    #[test]
    fn a_path_leads_to_the_text_of_a_part() {
        let json = r#"{"d":{"z":1.0,"a":["x,y",{"k k":"]"}],"s":"q\"}","z":2.50},"n":null}"#;
        for (path, part) in [
            ("$", Some(json)),
            ("$.d.z", Some("2.50")),
            ("$.d.a", Some(r#"["x,y",{"k k":"]"}]"#)),
            ("$.d.a[0]", Some(r#""x,y""#)),
            ("$.d.a[1]['k k']", Some(r#""]""#)),
            ("$.d['s']", Some(r#""q\"}""#)),
            ("$.n", Some("null")),
            ("$.d.a[2]", None),
            ("$.none.z", None),
            ("$.n.z", None),
            ("d", None),
        ] {
            assert_eq!(resolve(json, path), part, "{path}");
        }
        assert_eq!(unquoted(r#""q\"}""#).as_deref(), Some("q\"}"));
        assert_eq!(unquoted("12"), None);
    }
}
