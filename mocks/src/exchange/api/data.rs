//! `/v2/stocks` (Alpaca Market Data API reference). Numbers are JSON numbers, written from their exact decimals.

use chrono::{DateTime, NaiveDate, Utc};

use super::query::Query;
use super::reply::Reply;
use crate::exchange::market::{Bar, earlier};
use crate::exchange::refusal::Refusal;
use crate::exchange::text::{plain, stamp};
use crate::exchange::{Exchange, calendar, is_symbol};

/// GET: daily bars of completed sessions, and of the one that is trading where the knobs say so. `limit` counts the bars of all symbols together; `next_page_token` goes on
/// where a page ended. Any `adjustment` but `raw` takes splits and dividends out together, relative to the last
/// completed session: the data carries one factor for both. Volume is never adjusted.
pub(super) fn bars(exchange: &Exchange, now: DateTime<Utc>, query: &Query) -> Result<Reply, Refusal> {
    if !matches!(query.get("timeframe"), Some("1Day" | "1D")) {
        let given = query.get("timeframe").unwrap_or_default();
        return Err(Refusal::data(400, format!("invalid timeframe: {given} (this exchange has 1Day only)")));
    }
    let adjusted = match query.get("adjustment").unwrap_or("raw") {
        "raw" => false,
        "all" | "split" | "dividend" | "split,dividend" => true,
        other => return Err(Refusal::data(400, format!("invalid adjustment: {other}"))),
    };
    let symbols = symbols(query)?;
    let limit = query.count("limit", 1_000, 1, 10_000).map_err(as_data)?;
    let descending = query.get("sort") == Some("desc");
    let (mut pages, mut count, mut next) = (Vec::new(), 0, None);
    let resume = query.get("page_token").map(page).transpose()?;
    for symbol in &symbols {
        if resume.as_ref().is_some_and(|(at, _)| symbol < at) {
            continue;
        }
        let mut bars = visible(exchange, now, symbol, query, adjusted)?;
        if descending {
            bars.reverse();
        }
        if let Some((_, date)) = resume.as_ref().filter(|(at, _)| at == symbol) {
            bars.retain(|bar| if descending { bar.date <= *date } else { bar.date >= *date });
        }
        if bars.len() > limit - count {
            next = Some(format!("\"{symbol}_{}\"", bars[limit - count].date));
            bars.truncate(limit - count);
        }
        count += bars.len();
        if !bars.is_empty() {
            let list: Vec<String> = bars.iter().map(bar).collect();
            pages.push(format!("\"{symbol}\":[{}]", list.join(",")));
        }
        if next.is_some() {
            break;
        }
    }
    let next = next.unwrap_or_else(|| "null".to_owned());
    Ok(Reply::text(200, format!("{{\"bars\":{{{}}},\"next_page_token\":{next}}}", pages.join(","))))
}

/// GET: the latest quote of each symbol; one without a quote is left out.
pub(super) fn latest_quotes(exchange: &Exchange, now: DateTime<Utc>, query: &Query) -> Result<Reply, Refusal> {
    let quotes = listed(exchange, query, |symbol| {
        let quote = exchange.market.feed_quote(symbol, now)?;
        let (bid, ask) = (plain(quote.bid), plain(quote.ask));
        Some(format!(
            r#"{{"ap":{ask},"as":{},"ax":"V","bp":{bid},"bs":{},"bx":"V","c":["R"],"t":"{}","z":"C"}}"#,
            quote.ask_size,
            quote.bid_size,
            stamp(quote.at)
        ))
    })?;
    Ok(Reply::text(200, format!("{{\"quotes\":{quotes}}}")))
}

