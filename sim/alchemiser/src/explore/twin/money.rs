use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::walk::{entries, has_coins, has_own_prices};
use crate::projection::FinalAccount;

/// How many times as much there is.
const TIMES: Decimal = Decimal::TEN;

/// Dollars below which an account is too small: a trade is at least a hundredth of it, and one of less
/// than a dollar is not worth an order.
const LEAST: Decimal = Decimal::from_parts(1_000, 0, 0, false, 0);

/// Keys of dollars and of shares, wherever they stand; prices stay.
const AMOUNTS: [&str; 7] = [
    "cash",
    "credit",
    "deposit",
    "withdraw",
    "fee",
    "quantity",
    "BorrowingLimit",
];

/// The world with ten times the money and ten times the shares, at the same prices. None where the
/// size matters: where something trades in whole shares, where the account is so small that parts of
/// it are not worth an order, or where the broker has rules for small accounts.
pub(super) fn twin(document: &Value) -> Option<Value> {
    let cash: Decimal = document.pointer("/given/cash")?.as_str()?.parse().ok()?;
    let text = document.to_string();
    let knows_sizes = ["\"fractionable\"", "\"pattern_day_trader\"", "\"reject\""];
    // Larger trades come first, so chance is asked for other calls.
    if cash < LEAST
        || has_coins(document)
        || !has_own_prices(document)
        || knows_sizes.iter().any(|key| text.contains(key))
    {
        return None;
    }
    let mut twin = document.clone();
    scale(&mut twin);
    if let Some(positions) = entries(document, "/given/positions") {
        let scaled = positions
            .iter()
            .map(|(symbol, held)| Some((symbol.clone(), json!(scaled(held)?))));
        twin["given"]["positions"] = Value::Object(scaled.collect::<Option<_>>()?);
    }
    Some(twin)
}

fn scaled(amount: &Value) -> Option<String> {
    let amount: Decimal = amount.as_str()?.parse().ok()?;
    Some((amount * TIMES).to_string())
}

fn scale(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(scale),
        Value::Object(entries) => {
            for (key, value) in entries {
                match scaled(value).filter(|_| AMOUNTS.contains(&key.as_str())) {
                    Some(amount) => *value = json!(amount),
                    None => scale(value),
                }
            }
        }
        _ => {}
    }
}

/// A tenth of the account.
pub(super) fn back(account: FinalAccount) -> FinalAccount {
    let positions = account.positions.into_iter();
    FinalAccount {
        cash: account.cash / TIMES,
        equity: account.equity / TIMES,
        positions: positions
            .map(|(symbol, held)| (symbol, held / TIMES))
            .collect(),
    }
}
