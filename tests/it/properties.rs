//! What holds for any input: the router answers it, the circuit breaker comes first, only a command
//! trades, and events survive JSON.

use std::collections::BTreeSet;

use alchemiser::envelope::{Incoming, classify, is_domain_event, unwrap};
use alchemiser::event::{DetailType, Event, OrderResult};
use alchemiser::redact::Redacted;
use alchemiser::response::CommandResponse;
use alchemiser::secrets::Secrets;
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::events::{event, order_result};
use crate::support::json::{any_json, any_object, cases, envelope, payload, word};
use crate::support::{IdleCloud, block_on, router_on_eventbridge, router_over};

/// The types that rules.md 3.2 lists.
const ROUTED: [&str; 7] = [
    "WorkflowStarted",
    "SignalGenerated",
    "RebalancePlanned",
    "TradeExecuted",
    "WorkflowCompleted",
    "WorkflowFailed",
    "TradingNotificationRequested",
];

/// The fields of a command, rules.md 2.1, and the schedule's occurrence.
const COMMAND_FIELDS: [&str; 17] = [
    "schema_version",
    "mode",
    "trading_mode",
    "arguments",
    "action",
    "month",
    "account_id",
    "to",
    "subject",
    "dry_run",
    "pnl_type",
    "pnl_periods",
    "pnl_period",
    "pnl_detailed",
    "correlation_id",
    "causation_id",
    "scheduled_time",
];

/// Specification 3.2.
fn is_domain(value: &Value) -> bool {
    ROUTED.iter().any(|name| value["detail-type"] == *name)
        && value["source"]
            .as_str()
            .is_some_and(|source| source.starts_with("alchemiser."))
}

/// Specification 3.1, wherever it hides: at the top, in an observation, in an envelope.
fn is_error_notification(value: &Value) -> bool {
    let detail = value.get("detail").filter(|_| holds_both(value));
    value["detail-type"] == "ErrorNotificationRequested"
        || [value.get("observe"), detail]
            .into_iter()
            .flatten()
            .any(is_error_notification)
}

fn holds_both(value: &Value) -> bool {
    ["detail-type", "detail"]
        .iter()
        .all(|key| value.get(key).is_some())
}

fn is_observation(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|object| object.keys().eq(["observe"]))
}

/// What rules.md 2.2 and A11 leave as a command to trade; everything else must not.
fn may_trade(value: &Value) -> bool {
    let mut inner = value.clone();
    while holds_both(&inner) {
        inner = inner["detail"].take();
    }
    if let Some(parsed) = inner
        .as_str()
        .filter(|_| holds_both(value))
        .and_then(|text| serde_json::from_str(text).ok())
    {
        inner = parsed;
    }
    let asks_to_trade = match &inner {
        Value::Null => value.is_null(),
        Value::Object(fields) => fields
            .keys()
            .all(|key| COMMAND_FIELDS.contains(&key.as_str())),
        _ => false,
    };
    let says_trade = inner["mode"].is_null() || inner["mode"] == "trade";
    let is_ours = value["source"]
        .as_str()
        .is_some_and(|source| source.starts_with("alchemiser."));
    asks_to_trade
        && says_trade
        && inner["action"].is_null()
        && inner["dry_run"] != true
        && !is_ours
        && !is_error_notification(value)
}

