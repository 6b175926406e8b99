//! Where prices come from: daily bars (real, synthetic or dictated by a scenario), the intraday
//! path they imply, and the quotes along that path.

mod bar;
mod news;
mod path;
mod quote;
pub mod real;
mod series;
mod synthetic;
mod written;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Datelike, DurationRound, NaiveDate, TimeDelta, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

pub use bar::Bar;
pub use path::Path;
pub use quote::{Quote, QuoteEffect, QuoteReach, QuoteRule};
pub use series::Series;
pub(super) use written::WrittenBar;

use super::calendar::{self, Hours};
use super::side::Side;
use news::News;

/// What a market is made of.
#[derive(Clone, Debug)]
pub struct MarketSetup {
    /// Seeds the synthetic prices.
    pub seed: u64,
    /// Ask minus bid, USD; less than two ticks (0.02) counts as two ticks.
    pub spread: Decimal,
    /// Symbols whose history the scenario dictates.
    pub series: BTreeMap<String, Series>,
    /// The symbols whose prices are made up; where this is absent, every symbol is listed that is
    /// not known otherwise.
    pub synthetic: Option<BTreeSet<String>>,
    /// Scripted quotes; the first that applies wins.
    pub quotes: Vec<QuoteRule>,
    /// When orders are executed.
    pub hours: Hours,
}

impl Default for MarketSetup {
    fn default() -> Self {
        Self {
            seed: 0,
            spread: Decimal::new(2, 2),
            series: BTreeMap::new(),
            synthetic: None,
            quotes: Vec::new(),
            hours: Hours::Regular,
        }
    }
}

/// Synthetic bars by symbol and year.
type Years = BTreeMap<(String, i32), Arc<[Bar]>>;

/// Prices of every symbol at every moment, all of them functions of the setup and of what has
/// happened to the symbols since: asking changes nothing.
pub struct Market {
    setup: MarketSetup,
    news: News,
    /// Synthetic years made so far.
    years: RefCell<Years>,
}

impl Market {
    /// A market made of `setup`.
    pub fn new(setup: MarketSetup) -> Self {
        Self {
            setup,
            news: News::default(),
            years: RefCell::new(BTreeMap::new()),
        }
    }

    /// Whether `symbol` can be traded at all.
    pub fn is_listed(&self, symbol: &str) -> bool {
        let symbol = self.news.first_name(symbol);
        !self.is_synthetic(symbol)
            || self
                .setup
                .synthetic
                .as_ref()
                .is_none_or(|symbols| symbols.contains(symbol))
    }

    /// The symbols that it was told of, and those that it has real prices of.
    pub(super) fn symbols(&self) -> impl Iterator<Item = String> {
        let made_up = self.setup.synthetic.iter().flatten().cloned();
        let real = real::SYMBOLS.iter().map(|symbol| (*symbol).to_owned());
        made_up.chain(real).chain(self.setup.series.keys().cloned())
    }

    /// Whether any symbol has got another name.
    pub(super) fn has_new_names(&self) -> bool {
        self.news.has_new_names()
    }

    /// Whether prices of `symbol` are made up: neither real data nor a scenario's own.
    pub fn is_synthetic(&self, symbol: &str) -> bool {
        let symbol = self.news.first_name(symbol);
        !self.setup.series.contains_key(symbol) && !real::SYMBOLS.contains(&symbol)
    }

    /// Whether the bar of `symbol` on `date` is made up. A symbol with real data continues
    /// synthetically, scaled to its last real close, after that data's last day.
    pub fn is_synthetic_on(&self, symbol: &str, date: NaiveDate) -> bool {
        let symbol = self.news.first_name(symbol);
        if self.setup.series.contains_key(symbol) {
            return false;
        }
        real::history(symbol)
            .is_none_or(|history| history.bars().last().is_none_or(|last| last.date < date))
    }

    /// The bars of `symbol` from `from` to `to`, both included, oldest first, whether or not those
    /// days are over. The history of a symbol that got another name is its new name's (Alpaca
    /// Market Data API reference, "asof").
    pub fn bars(&self, symbol: &str, from: NaiveDate, to: NaiveDate) -> Vec<Bar> {
        let mut bars = self.told_bars(symbol, from, to);
        for bar in &mut bars {
            let factor = self.news.factor_on(symbol, bar.date);
            if factor != Decimal::ONE {
                *bar = bar.scaled(factor, 4);
            }
        }
        bars
    }

