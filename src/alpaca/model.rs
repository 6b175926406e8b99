use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::America::New_York;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decimal::{Exact, exact};
use crate::id::ClientOrderId;

/// The account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Names the account.
    pub account_number: String,
    /// US dollars.
    #[serde(with = "exact")]
    pub cash: Decimal,
    /// What may be spent on buys.
    #[serde(with = "exact")]
    pub buying_power: Decimal,
    /// Cash and positions; short ones count against it.
    #[serde(with = "exact")]
    pub portfolio_value: Decimal,
    /// Whether the broker refuses all orders.
    #[serde(default)]
    pub trading_blocked: bool,
}

/// Shares held.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Position {
    /// The symbol.
    pub symbol: String,
    /// Shares; negative for a short position.
    #[serde(with = "exact")]
    pub qty: Decimal,
    /// Shares that no open order has taken.
    #[serde(default, deserialize_with = "optional")]
    pub qty_available: Option<Decimal>,
    /// What kind of asset it is: `us_equity`, `crypto`, `us_option`.
    #[serde(default = "us_equity")]
    pub asset_class: String,
    /// Dollars that it is worth; negative for a short position.
    #[serde(default, deserialize_with = "optional")]
    pub market_value: Option<Decimal>,
    /// Dollars a share, as the broker values it.
    #[serde(default, deserialize_with = "optional")]
    pub current_price: Option<Decimal>,
}

impl Position {
    /// Whether this system trades such a thing at all: shares of US companies and funds.
    #[must_use]
    pub fn is_equity(&self) -> bool {
        self.asset_class == US_EQUITY
    }
}

/// The only class of assets that this system trades.
const US_EQUITY: &str = "us_equity";

fn us_equity() -> String {
    US_EQUITY.to_owned()
}

/// What may be done with a symbol.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Asset {
    /// The symbol.
    pub symbol: String,
    /// Whether parts of a share can be traded.
    pub fractionable: bool,
    /// Whether it can be traded at all.
    pub tradable: bool,
}

/// One session of the market's calendar, in New York time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CalendarDay {
    /// The date.
    pub date: NaiveDate,
    /// The open.
    #[serde(deserialize_with = "clock_time")]
    pub open: NaiveTime,
    /// The close; early on some days.
    #[serde(deserialize_with = "clock_time")]
    pub close: NaiveTime,
}

/// The best bid and offer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Quote {
    /// Bid price; zero where nobody bids.
    #[serde(rename = "bp", with = "exact")]
    pub bid: Decimal,
    /// Ask price; zero where nobody offers.
    #[serde(rename = "ap", with = "exact")]
    pub ask: Decimal,
    /// When the feed published it.
    #[serde(rename = "t")]
    pub at: DateTime<Utc>,
}

/// One day's prices.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Bar {
    /// The trading day in New York: the broker writes the instant at which it begins there.
    #[serde(rename = "t", deserialize_with = "market_date")]
    pub date: NaiveDate,
    /// The close.
    #[serde(rename = "c", with = "exact")]
    pub close: Decimal,
}

/// The account's value over time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PortfolioHistory {
    /// Epoch seconds.
    pub timestamp: Vec<i64>,
    /// US dollars, one a timestamp; null where the account did not exist.
    #[serde(deserialize_with = "optionals")]
    pub equity: Vec<Option<Decimal>>,
}

/// To buy or to sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Shares for cash.
    Sell,
    /// Cash for shares.
    Buy,
}

impl Side {
    /// As the broker writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sell => "sell",
            Self::Buy => "buy",
        }
    }
}

/// A limit order for the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewOrder {
    /// The symbol.
    pub symbol: String,
    /// Shares, as exact text.
    #[serde(with = "exact")]
    pub qty: Decimal,
    /// To buy or to sell.
    pub side: Side,
    /// `limit`
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `day`
    pub time_in_force: &'static str,
    /// At this price or better, as exact text.
    #[serde(with = "exact")]
    pub limit_price: Decimal,
    /// Derived from plan, symbol, side and leg.
    pub client_order_id: ClientOrderId,
    /// `sell_to_close` for sells: an account that may sell short must not do so because the shares
    /// have gone meanwhile (docs.alpaca.markets, "Create an Order"; alpacahq/Alpaca-API issue 250).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position_intent: Option<&'static str>,
}

/// An order as the broker has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Order {
    /// The broker's id.
    pub id: String,
    /// The id that the client gave it.
    pub client_order_id: String,
    /// The symbol.
    pub symbol: String,
    /// To buy or to sell.
    pub side: Side,
    /// Shares ordered; 0 for an order in dollars, which is never ours.
    #[serde(default, deserialize_with = "or_zero")]
    pub qty: Decimal,
    /// Dollars ordered, where the order is in dollars.
    #[serde(default, deserialize_with = "optional")]
    pub notional: Option<Decimal>,
    /// Its limit; none for a market order.
    #[serde(default, deserialize_with = "optional")]
    pub limit_price: Option<Decimal>,
    /// Shares filled so far.
    #[serde(with = "exact")]
    pub filled_qty: Decimal,
    /// The average price of the fills; may lag behind `filled` (rules.md 7.6).
    #[serde(default, deserialize_with = "optional")]
    pub filled_avg_price: Option<Decimal>,
    /// Its state.
    pub status: OrderStatus,
    /// When the last fill came.
    #[serde(default)]
    pub filled_at: Option<DateTime<Utc>>,
    /// When the broker took it.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
    /// The order that took its place.
    #[serde(default)]
    pub replaced_by: Option<String>,
    /// Why the market rejected it, where the broker says so.
    #[serde(default)]
    pub reject_reason: Option<String>,
}