/// The two shapes of an answer: rules.md 2.3 and 3.3.
fn is_answer(answer: &Value) -> bool {
    let texts = ["status", "mode", "trading_mode", "message", "request_id"]
        .iter()
        .all(|key| answer[key].is_string());
    let is_command_answer = texts
        && ["success", "failed", "skipped"]
            .iter()
            .any(|status| answer["status"] == *status);
    let keys = answer
        .as_object()
        .map(|object| object.keys().map(String::as_str).collect::<BTreeSet<_>>());
    let is_event_answer = keys == Some(BTreeSet::from(["statusCode", "body"]))
        && answer["statusCode"].is_u64()
        && answer["body"].is_string();
    is_command_answer || is_event_answer
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn any_json_gets_an_answer_or_a_named_error(payload in payload(), on_eventbridge in any::<bool>()) {
        let flag = if on_eventbridge { "true" } else { "false" };
        let router = router_over(IdleCloud::open_market(), &[("EVENTBRIDGE__USE_EVENTBRIDGE", flag)]);
        match block_on(router.handle(&payload, "request-1")) {
            Ok(answer) => prop_assert!(is_answer(&answer), "{payload} was answered {answer}"),
            Err(error) => prop_assert!(!error.class().is_empty() && !error.to_string().is_empty(), "{payload}"),
        }
    }

    #[test]
    fn what_is_no_command_never_trades(payload in payload()) {
        let cloud = IdleCloud::open_market();
        let outcome = block_on(router_on_eventbridge(cloud.clone()).handle(&payload, "request-1"));
        prop_assert!(cloud.orders().is_empty(), "{payload} placed {:?}", cloud.orders());
        if !may_trade(&payload) {
            let started = cloud.published_types().iter().any(|name| name == "WorkflowStarted");
            prop_assert!(!started, "{payload} started a workflow and was answered {outcome:?}");
        }
    }

    #[test]
    fn no_input_publishes_more_than_one_error_event(payload in payload()) {
        let cloud = IdleCloud::open_market();
        let answer = block_on(router_on_eventbridge(cloud.clone()).handle(&payload, "request-1"));
        let errors = cloud.published_types().iter().filter(|name| *name == "ErrorNotificationRequested").count();
        prop_assert!(errors <= 1, "{payload} published {errors} error events and was answered {answer:?}");
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn the_circuit_breaker_wins_and_calls_nothing(
        mut fields in any_object(),
        source in proptest::option::of(word()),
        detail in proptest::option::of(any_json()),
        wrappings in 0..3_usize,
    ) {
        fields.insert("detail-type".to_owned(), json!("ErrorNotificationRequested"));
        fields.extend(source.map(|source| ("source".to_owned(), json!(source))));
        fields.extend(detail.map(|detail| ("detail".to_owned(), detail)));
        let payload = (0..wrappings).fold(Value::Object(fields), |inner, _| json!({ "observe": inner }));
        let cloud = IdleCloud::open_market();
        let answer = block_on(router_on_eventbridge(cloud.clone()).handle(&payload, "request-1"));
        prop_assert_eq!(answer, Ok(CommandResponse::breaker("request-1").to_json()));
        prop_assert!(cloud.asked().is_empty(), "{payload} asked for {:?}", cloud.asked());
    }

    #[test]
    fn the_circuit_breaker_finds_what_an_envelope_hides(
        error in envelope(any_json()),
        outer in envelope(Just(Value::Null)),
        wrappings in 1..5_usize,
    ) {
        let mut error = error;
        error["detail-type"] = json!("ErrorNotificationRequested");
        let payload = (0..wrappings).fold(error, |inner, _| {
            let mut outer = outer.clone();
            outer["detail"] = inner;
            outer
        });
        let cloud = IdleCloud::open_market();
        let answer = block_on(router_on_eventbridge(cloud.clone()).handle(&payload, "request-1"));
        prop_assert_eq!(answer, Ok(CommandResponse::breaker("request-1").to_json()));
        prop_assert!(cloud.asked().is_empty(), "{payload} asked for {:?}", cloud.asked());
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn unwrapping_twice_is_unwrapping_once(payload in payload(), wrappings in 0..4_usize) {
        let core = unwrap(&payload);
        prop_assert!(!holds_both(core), "{core} is still an envelope");
        prop_assert_eq!(unwrap(core), core);
        let wrapped = (0..wrappings).fold(payload.clone(), |inner, _| json!({"detail-type": "x", "source": "y", "detail": inner}));
        prop_assert_eq!(unwrap(&wrapped), core);
    }

    #[test]
    fn detection_agrees_with_the_specification(payload in payload()) {
        prop_assert_eq!(is_domain_event(&payload), is_domain(&payload));
        let incoming = classify(&payload);
        prop_assert_eq!(incoming == Incoming::ErrorNotification, is_error_notification(&payload), "{} is {:?}", payload, incoming);
        let domain = is_domain(&payload) && !is_error_notification(&payload) && !is_observation(&payload);
        prop_assert_eq!(matches!(incoming, Incoming::Domain(_)), domain, "{} is {:?}", payload, incoming);
    }

    #[test]
    fn observing_is_all_that_an_observation_does(inner in payload()) {
        let incoming = classify(&json!({ "observe": inner }));
        let harmless = matches!(incoming, Incoming::Observation(_) | Incoming::Refused(_) | Incoming::ErrorNotification);
        prop_assert!(harmless, "{inner} observed is {incoming:?}");
    }

    #[test]
    fn no_secret_survives_redaction(carrier in carrier(), outer in any_json()) {
        for event in [carrier.clone(), json!({ "detail": carrier, "other": outer }), json!([outer, { "detail": carrier.to_string() }])] {
            let redacted = redact(&event).to_string();
            prop_assert!(!redacted.contains(SECRET), "{event} was logged as {redacted}");
        }
    }

    #[test]
    fn redaction_leaves_everything_else_as_it_is(payload in payload()) {
        let text = payload.to_string().to_lowercase();
        let harmless = !SECRET_NAMES.iter().any(|name| text.contains(&name.to_lowercase())) && !text.contains("\"{") && !text.contains("\"[");
        prop_assume!(harmless);
        prop_assert_eq!(redact(&payload), payload);
    }
}

/// What a log line has of `value`.
fn redact(value: &Value) -> Value {
    let secrets = Secrets::default();
    let redacted = Redacted {
        value,
        secrets: &secrets,
    };
    serde_json::from_str(&redacted.to_string()).expect("JSON")
}

/// What rules.md 2.3 keeps out of logs, and other names and spellings of such.
const SECRET_NAMES: [&str; 16] = [
    "api_key",
    "secret_key",
    "password",
    "token",
    "credentials",
    "secret",
    "authorization",
    "apiKey",
    "x-api-key",
    "access_token",
    "clientSecret",
    "passwd",
    "smtp_password",
    "Bearer",
    "set-cookie",
    "smtp_pass",
];
const SECRET: &str = "hunter2";

/// JSON with a secret under one of its names, at some depth, perhaps within a text that is JSON.
fn carrier() -> impl Strategy<Value = Value> {
    let name = (select(&SECRET_NAMES), any::<bool>()).prop_map(|(name, loud)| {
        if loud {
            name.to_uppercase()
        } else {
            name.to_owned()
        }
    });
    let value = prop_oneof![
        Just(json!(SECRET)),
        Just(json!([SECRET])),
        Just(json!({ "deep": { "deeper": SECRET } }))
    ];
    let base = (any_object(), name, value).prop_map(|(mut object, name, value)| {
        object.insert(name, value);
        Value::Object(object)
    });
    base.prop_recursive(4, 8, 1, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| json!({ "detail": inner })),
            inner.clone().prop_map(|inner| json!([1, inner])),
            inner.prop_map(|inner| json!({ "detail": format!(" {inner}") })),
        ]
    })
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn every_event_survives_json_byte_for_byte(event in event()) {
        let text = event.to_json();
        let value: Value = serde_json::from_str(&text).expect("an event is JSON");
        let name = event.detail_type().as_str();
        for detail in [value.clone(), Value::String(text.clone())] {
            let read = Event::parse(name, &detail);
            prop_assert_eq!(read.as_ref(), Ok(&event));
            prop_assert_eq!(read.map(|event| event.to_json()), Ok(text.clone()));
        }
        prop_assert_eq!(&keys_in_order(&text)[..COMMON_FIELDS.len()], &COMMON_FIELDS);
        prop_assert!(is_instant(&value["timestamp"], event.header.timestamp.get()), "{}", value["timestamp"]);
        for (pointer, places) in amounts(&value) {
            let amount = value.pointer(&pointer).unwrap_or(&Value::Null);
            prop_assert!(is_decimal_text(amount, places), "{pointer} of {name} is {amount}");
        }
    }

    #[test]
    fn every_order_result_survives_json_byte_for_byte(result in order_result()) {
        let text = serde_json::to_string(&result).expect("a result is JSON");
        let read: OrderResult = serde_json::from_str(&text).expect("a result can be read");
        prop_assert_eq!(&read, &result);
        prop_assert_eq!(serde_json::to_string(&read).expect("a result is JSON"), text.clone());
        let value: Value = serde_json::from_str(&text).expect("a result is JSON");
        prop_assert!(is_decimal_text(&value["trade_amount"], Some(2)) && is_decimal_text(&value["shares"], None), "{value}");
        prop_assert!(is_instant(&value["timestamp"], result.timestamp.get()), "{value}");
    }
}