    /// The bars of the days on which the symbol traded, in the prices of before any split that has
    /// happened since.
    fn told_bars(&self, symbol: &str, from: NaiveDate, to: NaiveDate) -> Vec<Bar> {
        let mut bars = self.first_bars(self.news.first_name(symbol), from, to);
        bars.retain(|bar| self.news.trades_on(symbol, bar.date));
        bars
    }

    /// The bars that the setup has for a symbol's first name.
    fn first_bars(&self, symbol: &str, from: NaiveDate, to: NaiveDate) -> Vec<Bar> {
        if let Some(series) = self.setup.series.get(symbol) {
            return series.bars(from, to);
        }
        if !self.is_listed(symbol) {
            return Vec::new();
        }
        let Some(history) = real::history(symbol) else {
            return self.synthetic(symbol, from, to, None);
        };
        let mut bars = history.between(from, to).to_vec();
        if let Some(last) = history.bars().last().filter(|last| last.date < to) {
            let next = last.date.succ_opt().unwrap_or(last.date);
            bars.extend(self.synthetic(symbol, from.max(next), to, Some(last)));
        }
        bars
    }

    /// The same bars with splits and dividends taken out, relative to the prices of `basis`.
    pub fn adjusted_bars(
        &self,
        symbol: &str,
        from: NaiveDate,
        to: NaiveDate,
        basis: NaiveDate,
    ) -> Vec<Bar> {
        let mut bars = self.told_bars(symbol, from, to);
        let basis = self.told_bars(symbol, basis, basis).pop();
        let splits = self.news.factor_now(symbol);
        for bar in &mut bars {
            let paid = basis
                .as_ref()
                .map_or(bar.adjustment, |basis| bar.factor_to(basis));
            let factor = paid * splits;
            // Most days of most symbols have nothing to adjust.
            if factor != Decimal::ONE {
                *bar = bar.scaled(factor, 4);
            }
        }
        bars
    }

    /// The bars of [`Market::adjusted_bars`], or of [`Market::bars`] where no `basis` is given, as
    /// the data API writes them.
    pub(super) fn written_bars(
        &self,
        symbol: &str,
        from: NaiveDate,
        to: NaiveDate,
        basis: Option<NaiveDate>,
    ) -> Vec<WrittenBar> {
        // The text of real prices is ready, as long as nothing has happened to any symbol.
        let is_real = self.news.is_empty() && !self.setup.series.contains_key(symbol);
        let history = real::history(symbol).filter(|_| is_real);
        if let Some(written) = history.and_then(|history| history.written(from, to, basis)) {
            return written;
        }
        let bars = match basis {
            Some(basis) => self.adjusted_bars(symbol, from, to, basis),
            None => self.bars(symbol, from, to),
        };
        bars.iter().map(WrittenBar::new).collect()
    }

    /// The bar of `symbol` on `date`.
    pub fn bar(&self, symbol: &str, date: NaiveDate) -> Option<Bar> {
        self.bars(symbol, date, date).pop()
    }

    /// The bar that `symbol` has so far in the session that is trading at `now`.
    pub fn unfinished_bar(&self, symbol: &str, now: DateTime<Utc>) -> Option<Bar> {
        let session = calendar::session_at(now)?;
        let whole = self.bar(symbol, session.date)?;
        let path = Path::new(&whole, session);
        let passed = path
            .turns()
            .filter(|at| *at <= now)
            .chain([floor(now)])
            .map(|at| cents(path.at(at)));
        let (mut high, mut low) = (whole.open, whole.open);
        for price in passed {
            (high, low) = (high.max(price), low.min(price));
        }
        let close = cents(path.at(floor(now)));
        let (gone, length) = (
            (now - session.open).num_seconds().unsigned_abs(),
            (session.close - session.open).num_seconds().unsigned_abs(),
        );
        let volume = whole.volume / length * gone;
        Some(Bar {
            volume,
            high,
            low,
            close,
            ..whole
        })
    }

