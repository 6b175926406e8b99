//! `/v2/positions` (Alpaca Trading API reference, "Positions").

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::query::Query;
use super::reply::Reply;
use crate::exchange::intake::Ticket;
use crate::exchange::movement::Holding;
use crate::exchange::order::{Amount, Origin, Side, TimeInForce};
use crate::exchange::refusal::Refusal;
use crate::exchange::text::{number, plain};
use crate::exchange::{Exchange, calendar};

/// GET: all positions, by symbol.
pub(super) fn list(exchange: &Exchange, now: DateTime<Utc>) -> Result<Reply, Refusal> {
    let holdings = exchange.ledger.holdings().iter();
    let positions = holdings.map(|(symbol, holding)| position(exchange, now, symbol, *holding)).collect();
    Ok(Reply::ok(&Value::Array(positions)))
}

/// GET: one position.
pub(super) fn show(exchange: &Exchange, now: DateTime<Utc>, symbol: &str) -> Result<Reply, Refusal> {
    let holding = holding(exchange, symbol)?;
    Ok(Reply::ok(&position(exchange, now, symbol, holding)))
}

/// DELETE: a market order to sell all of a position, `qty` shares of it, or `percentage` of it. Any fraction may be
/// sold that way, whether or not the asset is fractionable. Carries no client order id.
pub(super) fn close(exchange: &mut Exchange, now: DateTime<Utc>, symbol: &str, query: &Query) -> Result<Reply, Refusal> {
    let held = holding(exchange, symbol)?.quantity;
    let quantity = match (query.get("qty"), query.get("percentage")) {
        (None, None) => held,
        (Some(_), Some(_)) => return Err(Refusal::bad_field("only one of qty or percentage is accepted")),
        (Some(text), None) => amount("qty", text, Decimal::MAX)?,
        (None, Some(text)) => (held * amount("percentage", text, Decimal::ONE_HUNDRED)? / Decimal::ONE_HUNDRED).trunc_with_scale(9),
    };
    let index = exchange.submit(now, sale(symbol, quantity))?;
    Ok(Reply::ok(&exchange.orders[index].json()))
}

/// DELETE: sells every position; 207 with one status a symbol. With `cancel_orders=true` open orders are cancelled
/// first, at once.
pub(super) fn close_all(exchange: &mut Exchange, now: DateTime<Utc>, query: &Query) -> Result<Reply, Refusal> {
    if query.get("cancel_orders") == Some("true") {
        let open = (0..exchange.orders.len()).filter(|index| !exchange.orders[*index].status.is_final());
        for index in open.collect::<Vec<_>>() {
            exchange.finish_cancel(now, index);
        }
    }
    let mut answers = Vec::new();
    for (symbol, quantity) in exchange.positions() {
        answers.push(match exchange.submit(now, sale(&symbol, quantity)) {
            Ok(index) => {
                let order = &exchange.orders[index];
                json!({"symbol": symbol, "order_id": order.id, "status": 200, "body": order.json()})
            }
            Err(refusal) => json!({"symbol": symbol, "status": refusal.status, "body": refusal.json()}),
        });
    }
    Ok(Reply::json(207, &Value::Array(answers)))
}

fn holding(exchange: &Exchange, symbol: &str) -> Result<Holding, Refusal> {
    let found = exchange.ledger.holdings().get(symbol).copied();
    found.ok_or_else(|| Refusal::not_found("position does not exist"))
}

fn amount(name: &str, text: &str, most: Decimal) -> Result<Decimal, Refusal> {
    let amount = number(text).filter(|amount| *amount > Decimal::ZERO && *amount <= most);
    amount.ok_or_else(|| Refusal::bad_field(format!("invalid {name}: {text}")))
}

fn sale(symbol: &str, quantity: Decimal) -> Ticket {
    Ticket {
        symbol: symbol.to_owned(),
        side: Side::Sell,
        limit: None,
        amount: Amount::Shares(quantity),
        time_in_force: TimeInForce::Day,
        client_order_id: None,
        closes: true,
        replaces: None,
        origin: Origin::Client,
    }
}

fn position(exchange: &Exchange, now: DateTime<Utc>, symbol: &str, holding: Holding) -> Value {
    let quantity = holding.quantity;
    let price = exchange.market.price(symbol, now).unwrap_or_default();
    let before = calendar::last_completed(now);
    // While the market is closed the last completed session is the one the current price comes from.
    let before = match calendar::market_date(now) == before.date {
        true => calendar::last_completed(before.open),
        false => before,
    };
    let yesterday = exchange.market.price(symbol, before.close).unwrap_or(price);
    let entry = holding.average.unwrap_or(price);
    let (value, cost) = (quantity * price, quantity * entry);
    let ratio = |gain: Decimal, of: Decimal| if of.is_zero() { Decimal::ZERO } else { (gain / of).round_dp(9) };
    let (gain, today) = (value - cost, quantity * (price - yesterday));
    json!({
        "asset_id": exchange.asset_id(symbol),
        "symbol": symbol,
        "exchange": "NASDAQ",
        "asset_class": "us_equity",
        "asset_marginable": true,
        "avg_entry_price": plain(entry),
        "qty": plain(quantity),
        "qty_available": plain(quantity - exchange.held_for_orders(symbol)),
        "side": "long",
        "market_value": plain(value),
        "cost_basis": plain(cost),
        "unrealized_pl": plain(gain),
        "unrealized_plpc": plain(ratio(gain, cost)),
        "unrealized_intraday_pl": plain(today),
        "unrealized_intraday_plpc": plain(ratio(today, quantity * yesterday)),
        "current_price": plain(price),
        "lastday_price": plain(yesterday),
        "change_today": plain(ratio(price - yesterday, yesterday)),
    })
}
