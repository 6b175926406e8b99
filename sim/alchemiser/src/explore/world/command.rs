use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{day, owner};
use harness::explore::Maker;

/// How much time passes between two things: within an execution, between steps, hours and days.
const SPANS: [(&str, u64); 12] = [
    ("1s", 1),
    ("8s", 8),
    ("30s", 30),
    ("1m", 60),
    ("5m", 300),
    ("5m5s", 305),
    ("5m12s", 312),
    ("6m", 360),
    ("20m", 1_200),
    ("2h", 7_200),
    ("7h", 25_200),
    ("1d", 86_400),
];

/// Rules that an operator switches off.
const RULES: [&str; 6] = [
    "WorkflowStartedRule",
    "SignalGeneratedRule",
    "RebalancePlannedRule",
    "TradeExecutedRule",
    "TradingNotificationRule",
    "WorkflowFailedRule",
];

/// What happens, in order. A world that begins at another time than before the daily schedule
/// begins with a command.
pub(super) fn when(maker: &mut Maker<'_>, symbols: &[String], clock: DateTime<Utc>) -> Value {
    let mut actions = Vec::new();
    let mut now = clock;
    let mut off: Vec<&str> = Vec::new();
    let has_actions = maker.coin("has actions");
    let count = if has_actions {
        maker.tape.few("actions", 1, 6)
    } else {
        0
    };
    for number in 0..count {
        let name = format!("action {number}");
        let (span, seconds) = maker
            .one(&format!("{name}/span"), &SPANS)
            .copied()
            .unwrap_or(SPANS[0]);
        actions.push(json!({ "advance": span }));
        now += Duration::from_secs(seconds);
        actions.push(action(maker, &name, symbols, (clock, now), &mut off));
    }
    if actions.is_empty() && maker.tape.happens("by hand", 1, 8) {
        actions.push(json!({"invoke": {"mode": "trade"}}));
    }
    let last = maker.pick("last", &["2h", "2h", "8h", "26h"]);
    actions.push(json!({ "advance": last }));
    // An operator who switches a rule off switches it on again.
    let is_off = !off.is_empty();
    actions.extend(off.iter().map(|rule| json!({ "enable_rule": rule })));
    if is_off {
        actions.push(json!({ "advance": "2h" }));
    }
    json!(actions)
}

fn action(
    maker: &mut Maker<'_>,
    name: &str,
    symbols: &[String],
    (began, now): (DateTime<Utc>, DateTime<Utc>),
    off: &mut Vec<&str>,
) -> Value {
    match maker.tape.choose(&format!("{name}/kind"), 17) {
        0..=3 => trade(maker, name, now),
        4 => json!({ "fire": "DailyTradingSchedule" }),
        5 => json!({ "fire": "WatchdogTimer" }),
        6 => json!("redrive"),
        7 => {
            json!({"replay": {"from": day::written(began), "to": day::written(now + TimeDelta::seconds(1))}})
        }
        8 => match off.pop() {
            Some(rule) => json!({ "enable_rule": rule }),
            None => {
                let rule = maker.pick(&format!("{name}/rule"), &RULES);
                off.push(rule);
                json!({ "disable_rule": rule })
            }
        },
        9 => json!("power_loss"),
        _ => json!({"broker": owner::act(maker, name, symbols)}),
    }
}

/// What asks for trading, and not as a command has to. All of it is refused.
const MISTAKES: [&str; 8] = [
    r#"{"mode": null}"#,
    r#"{"mode": "Trade"}"#,
    r#"{"mode": "trade", "shares": "10"}"#,
    r#"{"mode": "trade", "trading_mode": "live"}"#,
    r#"{"mode": "trade", "trading_mode": null}"#,
    r#"{"trading_mode": "paper"}"#,
    r#"[{"mode": "trade"}]"#,
    r#"{"id": "e1", "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {}}"#,
];

/// A command to trade, by hand or as a scheduler of the owner's sends it.
fn trade(maker: &mut Maker<'_>, name: &str, now: DateTime<Utc>) -> Value {
    if maker.has("mistakes") {
        let mistake = maker.pick(&format!("{name}/mistake"), &MISTAKES);
        let payload: Value = serde_json::from_str(mistake).unwrap_or_default();
        return json!({ "invoke": payload });
    }
    let mut command = json!({"mode": "trade"});
    if maker.coin(&format!("{name}/has an id")) {
        command["correlation_id"] =
            json!(maker.pick(&format!("{name}/id"), &["by-hand", "by-hand-2"]));
    }
    if maker.coin(&format!("{name}/has a time")) {
        command["scheduled_time"] = json!(now.to_rfc3339_opts(SecondsFormat::Secs, true));
    }
    json!({ "invoke": command })
}