/// Specification 1.2: the fields that every event has, in the order of the wire.
const COMMON_FIELDS: [&str; 9] = [
    "correlation_id",
    "causation_id",
    "event_id",
    "event_type",
    "timestamp",
    "source_module",
    "source_component",
    "metadata",
    "schema_version",
];

/// The keys of a JSON object's text.
fn keys_in_order(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut rest = text.trim_start_matches('{');
    while !rest.is_empty() && rest != "}" {
        let mut key = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        keys.push(key.next().expect("a key").expect("a text"));
        let after = &rest[key.byte_offset() + 1..];
        let mut value = serde_json::Deserializer::from_str(after).into_iter::<Value>();
        value.next().expect("a value").expect("JSON");
        rest = after[value.byte_offset()..].trim_start_matches(',');
    }
    keys
}

/// Specification 1.3: `YYYY-MM-DDTHH:MM:SSZ`, with six digits of microseconds where they are not
/// zero.
fn is_instant(value: &Value, instant: DateTime<Utc>) -> bool {
    let micros = instant.timestamp_subsec_micros();
    let fraction = if micros == 0 {
        String::new()
    } else {
        format!(".{micros:06}")
    };
    *value
        == json!(format!(
            "{}{fraction}Z",
            instant.format("%Y-%m-%dT%H:%M:%S")
        ))
}

