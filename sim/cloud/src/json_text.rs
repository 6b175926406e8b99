//! JSON as text. What AWS passes on keeps the order of keys, keys that stand twice, and the way
//! numbers are written; a parsed value keeps none of them.

use serde::de::IgnoredAny;

/// The text without the white space between its tokens; none where it is no JSON.
#[must_use]
pub fn compact(text: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut compacted = String::with_capacity(text.len());
    let mut in_string = false;
    let mut escaped = false;
    for character in text.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = character == '\\' && !escaped;
        } else if character == '"' {
            in_string = true;
        } else if character.is_ascii_whitespace() {
            continue;
        }
        compacted.push(character);
    }
    Some(compacted)
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
            compact(text).as_deref(),
            Some(r#"{"z":1.0,"a":[1e2,"two  \" words"],"z":{}}"#)
        );
        assert_eq!(compact("{\"a\":}"), None);
        assert_eq!(compact(""), None);
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
