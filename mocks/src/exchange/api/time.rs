//! `/v2/clock` and `/v2/calendar` (Alpaca Trading API reference, "Clock", "Calendar").

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use chrono_tz::America::New_York;
use serde_json::{Value, json};

use super::query::Query;
use super::reply::Reply;
use super::words::Words;
use crate::exchange::calendar::{self, Hours, Session};
use crate::exchange::refusal::Refusal;
use crate::exchange::service::Service;

/// GET: whether the market is open, and when it opens and closes next; times with New York's
/// offset.
pub(super) fn clock(hours: Hours, now: DateTime<Utc>) -> Result<Reply, Refusal> {
    let open = hours.session_at(now);
    let next = hours.next_session(now);
    let local = |at: DateTime<Utc>| {
        at.with_timezone(&New_York)
            .to_rfc3339_opts(SecondsFormat::AutoSi, false)
    };
    Ok(Reply::ok(&json!({
        "timestamp": local(now),
        "is_open": open.is_some(),
        "next_open": local(next.open),
        "next_close": local(open.unwrap_or(next).close),
    })))
}

/// GET: trading days from `start` to `end`, both included; by default from 1970 to 2029 as Alpaca
/// has it, here the years the calendar is valid for.
pub(super) fn calendar(hours: Hours, now: DateTime<Utc>, query: &Query) -> Result<Reply, Refusal> {
    let types = Words {
        name: "date_type",
        simulated: &[("TRADING", ())],
        known: &["SETTLEMENT"],
    };
    let word = query.get("date_type").unwrap_or("TRADING");
    types
        .meaning(Service::Trading, word)?
        .ok_or_else(|| Refusal::bad_field(format!("invalid date_type: {word}")))?;
    let edge = |year, month, day| {
        NaiveDate::from_ymd_opt(year, month, day).unwrap_or(calendar::market_date(now))
    };
    let (first, last) = (edge(2000, 1, 1), edge(2030, 12, 31));
    let start = query.date("start")?.unwrap_or(first).max(first);
    let end = query.date("end")?.unwrap_or(last).min(last);
    let days = start
        .iter_days()
        .take_while(|date| *date <= end)
        .filter_map(|date| hours.session(date))
        .map(|session| day(&session));
    Ok(Reply::ok(&Value::Array(days.collect())))
}

fn day(session: &Session) -> Value {
    let local = |at: DateTime<Utc>| at.with_timezone(&New_York).format("%H:%M").to_string();
    json!({
        "date": session.date,
        "open": local(session.open),
        "close": local(session.close),
        "session_open": "0400",
        "session_close": if calendar::closes_early(session.date) { "1700" } else { "2000" },
        "settlement_date": settlement(session.date),
    })
}

/// Trades settle one trading day later since 28 May 2024, two since 5 September 2017, three before.
fn settlement(date: NaiveDate) -> NaiveDate {
    let since = |year, month, day| {
        NaiveDate::from_ymd_opt(year, month, day).is_some_and(|start| start <= date)
    };
    let days = match (since(2024, 5, 28), since(2017, 9, 5)) {
        (true, _) => 1,
        (_, true) => 2,
        _ => 3,
    };
    date.iter_days()
        .skip(1)
        .filter(|day| calendar::is_trading_day(*day))
        .nth(days - 1)
        .unwrap_or(date)
}
