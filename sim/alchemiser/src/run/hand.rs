//! From what a scenario says of the broker to what the broker does, and to words.

use std::time::Duration;

use alchemiser_mocks::exchange::{
    AccountSettings, AssetChange, BrokerAction, CashKind, HandOrder, OrderName, OrderStatus,
    Replacement, Restriction, Shown, Side, Split, TimeInForce,
};

use crate::scenario::{
    AccountChangeSpec, Amount, AssetChangeSpec, BrokerSpec, MeanwhileSpec, OrderNameSpec,
    PlaceSpec, ReplaceSpec, ShowSpec, ShownStatus, SideSpec,
};
use crate::trading::Broker;
use harness::fault::Meanwhile;

/// An order at the broker that a scenario does not name, or names twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an order is named by its `symbol`, with or without a `side`, or by its `client_order_id`")]
pub struct UnnamedOrder;

/// What happens in the middle of a run, by that line of the scenario.
///
/// # Errors
/// An order is not named.
pub(super) fn meanwhile(
    broker: &Broker,
    line: usize,
    given: &MeanwhileSpec,
) -> Result<Meanwhile, UnnamedOrder> {
    let (action, words) = action(&given.broker)?;
    Ok(Meanwhile {
        line,
        at: given.at.clone(),
        phase: given.phase,
        attempt: given.attempt.map(|attempt| attempt.0),
        delay: given.delay.map_or(Duration::ZERO, |span| span.0),
        action: broker.action(action, words),
    })
}

/// What the broker is to do, and the same in words.
///
/// # Errors
/// An order is not named.
pub(super) fn action(given: &BrokerSpec) -> Result<(BrokerAction, String), UnnamedOrder> {
    Ok(match given {
        BrokerSpec::Place(order) => place(order),
        BrokerSpec::Replace(change) => replace(change)?,
        BrokerSpec::Cancel(order) => {
            let order = name(order)?;
            let words = format!("cancel the {order}");
            (BrokerAction::Cancel(order), words)
        }
        BrokerSpec::Buy(buy) => (
            trade(&buy.symbol, Side::Buy, Some(buy.quantity)),
            format!("buy {} {}", buy.quantity, buy.symbol),
        ),
        BrokerSpec::Sell(sell) => sale(&sell.symbol, sell.quantity),
        BrokerSpec::Short(short) => short_sale(&short.symbol, short.quantity),
        BrokerSpec::Deposit(amount) => (
            cash(CashKind::Deposit, *amount),
            format!("deposit {amount}"),
        ),
        BrokerSpec::Withdraw(amount) => (
            cash(CashKind::Withdrawal, *amount),
            format!("withdraw {amount}"),
        ),
        BrokerSpec::Fee(amount) => (
            cash(CashKind::Fee, *amount),
            format!("charge a fee of {amount}"),
        ),
        BrokerSpec::Dividend(paid) => dividend(&paid.symbol, paid.per_share),
        BrokerSpec::Split(of) => split(&of.symbol, of.from, of.to, of.cash_in_lieu),
        BrokerSpec::Rename(rename) => renamed(&rename.symbol, &rename.to),
        BrokerSpec::Halt(symbol) => (BrokerAction::Halt(symbol.clone()), format!("halt {symbol}")),
        BrokerSpec::Resume(symbol) => (
            BrokerAction::Resume(symbol.clone()),
            format!("resume {symbol}"),
        ),
        BrokerSpec::Delist(delist) => delisted(&delist.symbol, delist.unpriced),
        BrokerSpec::Asset(change) => asset(change),
        BrokerSpec::Restrict(restriction) => {
            let restriction = Restriction::from(*restriction);
            let words = format!("restrict the account ({})", restriction.as_str());
            (BrokerAction::Restrict(restriction), words)
        }
        BrokerSpec::Release => {
            let words = "lift all restrictions of the account";
            (BrokerAction::Release, words.to_owned())
        }
        BrokerSpec::Account(change) => account(change),
        BrokerSpec::Requests(count) => {
            let words = format!("take {count} requests by another program");
            (BrokerAction::Requests(count.get()), words)
        }
    })
}

fn sale(symbol: &str, quantity: Option<Amount>) -> (BrokerAction, String) {
    let many = quantity.map_or_else(|| "all".to_owned(), |quantity| quantity.to_string());
    let words = format!("sell {many} {symbol}");
    (trade(symbol, Side::Sell, quantity), words)
}

fn short_sale(symbol: &str, quantity: Amount) -> (BrokerAction, String) {
    let sold = BrokerAction::Short {
        symbol: symbol.to_owned(),
        quantity: quantity.0,
    };
    (sold, format!("sell {quantity} {symbol} short"))
}

fn dividend(symbol: &str, per_share: Amount) -> (BrokerAction, String) {
    let paid = BrokerAction::Dividend {
        symbol: symbol.to_owned(),
        per_share: per_share.0,
    };
    (paid, format!("pay {per_share} a share of {symbol}"))
}

fn split(symbol: &str, from: Amount, to: Amount, cash_in_lieu: bool) -> (BrokerAction, String) {
    let split = Split {
        symbol: symbol.to_owned(),
        from: from.0,
        to: to.0,
        cash_in_lieu,
    };
    let words = format!("split {from} {symbol} into {to}");
    (BrokerAction::Split(split), words)
}

