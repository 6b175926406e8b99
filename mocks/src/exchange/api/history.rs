//! `/v2/account/portfolio/history` (Alpaca Trading API reference, "Account Portfolio History").

use chrono::{DateTime, Days, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::query::Query;
use super::reply::Reply;
use super::words::Words;
use crate::exchange::refusal::Refusal;
use crate::exchange::service::Service;
use crate::exchange::text::plain;
use crate::exchange::{Exchange, calendar};

/// GET: equity at the close of each completed session. Only whole days are simulated, so that what
/// says how the time within a day is reported (`extended_hours`, `intraday_reporting`, `pnl_reset`)
/// has no effect, as at Alpaca for whole days.
pub(super) fn show(
    exchange: &Exchange,
    now: DateTime<Utc>,
    query: &Query,
) -> Result<Reply, Refusal> {
    let (start, end) = span(now, query)?;
    check_timeframe(query, start, end)?;
    if query
        .get("cashflow_types")
        .is_some_and(|types| types != "NONE")
    {
        return Err(Refusal::not_simulated(
            Service::Trading,
            "cashflow_types",
            "NONE",
        ));
    }
    let close = |date| calendar::session(date).map(|session| session.close);
    let base = close(calendar::previous_trading_day(start))
        .map_or(Decimal::ZERO, |at| exchange.equity_as_of(at));
    let (mut times, mut equities, mut gains, mut percents) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for date in calendar::trading_days(start, end) {
        let equity = close(date).map_or(base, |at| exchange.equity_as_of(at));
        times.push(calendar::midnight(date).timestamp().to_string());
        equities.push(plain(equity));
        gains.push(plain(equity - base));
        let share = if base.is_zero() {
            Decimal::ZERO
        } else {
            ((equity - base) / base).round_dp(6)
        };
        percents.push(plain(share));
    }
    let list = |items: Vec<String>| items.join(",");
    Ok(Reply::text(
        200,
        format!(
            r#"{{"timestamp":[{}],"equity":[{}],"profit_loss":[{}],"profit_loss_pct":[{}],"base_value":{},"base_value_asof":"{}","timeframe":"1D"}}"#,
            list(times),
            list(equities),
            list(gains),
            list(percents),
            plain(base),
            calendar::previous_trading_day(start),
        ),
    ))
}

/// The first and the last day: two of `start`, `end` and `period` say it, which are the last
/// completed session and a month where they are absent. Older clients say `date_start` and
/// `date_end`.
fn span(now: DateTime<Utc>, query: &Query) -> Result<(NaiveDate, NaiveDate), Refusal> {
    let named = |name: &str, older: &str| Ok(query.day(name)?.or(query.day(older)?));
    let (start, end) = (named("start", "date_start")?, named("end", "date_end")?);
    let last = calendar::last_completed(now).date;
    let period = match query.get("period") {
        Some(_) if start.is_some() && end.is_some() => {
            return Err(Refusal::bad_field(
                "only two of start, end and period can be specified at the same time",
            ));
        }
        None => Days::new(30),
        Some(text) => Days::new(
            days_in(text).ok_or_else(|| Refusal::bad_field(format!("invalid period: {text}")))?,
        ),
    };
    Ok(match (start, end, query.get("period")) {
        (Some(start), None, Some(_)) => (start, (start + period).min(last)),
        (start, end, _) => {
            let end = end.map_or(last, |end| end.min(last));
            (start.unwrap_or(end - period), end)
        }
    })
}

/// Without a word Alpaca takes minutes for less than 7 days, a quarter of an hour for less than 30,
/// and days for more.
fn check_timeframe(query: &Query, start: NaiveDate, end: NaiveDate) -> Result<(), Refusal> {
    let by_default = match (end - start).num_days() {
        ..7 => "1Min",
        7..30 => "15Min",
        _ => "1D",
    };
    let word = query.get("timeframe").unwrap_or(by_default);
    let words = Words {
        name: "timeframe",
        simulated: &[("1D", ())],
        known: &["1Min", "5Min", "15Min", "1H"],
    };
    words
        .meaning(Service::Trading, word)?
        .ok_or_else(|| Refusal::bad_field(format!("invalid timeframe: {word}")))
}

/// Calendar days in a period such as `1D`, `2W`, `3M`, `1A`.
fn days_in(period: &str) -> Option<u64> {
    let (count, unit) = period.split_at_checked(period.len().checked_sub(1)?)?;
    let days = match unit {
        "D" => 1,
        "W" => 7,
        "M" => 30,
        "A" => 365,
        _ => return None,
    };
    count
        .parse::<u64>()
        .ok()
        .filter(|count| (1..=1_000).contains(count))
        .map(|count| count * days)
}
