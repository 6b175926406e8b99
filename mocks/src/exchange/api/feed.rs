//! Where market data comes from: the feeds, and which of them the account's plan has in real time
//! (Alpaca Market Data API reference, `feed`, `start` and `end`; docs.alpaca.markets, "Market Data
//! FAQ").

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::query::Query;
use super::words::Words;
use crate::exchange::market::earlier;
use crate::exchange::refusal::Refusal;
use crate::exchange::service::Service;
use crate::exchange::{DataPlan, Exchange};

/// How old data of all exchanges must be where the plan does not have them in real time.
const DELAY: Duration = Duration::from_mins(15);

/// A source of market data. They show the same prices here: there is one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feed {
    /// All US exchanges.
    Sip,
    /// One exchange, which every plan has in real time.
    Iex,
    /// All US exchanges, a quarter of an hour ago.
    DelayedSip,
}

/// The moment whose data are the latest that a request may see. A plan without all exchanges has
/// those of one by default; who asks for all of them all the same is refused.
pub(super) fn latest_moment(
    exchange: &Exchange,
    now: DateTime<Utc>,
    query: &Query,
) -> Result<DateTime<Utc>, Refusal> {
    let simulated = [
        ("sip", Feed::Sip),
        ("iex", Feed::Iex),
        ("delayed_sip", Feed::DelayedSip),
    ];
    let known = ["boats", "overnight", "otc"];
    let by_default = if has_sip(exchange) {
        Feed::Sip
    } else {
        Feed::Iex
    };
    match feed(query, &simulated, &known, by_default)? {
        Feed::Sip if !has_sip(exchange) => Err(refused()),
        Feed::DelayedSip => Ok(earlier(now, DELAY)),
        Feed::Sip | Feed::Iex => Ok(now),
    }
}

/// The end of the time that a request for the past is about. The feed of all exchanges is the
/// default for every plan, up to a quarter of an hour ago where it is not there in real time; a
/// later end that the client names is refused.
pub(super) fn end_of_past(
    exchange: &Exchange,
    now: DateTime<Utc>,
    query: &Query,
) -> Result<DateTime<Utc>, Refusal> {
    let feed = feed(
        query,
        &[("sip", Feed::Sip), ("iex", Feed::Iex)],
        &["boats", "otc"],
        Feed::Sip,
    )?;
    let last = if feed == Feed::Sip && !has_sip(exchange) {
        earlier(now, DELAY)
    } else {
        now
    };
    match query.moment("end").map_err(Refusal::of_data)? {
        None => Ok(last),
        Some(end) if end > last && last < now => Err(refused()),
        Some(end) => Ok(end),
    }
}

fn has_sip(exchange: &Exchange) -> bool {
    exchange.setup.account.data_plan == DataPlan::AlgoTraderPlus
}

fn feed(
    query: &Query,
    simulated: &[(&str, Feed)],
    known: &[&str],
    by_default: Feed,
) -> Result<Feed, Refusal> {
    let Some(word) = query.get("feed") else {
        return Ok(by_default);
    };
    let meaning = Words {
        name: "feed",
        simulated,
        known,
    }
    .meaning(Service::Data, word)?;
    meaning.ok_or_else(|| Refusal::data(400, format!("invalid feed: {word}")))
}

fn refused() -> Refusal {
    Refusal::data(403, "subscription does not permit querying recent SIP data")
}
