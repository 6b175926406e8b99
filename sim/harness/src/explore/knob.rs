use serde_json::{Map, Value, json};

use super::Maker;

/// What AWS leaves open, as a choice: some knobs by their names, with values as people write them.
#[must_use]
pub fn knobs(maker: &mut Maker<'_>) -> Map<String, Value> {
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
    knobs
}