    /// The price `symbol` last traded at by `now`: the middle of the path while the market is open,
    /// else the close of the last session; rounded to cents. `None` before its first day.
    pub fn price(&self, symbol: &str, now: DateTime<Utc>) -> Option<Decimal> {
        Some(cents(self.middle(symbol, now)?.0))
    }

    /// From `at` on `from` shares are `to` others: prices change so that nothing is won or lost.
    pub(super) fn split(&mut self, symbol: &str, at: DateTime<Utc>, from: Decimal, to: Decimal) {
        self.news.split(symbol, at, from / to);
    }

    /// From `at` on the symbol is called `to`, and nothing trades under its old name.
    pub(super) fn rename(&mut self, symbol: &str, to: &str, at: DateTime<Utc>) {
        self.news.rename(symbol, to);
        self.freeze(symbol, at, true);
    }

    /// From `at` on the symbol does not trade: its prices stand still, or are lost.
    pub(super) fn freeze(&mut self, symbol: &str, at: DateTime<Utc>, is_priced: bool) {
        let from = self.news.shown_at(symbol, at).unwrap_or(at);
        self.news.freeze(symbol, from, is_priced);
    }

    /// From `at` on the symbol trades again.
    pub(super) fn thaw(&mut self, symbol: &str, at: DateTime<Utc>) {
        self.news.thaw(symbol, at);
    }

    /// Whether the symbol does not trade at `at`, open market or not.
    pub fn is_frozen(&self, symbol: &str, at: DateTime<Utc>) -> bool {
        self.news.is_frozen(symbol, at)
    }

