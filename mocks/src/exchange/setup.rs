//! What an exchange is made of: money, market, assets, and the knobs that make it slow, forgetful
//! or hostile.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::market::MarketSetup;
use super::script::OrderRule;
use seeded_dice::{Dice, Key};

/// Everything that decides how an [`Exchange`](super::Exchange) behaves. Equal setups and equal
/// requests at equal times give equal answers, byte for byte.
#[derive(Clone, Debug)]
pub struct ExchangeSetup {
    /// Seeds ids and delays.
    pub seed: u64,
    /// The key that `APCA-API-KEY-ID` must carry.
    pub key_id: String,
    /// The secret that `APCA-API-SECRET-KEY` must carry.
    pub secret_key: String,
    /// Settled cash at the beginning, USD.
    pub cash: Decimal,
    /// Shares held at the beginning, by symbol.
    pub positions: BTreeMap<String, PositionSetup>,
    /// Prices and quotes.
    pub market: MarketSetup,
    /// Assets that differ from [`AssetSetup::default`], by symbol.
    pub assets: BTreeMap<String, AssetSetup>,
    /// What the account may not do.
    pub account: AccountSetup,
    /// What happens to which order.
    pub order_script: Vec<OrderRule>,
    /// Delays, limits and lags.
    pub knobs: Knobs,
}

impl Default for ExchangeSetup {
    /// An account with 100,000 USD, no positions, keys `PKTEST` / `secret`, synthetic prices, seed
    /// 0.
    fn default() -> Self {
        Self {
            seed: 0,
            key_id: "PKTEST".to_owned(),
            secret_key: "secret".to_owned(),
            cash: Decimal::from(100_000),
            positions: BTreeMap::new(),
            market: MarketSetup::default(),
            assets: BTreeMap::new(),
            account: AccountSetup::default(),
            order_script: Vec::new(),
            knobs: Knobs::default(),
        }
    }
}

/// Shares held before the exchange starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionSetup {
    /// Shares; fewer than none are held short, and what they brought is in the cash.
    pub quantity: Decimal,
    /// What one had cost; `None` shows the current price, so that nothing was won or lost.
    pub average_entry_price: Option<Decimal>,
}

impl From<Decimal> for PositionSetup {
    fn from(quantity: Decimal) -> Self {
        Self {
            quantity,
            average_entry_price: None,
        }
    }
}

/// What one asset allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AssetSetup {
    /// Whether the exchange knows the symbol at all.
    pub listed: bool,
    /// Whether its status is `active`.
    pub active: bool,
    /// Whether orders are taken.
    pub tradable: bool,
    /// Whether fractions of a share can be ordered.
    pub fractionable: bool,
    /// Whether it can be sold short, where the account may.
    pub shortable: bool,
}

impl Default for AssetSetup {
    /// Listed, active, tradable, fractionable, shortable.
    fn default() -> Self {
        Self {
            listed: true,
            active: true,
            tradable: true,
            fractionable: true,
            shortable: true,
        }
    }
}

/// Flags of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccountSetup {
    /// Orders are refused.
    pub trading_blocked: bool,
    /// Everything but looking is refused.
    pub account_blocked: bool,
    /// Orders that open a position are refused.
    pub liquidation_only: bool,
    /// The owner's own word that orders are refused.
    pub trade_suspended_by_user: bool,
    /// Shown in the account; refuses nothing by itself.
    pub pattern_day_trader: bool,
    /// Dollars that the broker lends on top of cash, as it does to a margin account.
    pub credit: Decimal,
    /// Whether a sell order of what is not held sells short.
    pub shorting: bool,
    /// What market data the account has paid for; it never changes, so that no report tells it.
    #[serde(skip)]
    pub data_plan: DataPlan,
}

/// A subscription to market data (docs.alpaca.markets, "About Market Data API").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DataPlan {
    /// Free: data of all exchanges when they are fifteen minutes old, those of one in real time.
    Basic,
    /// Data of all exchanges in real time.
    #[default]
    AlgoTraderPlus,
}

/// A delay drawn evenly between two durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    least: Duration,
    most: Duration,
}

impl Delay {
    /// A delay from `least` to `most`; the larger of the two is the upper end.
    pub const fn between_millis(least: u64, most: u64) -> Self {
        let (least, most) = if least <= most {
            (least, most)
        } else {
            (most, least)
        };
        Self {
            least: Duration::from_millis(least),
            most: Duration::from_millis(most),
        }
    }

    /// Always this long.
    pub const fn exactly(duration: Duration) -> Self {
        Self {
            least: duration,
            most: duration,
        }
    }

    /// One draw, in whole milliseconds.
    pub(super) fn draw(self, dice: Dice, key: Key) -> Duration {
        if self.least == self.most {
            return self.least;
        }
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(dice.between(key, millis(self.least), millis(self.most)))
    }
}

/// Days that follow each other, both ends included; `None` is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub from: Option<NaiveDate>,
    /// The last.
    pub to: Option<NaiveDate>,
}

impl Days {
    /// Whether `date` is one of them.
    pub(super) fn contains(self, date: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
    }
}

/// Delays, limits and lags.
#[derive(Clone, Debug, PartialEq)]
pub struct Knobs {
    /// From acceptance (or the open) until the order is `new`.
    pub acknowledge_delay: Delay,
    /// From acceptance (or the open) until a marketable order fills.
    pub fill_delay: Delay,
    /// From a cancel request until the order is `canceled`.
    pub cancel_delay: Delay,
    /// How soon an order that rests inside the spread, at the middle or better for the other side,
    /// fills at its limit; `None`: it waits until the quote comes to it.
    pub resting_fill: Option<Delay>,
    /// How long the proceeds of a sale are cash but not yet buying power.
    pub settlement_delay: Duration,
    /// How long a look-up by `client_order_id` answers 404 after acceptance, as a lagging read
    /// replica does.
    pub hide_new_orders_for: Duration,
    /// How long a look-up shows a filled order without its average price.
    pub hide_fill_price_for: Duration,
    /// How long after a session the data feed does not show its bar.
    pub hide_new_bars_for: Duration,
    /// Days of which the data feed has no bar, by symbol: not listed yet, halted, or late.
    pub no_bars: BTreeMap<String, Days>,
    /// Whether the data feed shows a bar of the session that is trading, made of what it has traded
    /// so far.
    pub show_unfinished_bar: bool,
    /// How long a used `client_order_id` is refused; `None`: for ever.
    pub remember_client_order_ids_for: Option<Duration>,
    /// Whether the cancellation of an order that is filled already is answered with 204, as if
    /// there were something to cancel (alpacahq/user-docs issue 150); else with 422, as the
    /// documentation has it.
    pub accept_cancel_of_filled: bool,
    /// Requests within a minute, counted apart for the trading API and the data API.
    pub requests_per_minute: u32,
    /// What a market buy order reserves above the ask, in percent.
    pub market_order_reserve_percent: Decimal,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            acknowledge_delay: Delay::between_millis(10, 60),
            fill_delay: Delay::between_millis(400, 1_500),
            cancel_delay: Delay::between_millis(20, 120),
            resting_fill: Some(Delay::between_millis(2_000, 8_000)),
            settlement_delay: Duration::ZERO,
            hide_new_orders_for: Duration::ZERO,
            hide_fill_price_for: Duration::ZERO,
            hide_new_bars_for: Duration::ZERO,
            no_bars: BTreeMap::new(),
            show_unfinished_bar: false,
            remember_client_order_ids_for: None,
            accept_cancel_of_filled: false,
            requests_per_minute: 200,
            market_order_reserve_percent: Decimal::TWO,
        }
    }
}
