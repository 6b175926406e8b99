//! The body of a request that places or replaces an order (Alpaca Trading API reference, "Orders").

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::words::Words;
use crate::exchange::intake::Ticket;
use crate::exchange::order::{Amount, Intent, Origin, TimeInForce};
use crate::exchange::refusal::Refusal;
use crate::exchange::replacement::Replacement;
use crate::exchange::service::Service;
use crate::exchange::side::Side;
use crate::exchange::text::{decimal, plain};

/// The fields of a body, by name.
pub(super) struct OrderBody(Map<String, Value>);

/// Fields of orders that are more than a market order or a limit order.
const FIELDS_OF_OTHER_ORDERS: [&str; 6] = [
    "trail_price",
    "trail_percent",
    "take_profit",
    "stop_loss",
    "legs",
    "advanced_instructions",
];

impl OrderBody {
    pub(super) fn of(body: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(body)
            .map(Self)
            .map_err(|_| unreadable())
    }

    /// A new order.
    pub(super) fn ticket(&self) -> Result<Ticket, Refusal> {
        let is_limit = self.is_limit()?;
        self.refuse_other_orders()?;
        let symbol = self
            .text("symbol")?
            .ok_or_else(|| Refusal::bad_field("symbol is required"))?;
        let side = match self.text("side")? {
            Some("buy") => Side::Buy,
            Some("sell") => Side::Sell,
            other => return Err(invalid("side", other)),
        };
        let (limit, stop) = (self.price("limit_price")?, self.price("stop_price")?);
        match (is_limit, limit, stop) {
            (false, None, None) | (true, Some(_), None) => {}
            // As seen at Alpaca (alpacahq/Alpaca-API issue 80).
            (false, ..) => {
                return Err(Refusal::bad_field(
                    "market orders require no stop or limit price",
                ));
            }
            (true, None, _) => return Err(Refusal::bad_field("limit orders require limit_price")),
            (true, _, Some(_)) => {
                return Err(Refusal::bad_field("limit orders require no stop price"));
            }
        }
        let amount = match (self.shares()?, self.scaled("notional", 2)?) {
            (Some(quantity), None) => Amount::Shares(quantity),
            (None, Some(dollars)) => Amount::Notional(dollars),
            (Some(_), Some(_)) => {
                return Err(Refusal::bad_field(
                    "only one of qty or notional is accepted",
                ));
            }
            (None, None) => return Err(Refusal::bad_field("qty or notional is required")),
        };
        Ok(Ticket {
            symbol: symbol.to_owned(),
            side,
            limit,
            amount,
            time_in_force: self.time_in_force()?.ok_or_else(invalid_time_in_force)?,
            client_order_id: self.client_order_id()?,
            closes: false,
            intent: self.intent(side)?,
            replaces: None,
            origin: Origin::Client,
        })
    }

    /// What is to change about an order.
    pub(super) fn replacement(&self) -> Result<Replacement, Refusal> {
        if self.has("notional") {
            return Err(Refusal::unprocessable("notional orders cannot be replaced"));
        }
        for name in ["stop_price", "trail", "advanced_instructions"] {
            if self.has(name) {
                return Err(Refusal::not_simulated(
                    Service::Trading,
                    name,
                    "qty, limit_price, time_in_force, client_order_id",
                ));
            }
        }
        Ok(Replacement {
            quantity: self.shares()?,
            limit: self.price("limit_price")?,
            time_in_force: self.time_in_force()?,
            client_order_id: self.client_order_id()?,
        })
    }

    /// Whether it is a limit order. Alpaca names no word that it does not know
    /// (alpacahq/alpaca-trade-api-go issue 202).
    fn is_limit(&self) -> Result<bool, Refusal> {
        let words = Words {
            name: "type",
            simulated: &[("market", false), ("limit", true)],
            known: &["stop", "stop_limit", "trailing_stop"],
        };
        let meaning = words.meaning(Service::Trading, self.text("type")?.unwrap_or_default())?;
        meaning.ok_or_else(|| Refusal::bad_field("invalid order type"))
    }

