use serde_json::{Map, Value, json};

use harness::explore::Maker;

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

/// What a rule needs so that the function takes its events.
const PERMISSIONS: [&str; 7] = [
    "WorkflowStartedPermission",
    "SignalGeneratedPermission",
    "RebalancePlannedPermission",
    "TradeExecutedPermission",
    "TradingNotificationPermission",
    "WorkflowFailedPermission",
    "AllEventsPermission",
];

/// What a deployer sets, and forgets.
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
    if maker.tape.happens("something is forgotten", 1, 16) {
        topology["without"] = json!([maker.pick("forgotten", &PERMISSIONS)]);
    }
    topology
}