    /// The price of `at` in the terms of `now`: with the splits in between taken out.
    pub(super) fn price_of_today(
        &self,
        symbol: &str,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Option<Decimal> {
        let since = self.news.factor_at(symbol, now) / self.news.factor_at(symbol, at);
        Some(cents(self.middle(symbol, at)?.0 * since))
    }

    /// When orders are executed.
    pub fn hours(&self) -> Hours {
        self.setup.hours
    }

    /// The quote orders are matched at.
    pub fn quote(&self, symbol: &str, now: DateTime<Utc>) -> Option<Quote> {
        self.shaped(symbol, now, false)
    }

    /// The quote the data API shows; differs from [`Market::quote`] where a [`QuoteRule`] says so.
    pub fn feed_quote(&self, symbol: &str, now: DateTime<Utc>) -> Option<Quote> {
        self.shaped(symbol, now, true)
    }

    /// The first whole second after `now`, within the session that is trading then, at which an
    /// order to `side` at `limit` meets the opposite quote. `limit` of `None` is a market order,
    /// which any opposite quote meets.
    pub fn next_touch(
        &self,
        symbol: &str,
        side: Side,
        limit: Option<Decimal>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let session = calendar::session_at(now)?;
        let path = Path::new(&self.bar(symbol, session.date)?, session);
        let second = TimeDelta::seconds(1);
        let first = floor(now) + second;
        let meets = |at| {
            self.quote(symbol, at)
                .is_some_and(|quote| quote.meets(side, limit))
        };
        let rules = self
            .setup
            .quotes
            .iter()
            .filter(|rule| rule.symbol == symbol);
        let mut turns: Vec<_> = rules
            .flat_map(|rule| [rule.from, rule.until])
            .flatten()
            .map(|at| floor(at + second - TimeDelta::nanoseconds(1)))
            .chain(path.turns())
            .chain([first])
            .filter(|at| first <= *at && *at <= session.close)
            .collect();
        turns.sort();
        turns
            .windows(2)
            .find_map(|pair| first_in(pair[0], pair[1], &meets))
    }

    /// The unrounded middle price and the second it stood at.
    fn middle(&self, symbol: &str, now: DateTime<Utc>) -> Option<(Decimal, DateTime<Utc>)> {
        let factor = self.news.factor_at(symbol, now);
        let now = self.news.shown_at(symbol, now)?;
        let bar = |date| {
            self.first_bars(self.news.first_name(symbol), date, date)
                .pop()
        };
        let (price, at) = match calendar::session_at(now) {
            Some(session) => {
                let path = Path::new(&bar(session.date)?, session);
                (path.at(floor(now)), floor(now))
            }
            None => {
                let session = calendar::last_completed(now);
                // Who trades around the clock is quoted around the clock.
                let quoted = self
                    .setup
                    .hours
                    .session_at(now)
                    .map_or(session.close, |_| floor(now));
                (bar(session.date)?.close, quoted)
            }
        };
        Some((price * factor, at))
    }

    fn shaped(&self, symbol: &str, now: DateTime<Utc>, feed: bool) -> Option<Quote> {
        let rule = self
            .setup
            .quotes
            .iter()
            .find(|rule| rule.applies(symbol, now, feed));
        let Some(rule) = rule else {
            return self.plain(symbol, now);
        };
        if let QuoteEffect::Stale(age) = rule.effect {
            return self.plain(symbol, if feed { earlier(now, age) } else { now });
        }
        let mut quote = self.plain(symbol, now)?;
        match rule.effect {
            QuoteEffect::Fixed { bid, ask } => (quote.bid, quote.ask) = (bid, ask),
            QuoteEffect::ZeroAsk => (quote.ask, quote.ask_size) = (Decimal::ZERO, 0),
            QuoteEffect::ZeroBid => (quote.bid, quote.bid_size) = (Decimal::ZERO, 0),
            QuoteEffect::Crossed(by) => quote.bid = quote.ask + by,
            QuoteEffect::Missing => return None,
            QuoteEffect::Stale(_) => {}
        }
        Some(quote)
    }

    /// The quote no script has touched: the middle minus and plus half the spread, in whole cents.
    fn plain(&self, symbol: &str, now: DateTime<Utc>) -> Option<Quote> {
        let (middle, at) = self.middle(symbol, now)?;
        let spread = cents(self.setup.spread).max(Decimal::new(2, 2));
        let half = (spread / Decimal::TWO).round_dp_with_strategy(2, RoundingStrategy::ToZero);
        let bid = (cents(middle) - half).max(Decimal::new(1, 2));
        let sizes = at.timestamp().rem_euclid(7).unsigned_abs();
        Some(Quote {
            bid,
            bid_size: 100 * (3 + sizes),
            ask: bid + spread,
            ask_size: 100 * (9 - sizes),
            at,
        })
    }

    fn synthetic(
        &self,
        symbol: &str,
        from: NaiveDate,
        to: NaiveDate,
        after: Option<&Bar>,
    ) -> Vec<Bar> {
        let factor = after.and_then(|last| {
            let made = self.year(symbol, last.date.year());
            let join = made.iter().find(|bar| bar.date == last.date)?;
            Some((last.close / join.close, last.adjustment))
        });
        let mut bars = Vec::new();
        for year in from.year()..=to.year() {
            let made = self.year(symbol, year);
            let wanted = made.iter().filter(|bar| from <= bar.date && bar.date <= to);
            bars.extend(wanted.map(|bar| match factor {
                None => bar.clone(),
                Some((price, adjustment)) => {
                    let mut bar = bar.scaled(price, 2);
                    bar.adjustment = adjustment;
                    bar
                }
            }));
        }
        bars
    }

    fn year(&self, symbol: &str, year: i32) -> Arc<[Bar]> {
        let mut years = self.years.borrow_mut();
        let made = years.entry((symbol.to_owned(), year));
        made.or_insert_with(|| synthetic::year(self.setup.seed, symbol, year).into())
            .clone()
    }
}

/// The first second of `[from, to)` at which `meets` holds, given that it turns at most once in
/// between.
fn first_in(
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    meets: &impl Fn(DateTime<Utc>) -> bool,
) -> Option<DateTime<Utc>> {
    if from >= to {
        return None;
    }
    let (mut low, mut high) = (0, (to - from).num_seconds() - 1);
    let at = |second| from + TimeDelta::seconds(second);
    if meets(from) {
        return Some(from);
    }
    if !meets(at(high)) {
        return None;
    }
    while high - low > 1 {
        let half = low + (high - low) / 2;
        if meets(at(half)) {
            high = half;
        } else {
            low = half;
        }
    }
    Some(at(high))
}

fn cents(price: Decimal) -> Decimal {
    price.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

fn floor(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::seconds(1)).unwrap_or(at)
}

/// That much earlier, or the first moment there is.
pub(super) fn earlier(at: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(by)
        .ok()
        .and_then(|by| at.checked_sub_signed(by))
        .unwrap_or(DateTime::<Utc>::MIN_UTC)
}
