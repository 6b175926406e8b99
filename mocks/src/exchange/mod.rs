//! An exchange and broker that speaks Alpaca's REST: trading API and market data API in one.
//!
//! Sans-I/O: [`Exchange::handle`] answers one request at one moment, [`Exchange::advance`] lets
//! happen what happens by itself (fills, cancellations, the close), [`Exchange::next_due`] says
//! when that will be. Nothing here knows a clock, a socket or a thread, and equal setups answer
//! equal requests alike.
//!
//! Behaviour follows Alpaca's public documentation (docs.alpaca.markets: "Orders at Alpaca",
//! "Trading API reference", "Market Data API reference") and the answers its users have published;
//! rules.md 7.6 to 7.9 lists what the trading system relies on. What others than the client
//! do, the owner by hand, the market, the broker, comes in through [`Exchange::act`]. What is not
//! modelled: interest, calls for margin, stop, bracket and extended-hours orders, orders for an
//! auction or for this instant, fees and dividends that nobody ordered, streaming. A request for
//! what Alpaca has and this exchange has not is answered 501 and says what there is.

mod actor;
mod api;
mod asset_class;
pub mod calendar;
mod intake;
mod ledger;
pub mod market;
mod matching;
mod movement;
mod order;
mod rate_limit;
mod refusal;
mod replacement;
mod report;
mod script;
mod server;
mod service;
mod setup;
mod showing;
mod side;
mod text;
mod timer_queue;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use rust_decimal::Decimal;
use uuid::Uuid;

pub use actor::{
    AccountSettings, AssetChange, BrokerAction, HandOrder, OrderName, Restriction, Split,
};
pub use asset_class::AssetClass;
pub use calendar::Hours;
pub use market::{Bar, Market, MarketSetup, Quote, QuoteEffect, QuoteReach, QuoteRule, Series};
pub use movement::CashKind;
pub use order::{Amount, Order, OrderStatus, OrderTimes, Origin, TimeInForce};
pub use refusal::Refusal;
pub use replacement::Replacement;
pub use report::{OrderFacts, Report};
pub use script::{OrderEffect, OrderRule, Shown};
pub use server::ExchangeServer;
pub use service::Service;
pub use setup::{
    AccountSetup, AssetSetup, DataPlan, Days, Delay, ExchangeSetup, Knobs, PositionSetup,
};
pub use side::Side;
pub use view::AccountView;

use ledger::Ledger;
use rate_limit::RateLimit;
use script::{Fate, Script};
use seeded_dice::{Dice, Tally};
use timer_queue::TimerQueue;

/// One account at one exchange.
pub struct Exchange {
    setup: ExchangeSetup,
    market: Market,
    ledger: Ledger,
    orders: Vec<Order>,
    /// What the script says about each of `orders`, by the same index.
    fates: Vec<Fate>,
    script: Script,
    timers: TimerQueue,
    dice: Dice,
    tally: Tally,
    /// Names made so far.
    named: u64,
    trading_limit: RateLimit,
    data_limit: RateLimit,
    reports: Vec<Report>,
    /// When the account is stated next.
    statement_due: Option<DateTime<Utc>>,
}

impl Exchange {
    /// An exchange on which nothing has happened yet.
    pub fn new(mut setup: ExchangeSetup) -> Self {
        let script = Script::new(std::mem::take(&mut setup.order_script));
        let limit = setup.knobs.requests_per_minute;
        Self {
            market: Market::new(std::mem::take(&mut setup.market)),
            ledger: Ledger::new(setup.cash, &setup.positions),
            orders: Vec::new(),
            fates: Vec::new(),
            script,
            timers: TimerQueue::default(),
            dice: Dice::new(setup.seed),
            tally: Tally::default(),
            named: 0,
            trading_limit: RateLimit::new(limit),
            data_limit: RateLimit::new(limit),
            reports: Vec::new(),
            statement_due: None,
            setup,
        }
    }

    /// Answers one request that arrives at `now`, after everything due by then has happened. The
    /// host is not looked at: `/v2/stocks/` is the market data API, the rest of `/v2/` the trading
    /// API. Never fails: what cannot be done is answered as Alpaca does, with a status and
    /// `{"code", "message"}`.
    pub fn handle(&mut self, now: DateTime<Utc>, request: &Request<Bytes>) -> Response<Bytes> {
        self.advance(now);
        let response = api::answer(self, now, request);
        self.advance(now);
        response
    }

