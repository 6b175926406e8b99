//! `/v2/orders` (Alpaca Trading API reference, "Orders").

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::query::Query;
use super::reply::Reply;
use crate::exchange::Exchange;
use crate::exchange::intake::Ticket;
use crate::exchange::order::{Amount, Intent, Order, OrderStatus, Origin, Side, TimeInForce};
use crate::exchange::refusal::Refusal;
use crate::exchange::replacement::Replacement;
use crate::exchange::text::{decimal, later, plain};

/// POST: a new order.
pub(super) fn place(exchange: &mut Exchange, now: DateTime<Utc>, body: &[u8]) -> Result<Reply, Refusal> {
    let ticket = ticket(&fields(body)?)?;
    let index = exchange.submit(now, ticket)?;
    Ok(Reply::ok(&exchange.orders[index].json()))
}

/// GET by the exchange's id.
pub(super) fn by_id(exchange: &Exchange, now: DateTime<Utc>, id: &str) -> Result<Reply, Refusal> {
    Ok(Reply::ok(&shown(exchange, now, &exchange.orders[find(exchange, id)?])))
}

/// An order as a look-up shows it: a fresh fill may be without its price.
fn shown(exchange: &Exchange, now: DateTime<Utc>, order: &Order) -> Value {
    let mut json = order.json();
    let lag = exchange.setup.knobs.hide_fill_price_for;
    if order.times.filled.is_some_and(|filled| later(filled, lag) > now) {
        json["filled_avg_price"] = Value::Null;
    }
    json
}

/// GET by the client's id; blind to fresh orders for as long as the replica lags.
pub(super) fn by_client_order_id(exchange: &Exchange, now: DateTime<Utc>, query: &Query) -> Result<Reply, Refusal> {
    let id = query.get("client_order_id").ok_or_else(|| Refusal::bad_field("client_order_id is missing"))?;
    let lag = exchange.setup.knobs.hide_new_orders_for;
    let visible = |order: &&Order| order.client_order_id == id && later(order.times.created, lag) <= now;
    match exchange.orders.iter().rev().find(visible) {
        Some(order) => Ok(Reply::ok(&shown(exchange, now, order))),
        None => Err(Refusal::not_found(format!("order not found for {id}"))),
    }
}

/// GET: a list, newest first unless asked otherwise;
/// blind to fresh orders for as long as the replica lags.
pub(super) fn list(exchange: &Exchange, now: DateTime<Utc>, query: &Query) -> Result<Reply, Refusal> {
    let status = query.get("status").unwrap_or("open");
    let wanted = |order: &Order| match status {
        "open" => !order.status.is_final(),
        "closed" => order.status.is_final(),
        _ => true,
    };
    if !["open", "closed", "all"].contains(&status) {
        return Err(Refusal::bad_field(format!("invalid status: {status}")));
    }
    let limit = query.count("limit", 50, 1, 500)?;
    let (after, until) = (query.moment("after")?, query.moment("until")?);
    let (symbols, side) = (query.symbols(), query.get("side"));
    let lag = exchange.setup.knobs.hide_new_orders_for;
    let chosen = exchange.orders.iter().filter(|order| {
        wanted(order)
            && later(order.times.created, lag) <= now
            && after.is_none_or(|after| order.times.created > after)
            && until.is_none_or(|until| order.times.created < until)
            && (symbols.is_empty() || symbols.contains(&order.symbol))
            && side.is_none_or(|side| order.side.as_str() == side)
    });
    let orders: Vec<Value> = match query.get("direction").unwrap_or("desc") {
        "asc" => chosen.take(limit).map(Order::json).collect(),
        "desc" => chosen.rev().take(limit).map(Order::json).collect(),
        other => return Err(Refusal::bad_field(format!("invalid direction: {other}"))),
    };
    Ok(Reply::ok(&Value::Array(orders)))
}

/// DELETE by id: 204, or 422 when there is nothing left to cancel.
pub(super) fn cancel(exchange: &mut Exchange, now: DateTime<Utc>, id: &str) -> Result<Reply, Refusal> {
    let index = find(exchange, id)?;
    exchange.request_cancel(now, index)?;
    Ok(Reply::nothing())
}

/// DELETE: every open order; 207 with one status an order.
pub(super) fn cancel_all(exchange: &mut Exchange, now: DateTime<Utc>) -> Result<Reply, Refusal> {
    let open = |order: &Order| order.is_working() && !matches!(order.status, OrderStatus::PendingCancel | OrderStatus::PendingReplace);
    let indexes: Vec<usize> = (0..exchange.orders.len()).filter(|index| open(&exchange.orders[*index])).collect();
    let mut answers = Vec::with_capacity(indexes.len());
    for index in indexes {
        exchange.request_cancel(now, index)?;
        answers.push(json!({"id": exchange.orders[index].id, "status": 200}));
    }
    Ok(Reply::json(207, &Value::Array(answers)))
}

/// PATCH: a new order in the old one's place.
pub(super) fn replace(exchange: &mut Exchange, now: DateTime<Utc>, id: &str, body: &[u8]) -> Result<Reply, Refusal> {
    let index = find(exchange, id)?;
    let fields = fields(body)?;
    let replacement = Replacement {
        quantity: shares(&fields)?,
        limit: price(&fields, "limit_price")?,
        client_order_id: text(&fields, "client_order_id")?.map(str::to_owned),
    };
    let by = exchange.replace(now, index, &replacement, Origin::Client)?;
    Ok(Reply::ok(&exchange.orders[by].json()))
}