impl Order {
    /// Dollars that a working buy may still cost. A market order of shares has no bound of its own:
    /// it counts at `price`.
    #[must_use]
    pub fn may_cost(&self, price: Decimal) -> Decimal {
        if self.side == Side::Sell || self.status.is_terminal() {
            return Decimal::ZERO;
        }
        match self.notional {
            Some(dollars) => (dollars
                - self.filled_qty * self.filled_avg_price.unwrap_or_default())
            .max(Decimal::ZERO),
            None => (self.qty - self.filled_qty) * self.limit_price.unwrap_or(price),
        }
    }

    /// Shares that a working sell may still take.
    #[must_use]
    pub fn may_take(&self) -> Decimal {
        if self.side == Side::Buy || self.status.is_terminal() {
            Decimal::ZERO
        } else {
            self.qty - self.filled_qty
        }
    }
}

/// The state of an order, in the broker's words (rules.md 7.6). A word that is not known is
/// kept and counts as not final: a live order is never taken for a dead one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderStatus(String);

impl OrderStatus {
    /// Whether the order is over for today. One that is `calculated` is executed or done for the
    /// day, and only its settlement is still being worked out.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(
            self.0.as_str(),
            "filled"
                | "canceled"
                | "expired"
                | "rejected"
                | "done_for_day"
                | "calculated"
                | "replaced"
        )
    }

    /// Whether the order was filled in full.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        self.0 == "filled"
    }

    /// Whether the market rejected what the broker had taken: another order of the kind would end
    /// the same way.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.0 == "rejected"
    }

    /// Whether another order took its place.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        self.0 == "replaced"
    }

    /// The broker's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for OrderStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl Serialize for OrderStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    Ok(Option::<Exact>::deserialize(deserializer)?.map(|exact| exact.0))
}

fn or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    optional(deserializer).map(Option::unwrap_or_default)
}

fn optionals<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Option<Decimal>>, D::Error> {
    let read = Vec::<Option<Exact>>::deserialize(deserializer)?;
    Ok(read
        .into_iter()
        .map(|exact| exact.map(|exact| exact.0))
        .collect())
}

fn market_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    deserializer.deserialize_str(MarketDateVisitor)
}

/// Reads an instant for its date in New York. A year of bars has thousands of instants, so the form
/// in which the broker writes them is read without a general parser.
struct MarketDateVisitor;

impl serde::de::Visitor<'_> for MarketDateVisitor {
    type Value = NaiveDate;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an instant such as \"2025-10-10T04:00:00Z\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<NaiveDate, E> {
        if let Some(date) = date_of_midnight(text) {
            return Ok(date);
        }
        let at: DateTime<Utc> = text.parse().map_err(E::custom)?;
        Ok(at.with_timezone(&New_York).date_naive())
    }
}

/// The date of text that is midnight in New York whatever its clocks show: at 05:00 in UTC the day
/// has begun there in winter and in summer, at 04:00 only in summer.
fn date_of_midnight(text: &str) -> Option<NaiveDate> {
    let (date, time) = text.split_once('T')?;
    let number = |from, to| -> Option<u32> {
        let digits = date.get(from..to)?;
        let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_digits.then(|| digits.parse().ok())?
    };
    if date.len() != 10 || date.get(4..5) != Some("-") || date.get(7..8) != Some("-") {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    // From May to September the clocks show summer time, and have done so every year since 1967.
    let is_summer = (5..=9).contains(&month) && year >= 1967;
    let has_begun = time == "05:00:00Z" || time == "04:00:00Z" && is_summer;
    if !has_begun {
        return None;
    }
    NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)
}

fn clock_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    NaiveTime::parse_from_str(&text, "%H:%M").map_err(|error| {
        serde::de::Error::custom(format!("{text:?} is not a time of day: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Result<NaiveDate, serde_json::Error> {
        let json = format!(r#"{{"t":"{text}","c":1}}"#);
        serde_json::from_str::<Bar>(&json).map(|bar| bar.date)
    }

    #[test]
    fn a_bar_is_of_the_day_that_its_instant_has_in_new_york() {
        let begin: DateTime<Utc> = "2000-01-01T00:30:00Z".parse().expect("an instant");
        for hours in 0..24 * 366 * 3 {
            let at = begin + chrono::TimeDelta::hours(hours) - chrono::TimeDelta::minutes(30);
            let text = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            let expected = at.with_timezone(&New_York).date_naive();
            assert_eq!(date(&text).expect("a date"), expected, "{text}");
        }
    }

    #[test]
    fn an_instant_may_be_written_in_any_way_that_the_standard_allows() {
        for text in [
            "2025-10-10T04:00:00Z",
            "2025-10-10T00:00:00-04:00",
            "2025-10-10T04:00:00.000Z",
            r"2025-10-10T04:00:00\u005a",
        ] {
            assert_eq!(
                date(text).expect("a date").to_string(),
                "2025-10-10",
                "{text}"
            );
        }
        for text in ["2025-13-10T05:00:00Z", "2025-10-10", "x"] {
            assert!(date(text).is_err(), "{text}");
        }
    }
}
