//! Which rules of a bus an event meets, and which patterns a stack may have.

use serde_json::json;

use super::{BusEvent, EventBridge};
use crate::stack::{Account, Rule, Stack, StackError};
use event_pattern::PATTERN_CHARACTERS_QUOTA;

fn rule(name: &str, bus: &str, pattern: &str) -> Rule {
    Rule {
        logical_id: name.to_owned(),
        name: name.to_owned(),
        arn: format!("arn:aws:events:us-east-1:111122223333:rule/{bus}/{name}"),
        bus: bus.to_owned(),
        pattern: Some(pattern.to_owned()),
        schedule_expression: None,
        enabled: true,
        targets: Vec::new(),
    }
}

fn eventbridge(rules: Vec<Rule>) -> Result<EventBridge, StackError> {
    let account = Account {
        id: "111122223333".to_owned(),
        stack: "shop".to_owned(),
        ..Account::default()
    };
    EventBridge::new(
        &Stack {
            rules,
            ..Stack::default()
        },
        &account,
        1_048_576,
        1,
        Default::default(),
    )
}

fn event(bus: &str, source: &str) -> BusEvent {
    BusEvent {
        bus: bus.to_owned(),
        id: "1".to_owned(),
        source: source.to_owned(),
        detail_type: "Paid".to_owned(),
        time: Default::default(),
        resources: Vec::new(),
        detail: json!({}).into(),
        envelope: json!({"source": source, "detail-type": "Paid", "detail": {}})
            .to_string()
            .into(),
        replay: None,
        filter: Vec::new(),
        is_forwarded: false,
    }
}

fn names(eventbridge: &mut EventBridge, event: &BusEvent) -> Vec<String> {
    eventbridge
        .matching(event)
        .into_iter()
        .map(|rule| rule.name.clone())
        .collect()
}

#[test]
fn an_event_meets_the_rules_of_its_bus_in_the_order_of_the_template() {
    let rules = vec![
        rule("any", "default", r#"{"source": [{"prefix": ""}]}"#),
        rule("other-bus", "orders", r#"{"source": ["shop"]}"#),
        rule("shop", "default", r#"{"source": ["shop"]}"#),
        rule("bank", "default", r#"{"source": ["bank"]}"#),
        rule("paid", "default", r#"{"detail-type": ["Paid"]}"#),
        rule(
            "without-note",
            "default",
            r#"{"detail": {"note": [{"exists": false}]}}"#,
        ),
    ];
    let mut eventbridge = eventbridge(rules).expect("valid patterns");
    assert_eq!(
        names(&mut eventbridge, &event("default", "shop")),
        ["any", "shop", "paid", "without-note"]
    );
    assert_eq!(
        names(&mut eventbridge, &event("default", "bank")),
        ["any", "bank", "paid", "without-note"]
    );
    assert_eq!(
        names(&mut eventbridge, &event("orders", "shop")),
        ["other-bus"]
    );
    assert_eq!(
        names(&mut eventbridge, &event("unknown", "shop")),
        [] as [&str; 0]
    );
}

#[test]
fn disabled_rules_and_rules_outside_of_a_replays_filter_see_nothing() {
    let both = vec![
        rule("one", "default", r#"{"source": ["shop"]}"#),
        rule("two", "default", r#"{"source": ["shop"]}"#),
    ];
    let mut eventbridge = eventbridge(both).expect("valid patterns");
    let mut event = event("default", "shop");
    eventbridge
        .set_rule_state(&json!({"Name": "one"}), false)
        .expect("the rule is there");
    assert_eq!(names(&mut eventbridge, &event), ["two"]);
    eventbridge
        .set_rule_state(&json!({"Name": "one"}), true)
        .expect("the rule is there");
    event.filter = vec!["arn:aws:events:us-east-1:111122223333:rule/default/one".to_owned()];
    assert_eq!(names(&mut eventbridge, &event), ["one"]);
}

#[test]
fn a_pattern_beyond_the_quota_is_refused() {
    let pattern = |characters: usize| {
        let frame = r#"{"source":[""]}"#.len();
        format!(r#"{{"source":["{}"]}}"#, "é".repeat(characters - frame))
    };
    assert!(
        eventbridge(vec![rule(
            "long",
            "default",
            &pattern(PATTERN_CHARACTERS_QUOTA)
        )])
        .is_ok()
    );
    let refused = eventbridge(vec![rule(
        "longer",
        "default",
        &pattern(PATTERN_CHARACTERS_QUOTA + 1),
    )])
    .map(|_| ())
    .map_err(|error| error.to_string());
    assert_eq!(
        refused,
        Err("longer: the event pattern has 2049 characters; the default quota is 2048".to_owned())
    );
}
