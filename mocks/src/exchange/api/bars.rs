//! The bars of `/v2/stocks` (Alpaca Market Data API reference).

use chrono::{DateTime, NaiveDate, Utc};

use super::feed::end_of_past;
use super::query::Query;
use super::reply::Reply;
use super::words::Words;
use crate::exchange::market::{WrittenBar, earlier};
use crate::exchange::refusal::Refusal;
use crate::exchange::service::Service;
use crate::exchange::{Exchange, calendar};

/// GET: daily bars of completed sessions, and of the one that is trading where the knobs say so.
/// `limit` counts the bars of all symbols together; `next_page_token` goes on where a page ended.
/// Volume is never adjusted.
pub(super) fn list(
    exchange: &Exchange,
    now: DateTime<Utc>,
    query: &Query,
) -> Result<Reply, Refusal> {
    let page = page(exchange, now, &query.shares()?, query)?;
    let mut text = page.buffer();
    text.push_str("{\"bars\":{");
    for (place, (symbol, bars)) in page.bars.iter().enumerate() {
        text.push_str(if place == 0 { "\"" } else { ",\"" });
        text.push_str(symbol);
        text.push_str("\":");
        push_array(&mut text, bars);
    }
    text.push_str("},\"next_page_token\":");
    text.push_str(&page.next);
    text.push('}');
    Ok(Reply::text(200, text))
}

/// GET: the same of one symbol.
pub(super) fn one(
    exchange: &Exchange,
    now: DateTime<Utc>,
    symbol: &str,
    query: &Query,
) -> Result<Reply, Refusal> {
    let symbol = Query::share(symbol)?.to_owned();
    let page = page(exchange, now, std::slice::from_ref(&symbol), query)?;
    let mut text = page.buffer();
    text.push_str("{\"bars\":");
    let bars = page.bars.first().map_or(&[][..], |(_, bars)| bars);
    push_array(&mut text, bars);
    text.push_str(&format!(
        ",\"symbol\":\"{symbol}\",\"next_page_token\":{}}}",
        page.next
    ));
    Ok(Reply::text(200, text))
}

fn push_array(text: &mut String, bars: &[WrittenBar]) {
    text.push('[');
    for (place, bar) in bars.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        text.push_str(&bar.text);
    }
    text.push(']');
}

/// The content of one answer.
struct Page {
    /// Symbols that have bars.
    bars: Vec<(String, Vec<WrittenBar>)>,
    /// Where the next page begins, as JSON.
    next: String,
}

impl Page {
    /// A buffer that holds all of it without growing.
    fn buffer(&self) -> String {
        let bars = self.bars.iter().flat_map(|(_, bars)| bars);
        let length: usize = bars.map(|bar| bar.text.len() + 1).sum();
        String::with_capacity(length + 100 + 20 * self.bars.len())
    }
}

fn page(
    exchange: &Exchange,
    now: DateTime<Utc>,
    symbols: &[String],
    query: &Query,
) -> Result<Page, Refusal> {
    check_timeframe(query)?;
    check_currency(query)?;
    check_asof(exchange, now, query)?;
    let asked = Asked {
        now,
        end: end_of_past(exchange, now, query)?,
        is_adjusted: is_adjusted(query)?,
    };
    let limit = query
        .count("limit", 1_000, 1, 10_000)
        .map_err(Refusal::of_data)?;
    let is_descending = is_descending(query)?;
    let (mut pages, mut count, mut next) = (Vec::new(), 0, None);
    let resume = query.get("page_token").map(place).transpose()?;
    for symbol in symbols {
        if resume.as_ref().is_some_and(|(at, _)| symbol < at) {
            continue;
        }
        let mut bars = visible(exchange, symbol, query, asked)?;
        if is_descending {
            bars.reverse();
        }
        if let Some((_, date)) = resume.as_ref().filter(|(at, _)| at == symbol) {
            bars.retain(|bar| {
                if is_descending {
                    bar.date <= *date
                } else {
                    bar.date >= *date
                }
            });
        }
        if bars.len() > limit - count {
            next = Some(format!("\"{symbol}_{}\"", bars[limit - count].date));
            bars.truncate(limit - count);
        }
        count += bars.len();
        if !bars.is_empty() {
            pages.push((symbol.clone(), bars));
        }
        if next.is_some() {
            break;
        }
    }
    Ok(Page {
        bars: pages,
        next: next.unwrap_or_else(|| "null".to_owned()),
    })
}

/// Days are simulated; Alpaca has minutes, hours, weeks and months as well.
fn check_timeframe(query: &Query) -> Result<(), Refusal> {
    let word = query.get("timeframe").unwrap_or_default();
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = word.split_at(digits);
    let is_known = |count: u32| match unit {
        "Min" | "T" => (1..=59).contains(&count),
        "Hour" | "H" => (1..=23).contains(&count),
        "Day" | "D" | "Week" | "W" => count == 1,
        "Month" | "M" => [1, 2, 3, 4, 6, 12].contains(&count),
        _ => false,
    };
    match count.parse().is_ok_and(is_known) {
        true if ["Day", "D"].contains(&unit) => Ok(()),
        true => Err(Refusal::not_simulated(
            Service::Data,
            &format!("timeframe {word}"),
            "1Day",
        )),
        false => Err(Refusal::data(400, format!("invalid timeframe: {word}"))),
    }
}