/// GET: the latest trade of each symbol; one without a trade is left out.
pub(super) fn latest_trades(exchange: &Exchange, now: DateTime<Utc>, query: &Query) -> Result<Reply, Refusal> {
    let trades = listed(exchange, query, |symbol| {
        let price = exchange.market.price(symbol, now)?;
        let at = exchange.market.quote(symbol, now)?.at;
        Some(format!(r#"{{"c":["@"],"i":{},"p":{},"s":100,"t":"{}","x":"V","z":"C"}}"#, at.timestamp(), plain(price), stamp(at)))
    })?;
    Ok(Reply::text(200, format!("{{\"trades\":{trades}}}")))
}

/// An object with one entry for each symbol that has something to show.
fn listed(exchange: &Exchange, query: &Query, show: impl Fn(&str) -> Option<String>) -> Result<String, Refusal> {
    let symbols = symbols(query)?;
    let known = symbols.iter().filter(|symbol| exchange.asset(symbol).is_some());
    let entries = known.filter_map(|symbol| Some(format!("\"{symbol}\":{}", show(symbol)?)));
    Ok(format!("{{{}}}", entries.collect::<Vec<_>>().join(",")))
}

fn symbols(query: &Query) -> Result<Vec<String>, Refusal> {
    let symbols = query.symbols();
    if symbols.is_empty() {
        return Err(Refusal::data(400, "symbols parameter is required"));
    }
    match symbols.iter().find(|symbol| !is_symbol(symbol)) {
        Some(symbol) => Err(Refusal::data(400, format!("invalid symbol: {symbol}"))),
        None => Ok(symbols),
    }
}

/// The bars between `start` and `end` that the feed has by now, oldest first.
fn visible(exchange: &Exchange, now: DateTime<Utc>, symbol: &str, query: &Query, adjusted: bool) -> Result<Vec<Bar>, Refusal> {
    if exchange.asset(symbol).is_none() {
        return Ok(Vec::new());
    }
    let today = calendar::midnight(calendar::market_date(now));
    let start = query.moment("start").map_err(as_data)?.unwrap_or(today);
    let end = query.moment("end").map_err(as_data)?.unwrap_or(now);
    let knobs = &exchange.setup.knobs;
    let last = calendar::last_completed(earlier(now, knobs.hide_new_bars_for)).date;
    let (from, to) = (calendar::market_date(start), calendar::market_date(end).min(last));
    let market = &exchange.market;
    let mut bars = if adjusted { market.adjusted_bars(symbol, from, to, last) } else { market.bars(symbol, from, to) };
    if let Some(bar) = market.unfinished_bar(symbol, now).filter(|bar| knobs.show_unfinished_bar && calendar::midnight(bar.date) <= end) {
        let basis = market.bar(symbol, last).filter(|_| adjusted).map(|basis| basis.adjusted_close / basis.close);
        bars.push(basis.map_or(bar.clone(), |basis| bar.scaled(bar.adjusted_close / bar.close / basis, 4)));
    }
    bars.retain(|bar| start <= calendar::midnight(bar.date));
    if let Some(missing) = knobs.no_bars.get(symbol) {
        bars.retain(|bar| !missing.contains(bar.date));
    }
    Ok(bars)
}

fn bar(bar: &Bar) -> String {
    format!(
        r#"{{"c":{},"h":{},"l":{},"n":{},"o":{},"t":"{}","v":{},"vw":{}}}"#,
        plain(bar.close),
        plain(bar.high),
        plain(bar.low),
        bar.volume / 100,
        plain(bar.open),
        stamp(calendar::midnight(bar.date)),
        bar.volume,
        plain(bar.typical()),
    )
}

/// Where a page goes on: a symbol and the first date not yet shown.
fn page(token: &str) -> Result<(String, NaiveDate), Refusal> {
    let parts = token.split_once('_').and_then(|(symbol, date)| Some((symbol.to_owned(), date.parse().ok()?)));
    parts.ok_or_else(|| Refusal::data(400, "invalid page_token"))
}

fn as_data(refusal: Refusal) -> Refusal {
    Refusal::data(400, refusal.message)
}