    /// How long the order is to work. Alpaca names no word that it does not know
    /// (alpacahq/alpaca-py issue 167).
    fn time_in_force(&self) -> Result<Option<TimeInForce>, Refusal> {
        let Some(word) = self.text("time_in_force")? else {
            return Ok(None);
        };
        let words = Words {
            name: "time_in_force",
            simulated: &[("day", TimeInForce::Day), ("gtc", TimeInForce::Gtc)],
            known: &["opg", "cls", "ioc", "fok"],
        };
        words
            .meaning(Service::Trading, word)?
            .map(Some)
            .ok_or_else(invalid_time_in_force)
    }

    fn client_order_id(&self) -> Result<Option<String>, Refusal> {
        Ok(self
            .text("client_order_id")?
            .filter(|id| !id.is_empty())
            .map(str::to_owned))
    }

    /// What the client says that the order does to the position.
    fn intent(&self, side: Side) -> Result<Option<Intent>, Refusal> {
        let Some(word) = self.text("position_intent")? else {
            return Ok(None);
        };
        let found = [Intent::Open, Intent::Close]
            .into_iter()
            .find(|intent| intent.on(side) == word);
        found
            .map(Some)
            .ok_or_else(|| invalid("position_intent", Some(word)))
    }

    /// What Alpaca knows and this exchange does not is refused aloud, never ignored.
    fn refuse_other_orders(&self) -> Result<(), Refusal> {
        let class = self.text("order_class")?;
        let classes = Words {
            name: "order_class",
            simulated: &[("simple", ()), ("", ())],
            known: &["bracket", "oco", "oto", "mleg"],
        };
        classes
            .meaning(Service::Trading, class.unwrap_or_default())?
            .ok_or_else(|| invalid("order_class", class))?;
        match self.0.get("extended_hours") {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(Value::Bool(true)) => {
                return Err(Refusal::not_simulated(
                    Service::Trading,
                    "extended_hours",
                    "orders in regular hours",
                ));
            }
            Some(_) => return Err(unreadable()),
        }
        match FIELDS_OF_OTHER_ORDERS
            .into_iter()
            .find(|name| self.has(name))
        {
            Some(name) => Err(Refusal::not_simulated(
                Service::Trading,
                name,
                "qty, notional, limit_price",
            )),
            None => Ok(()),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::bad_field(format!("{name} must be a string"))),
        }
    }

    /// A number above zero; a price that is not is named without its underscore, as seen at Alpaca
    /// (alpacahq/Alpaca-API issue 80).
    fn positive(&self, name: &str) -> Result<Option<Decimal>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let number = decimal(value)
                    .ok_or_else(|| Refusal::bad_field(format!("{name} must be a number")))?;
                match number > Decimal::ZERO {
                    true => Ok(Some(number)),
                    false => Err(Refusal::bad_field(format!(
                        "{} must be > 0",
                        name.replace('_', " ")
                    ))),
                }
            }
        }
    }

    /// Shares: at most nine decimals (Alpaca, "Fractional trading"; dollars have two).
    fn shares(&self) -> Result<Option<Decimal>, Refusal> {
        self.scaled("qty", 9)
    }

    fn scaled(&self, name: &str, decimals: u32) -> Result<Option<Decimal>, Refusal> {
        let number = self.positive(name)?;
        match number.filter(|number| number.normalize().scale() > decimals) {
            Some(_) => Err(Refusal::bad_field(format!(
                "{name} must be limited to {decimals} decimal places"
            ))),
            None => Ok(number),
        }
    }

    /// A price: at most two decimals from one dollar on, four below (Rule 612 of Regulation NMS).
    fn price(&self, name: &str) -> Result<Option<Decimal>, Refusal> {
        let Some(price) = self.positive(name)? else {
            return Ok(None);
        };
        let decimals = if price >= Decimal::ONE { 2 } else { 4 };
        match price.normalize().scale() > decimals {
            true => Err(Refusal::unprocessable(format!(
                "invalid {name} {}. sub-penny increment does not fulfill minimum pricing criteria",
                plain(price)
            ))),
            false => Ok(Some(price)),
        }
    }
}

fn unreadable() -> Refusal {
    Refusal::new(400, 40_010_000, "request body format is invalid")
}

fn invalid_time_in_force() -> Refusal {
    Refusal::bad_field("invalid time_in_force")
}

fn invalid(name: &str, value: Option<&str>) -> Refusal {
    match value {
        Some(value) => Refusal::bad_field(format!("invalid {name}: {value}")),
        None => Refusal::bad_field(format!("{name} is required")),
    }
}