/// The order with this id. Text that is no id is not looked for: 422, as seen at Alpaca
/// (alpacahq/Alpaca-API issue 135).
fn find(exchange: &Exchange, id: &str) -> Result<usize, Refusal> {
    let uuid = Uuid::parse_str(id).map_err(|_| Refusal::bad_field("order_id is missing"))?;
    let found = exchange.orders.iter().position(|order| order.id == uuid);
    found.ok_or_else(|| Refusal::not_found(format!("order not found for {id}")))
}

fn fields(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::new(400, 40_010_000, "request body format is invalid"))
}

fn ticket(fields: &Map<String, Value>) -> Result<Ticket, Refusal> {
    refuse_unsupported(fields)?;
    let symbol = text(fields, "symbol")?.ok_or_else(|| Refusal::bad_field("symbol is required"))?;
    let side = match text(fields, "side")? {
        Some("buy") => Side::Buy,
        Some("sell") => Side::Sell,
        other => return Err(invalid("side", other)),
    };
    let limit = price(fields, "limit_price")?;
    match (text(fields, "type")?, limit) {
        (Some("market"), None) | (Some("limit"), Some(_)) => {}
        (Some("market"), Some(_)) => return Err(Refusal::bad_field("market orders must not have limit_price")),
        (Some("limit"), None) => return Err(Refusal::bad_field("limit orders require limit_price")),
        (other, _) => return Err(invalid("type", other)),
    }
    let time_in_force = match text(fields, "time_in_force")? {
        Some("day") => TimeInForce::Day,
        Some("gtc") => TimeInForce::Gtc,
        other => return Err(invalid("time_in_force", other)),
    };
    let amount = match (shares(fields)?, money(fields)?) {
        (Some(quantity), None) => Amount::Shares(quantity),
        (None, Some(dollars)) => Amount::Notional(dollars),
        (Some(_), Some(_)) => return Err(Refusal::bad_field("only one of qty or notional is accepted")),
        (None, None) => return Err(Refusal::bad_field("qty or notional is required")),
    };
    Ok(Ticket {
        symbol: symbol.to_owned(),
        side,
        limit,
        amount,
        time_in_force,
        client_order_id: text(fields, "client_order_id")?.filter(|id| !id.is_empty()).map(str::to_owned),
        closes: false,
        intent: intent(fields, side)?,
        replaces: None,
        origin: Origin::Client,
    })
}

/// What the client says that the order does to the position.
fn intent(fields: &Map<String, Value>, side: Side) -> Result<Option<Intent>, Refusal> {
    let Some(word) = text(fields, "position_intent")? else { return Ok(None) };
    let found = [Intent::Open, Intent::Close].into_iter().find(|intent| intent.on(side) == word);
    found.map(Some).ok_or_else(|| invalid("position_intent", Some(word)))
}

/// What Alpaca knows and this exchange does not is refused aloud, never ignored.
fn refuse_unsupported(fields: &Map<String, Value>) -> Result<(), Refusal> {
    let simple = matches!(text(fields, "order_class")?, None | Some("" | "simple"));
    let regular = !matches!(fields.get("extended_hours"), Some(Value::Bool(true)));
    let absent = ["stop_price", "trail_price", "trail_percent", "take_profit", "stop_loss", "legs"]
        .into_iter()
        .find(|name| fields.get(*name).is_some_and(|value| !value.is_null()));
    match (simple, regular, absent) {
        (false, _, _) => Err(Refusal::bad_field("order_class is not supported by this exchange")),
        (_, false, _) => Err(Refusal::bad_field("extended_hours is not supported by this exchange")),
        (_, _, Some(name)) => Err(Refusal::bad_field(format!("{name} is not supported by this exchange"))),
        _ => Ok(()),
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refusal> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::bad_field(format!("{name} must be a string"))),
    }
}

fn positive(fields: &Map<String, Value>, name: &str) -> Result<Option<Decimal>, Refusal> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let number = decimal(value).ok_or_else(|| Refusal::bad_field(format!("{name} must be a number")))?;
            match number > Decimal::ZERO {
                true => Ok(Some(number)),
                false => Err(Refusal::bad_field(format!("{name} must be > 0"))),
            }
        }
    }
}

/// Shares: at most nine decimals (Alpaca, "Fractional trading").
fn shares(fields: &Map<String, Value>) -> Result<Option<Decimal>, Refusal> {
    scaled(fields, "qty", 9)
}

/// Dollars: at most two decimals (Alpaca, "Fractional trading").
fn money(fields: &Map<String, Value>) -> Result<Option<Decimal>, Refusal> {
    scaled(fields, "notional", 2)
}

fn scaled(fields: &Map<String, Value>, name: &str, decimals: u32) -> Result<Option<Decimal>, Refusal> {
    let number = positive(fields, name)?;
    match number.filter(|number| number.normalize().scale() > decimals) {
        Some(_) => Err(Refusal::bad_field(format!("{name} must be limited to {decimals} decimal places"))),
        None => Ok(number),
    }
}

/// A price: at most two decimals from one dollar on, four below (Rule 612 of Regulation NMS).
fn price(fields: &Map<String, Value>, name: &str) -> Result<Option<Decimal>, Refusal> {
    let Some(price) = positive(fields, name)? else {
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

fn invalid(name: &str, value: Option<&str>) -> Refusal {
    match value {
        Some(value) => Refusal::bad_field(format!("invalid {name}: {value}")),
        None => Refusal::bad_field(format!("{name} is required")),
    }
}
