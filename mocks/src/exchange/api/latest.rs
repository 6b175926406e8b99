//! The latest quotes and trades of `/v2/stocks` (Alpaca Market Data API reference). Numbers are
//! JSON numbers, written from their exact decimals.

use chrono::{DateTime, Utc};

use super::feed::latest_moment;
use super::query::Query;
use super::reply::Reply;
use crate::exchange::Exchange;
use crate::exchange::refusal::Refusal;
use crate::exchange::text::{plain, stamp};

/// GET: the latest quote of each symbol; one without a quote is left out.
pub(super) fn quotes(
    exchange: &Exchange,
    now: DateTime<Utc>,
    query: &Query,
) -> Result<Reply, Refusal> {
    listed("quotes", exchange, now, query, quote)
}

/// GET: the latest trade of each symbol; one without a trade is left out.
pub(super) fn trades(
    exchange: &Exchange,
    now: DateTime<Utc>,
    query: &Query,
) -> Result<Reply, Refusal> {
    listed("trades", exchange, now, query, trade)
}

/// GET: the latest quote of one symbol.
pub(super) fn one_quote(
    exchange: &Exchange,
    now: DateTime<Utc>,
    symbol: &str,
    query: &Query,
) -> Result<Reply, Refusal> {
    one("quote", exchange, now, symbol, query, quote)
}

/// GET: the latest trade of one symbol.
pub(super) fn one_trade(
    exchange: &Exchange,
    now: DateTime<Utc>,
    symbol: &str,
    query: &Query,
) -> Result<Reply, Refusal> {
    one("trade", exchange, now, symbol, query, trade)
}

type Show = fn(&Exchange, &str, DateTime<Utc>) -> Option<String>;

fn quote(exchange: &Exchange, symbol: &str, at: DateTime<Utc>) -> Option<String> {
    let quote = exchange.market.feed_quote(symbol, at)?;
    let (bid, ask) = (plain(quote.bid), plain(quote.ask));
    Some(format!(
        r#"{{"ap":{ask},"as":{},"ax":"V","bp":{bid},"bs":{},"bx":"V","c":["R"],"t":"{}","z":"C"}}"#,
        quote.ask_size,
        quote.bid_size,
        stamp(quote.at)
    ))
}

fn trade(exchange: &Exchange, symbol: &str, at: DateTime<Utc>) -> Option<String> {
    let price = exchange.market.price(symbol, at)?;
    let traded = exchange.market.quote(symbol, at)?.at;
    Some(format!(
        r#"{{"c":["@"],"i":{},"p":{},"s":100,"t":"{}","x":"V","z":"C"}}"#,
        traded.timestamp(),
        plain(price),
        stamp(traded)
    ))
}

/// An object with one entry for each symbol that has something to show.
fn listed(
    name: &str,
    exchange: &Exchange,
    now: DateTime<Utc>,
    query: &Query,
    show: Show,
) -> Result<Reply, Refusal> {
    let symbols = query.shares()?;
    let at = latest_moment(exchange, now, query)?;
    let known = symbols
        .iter()
        .filter(|symbol| exchange.asset(symbol).is_some());
    let entries: Vec<String> = known
        .filter_map(|symbol| Some(format!("\"{symbol}\":{}", show(exchange, symbol, at)?)))
        .collect();
    Ok(Reply::text(
        200,
        format!("{{\"{name}\":{{{}}}}}", entries.join(",")),
    ))
}

fn one(
    name: &str,
    exchange: &Exchange,
    now: DateTime<Utc>,
    symbol: &str,
    query: &Query,
    show: Show,
) -> Result<Reply, Refusal> {
    let symbol = Query::share(symbol)?;
    let at = latest_moment(exchange, now, query)?;
    let shown = exchange
        .asset(symbol)
        .and_then(|_| show(exchange, symbol, at));
    let shown = shown.ok_or_else(|| Refusal::data(404, format!("no {name} found for {symbol}")))?;
    Ok(Reply::text(
        200,
        format!("{{\"symbol\":\"{symbol}\",\"{name}\":{shown}}}"),
    ))
}
