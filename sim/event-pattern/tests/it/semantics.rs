//! Behaviour of event patterns, rule by rule (`pattern` of semantics.md).

use event_pattern::{FlatEvent, Pattern, validate_test_event};

fn matches(pattern: &str, event: &str) -> bool {
    let pattern = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    pattern.matches(&FlatEvent::parse(event).unwrap_or_else(|error| panic!("{event}: {error}")))
}

/// The reason without position.
fn reason(pattern: &str) -> String {
    let error = Pattern::parse(pattern).map(|_| ()).expect_err(pattern);
    let first = error.message().lines().next().unwrap_or_default();
    first
        .strip_prefix("Event pattern is not valid. Reason: ")
        .expect("every message begins so")
        .to_owned()
}

/// Judges each pattern's matching of each value at the path `a`.
fn judge(rows: &[(&str, &[&str], &[&str])]) {
    for (list, matching, other) in rows {
        let pattern = format!(r#"{{"a": [{list}]}}"#);
        for value in *matching {
            assert!(
                matches(&pattern, &format!(r#"{{"a": {value}}}"#)),
                "{list} should match {value}"
            );
        }
        for value in *other {
            assert!(
                !matches(&pattern, &format!(r#"{{"a": {value}}}"#)),
                "{list} should not match {value}"
            );
        }
        let on_absence = list.contains(r#""exists": false"#);
        assert_eq!(
            matches(&pattern, "{}"),
            on_absence,
            "{list} on an absent field"
        );
        assert_eq!(
            matches(&pattern, r#"{"a": []}"#),
            on_absence,
            "{list} on an empty array"
        );
    }
}

#[test]
fn values_match_by_type_and_content() {
    judge(&[
        (
            r#""x""#,
            &[r#""x""#, r#"["y", "x"]"#, r#"[["x"]]"#],
            &[r#""X""#, r#"{"b": "x"}"#, "null"],
        ),
        ("null", &["null", "[null]"], &[r#""""#, r#""null""#]),
        (r#""""#, &[r#""""#], &["null"]),
        ("true", &["true"], &[r#""true""#, "false"]),
        (
            "300",
            &["300", "300.0", "3.0e2", "3E2"],
            &[r#""300""#, "301"],
        ),
        (
            "9007199254740993",
            &["9007199254740993"],
            &["9007199254740992", "9007199254740993.0"],
        ),
        ("1e400", &["1e400"], &["1e401", "1E400"]),
        (
            r#""2001:db8::1""#,
            &[r#""2001:db8:0:0:0:0:0:1""#, r#""2001:DB8::0001""#],
            &[r#""2001:db8::2""#],
        ),
        (
            r#""10.0.0.1""#,
            &[r#""10.0.0.1""#, r#""10.0.0.01""#],
            &[r#""10.0.0.2""#],
        ),
        (r#""12:30""#, &[r#""12:30""#], &[r#""012:30""#]),
        (r#""999.1.1.1""#, &[r#""999.1.1.1""#], &[r#""999.1.1.01""#]),
        (r#""a*""#, &[r#""a*""#], &[r#""ab""#]),
    ]);
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
#[test]
fn operators_match_as_listed() {
    judge(&[
        (
            r#"{"prefix": ""}"#,
            &[r#""""#, r#""x""#],
            &["null", "1", "true"],
        ),
        (
            r#"{"prefix": {"equals-ignore-case": "aB"}}"#,
            &[r#""AbX""#],
            &[r#""xab""#],
        ),
        (r#"{"suffix": ".png"}"#, &[r#""a.png""#], &[r#""a.PNG""#]),
        (
            r#"{"suffix": {"equals-ignore-case": ".png"}}"#,
            &[r#""a.PNG""#],
            &[r#""a.pngx""#],
        ),
        (
            r#"{"equals-ignore-case": "straße"}"#,
            &[r#""STRASSE""#, r#""Straße""#],
            &[r#""strasse""#],
        ),
        (
            r#"{"wildcard": "a*b"}"#,
            &[r#""ab""#, r#""a\nb""#],
            &[r#""abc""#, "1"],
        ),
        (r#"{"wildcard": ""}"#, &[r#""""#], &[r#""a""#, "null"]),
        (r#"{"wildcard": "\\**"}"#, &[r#""*x""#], &[r#""x""#]),
        (
            r#"{"numeric": [">", 0, "<=", 5]}"#,
            &["5", "5.0", "1e-9"],
            &["0", "5.1", r#""3""#, "null", "true"],
        ),
        (
            r#"{"numeric": [">=", 9007199254740992]}"#,
            &["9007199254740992"],
            &["9007199254740993"],
        ),
        (
            r#"{"numeric": ["=", 3.018e2]}, "x""#,
            &["301.8", r#""x""#],
            &["301.9"],
        ),
        (
            r#"{"cidr": "10.0.0.7/24"}"#,
            &[r#""10.0.0.0""#, r#""10.0.0.255""#],
            &[r#""10.0.1.0""#, r#""x""#, r#""::1""#],
        ),
        (
            r#"{"cidr": "2001:DB8::/32"}"#,
            &[r#""2001:db8:ffff::""#],
            &[r#""2001:db9::""#],
        ),
        (r#"{"cidr": "10.0.0.0/8"}"#, &[r#""::ffff:0a01:0203""#], &[]),
        (
            r#"{"cidr": "0.0.0.0/0"}"#,
            &[r#""255.255.255.255""#],
            &[r#""::1""#],
        ),
        (
            r#"{"exists": true}"#,
            &["null", "1", "[1]"],
            &["{}", r#"{"b": 1}"#],
        ),
        (
            r#"{"exists": false}"#,
            &["{}", r#"{"b": 1}"#, "[[]]"],
            &["null", "1"],
        ),
        (r#""x", {"exists": false}"#, &[r#""x""#], &[r#""y""#]),
        (r#"{"exactly": "x"}"#, &[r#""x""#], &[r#""y""#]),
    ]);
}

#[test]
fn anything_but_matches_any_present_value_that_differs() {
    judge(&[
        (
            r#"{"anything-but": "x"}"#,
            &[r#""y""#, "null", "1", r#"["x", "y"]"#],
            &[r#""x""#, r#"["x"]"#, "{}"],
        ),
        (
            r#"{"anything-but": 5}"#,
            &["6", r#""5""#, "9007199254740993"],
            &["5", "5.0"],
        ),
        (
            r#"{"anything-but": ["x", "y"]}"#,
            &[r#""z""#, "true"],
            &[r#""x""#, r#""y""#],
        ),
        (
            r#"{"anything-but": [1, 2]}"#,
            &["3", r#""1""#],
            &["1", "2e0"],
        ),
        (
            r#"{"anything-but": {"prefix": ["a", "b"]}}"#,
            &[r#""ca""#, "1"],
            &[r#""ab""#, r#""b""#],
        ),
        (
            r#"{"anything-but": {"suffix": "a"}}"#,
            &[r#""ab""#],
            &[r#""ba""#],
        ),
        (
            r#"{"anything-but": {"equals-ignore-case": ["x"]}}"#,
            &[r#""xx""#, "null"],
            &[r#""X""#],
        ),
        (
            r#"{"anything-but": {"wildcard": "*/lib/*"}}"#,
            &[r#""a/bin/b""#],
            &[r#""a/lib/b""#],
        ),
        (
            r#"{"anything-but": "a"}, {"anything-but": "b"}"#,
            &[r#""a""#, r#""b""#],
            &[],
        ),
        (
            r#"{"anything-but": ["a"]}, {"exists": false}"#,
            &[r#""b""#, "{}"],
            &[r#""a""#],
        ),
    ]);
}

#[test]
fn paths_are_keys_joined_with_dots_on_both_sides() {
    for pattern in [
        r#"{"a": {"b": {"c": [1]}}}"#,
        r#"{"a.b": {"c": [1]}}"#,
        r#"{"a": {"b.c": [1]}}"#,
    ] {
        for event in [
            r#"{"a": {"b": {"c": 1}}}"#,
            r#"{"a.b.c": 1}"#,
            r#"{"a": [{"b": [[{"c": 1}]]}]}"#,
        ] {
            assert!(matches(pattern, event), "{pattern} {event}");
        }
    }
}

#[test]
fn duplicate_keys_overwrite_or_merge_in_a_pattern_and_add_up_in_an_event() {
    assert!(!matches(r#"{"a": [1], "a": [2]}"#, r#"{"a": 1}"#));
    assert!(!matches(
        r#"{"a": {"x": [1]}, "a": {"y": [2]}}"#,
        r#"{"a": {"x": 1, "y": 3}}"#
    ));
    assert!(matches(
        r#"{"a": {"x": [1]}, "a": {"y": [2]}}"#,
        r#"{"a": {"x": 1, "y": 2}}"#
    ));
    assert!(
        matches(r#"{"a": [1]}"#, r#"{"a": 1, "a": 2}"#)
            && matches(r#"{"a": [2]}"#, r#"{"a": 1, "a": 2}"#)
    );
}

#[test]
fn text_behind_the_pattern_is_ignored_and_the_first_error_wins() {
    assert!(matches(r#"{"a":[1]} junk"#, r#"{"a": 1} junk"#));
    assert_eq!(
        reason(r#"{"a": [{"foo": 1}], "#),
        "Unrecognized match type foo"
    );
}

#[test]
fn fields_of_one_array_must_match_in_one_element() {
    let event = r#"{"a": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}"#;
    assert!(!matches(r#"{"a": {"x": [1], "y": [4]}}"#, event));
    assert!(matches(r#"{"a": {"x": [3], "y": [4]}}"#, event));
    assert!(matches(
        r#"{"a": {"x": [2], "y": [3]}}"#,
        r#"{"a": {"x": [1, 2], "y": [3, 4]}}"#
    ));
    let two_arrays = r#"{"a": [{"x": 1}, {"x": 2}], "b": [{"x": 1}, {"x": 2}]}"#;
    assert!(matches(r#"{"a": {"x": [1]}, "b": {"x": [2]}}"#, two_arrays));
    let nested = r#"{"a": [{"b": [{"x": 1, "y": 1}], "z": 1}, {"b": [{"x": 2, "y": 2}], "z": 2}]}"#;
    assert!(matches(
        r#"{"a": {"b": {"x": [1], "y": [1]}, "z": [1]}}"#,
        nested
    ));
    assert!(!matches(
        r#"{"a": {"b": {"x": [1], "y": [1]}, "z": [2]}}"#,
        nested
    ));
}

#[test]
fn absence_inside_an_array_depends_on_the_order_of_paths() {
    let event = r#"{"a": [{"z": 1, "c": 1}, {"c": 2}]}"#;
    assert!(matches(
        r#"{"a": {"z": [{"exists": false}], "c": [2]}}"#,
        event
    ));
    let renamed = r#"{"a": [{"b": 1, "c": 1}, {"c": 2}]}"#;
    assert!(!matches(
        r#"{"a": {"b": [{"exists": false}], "c": [2]}}"#,
        renamed
    ));
}

#[test]
fn or_expands_by_overwriting() {
    let pattern = r#"{"a": [1], "$or": [{"a": [2]}, {"b": [1]}]}"#;
    assert!(matches(pattern, r#"{"a": 2}"#) && matches(pattern, r#"{"a": 1, "b": 1}"#));
    assert!(!matches(pattern, r#"{"a": 1}"#) && !matches(pattern, r#"{"b": 1}"#));
    let behind = r#"{"$or": [{"a": [2]}, {"b": [1]}], "a": [1]}"#;
    assert!(matches(behind, r#"{"a": 1}"#) && !matches(behind, r#"{"a": 2}"#));
}

#[test]
fn or_nests_and_multiplies() {
    let pattern = r#"{"d": {"$or": [{"a": [1]}, {"$or": [{"b": [1]}, {"c": {"x": [1]}}]}], "$or": [{"e": [1]}, {"f": [1]}]}}"#;
    for (event, expected) in [
        (r#"{"d": {"a": 1, "e": 1}}"#, true),
        (r#"{"d": {"b": 1, "f": 1}}"#, true),
        (r#"{"d": {"c": {"x": 1}, "f": 1}}"#, true),
        (r#"{"d": {"a": 1, "b": 1}}"#, false),
        (r#"{"d": {"e": 1, "f": 1}}"#, false),
    ] {
        assert_eq!(matches(pattern, event), expected, "{event}");
    }
}

#[test]
fn or_refuses_what_would_expand_without_end() {
    let tens: Vec<String> = (0..10).map(|i| format!(r#"{{"k{i}": [1]}}"#)).collect();
    let or = format!(r#""$or": [{}]"#, tens.join(","));
    assert!(Pattern::parse(&format!("{{{or}, {or}, {or}}}")).is_ok());
    assert_eq!(
        reason(&format!("{{{or}, {or}, {or}, {or}}}")),
        "Rule expands to more than 1000 combinations of $or"
    );
}

#[test]
fn a_rule_has_at_most_256_fields() {
    let fields = |count: usize| {
        (0..count)
            .map(|i| format!(r#""f{i}": [1]"#))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert!(Pattern::parse(&format!("{{{}}}", fields(256))).is_ok());
    assert_eq!(
        reason(&format!("{{{}}}", fields(257))),
        "Size of rule exceeds max value of 256"
    );
    // Each alternative of a $or counts for itself.
    assert!(
        Pattern::parse(&format!(
            r#"{{{}, "$or": [{{"x": [1]}}, {{"y": [1]}}]}}"#,
            fields(255)
        ))
        .is_ok()
    );
    assert!(
        Pattern::parse(&format!(
            r#"{{{}, "$or": [{{"x": [1]}}, {{"y": [1]}}]}}"#,
            fields(256)
        ))
        .is_err()
    );
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
#[test]
fn invalid_patterns_are_refused_in_the_words_of_aws() {
    for (pattern, expected) in [
        ("", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        (r#"{"a": {}}"#, "Empty objects are not allowed"),
        (r#"{"a": 1}"#, r#""a" must be an object or an array"#),
        (
            r#"{"a": [[]]}"#,
            "Match value must be String, number, true, false, or null",
        ),
        (r#"{"a": [{}]}"#, "Match expression name not found"),
        (
            r#"{"a": [{"prefix": {}}]}"#,
            "Prefix expression name not found",
        ),
        (
            r#"{"a": [{"prefix": {"suffix": "x"}}]}"#,
            "Unsupported prefix pattern: suffix",
        ),
        (
            r#"{"a": [{"anything-but": {}}]}"#,
            "Anything-But expression name not found",
        ),
        (
            r#"{"a": [{"anything-but": []}]}"#,
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        (
            r#"{"a": [{"anything-but": [1, "x"]}]}"#,
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        (
            r#"{"a": [{"anything-but": [1e400]}]}"#,
            "Cannot compare number : 1e400",
        ),
        (
            r#"{"a": [{"numeric": []}]}"#,
            "Invalid member in numeric match: ]",
        ),
        (
            r#"{"a": [{"numeric": ["=", 1, "=", 1]}]}"#,
            "Too many elements in numeric expression",
        ),
        (
            r#"{"a": [{"numeric": [">", 0, 1]}]}"#,
            "Bad value in numeric range: 1",
        ),
        (
            r#"{"a": [{"numeric": [">", 0, "<", 1, 2]}]}"#,
            "Too many terms in numeric range expression",
        ),
        (
            r#"{"a": [{"numeric": [">=", 1, "<=", 1]}]}"#,
            "Bottom must be less than top",
        ),
        (
            r#"{"a": [{"cidr": "10.0.0.0/-1"}]}"#,
            "Malformed CIDR, mask bits must not be negative",
        ),
        (
            r#"{"a": [{"cidr": "10.0.0.0/32"}]}"#,
            "IPv4 mask bits must be < 32",
        ),
        (
            r#"{"a": [{"cidr": "::1/128"}]}"#,
            "IPv6 mask bits must be < 128",
        ),
        (
            r#"{"a": [{"cidr": "300.0.0.0/8"}]}"#,
            "Invalid IP address: 300.0.0.0",
        ),
        (
            r#"{"a": [{"wildcard": "a\\b"}]}"#,
            "Invalid escape character at pos 2",
        ),
        (r#"{"$or": 1}"#, "It must be an Array followed with $or."),
        (
            r#"{"$or": [{"a": [1]}]}"#,
            "There must have at least 2 Objects in $or relationship.",
        ),
        (
            r#"{"$or": [{"a": [1]}, {"b": {"prefix": [1]}}]}"#,
            "prefix is Ruler reserved fieldName which cannot be used inside $or.",
        ),
    ] {
        assert_eq!(reason(pattern), expected, "{pattern}");
    }
}

#[test]
fn positions_count_lines_and_characters() {
    let error = Pattern::parse("{\n  \"é\": [{\"foo\": 1}]\n}")
        .map(|_| ())
        .expect_err("foo is no operator");
    assert_eq!(
        error.message(),
        "Event pattern is not valid. Reason: Unrecognized match type foo\n at [Source: (String)\"{\n  \"é\": [{\"foo\": 1}]\n}\"; line: 2, column: 18]"
    );
}

#[test]
fn the_end_of_the_text_names_what_is_open() {
    assert_eq!(
        reason(r#"{"a": ["#),
        r#"Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)"{"a": ["; line: 1, column: 7])"#
    );
}

#[test]
fn depth_costs_no_stack_and_is_limited() {
    let depth = 100_000;
    let reason = reason(&r#"{"a":"#.repeat(depth));
    assert!(
        reason.starts_with("Document nesting depth (1001) exceeds the maximum allowed"),
        "{reason}"
    );
    assert!(FlatEvent::parse(&format!(r#"{{"a":{}"#, "[".repeat(depth))).is_err());
}

#[test]
fn an_event_must_be_an_object_and_a_test_event_an_envelope() {
    assert_eq!(
        FlatEvent::parse("[]")
            .map(|_| ())
            .expect_err("a list")
            .to_string(),
        "event must be a JSON object"
    );
    let envelope = r#"{"id": "1", "account": "2", "source": "s", "time": "t", "region": "r", "detail-type": "d"}"#;
    assert!(validate_test_event(envelope).is_ok());
    for event in ["", "[]", "{}", r#""text""#] {
        assert_eq!(
            validate_test_event(event).map_err(|error| error.to_string()),
            Err("Parameter Event is not valid.".to_owned())
        );
    }
}

#[test]
fn a_value_flattens_as_its_text_does() {
    let event = serde_json::json!({"a": [{"x": 1.5, "y": "é\n"}], "b": null});
    let flat = FlatEvent::from_value(&event).expect("an object");
    assert!(
        Pattern::parse(r#"{"a": {"x": [1.50], "y": ["é\n"]}, "b": [null]}"#)
            .expect("valid")
            .matches(&flat)
    );
}

/// No text makes the reader panic: cuts and swaps bytes of valid patterns in many ways.
#[test]
fn damaged_patterns_never_panic() {
    let texts = [
        r#"{"a": [{"anything-but": {"prefix": ["é", "\u00e9\ud83d\ude00"]}}], "$or": [{"b": [1.5e3]}, {"c": [null]}]}"#,
        r#"{"a": [{"numeric": [">", -0.5, "<=", 1e2]}, {"cidr": "10.0.0.0/8"}, {"wildcard": "a*\\*"}, true, false]}"#,
    ];
    let pieces = [
        "\"", "\\", "{", "}", "[", "]", ",", ":", "é", "😀", "\u{1}", "-", ".", "e", "+", "0",
        "\\u", "\\ud83d", "*", "/", "nul", "\r", "\n",
    ];
    for text in texts {
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for at in &ends {
            let _ = Pattern::parse(&text[..*at]).map_err(|error| error.message().len());
            for piece in pieces {
                let inserted = format!("{}{piece}{}", &text[..*at], &text[*at..]);
                let cut = format!("{}{piece}", &text[..*at]);
                for damaged in [inserted, cut] {
                    let _ = Pattern::parse(&damaged);
                    let _ = FlatEvent::parse(&damaged);
                }
            }
        }
    }
}
