use std::time::{Duration, Instant};

use crate::error::CliError;
use event_pattern::{FlatEvent, Pattern, PatternIndex};

/// How many events a second are read and held against rules that share their fields.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark is about the time that passes here"
)]
pub fn pattern_events(rules: usize, limit: Duration) -> Result<f64, CliError> {
    let pattern = |rule: usize| {
        let source = rule % 20;
        let text = format!(
            r#"{{"source": ["shop.{source}"], "detail-type": ["Kind{rule}"], "detail": {{"total": [{{"numeric": [">", {rule}]}}]}}}}"#
        );
        Pattern::parse(&text).map_err(|source| CliError::Pattern {
            place: "the benchmark".to_owned(),
            source,
        })
    };
    let index = PatternIndex::from(
        (0..rules)
            .map(pattern)
            .collect::<Result<Vec<_>, CliError>>()?,
    );
    let event = |number: usize| {
        let kind = number * 7919 % rules;
        let detail = format!(
            r#"{{"total": 20000.5, "status": "paid", "lines": [{{"sku": "a", "qty": {number}}}, {{"sku": "b", "qty": 2}}]}}"#
        );
        format!(
            r#"{{"version": "0", "id": "{number}", "source": "shop.{}", "detail-type": "Kind{kind}", "account": "111122223333", "time": "2012-03-14T13:35:00Z", "region": "us-east-1", "resources": [], "detail": {detail}}}"#,
            kind % 20
        )
    };
    let events: Vec<String> = (0..100).map(event).collect();
    let started = Instant::now();
    let mut judged = 0_u32;
    while started.elapsed() < limit {
        for text in &events {
            let flat = FlatEvent::parse(text).map_err(|source| CliError::Event {
                place: "the benchmark".to_owned(),
                source,
            })?;
            if index.matching(&flat).len() != 1 {
                return Err(CliError::NotOneRule {
                    rules,
                    event: text.clone(),
                });
            }
            judged += 1;
        }
    }
    Ok(f64::from(judged) / started.elapsed().as_secs_f64())
}
