//! `/v2/orders` (Alpaca Trading API reference, "Orders").

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::assets::chosen_classes;
use super::order_body::OrderBody;
use super::query::Query;
use super::reply::Reply;
use crate::exchange::order::{Order, OrderStatus, Origin};
use crate::exchange::refusal::Refusal;
use crate::exchange::text::later;
use crate::exchange::{AssetClass, Exchange};

/// POST: a new order.
pub(super) fn place(
    exchange: &mut Exchange,
    now: DateTime<Utc>,
    body: &[u8],
) -> Result<Reply, Refusal> {
    let index = exchange.submit(now, OrderBody::of(body)?.ticket()?)?;
    Ok(Reply::ok(&exchange.orders[index].json()))
}

/// GET by the exchange's id.
pub(super) fn by_id(exchange: &Exchange, now: DateTime<Utc>, id: &str) -> Result<Reply, Refusal> {
    Ok(Reply::ok(&shown(
        exchange,
        now,
        &exchange.orders[find(exchange, id)?],
    )))
}

/// An order as a look-up shows it: a fresh fill may be without its price.
fn shown(exchange: &Exchange, now: DateTime<Utc>, order: &Order) -> Value {
    let mut json = order.json();
    let lag = exchange.setup.knobs.hide_fill_price_for;
    if order
        .times
        .filled
        .is_some_and(|filled| later(filled, lag) > now)
    {
        json["filled_avg_price"] = Value::Null;
    }
    json
}

/// GET by the client's id; blind to fresh orders for as long as the replica lags.
pub(super) fn by_client_order_id(
    exchange: &Exchange,
    now: DateTime<Utc>,
    query: &Query,
) -> Result<Reply, Refusal> {
    let id = query
        .get("client_order_id")
        .ok_or_else(|| Refusal::bad_field("client_order_id is missing"))?;
    let lag = exchange.setup.knobs.hide_new_orders_for;
    let visible =
        |order: &&Order| order.client_order_id == id && later(order.times.created, lag) <= now;
    match exchange.orders.iter().rev().find(visible) {
        Some(order) => Ok(Reply::ok(&shown(exchange, now, order))),
        None => Err(Refusal::not_found(format!("order not found for {id}"))),
    }
}

/// GET: a list, newest first unless asked otherwise;
/// blind to fresh orders for as long as the replica lags.
pub(super) fn list(
    exchange: &Exchange,
    now: DateTime<Utc>,
    query: &Query,
) -> Result<Reply, Refusal> {
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
    let (symbols, side, classes) = (query.symbols(), query.get("side"), chosen_classes(query)?);
    let place = |name: &str| query.get(name).map(|id| find(exchange, id)).transpose();
    let (before, beyond) = (place("before_order_id")?, place("after_order_id")?);
    if let Some(side) = side.filter(|side| !["buy", "sell"].contains(side)) {
        return Err(Refusal::bad_field(format!("invalid side: {side}")));
    }
    let lag = exchange.setup.knobs.hide_new_orders_for;
    // Orders stand in the order in which they came.
    let orders = exchange
        .orders
        .iter()
        .take(before.unwrap_or(usize::MAX))
        .skip(beyond.map_or(0, |place| place + 1));
    let chosen: Vec<&Order> = orders
        .filter(|order| {
            wanted(order)
                && later(order.times.created, lag) <= now
                && after.is_none_or(|after| order.times.created > after)
                && until.is_none_or(|until| order.times.created < until)
                && (symbols.is_empty() || symbols.contains(&order.symbol))
                && side.is_none_or(|side| order.side.as_str() == side)
                && (classes.is_empty() || classes.contains(&AssetClass::of(&order.symbol)))
        })
        .collect();
    let orders: Vec<Value> = match query.get("direction").unwrap_or("desc") {
        "asc" => chosen.into_iter().take(limit).map(Order::json).collect(),
        "desc" => chosen
            .into_iter()
            .rev()
            .take(limit)
            .map(Order::json)
            .collect(),
        other => return Err(Refusal::bad_field(format!("invalid direction: {other}"))),
    };
    Ok(Reply::ok(&Value::Array(orders)))
}

/// DELETE by id: 204, or 422 when there is nothing left to cancel.
pub(super) fn cancel(
    exchange: &mut Exchange,
    now: DateTime<Utc>,
    id: &str,
) -> Result<Reply, Refusal> {
    let index = find(exchange, id)?;
    exchange.request_cancel(now, index)?;
    Ok(Reply::nothing())
}

/// DELETE: every open order; 207 with one status an order.
pub(super) fn cancel_all(exchange: &mut Exchange, now: DateTime<Utc>) -> Result<Reply, Refusal> {
    let open = |order: &Order| {
        order.is_working()
            && !matches!(
                order.status,
                OrderStatus::PendingCancel | OrderStatus::PendingReplace
            )
    };
    let indexes: Vec<usize> = (0..exchange.orders.len())
        .filter(|index| open(&exchange.orders[*index]))
        .collect();
    let mut answers = Vec::with_capacity(indexes.len());
    for index in indexes {
        exchange.request_cancel(now, index)?;
        answers.push(json!({"id": exchange.orders[index].id, "status": 200}));
    }
    Ok(Reply::json(207, &Value::Array(answers)))
}

/// PATCH: a new order in the old one's place.
pub(super) fn replace(
    exchange: &mut Exchange,
    now: DateTime<Utc>,
    id: &str,
    body: &[u8],
) -> Result<Reply, Refusal> {
    let index = find(exchange, id)?;
    let by = exchange.replace(
        now,
        index,
        &OrderBody::of(body)?.replacement()?,
        Origin::Client,
    )?;
    Ok(Reply::ok(&exchange.orders[by].json()))
}

/// The order with this id. Text that is no id is not looked for: 422, as seen at Alpaca
/// (alpacahq/Alpaca-API issue 135).
fn find(exchange: &Exchange, id: &str) -> Result<usize, Refusal> {
    let uuid = Uuid::parse_str(id).map_err(|_| Refusal::bad_field("order_id is missing"))?;
    let found = exchange.orders.iter().position(|order| order.id == uuid);
    found.ok_or_else(|| Refusal::not_found(format!("order not found for {id}")))
}
