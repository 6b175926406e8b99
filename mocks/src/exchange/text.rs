//! How values are written on the wire.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::calendar;

/// A decimal without needless zeros, never in scientific notation.
pub(super) fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

/// An RFC 3339 timestamp in UTC with as many decimals as it has.
pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A moment from RFC 3339 text or from a bare date, which means midnight in New York.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let exact = DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|at| at.with_timezone(&Utc));
    exact.or_else(|| NaiveDate::from_str(text).ok().map(calendar::midnight))
}

/// A date from `YYYY-MM-DD`, or from the date of an RFC 3339 timestamp.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::from_str(text)
        .ok()
        .or_else(|| NaiveDate::from_str(text.split('T').next()?).ok())
}

/// A decimal from JSON text or a JSON number: Alpaca takes both.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => number(text),
        Value::Number(number_) => number(&number_.to_string()),
        _ => None,
    }
}

/// A decimal from text, in plain or scientific notation, taken exactly or not at all.
pub(super) fn number(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text)
        .ok()
        .or_else(|| Decimal::from_scientific(text).ok())
}

/// The body of a URL's query or path with `%XX` and `+` taken back.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => decoded.push(b' '),
            b'%' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let code = std::str::from_utf8(&digits)
                    .ok()
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok());
                decoded.push(code.unwrap_or(b'%'));
            }
            other => decoded.push(other),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// `delay` after `at`, at most the end of time.
pub(super) fn later(at: DateTime<Utc>, delay: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(delay)
        .ok()
        .and_then(|delay| at.checked_add_signed(delay))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}