/// Specification 1.4: a string; digits after the point as given, if given.
fn is_decimal_text(value: &Value, places: Option<usize>) -> bool {
    let Some(text) = value.as_str() else {
        return false;
    };
    let (whole, fraction) = text
        .strip_prefix('-')
        .unwrap_or(text)
        .split_once('.')
        .unwrap_or((text.trim_start_matches('-'), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !whole.is_empty()
        && digits(whole)
        && digits(fraction)
        && places.is_none_or(|places| fraction.len() == places)
}

/// Where an event of rules.md 1.5 to 1.8 holds decimals, with the places of their type.
fn amounts(event: &Value) -> Vec<(String, Option<usize>)> {
    let below = |pointer: &str, places| {
        let keys = event
            .pointer(pointer)
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|object| object.keys());
        keys.map(|key| (format!("{pointer}/{key}"), places))
            .collect::<Vec<_>>()
    };
    let plan = event["rebalance_plan"]["items"]
        .as_array()
        .map_or(0, Vec::len);
    let items = (0..plan).flat_map(|index| {
        let of_item = |names: &[&str], places| {
            names
                .iter()
                .map(|name| {
                    (
                        format!("/rebalance_plan/items/{index}/{name}"),
                        Some(places),
                    )
                })
                .collect::<Vec<_>>()
        };
        let weights = of_item(&["current_weight", "target_weight", "weight_diff"], 4);
        weights.into_iter().chain(of_item(
            &["target_value", "current_value", "trade_amount"],
            2,
        ))
    });
    let single = [
        ("/rebalance_plan/total_portfolio_value", 2),
        ("/rebalance_plan/total_trade_value", 2),
        ("/rebalance_plan/max_drift_tolerance", 4),
        ("/total_trade_value", 2),
    ];
    let present = single
        .into_iter()
        .filter(|(pointer, _)| event.pointer(pointer).is_some());
    let maps = ["target_values", "current_values", "deltas"]
        .map(|name| below(&format!("/allocation_comparison/{name}"), None));
    let weights = below("/consolidated_portfolio/target_allocations", None);
    present
        .map(|(pointer, places)| (pointer.to_owned(), Some(places)))
        .chain(items)
        .chain(maps.into_iter().flatten())
        .chain(weights)
        .collect()
}

#[test]
fn the_events_of_these_properties_are_of_every_type() {
    let mut runner = TestRunner::new(cases(1));
    let events = event();
    let seen: BTreeSet<DetailType> = (0..300)
        .map(|_| {
            events
                .new_tree(&mut runner)
                .expect("an event can be made")
                .current()
                .detail_type()
        })
        .collect();
    assert_eq!(seen, DetailType::ALL.iter().copied().collect());
}

#[test]
fn an_error_notification_within_more_envelopes_than_anyone_needs_neither_trades_nor_loops() {
    for depth in [1, 7, 8, 9, 30, 100] {
        let error = json!({"detail-type": "ErrorNotificationRequested", "source": "alchemiser.x", "detail": {"mode": "trade"}});
        let payload = (0..depth).fold(
            error,
            |inner, _| json!({"detail-type": "x", "source": "aws.x", "detail": inner}),
        );
        let cloud = IdleCloud::open_market();
        let answer = block_on(router_on_eventbridge(cloud.clone()).handle(&payload, "request-1"))
            .expect("an answer");
        assert_ne!(answer["status"], "success", "{depth} envelopes: {answer}");
        assert!(
            !cloud
                .published_types()
                .contains(&"WorkflowStarted".to_owned()),
            "{depth} envelopes started a workflow"
        );
    }
}