    /// When something will next happen by itself, if anything will.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.timers.next()
    }

    /// Lets everything due up to and including `now` happen, in time order, each at its own moment.
    pub fn advance(&mut self, now: DateTime<Utc>) {
        while let Some((at, order, due)) = self.timers.take(now) {
            self.run_timer(at, order, due);
        }
        let mut due = *self.statement_due.get_or_insert(now);
        while due <= now {
            self.state_account(due);
            due = calendar::next_close(due);
        }
        self.statement_due = Some(due);
    }

    fn state_account(&mut self, at: DateTime<Utc>) {
        let (cash, holdings) = self.ledger.as_of(at);
        let positions = holdings
            .iter()
            .map(|(symbol, holding)| (symbol.clone(), holding.quantity))
            .collect();
        let equity = self.equity_as_of(at);
        self.reports.push(Report::Statement {
            at,
            cash,
            equity,
            positions,
        });
    }

    /// What happened since this was last asked, in the order it happened.
    pub fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    /// Every order ever accepted, oldest first.
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// The places in [`ExchangeSetup::order_script`], from 0, of the rules that have decided about
    /// no order so far.
    pub fn unused_rules(&self) -> Vec<usize> {
        self.script.unused()
    }

    /// Shares held, by symbol, negative where they are held short; nothing is listed with zero
    /// shares.
    pub fn positions(&self) -> BTreeMap<String, Decimal> {
        self.ledger
            .holdings()
            .iter()
            .map(|(symbol, holding)| (symbol.clone(), holding.quantity))
            .collect()
    }

    /// The market behind the exchange.
    pub fn market(&self) -> &Market {
        &self.market
    }

    /// A new id, the same one in every run with the same seed.
    fn new_id(&mut self, kind: &str) -> Uuid {
        self.named += 1;
        self.fixed_id(&format!("{kind}/{}", self.named))
    }

    /// A delay of the order at `index`, drawn for what it is.
    fn delay(&mut self, index: usize, what: &str, delay: Delay) -> Duration {
        let cause = self.fates[index].cause.text(what);
        delay.draw(self.dice, self.tally.next(cause))
    }

    /// The id of something that always has the same name.
    fn fixed_id(&self, name: &str) -> Uuid {
        let exchange = format!("alchemiser-mocks/exchange/{}/{name}", self.setup.seed);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, exchange.as_bytes())
    }

    /// The symbol that a client means: a coin's pair may be written without its slash, and
    /// everything by the asset's id.
    fn canonical(&self, name: &str) -> String {
        let found = match Uuid::parse_str(name) {
            Ok(id) => self
                .symbols()
                .into_iter()
                .find(|symbol| self.asset_id(symbol) == id),
            Err(_) => {
                let mut told = self
                    .setup
                    .assets
                    .keys()
                    .chain(self.ledger.holdings().keys());
                told.find(|symbol| {
                    AssetClass::of(symbol) == AssetClass::Crypto
                        && shown_in_positions(symbol) == name
                })
                .cloned()
            }
        };
        found.unwrap_or_else(|| name.to_owned())
    }

    /// Every symbol that the exchange has been told of. Where all symbols are listed it knows
    /// others as well, once somebody names them.
    fn symbols(&self) -> BTreeSet<String> {
        let told = self
            .setup
            .assets
            .keys()
            .chain(self.ledger.holdings().keys())
            .cloned();
        let ordered = self.orders.iter().map(|order| order.symbol.clone());
        told.chain(ordered)
            .chain(self.market.symbols())
            .filter(|symbol| self.asset(symbol).is_some())
            .collect()
    }

    /// Whether `symbol` trades at `at`, halts aside: coins do at any hour.
    fn is_open(&self, symbol: &str, at: DateTime<Utc>) -> bool {
        AssetClass::of(symbol) == AssetClass::Crypto || self.market.hours().session_at(at).is_some()
    }

    /// What the setup says about `symbol`, or `None` for one the exchange does not know. A symbol
    /// it was told nothing about is known when it looks like one, one to five capitals, maybe a
    /// class after a dot, and the market lists it.
    fn asset(&self, symbol: &str) -> Option<AssetSetup> {
        match self.setup.assets.get(symbol) {
            Some(asset) => Some(*asset).filter(|asset| asset.listed),
            None => ((is_symbol(symbol) || is_pair(symbol)) && self.market.is_listed(symbol))
                .then(AssetSetup::default),
        }
    }
}

/// How positions show a symbol: coins without their slash.
fn shown_in_positions(symbol: &str) -> String {
    symbol.replace('/', "")
}

/// Whether `text` is written like a coin's pair.
fn is_pair(text: &str) -> bool {
    let capitals = |part: &str| {
        (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    text.split_once('/')
        .is_some_and(|(base, quote)| capitals(base) && capitals(quote))
}

/// Whether `text` is written like the symbol of a US equity.
fn is_symbol(text: &str) -> bool {
    let (name, class) = text.split_once('.').unwrap_or((text, "A"));
    let capitals = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    capitals(name, 5) && capitals(class, 2)
}
