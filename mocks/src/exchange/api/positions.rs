//! `/v2/positions` (Alpaca Trading API reference, "Positions").

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::query::Query;
use super::reply::Reply;
use crate::exchange::intake::Ticket;
use crate::exchange::movement::Holding;
use crate::exchange::order::{Amount, Origin, TimeInForce};
use crate::exchange::refusal::Refusal;
use crate::exchange::side::Side;
use crate::exchange::text::{number, plain};
use crate::exchange::{AssetClass, Exchange, calendar, shown_in_positions};

/// GET: all positions, by symbol.
pub(super) fn list(exchange: &Exchange, now: DateTime<Utc>) -> Result<Reply, Refusal> {
    let holdings = exchange.ledger.holdings().iter();
    let positions = holdings
        .map(|(symbol, holding)| position(exchange, now, symbol, *holding))
        .collect();
    Ok(Reply::ok(&Value::Array(positions)))
}

/// GET: one position.
pub(super) fn show(
    exchange: &Exchange,
    now: DateTime<Utc>,
    symbol: &str,
) -> Result<Reply, Refusal> {
    let symbol = &exchange.canonical(symbol);
    let holding = holding(exchange, symbol)?;
    Ok(Reply::ok(&position(exchange, now, symbol, holding)))
}

/// DELETE: a market order to sell all of a position, `qty` shares of it, or `percentage` of it. Any
/// fraction may be sold that way, whether or not the asset is fractionable. Carries no client order
/// id.
pub(super) fn close(
    exchange: &mut Exchange,
    now: DateTime<Utc>,
    symbol: &str,
    query: &Query,
) -> Result<Reply, Refusal> {
    let symbol = &exchange.canonical(symbol);
    let held = holding(exchange, symbol)?.quantity;
    let side = closing_side(held);
    let held = held.abs();
    let quantity = match (query.get("qty"), query.get("percentage")) {
        (None, None) => held,
        (Some(_), Some(_)) => {
            return Err(Refusal::bad_field(
                "only one of qty or percentage is accepted",
            ));
        }
        (Some(text), None) => amount("qty", text, Decimal::MAX)?,
        (None, Some(text)) => (held * amount("percentage", text, Decimal::ONE_HUNDRED)?
            / Decimal::ONE_HUNDRED)
            .trunc_with_scale(9),
    };
    let index = exchange.submit(now, closing(symbol, side, quantity))?;
    Ok(Reply::ok(&exchange.orders[index].json()))
}

/// DELETE: sells every position; 207 with one status a symbol. With `cancel_orders` open orders are
/// cancelled first, at once.
pub(super) fn close_all(
    exchange: &mut Exchange,
    now: DateTime<Utc>,
    query: &Query,
) -> Result<Reply, Refusal> {
    if query.flag("cancel_orders")? {
        let open = (0..exchange.orders.len()).filter(|index| exchange.orders[*index].is_working());
        for index in open.collect::<Vec<_>>() {
            exchange.finish_cancel(now, index);
        }
    }
    let mut answers = Vec::new();
    for (symbol, quantity) in exchange.positions() {
        answers.push(match exchange.submit(now, closing(&symbol, closing_side(quantity), quantity.abs())) {
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

fn closing_side(held: Decimal) -> Side {
    if held.is_sign_negative() {
        Side::Buy
    } else {
        Side::Sell
    }
}

fn closing(symbol: &str, side: Side, quantity: Decimal) -> Ticket {
    Ticket {
        symbol: symbol.to_owned(),
        side,
        limit: None,
        amount: Amount::Shares(quantity),
        time_in_force: TimeInForce::usual(AssetClass::of(symbol)),
        client_order_id: None,
        closes: true,
        intent: None,
        replaces: None,
        origin: Origin::Client,
    }
}

/// One position. What it is worth is null where nobody knows a price (alpaca.markets/blog,
/// "Unpriceable assets"); a short position has a negative quantity, value and cost.
fn position(exchange: &Exchange, now: DateTime<Utc>, symbol: &str, holding: Holding) -> Value {
    let quantity = holding.quantity;
    let class = AssetClass::of(symbol);
    let price = exchange.market.price(symbol, now);
    let before = calendar::last_completed(now);
    // While the market is closed the last completed session is the one the current price comes
    // from.
    let before = match calendar::market_date(now) == before.date {
        true => calendar::last_completed(before.open),
        false => before,
    };
    let yesterday = exchange
        .market
        .price_of_today(symbol, before.close, now)
        .or(price);
    let entry = holding.average.or(price).unwrap_or_default();
    let ratio = |gain: Decimal, of: Decimal| {
        if of.is_zero() {
            Decimal::ZERO
        } else {
            (gain / of.abs()).round_dp(9)
        }
    };
    let cost = quantity * entry;
    let value = price.map(|price| quantity * price);
    let gain = value.map(|value| value - cost);
    let today = price
        .zip(yesterday)
        .map(|(price, yesterday)| quantity * (price - yesterday));
    let shown = |number: Option<Decimal>| number.map(plain);
    json!({
        "asset_id": exchange.asset_id(symbol),
        "symbol": shown_in_positions(symbol),
        "exchange": if class == AssetClass::Crypto { "CRYPTO" } else { "NASDAQ" },
        "asset_class": class.as_str(),
        "asset_marginable": class == AssetClass::UsEquity,
        "avg_entry_price": plain(entry),
        "qty": plain(quantity),
        "qty_available": plain(available(quantity, exchange.held_for_orders(symbol))),
        "side": if quantity.is_sign_negative() { "short" } else { "long" },
        "market_value": shown(value),
        "cost_basis": plain(cost),
        "unrealized_pl": shown(gain),
        "unrealized_plpc": shown(gain.map(|gain| ratio(gain, cost))),
        "unrealized_intraday_pl": shown(today),
        "unrealized_intraday_plpc": shown(today.map(|today| ratio(today, quantity * yesterday.unwrap_or_default()))),
        "current_price": shown(price),
        "lastday_price": shown(yesterday),
        "change_today": shown(price.zip(yesterday).map(|(price, yesterday)| ratio(price - yesterday, yesterday))),
    })
}

/// What open orders leave of a position, long or short.
fn available(quantity: Decimal, held: Decimal) -> Decimal {
    if quantity.is_sign_negative() {
        quantity + held
    } else {
        quantity - held
    }
}