fn renamed(symbol: &str, to: &str) -> (BrokerAction, String) {
    let renamed = BrokerAction::Rename {
        symbol: symbol.to_owned(),
        to: to.to_owned(),
    };
    (renamed, format!("rename {symbol} to {to}"))
}

fn delisted(symbol: &str, is_unpriced: bool) -> (BrokerAction, String) {
    let delisted = BrokerAction::Delist {
        symbol: symbol.to_owned(),
        is_unpriced,
    };
    (delisted, format!("delist {symbol}"))
}

fn cash(kind: CashKind, amount: Amount) -> BrokerAction {
    BrokerAction::Cash {
        kind,
        amount: amount.0,
    }
}

fn trade(symbol: &str, side: Side, quantity: Option<Amount>) -> BrokerAction {
    BrokerAction::Trade {
        symbol: symbol.to_owned(),
        side,
        quantity: quantity.map(|quantity| quantity.0),
    }
}

fn place(given: &PlaceSpec) -> (BrokerAction, String) {
    let side = side(given.side);
    let price = given
        .limit
        .map_or_else(|| "at the market".to_owned(), |limit| format!("at {limit}"));
    let words = format!(
        "place an order to {} {} {} {price}",
        side.as_str(),
        given.quantity,
        given.symbol
    );
    let order = HandOrder {
        symbol: given.symbol.clone(),
        side,
        quantity: given.quantity.0,
        limit: given.limit.map(|limit| limit.0),
        time_in_force: if given.until_cancelled {
            TimeInForce::Gtc
        } else {
            TimeInForce::Day
        },
        client_order_id: given.client_order_id.clone(),
    };
    (BrokerAction::Place(order), words)
}

fn replace(given: &ReplaceSpec) -> Result<(BrokerAction, String), UnnamedOrder> {
    let order = name(&given.order)?;
    let (quantity, limit) = (
        given.quantity.map(|quantity| quantity.0),
        given.limit.map(|limit| limit.0),
    );
    let by = Replacement {
        quantity,
        limit,
        ..Replacement::default()
    };
    let quantity = given.quantity.map(|quantity| format!("{quantity} shares"));
    let limit = given.limit.map(|limit| format!("limit {limit}"));
    let words = format!("replace the {order} ({})", listed([quantity, limit]));
    Ok((BrokerAction::Replace { order, by }, words))
}

fn name(given: &OrderNameSpec) -> Result<OrderName, UnnamedOrder> {
    match (&given.symbol, &given.client_order_id) {
        (Some(symbol), None) => Ok(OrderName::Of(symbol.clone(), given.side.map(side))),
        (None, Some(id)) if given.side.is_none() => Ok(OrderName::Client(id.clone())),
        _ => Err(UnnamedOrder),
    }
}

fn asset(given: &AssetChangeSpec) -> (BrokerAction, String) {
    let (tradable, fractionable, shortable) = (given.tradable, given.fractionable, given.shortable);
    let flag = |name: &str, flag: Option<bool>| {
        flag.map(|is| {
            if is {
                name.to_owned()
            } else {
                format!("not {name}")
            }
        })
    };
    let flags = listed([
        flag("tradable", tradable),
        flag("fractionable", fractionable),
        flag("shortable", shortable),
    ]);
    let change = AssetChange {
        tradable,
        fractionable,
        shortable,
    };
    (
        BrokerAction::Asset {
            symbol: given.symbol.clone(),
            change,
        },
        format!("make {} {flags}", given.symbol),
    )
}

fn account(given: &AccountChangeSpec) -> (BrokerAction, String) {
    let (pattern_day_trader, credit, shorting) =
        (given.pattern_day_trader, given.credit, given.shorting);
    let words = listed([
        pattern_day_trader.map(|is| format!("pattern day trader: {is}")),
        credit.map(|credit| format!("credit: {credit}")),
        shorting.map(|may| format!("shorting: {may}")),
    ]);
    let settings = AccountSettings {
        pattern_day_trader,
        credit: credit.map(|credit| credit.0),
        shorting,
    };
    (
        BrokerAction::Account(settings),
        format!("change the account's settings ({words})"),
    )
}

fn listed<const N: usize>(words: [Option<String>; N]) -> String {
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The state that an order shows.
pub(super) fn shown(given: ShowSpec) -> Shown {
    let status = match given.status {
        ShownStatus::Accepted => OrderStatus::Accepted,
        ShownStatus::PendingNew => OrderStatus::PendingNew,
        ShownStatus::AcceptedForBidding => OrderStatus::AcceptedForBidding,
        ShownStatus::Stopped => OrderStatus::Stopped,
        ShownStatus::Suspended => OrderStatus::Suspended,
        ShownStatus::Held => OrderStatus::Held,
        ShownStatus::PendingReview => OrderStatus::PendingReview,
        ShownStatus::PendingReplace => OrderStatus::PendingReplace,
        ShownStatus::PendingCancel => OrderStatus::PendingCancel,
        ShownStatus::DoneForDay => OrderStatus::DoneForDay,
        ShownStatus::Calculated => OrderStatus::Calculated,
    };
    Shown {
        status,
        lasting: given.lasting.map(|span| span.0),
    }
}

pub(super) fn side(given: SideSpec) -> Side {
    match given {
        SideSpec::Buy => Side::Buy,
        SideSpec::Sell => Side::Sell,
    }
}
