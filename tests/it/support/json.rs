//! JSON of all sorts: anything at all, envelopes, and what is nearly a command.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

/// Names that mean something to the router.
const KEYS: &[&str] = &[
    "detail-type",
    "detail",
    "source",
    "observe",
    "id",
    "time",
    "resources",
    "replay-name",
    "mode",
    "action",
    "correlation_id",
    "event_id",
    "timestamp",
    "scheduled_time",
    "pnl_type",
    "statusCode",
];

/// Texts that mean something to the router.
const WORDS: &[&str] = &[
    "trade",
    "TRADE",
    " trade ",
    "bot",
    "watchdog",
    "pnl_analysis",
    "paper",
    "live",
    "1.0",
    "",
    "aws.events",
    "aws.scheduler",
    "alchemiser",
    "alchemiser.orchestration",
    "WorkflowStarted",
    "ErrorNotificationRequested",
    "Scheduled Event",
    "{\"mode\":\"trade\"}",
    "{}",
    "null",
    "[1",
    "2025-10-10T13:35:00Z",
    "nope",
];

/// Detail-types, known and unknown.
const TYPES: &[&str] = &[
    "WorkflowStarted",
    "SignalGenerated",
    "RebalancePlanned",
    "TradeExecuted",
    "WorkflowCompleted",
    "WorkflowFailed",
    "TradingNotificationRequested",
    "ErrorNotificationRequested",
    "SystemNotificationRequested",
    "StartupEvent",
    "TestEvent",
    "Scheduled Event",
    "workflowstarted",
    "WorkflowStarted ",
    "",
];

/// Sources, ours and others'.
const SOURCES: &[&str] = &[
    "alchemiser.orchestration",
    "alchemiser.strategy_v2.handlers",
    "alchemiser.",
    "alchemiser",
    "alchemisers.x",
    " alchemiser.x",
    "Alchemiser.x",
    "aws.events",
    "aws.scheduler",
    "aws.other",
    "",
];

/// So many cases a property, the same ones in every run unless `PROPTEST_RNG_SEED` says otherwise.
pub fn cases(cases: u32) -> ProptestConfig {
    let given = ProptestConfig::default();
    let rng_seed = if given.rng_seed == RngSeed::Random {
        RngSeed::Fixed(20_251_010)
    } else {
        given.rng_seed
    };
    ProptestConfig {
        cases,
        rng_seed,
        failure_persistence: None,
        ..given
    }
}

/// Any text, often one that means something.
pub fn word() -> impl Strategy<Value = String> + Clone {
    prop_oneof![3 => select(WORDS).prop_map(str::to_owned), 1 => select(TYPES).prop_map(str::to_owned), 2 => any::<String>()]
}

/// Any JSON value, its keys and texts often ones that mean something.
pub fn any_json() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        4 => word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => btree_map(key(), inner, 0..5).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Any JSON object.
pub fn any_object() -> impl Strategy<Value = Map<String, Value>> + Clone {
    btree_map(any::<String>(), any_json(), 0..4).prop_map(|entries| entries.into_iter().collect())
}

fn key() -> impl Strategy<Value = String> + Clone {
    prop_oneof![3 => select(KEYS).prop_map(str::to_owned), 1 => any::<String>()]
}

/// An envelope around `detail`: nearly always of a type and a source that are texts.
pub fn envelope(detail: impl Strategy<Value = Value> + Clone + 'static) -> BoxedStrategy<Value> {
    let detail_type = prop_oneof![9 => select(TYPES).prop_map(Value::from), 1 => any_json()];
    let source = prop_oneof![9 => select(SOURCES).prop_map(Value::from), 1 => any_json()];
    (
        detail_type,
        option::weighted(0.9, source),
        detail,
        btree_map(key(), any_json(), 0..2),
    )
        .prop_map(|(detail_type, source, detail, others)| {
            let mut envelope: Map<String, Value> = others.into_iter().collect();
            envelope.insert("detail-type".to_owned(), detail_type);
            envelope.insert("detail".to_owned(), detail);
            envelope.extend(source.map(|source| ("source".to_owned(), source)));
            Value::Object(envelope)
        })
        .boxed()
}

/// A command as somebody might write it, right or wrong.
pub fn near_command() -> impl Strategy<Value = Value> + Clone {
    let field = prop_oneof![
        6 => select(&["trade", "TRADE", " trade ", "bot", "watchdog", ""]).prop_map(|mode| ("mode", json!(mode))),
        2 => select(&["paper", "live", "PAPER"]).prop_map(|mode| ("trading_mode", json!(mode))),
        1 => select(&["pnl_analysis", "trade"]).prop_map(|action| ("action", json!(action))),
        1 => select(&["1.0", "2.0"]).prop_map(|version| ("schema_version", json!(version))),
        1 => any::<bool>().prop_map(|dry| ("dry_run", json!(dry))),
        1 => word().prop_map(|id| ("correlation_id", json!(id))),
        1 => (select(&["mode", "action", "dry_run", "arguments", "Mode", "force", "pnl_type"]), any_json()),
    ];
    let object = vec(field, 0..3).prop_map(|fields| {
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    });
    let object = object.prop_map(Value::Object).boxed();
    prop_oneof![
        8 => object.clone(),
        1 => object.clone().prop_map(|command| json!(command.to_string())),
        1 => object.prop_map(|command| json!([command])),
    ]
}

/// What an invocation may bring: anything, an envelope, nearly a command, each perhaps wrapped once
/// more.
pub fn payload() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        any_json(),
        envelope(any_json()),
        near_command(),
        envelope(near_command())
    ]
    .boxed();
    prop_oneof![
        6 => plain.clone(),
        1 => plain.clone().prop_map(|inner| json!({ "observe": inner })),
        1 => envelope(plain),
    ]
}
