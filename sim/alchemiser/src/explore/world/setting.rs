use serde_json::{Map, Value, json};

use super::maker::Maker;

/// Stages of a mail's dialogue.
const STAGES: [&str; 8] = [
    "connect",
    "ehlo",
    "start_tls",
    "auth",
    "mail_from",
    "rcpt_to",
    "data",
    "after_data",
];

/// What the mail server does.
pub(super) fn mail(maker: &mut Maker<'_>) -> Value {
    if !maker.has("mail") {
        return Value::Null;
    }
    let count = maker.tape.few("mail", 1, 3);
    let rules: Vec<Value> = (0..count)
        .map(|number| {
            let name = format!("mail {number}");
            let stage = maker.pick(&format!("{name}/stage"), &STAGES);
            let occurrence = maker.tape.few(&format!("{name}/occurrence"), 1, 3);
            let mut rule = json!({"stage": stage, "occurrence": occurrence});
            // A connection has no reply to give but its first.
            if maker.coin(&format!("{name}/drop")) {
                rule["drop"] = json!(true);
            } else {
                rule["reply"] = json!("451 4.3.0 try again later");
            }
            rule
        })
        .collect();
    json!(rules)
}

/// What a deployer sets, forgets or switches off.
pub(super) fn topology(maker: &mut Maker<'_>) -> Value {
    let mut parameters = Map::new();
    let settings: [(&str, &[&str]); 6] = [
        ("SessionScope", &["occurrence"]),
        (
            "TradingSchedule",
            &[
                "cron(35,50 9 ? * MON-FRI *)",
                "cron(35 9,15 ? * MON-FRI *)",
                "rate(10 minutes)",
            ],
        ),
        ("BorrowingLimit", &["100", "2500.00"]),
        ("PriceTolerancePercent", &["0", "0.1", "5"]),
        ("EmailNeutralMode", &["false"]),
        ("UseEventBridge", &["false"]),
    ];
    for (name, values) in settings {
        let is_there = maker.has(name);
        if is_there && (name != "UseEventBridge" || maker.coin("within one invocation")) {
            parameters.insert(name.to_owned(), json!(maker.pick(name, values)));
        }
    }
    let mut topology = json!({});
    super::put(&mut topology, "parameters", Value::Object(parameters));
    topology
}

/// What AWS leaves open.
pub(super) fn knobs(maker: &mut Maker<'_>) -> Value {
    let mut knobs = Map::new();
    let often = [
        "duplicates_per_mille",
        "reordered_per_mille",
        "throttled_per_mille",
        "async_duplicates_per_mille",
        "sqs_duplicates_per_mille",
        "sqs_short_poll_misses_per_mille",
    ];
    let seldom = [
        "dynamodb_throttles_per_mille",
        "dynamodb_lost_answers_per_mille",
        "dynamodb_conflicts_per_mille",
        "crashes_per_mille",
    ];
    for key in often {
        if maker.has(key) {
            knobs.insert(
                key.to_owned(),
                json!(maker.one(key, &[50, 200, 500, 1_000])),
            );
        }
    }
    for key in seldom {
        if maker.has(key) {
            knobs.insert(key.to_owned(), json!(maker.one(key, &[2, 10, 30])));
        }
    }
    let spans: [(&str, &[&str]); 6] = [
        ("rule_propagation_delay", &["10s", "1m"]),
        ("schedule_jitter", &["10s", "50s"]),
        ("dynamodb_stale_reads", &["50ms", "500ms", "2s"]),
        ("dynamodb_index_lag", &["100ms", "2s", "10s"]),
        ("archive_delay", &["1m", "10m"]),
        ("throttle_delay", &["5s", "10m"]),
    ];
    for (key, values) in spans {
        if maker.has(key) {
            knobs.insert(key.to_owned(), json!(maker.pick(key, values)));
        }
    }
    if maker.has("concurrency") {
        knobs.insert(
            "concurrency".to_owned(),
            json!(maker.one("concurrency", &[1, 2, 4])),
        );
    }
    Value::Object(knobs)
}
