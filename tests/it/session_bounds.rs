//! A session's first moment belongs to it, and its last does not: whether a command starts a run at
//! each edge.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::support::{IdleCloud, block_on, router_at};

/// What a command to trade is answered at a moment of Friday, 10 October 2025: the market is open
/// from 13:30 to 20:00 UTC.
fn answer_at(time: &str) -> String {
    let now: DateTime<Utc> = format!("2025-10-10T{time}Z")
        .parse()
        .expect("a time of the day");
    let router = router_at(
        now,
        IdleCloud::open_market(),
        &[("EVENTBRIDGE__USE_EVENTBRIDGE", "true")],
    );
    let answer = block_on(router.handle(&json!({"mode": "trade"}), "request-1")).expect("answered");
    answer["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_run_starts_from_the_open_until_just_before_the_close() {
    for (time, message) in [
        (
            "13:29:59.999",
            "Paper trading skipped: the session of 2025-10-10 has not begun; it opens at 2025-10-10T13:30:00Z",
        ),
        ("13:30:00", "Paper trading completed successfully"),
        ("19:59:59.999", "Paper trading completed successfully"),
        (
            "20:00:00",
            "Paper trading skipped: the session of 2025-10-10 is over; it closed at 2025-10-10T20:00:00Z",
        ),
    ] {
        assert_eq!(answer_at(time), message, "{time}");
    }
}