/// Prices are in dollars.
fn check_currency(query: &Query) -> Result<(), Refusal> {
    match query.get("currency") {
        None | Some("USD") => Ok(()),
        Some(word) if word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase()) => Err(
            Refusal::not_simulated(Service::Data, &format!("currency {word}"), "USD"),
        ),
        Some(word) => Err(Refusal::data(400, format!("invalid currency: {word}"))),
    }
}

/// Symbols mean what they mean today. Another day, or `-` for symbols that mean nothing but
/// themselves, makes a difference once a symbol has got another name.
fn check_asof(exchange: &Exchange, now: DateTime<Utc>, query: &Query) -> Result<(), Refusal> {
    let Some(word) = query.get("asof") else {
        return Ok(());
    };
    let day = if word == "-" {
        None
    } else {
        query.date("asof").map_err(Refusal::of_data)?
    };
    match day == Some(calendar::market_date(now)) || !exchange.market.has_new_names() {
        true => Ok(()),
        false => Err(Refusal::not_simulated(
            Service::Data,
            &format!("asof {word}"),
            "today",
        )),
    }
}

/// Whether splits and dividends are taken out, relative to the last completed session. The data
/// carries one factor for both, so that neither can be had alone, and no spin-offs. Unknown, empty
/// and repeated words are invalid (docs.alpaca.markets, changelog of 2 November 2026).
fn is_adjusted(query: &Query) -> Result<bool, Refusal> {
    let given = query.written("adjustment").unwrap_or("raw");
    let mut words: Vec<&str> = given.split(',').collect();
    words.sort_unstable_by(|one, other| other.cmp(one));
    let combined = words.join(",");
    let known = |word: &&str| ["raw", "split", "dividend", "spin-off", "all"].contains(word);
    if words.windows(2).any(|pair| pair[0] == pair[1]) || !words.iter().all(known) {
        return Err(Refusal::data(400, format!("invalid adjustment: {given}")));
    }
    let simulated = [("raw", false), ("all", true), ("split,dividend", true)];
    let meaning = Words {
        name: "adjustment",
        simulated: &simulated,
        known: &[combined.as_str()],
    }
    .meaning(Service::Data, &combined)?;
    Ok(meaning.unwrap_or_default())
}

fn is_descending(query: &Query) -> Result<bool, Refusal> {
    match query.get("sort") {
        None | Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        Some(word) => Err(Refusal::data(400, format!("invalid sort: {word}"))),
    }
}

/// The parameters of a request, without its symbols.
#[derive(Clone, Copy)]
struct Asked {
    now: DateTime<Utc>,
    end: DateTime<Utc>,
    is_adjusted: bool,
}

/// The bars between `start` and the end that the feed has by now, oldest first.
fn visible(
    exchange: &Exchange,
    symbol: &str,
    query: &Query,
    asked: Asked,
) -> Result<Vec<WrittenBar>, Refusal> {
    if exchange.asset(symbol).is_none() {
        return Ok(Vec::new());
    }
    let Asked {
        now,
        end,
        is_adjusted,
    } = asked;
    let today = calendar::midnight(calendar::market_date(now));
    let start = query
        .moment("start")
        .map_err(Refusal::of_data)?
        .unwrap_or(today);
    let knobs = &exchange.setup.knobs;
    let last = calendar::last_completed(earlier(now, knobs.hide_new_bars_for)).date;
    let (from, to) = (
        calendar::market_date(start),
        calendar::market_date(end).min(last),
    );
    let market = &exchange.market;
    let mut bars = market.written_bars(symbol, from, to, is_adjusted.then_some(last));
    if let Some(bar) = market
        .unfinished_bar(symbol, now)
        .filter(|bar| knobs.show_unfinished_bar && calendar::midnight(bar.date) <= end)
    {
        let basis = market.bar(symbol, last).filter(|_| is_adjusted);
        let shown = basis.map_or(bar.clone(), |basis| bar.scaled(bar.factor_to(&basis), 4));
        bars.push(WrittenBar::new(&shown));
    }
    bars.retain(|bar| from < bar.date || start <= calendar::midnight(bar.date));
    if let Some(missing) = knobs.no_bars.get(symbol) {
        bars.retain(|bar| !missing.contains(bar.date));
    }
    Ok(bars)
}

/// Reads a page token: a symbol and the first date that no page has shown.
fn place(token: &str) -> Result<(String, NaiveDate), Refusal> {
    let parts = token
        .split_once('_')
        .and_then(|(symbol, date)| Some((symbol.to_owned(), date.parse().ok()?)));
    parts.ok_or_else(|| Refusal::data(400, "invalid page_token"))
}
