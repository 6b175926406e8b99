//! Tells when schedules fire, for `tests/external/schedules/compare.py`: reads one question a line, answers
//! one line each.
//!
//! A question is `{"dialect": "scheduler", "expression": .., "zone": .., "anchor": seconds,
//! "windows": [[from, to], ..], "limit": n}`; the answer is a list of times (seconds of the Unix
//! epoch) for each window, or `{"refused": text}`.

use std::io::{BufRead, Write};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use simulated_cloud::schedule_expression::{Dialect, ScheduleExpression};

#[derive(Deserialize)]
struct Question {
    dialect: String,
    expression: String,
    zone: String,
    anchor: i64,
    windows: Vec<(i64, i64)>,
    limit: usize,
}

fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time within the calendar")
}

fn answer(question: &Question) -> Value {
    let dialect = if question.dialect == "rule" {
        Dialect::Rule
    } else {
        Dialect::Scheduler
    };
    let zone = question.zone.parse().expect("a time zone");
    let schedule = match ScheduleExpression::parse(&question.expression, dialect) {
        Ok(schedule) => schedule,
        Err(error) => return json!({ "refused": error.reason.to_string() }),
    };
    let times = |(from, to): &(i64, i64)| {
        let next =
            |time: &DateTime<Utc>| schedule.next_after(*time, zone, instant(question.anchor));
        let first = next(&instant(from - 1));
        let within = std::iter::successors(first, next).take_while(|time| time.timestamp() < *to);
        within
            .take(question.limit)
            .map(|time| time.timestamp())
            .collect::<Vec<_>>()
    };
    json!(question.windows.iter().map(times).collect::<Vec<_>>())
}

fn main() -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let question: Question = serde_json::from_str(&line?)?;
        writeln!(output, "{}", answer(&question))?;
    }
    Ok(())
}
