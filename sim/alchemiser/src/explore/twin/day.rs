use std::time::Duration;

use alchemiser_mocks::exchange::calendar;
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};
use serde_json::Value;

use super::walk::{has_coins, has_own_prices, sources, with_texts};
use crate::scenario::{Moment, Span};

/// How many weeks later at most.
const MOST_WEEKS: u64 = 8;
/// Days that a world lives on for, at most, after all that its scenario says.
const AFTER: u64 = 4;

/// The world whole weeks later: as early as all its days, and the session before them, have the same
/// hours then, by the same clocks. None where there are no such weeks, or where more than the
/// sessions hangs on the date: real prices, measures that count further back, and chance, for what
/// has another name has other luck.
pub(super) fn twin(document: &Value) -> Option<Value> {
    let clock: Moment = document.pointer("/given/clock")?.as_str()?.parse().ok()?;
    let first = calendar::market_date(clock.0);
    let looks_back = sources(document).any(|source| source.contains(":window"));
    // The id of a workflow names its day, and is nobody's own moment.
    let names_a_workflow = document.to_string().contains('@');
    if looks_back || names_a_workflow || has_coins(document) || !has_own_prices(document) {
        return None;
    }
    let days = days(document)?;
    let weeks = (1..=MOST_WEEKS).find(|weeks| is_alike(first, days, *weeks))?;
    let later = Days::new(7 * weeks);
    Some(with_texts(document, &|text| shifted(text, later)))
}

/// Days that a world lives at most; none where it waits for a moment.
fn days(document: &Value) -> Option<u64> {
    let mut lived = Duration::ZERO;
    for action in document.get("when")?.as_array()? {
        if action.get("advance_to").is_some() {
            return None;
        }
        if let Some(span) = action.get("advance").and_then(Value::as_str) {
            lived += span.parse::<Span>().ok()?.0;
        }
    }
    Some(lived.as_secs().div_ceil(86_400) + AFTER)
}

/// Whether the session before a day, and so many days from it on, have the hours of those so many
/// weeks later.
fn is_alike(first: NaiveDate, days: u64, weeks: u64) -> bool {
    let later = Days::new(7 * weeks);
    let before = calendar::previous_trading_day(first);
    calendar::previous_trading_day(first + later) == before + later
        && before
            .iter_days()
            .take_while(|day| *day < first + Days::new(days))
            .all(|day| hours(day) == hours(day + later))
}

/// When the clocks of New York strike midnight, and when the market opens and closes, in UTC.
fn hours(day: NaiveDate) -> (NaiveTime, Option<(NaiveTime, NaiveTime)>) {
    let time = |at: DateTime<Utc>| at.time();
    let session = calendar::session(day).map(|session| (time(session.open), time(session.close)));
    (time(calendar::midnight(day)), session)
}

/// A moment, an instant or a day later; none where the text is none of these.
fn shifted(text: &str, later: Days) -> Option<String> {
    for pattern in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"] {
        if let Ok(moment) = NaiveDateTime::parse_from_str(text, pattern) {
            return Some((moment + later).format(pattern).to_string());
        }
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        let instant = instant.to_utc() + later;
        return Some(instant.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some((day + later).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_alike_where_sessions_and_clocks_are() {
        let weeks = |day: &str, days: u64| {
            let day: NaiveDate = day.parse().expect("a day");
            (1..=MOST_WEEKS).find(|weeks| is_alike(day, days, *weeks))
        };
        assert_eq!(weeks("2012-03-14", 5), Some(1));
        assert_eq!(
            weeks("2012-03-09", 5),
            None,
            "clocks are put forward on the 11th"
        );
        assert_eq!(weeks("2012-06-19", 5), Some(1));
        assert_eq!(weeks("2012-06-26", 5), Some(2), "the 4th of July");
        assert_eq!(
            weeks("2012-11-22", 5),
            None,
            "a holiday is none a week later"
        );
    }

    #[test]
    fn whatever_is_a_time_is_shifted() {
        let week = |text: &str| shifted(text, Days::new(7));
        assert_eq!(
            week("2012-02-27 09:30").as_deref(),
            Some("2012-03-05 09:30")
        );
        assert_eq!(
            week("2012-02-27 09:30:10").as_deref(),
            Some("2012-03-05 09:30:10")
        );
        assert_eq!(
            week("2012-02-27T14:30:00Z").as_deref(),
            Some("2012-03-05T14:30:00Z")
        );
        assert_eq!(week("2012-02-27").as_deref(), Some("2012-03-05"));
        assert_eq!(week("20m"), None);
    }
}
