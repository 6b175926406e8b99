//! From what a scenario says of the broker to what the broker does, and to words.

use alchemiser_mocks::exchange::{BrokerAction, CashKind, HandOrder, Side, TimeInForce};

use crate::fault::Meanwhile;
use crate::scenario::{BrokerGiven, MeanwhileGiven, SideGiven};

/// What the broker is to do, and the same in words.
pub(super) fn action(given: &BrokerGiven) -> (BrokerAction, String) {
    match given {
        BrokerGiven::Place(order) => {
            let side = side(order.side);
            let price = order.limit.map_or_else(|| "at the market".to_owned(), |limit| format!("at {limit}"));
            let words = format!("place an order to {} {} {} {price}", side.as_str(), order.quantity, order.symbol);
            let placed = HandOrder {
                symbol: order.symbol.clone(),
                side,
                quantity: order.quantity.0,
                limit: order.limit.map(|limit| limit.0),
                time_in_force: if order.until_cancelled { TimeInForce::Gtc } else { TimeInForce::Day },
                client_order_id: order.client_order_id.clone(),
            };
            (BrokerAction::Place(placed), words)
        }
        BrokerGiven::Buy(buy) => {
            let trade = BrokerAction::Trade { symbol: buy.symbol.clone(), side: Side::Buy, quantity: Some(buy.quantity.0) };
            (trade, format!("buy {} {}", buy.quantity, buy.symbol))
        }
        BrokerGiven::Sell(sell) => {
            let quantity = sell.quantity.map(|quantity| quantity.0);
            let trade = BrokerAction::Trade { symbol: sell.symbol.clone(), side: Side::Sell, quantity };
            (
                trade,
                sell.quantity.map_or_else(|| format!("sell all {}", sell.symbol), |quantity| format!("sell {quantity} {}", sell.symbol)),
            )
        }
        BrokerGiven::Deposit(amount) => (cash(CashKind::Deposit, amount.0), format!("deposit {amount}")),
        BrokerGiven::Withdraw(amount) => (cash(CashKind::Withdrawal, amount.0), format!("withdraw {amount}")),
        BrokerGiven::Fee(amount) => (cash(CashKind::Fee, amount.0), format!("charge a fee of {amount}")),
        BrokerGiven::Dividend(dividend) => {
            let paid = BrokerAction::Dividend { symbol: dividend.symbol.clone(), per_share: dividend.per_share.0 };
            (paid, format!("{} pays {} a share", dividend.symbol, dividend.per_share))
        }
    }
}

/// What happens in the middle of a run.
pub(super) fn meanwhile(given: &MeanwhileGiven) -> Meanwhile {
    let (action, words) = action(&given.broker);
    Meanwhile { at: given.at.clone(), phase: given.phase, attempt: given.attempt, action, words }
}

fn cash(kind: CashKind, amount: rust_decimal::Decimal) -> BrokerAction {
    BrokerAction::Cash { kind, amount }
}

pub(super) fn side(given: SideGiven) -> Side {
    match given {
        SideGiven::Buy => Side::Buy,
        SideGiven::Sell => Side::Sell,
    }
}
