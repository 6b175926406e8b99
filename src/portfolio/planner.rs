use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::funds::afford;
use super::planned_trade::PlannedTrade;
use crate::decimal::{Money, Weight, round_half_up};
use crate::event::{Action, RebalancePlanItem};

/// The part of the account's value that is never spent: 1 %.
const CASH_RESERVE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// Trades below this part of the account's value are not worth it: 1 %.
const MINIMUM_TRADE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// A target of this name means that cash is kept.
pub(crate) const CASH: &str = "CASH";
/// More dollars than any account has: a larger amount is broken data.
const MOST_DOLLARS: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);

/// The account at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Cash in dollars.
    pub cash: Decimal,
    /// Cash and positions in dollars.
    pub value: Decimal,
    /// What is held, by symbol.
    pub holdings: BTreeMap<String, Holding>,
    /// A price in dollars for every symbol that is held or wanted.
    pub prices: BTreeMap<String, Decimal>,
    /// Symbols that cannot be traded now, with the reason: they keep what they have, and need no
    /// price.
    pub untraded: BTreeMap<String, String>,
}

/// Shares of one symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Shares, at least 0.
    pub quantity: Decimal,
}

/// Why no plan can be made; no later attempt with the same input would do better.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The signal names no target.
    #[error("the signal has no positive target allocation")]
    NoTargets,
    /// The account has nothing: no cash, and no position to sell.
    #[error("the account holds nothing and its cash is {0}: it must be positive")]
    NegativeCash(Decimal),
    /// More was sold than held.
    #[error("{symbol} is held short ({quantity}): short positions are not supported")]
    ShortPosition {
        /// The symbol.
        symbol: String,
        /// Shares.
        quantity: Decimal,
    },
    /// There is no usable price.
    #[error("there is no price for {0}")]
    MissingPrice(String),
    /// The weights ask for more than there is.
    #[error("the target weights sum to {0}, which is more than 1")]
    TooMuch(Decimal),
    /// A weight asks for a short position.
    #[error("the target weight of {symbol} is {weight}: it must not be negative")]
    NegativeWeight {
        /// The symbol.
        symbol: String,
        /// The weight.
        weight: Decimal,
    },
    /// An amount that no account has.
    #[error("the {0} is not within 0 and a million million dollars")]
    OutOfRange(String),
}

/// Plans the trades from what is held to `weights` (rules.md 6.2, with the weak points of 6.3
/// closed): sells first, then buys, then holds; the larger the trade the earlier. Never empty: who
/// wants cash and has nothing else holds `CASH`.
///
/// A position without a target is sold whole, however small. A target below a cent is none. Buys
/// never cost more than cash and sales bring beyond the reserve, and none is below the threshold,
/// so that the plan after a plan that was carried out trades nothing. An account that owes money
/// sells enough to own its reserve again, below the threshold too.
///
/// # Errors
/// [`PlanError`]
pub fn plan(
    snapshot: &Snapshot,
    weights: &BTreeMap<String, Decimal>,
) -> Result<Vec<PlannedTrade>, PlanError> {
    check(snapshot, weights)?;
    let effective = snapshot.value * (Decimal::ONE - CASH_RESERVE);
    let threshold = round_half_up(snapshot.value * MINIMUM_TRADE, Money::PLACES);
    let held = snapshot
        .holdings
        .iter()
        .filter(|(_, holding)| !holding.quantity.is_zero())
        .map(|(symbol, _)| symbol);
    let wanted = weights
        .iter()
        .filter(|(_, weight)| !weight.is_zero())
        .map(|(symbol, _)| symbol);
    let symbols: BTreeSet<&String> = wanted
        .chain(held)
        .filter(|symbol| symbol.as_str() != CASH)
        .collect();
    let mut trades = Vec::new();
    for symbol in symbols {
        let weight = weights.get(symbol).copied().unwrap_or_default();
        let quantity = snapshot
            .holdings
            .get(symbol)
            .map_or(Decimal::ZERO, |holding| holding.quantity);
        let current_value = value_of(snapshot, symbol, quantity)?;
        let target_value = round_half_up(weight * effective, Money::PLACES);
        if !target_value.is_zero() || !quantity.is_zero() {
            let trade = trade(symbol, quantity, target_value, current_value, threshold);
            trades.push(if snapshot.untraded.contains_key(symbol) {
                left_alone(trade)
            } else {
                trade
            });
        }
    }
    let reserve = snapshot.value - effective;
    pay_back(snapshot, reserve, &mut trades);
    let sales: Decimal = trades
        .iter()
        .filter(|trade| trade.action == Action::Sell)
        .map(|trade| trade.amount.abs())
        .sum();
    afford(
        (snapshot.cash + sales - reserve).max(Decimal::ZERO),
        threshold,
        &mut trades,
    );
    if trades.is_empty() {
        let cash = round_half_up(snapshot.cash, Money::PLACES);
        let kept = PlannedTrade {
            action: Action::Hold,
            amount: Decimal::ZERO,
            ..trade(CASH, Decimal::ZERO, cash, cash, threshold)
        };
        trades.push(kept);
    }
    trades.sort_by_key(|trade| (trade.action, priority(trade.amount), trade.symbol.clone()));
    assert_sound(snapshot, reserve, &trades);
    Ok(trades)
}

/// What execution relies on: a plan that breaks it would spend money that is not there, or sell
/// what is not held.
fn assert_sound(snapshot: &Snapshot, reserve: Decimal, trades: &[PlannedTrade]) {
    assert!(!trades.is_empty(), "a plan says what is to be done");
    let symbols: BTreeSet<&String> = trades.iter().map(|trade| &trade.symbol).collect();
    assert_eq!(
        symbols.len(),
        trades.len(),
        "a symbol is traded in one direction only"
    );
    let (mut bought, mut sold) = (Decimal::ZERO, Decimal::ZERO);
    for trade in trades {
        match trade.action {
            Action::Buy => {
                assert!(trade.amount > Decimal::ZERO, "a buy costs something");
                bought += trade.amount;
            }
            Action::Sell => {
                assert!(trade.amount <= Decimal::ZERO, "a sale brings something");
                assert!(
                    trade.amount.abs() <= trade.current_value,
                    "no more is sold than is held"
                );
                sold -= trade.amount;
            }
            Action::Hold => assert!(trade.amount.is_zero(), "what is held does not move money"),
        }
        assert!(
            trade.action == Action::Hold || !snapshot.untraded.contains_key(&trade.symbol),
            "what cannot be traded is left alone"
        );
    }
    assert!(
        bought <= (snapshot.cash + sold - reserve).max(Decimal::ZERO),
        "buys are paid from the account's own money, without its reserve"
    );
}

/// The trade that turns what is held of one symbol into what is wanted.
fn trade(
    symbol: &str,
    quantity: Decimal,
    target_value: Decimal,
    current_value: Decimal,
    threshold: Decimal,
) -> PlannedTrade {
    let wanted = target_value - current_value;
    // A position to be left is left, however small: dust would stay for ever.
    let is_exit = target_value.is_zero() && !quantity.is_zero();
    let amount = if wanted.abs() < threshold && !is_exit {
        Decimal::ZERO
    } else {
        wanted
    };
    let action = match amount {
        _ if is_exit => Action::Sell,
        amount if amount > Decimal::ZERO => Action::Buy,
        amount if amount < Decimal::ZERO => Action::Sell,
        _ => Action::Hold,
    };
    PlannedTrade {
        symbol: symbol.to_owned(),
        action,
        amount,
        target_value,
        current_value,
        is_untraded: false,
    }
}

/// The same symbol where it cannot be traded.
fn left_alone(trade: PlannedTrade) -> PlannedTrade {
    PlannedTrade {
        is_untraded: trade.action != Action::Hold,
        action: Action::Hold,
        amount: Decimal::ZERO,
        ..trade
    }
}

/// Where the account owes money: sells what is most above its target, beside what is sold anyway, until
/// the account owns its reserve.
fn pay_back(snapshot: &Snapshot, reserve: Decimal, trades: &mut [PlannedTrade]) {
    let cash = snapshot.cash;
    if cash >= Decimal::ZERO {
        return;
    }
    let sales: Decimal = trades
        .iter()
        .filter(|trade| trade.action == Action::Sell)
        .map(|trade| trade.amount.abs())
        .sum();
    let mut missing = round_half_up(reserve - cash - sales, Money::PLACES);
    let is_free = |trade: &&mut PlannedTrade| {
        trade.action == Action::Hold
            && !snapshot.untraded.contains_key(&trade.symbol)
            && trade.current_value > Decimal::ZERO
    };
    let mut held: Vec<&mut PlannedTrade> = trades.iter_mut().filter(is_free).collect();
    held.sort_by(|one, other| {
        let above = |trade: &PlannedTrade| trade.current_value - trade.target_value;
        above(other)
            .cmp(&above(one))
            .then_with(|| one.symbol.cmp(&other.symbol))
    });
    for trade in held {
        let amount = missing.min(trade.current_value);
        if amount <= Decimal::ZERO {
            return;
        }
        trade.action = Action::Sell;
        trade.amount = -amount;
        missing -= amount;
    }
}

/// Dollars that so many shares are worth.
fn value_of(snapshot: &Snapshot, symbol: &str, quantity: Decimal) -> Result<Decimal, PlanError> {
    let price = snapshot
        .prices
        .get(symbol)
        .filter(|price| **price > Decimal::ZERO);
    if price.is_none() && snapshot.untraded.contains_key(symbol) {
        return Ok(Decimal::ZERO);
    }
    let price = price.ok_or_else(|| PlanError::MissingPrice(symbol.to_owned()))?;
    let value = quantity
        .checked_mul(*price)
        .filter(|value| *value <= MOST_DOLLARS);
    let value = value.ok_or_else(|| PlanError::OutOfRange(format!("value of {symbol}")))?;
    Ok(round_half_up(value, Money::PLACES))
}

fn check(snapshot: &Snapshot, weights: &BTreeMap<String, Decimal>) -> Result<(), PlanError> {
    if snapshot.cash <= Decimal::ZERO && snapshot.holdings.is_empty() {
        return Err(PlanError::NegativeCash(snapshot.cash));
    }
    if !(Decimal::ZERO..=MOST_DOLLARS).contains(&snapshot.value) {
        return Err(PlanError::OutOfRange("account's value".to_owned()));
    }
    if snapshot.cash.abs() > MOST_DOLLARS {
        return Err(PlanError::OutOfRange("account's cash".to_owned()));
    }
    if let Some((symbol, holding)) = snapshot
        .holdings
        .iter()
        .find(|(_, holding)| holding.quantity < Decimal::ZERO)
    {
        return Err(PlanError::ShortPosition {
            symbol: symbol.clone(),
            quantity: holding.quantity,
        });
    }
    if let Some((symbol, weight)) = weights.iter().find(|(_, weight)| **weight < Decimal::ZERO) {
        return Err(PlanError::NegativeWeight {
            symbol: symbol.clone(),
            weight: *weight,
        });
    }
    if !weights.values().any(|weight| *weight > Decimal::ZERO) {
        return Err(PlanError::NoTargets);
    }
    let sum: Decimal = weights.values().copied().sum();
    // Weights are rounded to four places each, so their sum may be off by as much.
    if sum > Decimal::ONE + Decimal::new(1, 2) {
        return Err(PlanError::TooMuch(sum));
    }
    Ok(())
}

/// 1 for the largest trades, 5 for the smallest (rules.md 6.2, step 6).
pub(super) fn priority(amount: Decimal) -> i64 {
    match amount.abs() {
        size if size >= Decimal::from(10_000) => 1,
        size if size >= Decimal::from(1_000) => 2,
        size if size >= Decimal::from(100) => 3,
        size if size >= Decimal::from(50) => 4,
        _ => 5,
    }
}

/// The plan's lines as they travel. Weights are relative to the larger of what is held and what is
/// wanted, so that they stay within 0 and 1.
pub(super) fn items(trades: &[PlannedTrade]) -> Vec<RebalancePlanItem> {
    let current: Decimal = trades.iter().map(|trade| trade.current_value).sum();
    let target: Decimal = trades.iter().map(|trade| trade.target_value).sum();
    let base = current.max(target);
    let share = |value: Decimal| {
        if base.is_zero() {
            Decimal::ZERO
        } else {
            value / base
        }
    };
    for trade in trades {
        for value in [trade.current_value, trade.target_value] {
            assert!(
                (Decimal::ZERO..=Decimal::ONE).contains(&share(value)),
                "a weight that travels is a part of the whole"
            );
        }
    }
    let item = |trade: &PlannedTrade| RebalancePlanItem {
        symbol: trade.symbol.clone(),
        current_weight: Weight::new(share(trade.current_value)),
        target_weight: Weight::new(share(trade.target_value)),
        weight_diff: Weight::new(share(trade.target_value) - share(trade.current_value)),
        target_value: Money::new(trade.target_value),
        current_value: Money::new(trade.current_value),
        trade_amount: Money::new(trade.amount),
        action: trade.action,
        priority: priority(trade.amount),
    };
    trades.iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    fn snapshot(
        cash: &str,
        value: &str,
        held: &[(&str, &str)],
        prices: &[(&str, &str)],
    ) -> Snapshot {
        Snapshot {
            cash: decimal(cash),
            value: decimal(value),
            holdings: held
                .iter()
                .map(|(symbol, quantity)| {
                    (
                        (*symbol).to_owned(),
                        Holding {
                            quantity: decimal(quantity),
                        },
                    )
                })
                .collect(),
            prices: prices
                .iter()
                .map(|(symbol, price)| ((*symbol).to_owned(), decimal(price)))
                .collect(),
            untraded: BTreeMap::new(),
        }
    }

    fn weights(given: &[(&str, &str)]) -> BTreeMap<String, Decimal> {
        given
            .iter()
            .map(|(symbol, weight)| ((*symbol).to_owned(), decimal(weight)))
            .collect()
    }

    #[test]
    fn the_specifications_example() {
        let account = snapshot(
            "4500",
            "10000",
            &[("SPY", "10"), ("QQQ", "5")],
            &[("SPY", "400"), ("QQQ", "300"), ("TLT", "90")],
        );
        let trades = plan(&account, &weights(&[("SPY", "0.6"), ("TLT", "0.4")])).expect("a plan");
        let rows: Vec<String> = items(&trades)
            .iter()
            .map(|item| {
                format!(
                    "{} {} {} {} {} {} {} {} {}",
                    item.symbol,
                    item.action.as_str(),
                    item.trade_amount,
                    item.current_weight,
                    item.target_weight,
                    item.weight_diff,
                    item.target_value,
                    item.current_value,
                    item.priority
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                "QQQ SELL -1500.00 0.1515 0.0000 -0.1515 0.00 1500.00 2",
                "SPY BUY 1940.00 0.4040 0.6000 0.1960 5940.00 4000.00 2",
                "TLT BUY 3960.00 0.0000 0.4000 0.4000 3960.00 0.00 2",
            ]
        );
    }

    #[test]
    fn dust_is_sold_and_a_tiny_target_is_no_exit() {
        let account = snapshot(
            "9990",
            "10000",
            &[("DUST", "1")],
            &[("DUST", "10"), ("SPY", "400")],
        );
        let trades = plan(&account, &weights(&[("SPY", "1")])).expect("a plan");
        assert_eq!(
            trades[0].action,
            Action::Sell,
            "a position below the threshold is still left"
        );
        let trades = plan(
            &account,
            &weights(&[("SPY", "0.9999"), ("DUST", "0.00004")]),
        )
        .expect("a plan");
        let dust = trades
            .iter()
            .find(|trade| trade.symbol == "DUST")
            .expect("planned");
        assert_eq!(
            (dust.action, dust.target_value.to_string().as_str()),
            (Action::Hold, "0.40")
        );
    }

    #[test]
    fn buys_never_cost_more_than_cash_and_sales() {
        let account = snapshot("2000", "10000", &[], &[("SPY", "400")]);
        let trades = plan(&account, &weights(&[("SPY", "1")])).expect("a plan");
        assert_eq!(
            trades[0].amount,
            decimal("1900"),
            "the reserve of 1 % stays"
        );
    }

    #[test]
    fn a_symbol_neither_held_nor_wanted_is_no_line() {
        // Nor does it need a price: nobody asks for a quote of what is neither held nor wanted.
        let account = snapshot("10000", "10000", &[("OLD", "0")], &[("SPY", "400")]);
        let trades = plan(
            &account,
            &weights(&[("SPY", "1"), ("NIL", "0"), ("CASH", "0")]),
        )
        .expect("a plan");
        assert_eq!(trades.len(), 1);
    }

    #[test]
    fn what_cannot_be_planned_is_refused() {
        let prices = [("SPY", "400")];
        let want = weights(&[("SPY", "1")]);
        assert_eq!(
            plan(&snapshot("-1", "10", &[], &prices), &want),
            Err(PlanError::NegativeCash(decimal("-1")))
        );
        assert_eq!(
            plan(&snapshot("0", "10", &[], &prices), &want),
            Err(PlanError::NegativeCash(Decimal::ZERO))
        );
        assert!(matches!(
            plan(&snapshot("1", "10", &[("SPY", "-1")], &prices), &want),
            Err(PlanError::ShortPosition { .. })
        ));
        assert_eq!(
            plan(&snapshot("10", "10", &[], &[]), &want),
            Err(PlanError::MissingPrice("SPY".to_owned()))
        );
        assert_eq!(
            plan(
                &snapshot("10", "10", &[], &prices),
                &weights(&[("SPY", "0")])
            ),
            Err(PlanError::NoTargets)
        );
        assert!(matches!(
            plan(
                &snapshot("10", "10", &[], &prices),
                &weights(&[("SPY", "1.02")])
            ),
            Err(PlanError::TooMuch(_))
        ));
    }

    #[test]
    fn an_account_that_owes_money_sells_what_is_most_above_its_target() {
        let prices = [("SPY", "100"), ("QQQ", "100")];
        let account = snapshot("-50", "10000", &[("SPY", "50.3"), ("QQQ", "50.2")], &prices);
        let trades = plan(&account, &weights(&[("SPY", "0.5"), ("QQQ", "0.5")])).expect("a plan");
        let rows: Vec<_> = trades
            .iter()
            .map(|trade| {
                (
                    trade.symbol.as_str(),
                    trade.action,
                    trade.amount.to_string(),
                )
            })
            .collect();
        // 80 and 70 dollars above their targets are below the threshold of 100; but 150 are missing
        // for the reserve.
        assert_eq!(
            rows,
            [
                ("SPY", Action::Sell, "-150.00".to_owned()),
                ("QQQ", Action::Hold, "0".to_owned())
            ]
        );
    }

    #[test]
    fn a_debt_that_the_sales_pay_back_is_no_reserve_yet() {
        let prices = [("SPY", "100"), ("QQQ", "100")];
        let account = snapshot("-50", "10000", &[("SPY", "50.7"), ("QQQ", "49.8")], &prices);
        let trades = plan(&account, &weights(&[("SPY", "0.5"), ("QQQ", "0.5")])).expect("a plan");
        let rows: Vec<_> = trades
            .iter()
            .map(|trade| (trade.symbol.as_str(), trade.amount.to_string()))
            .collect();
        // SPY is 120 dollars above its target, and 150 are missing for the reserve.
        assert_eq!(
            rows,
            [("SPY", "-120.00".to_owned()), ("QQQ", "-30.00".to_owned())]
        );
    }

    #[test]
    fn an_account_that_owes_money_does_not_sell_what_cannot_be_traded() {
        let prices = [("SPY", "100"), ("QQQ", "100")];
        let mut account = snapshot("-50", "10000", &[("SPY", "50.3"), ("QQQ", "50.2")], &prices);
        account
            .untraded
            .insert("SPY".to_owned(), "halted".to_owned());
        let trades = plan(&account, &weights(&[("SPY", "0.5"), ("QQQ", "0.5")])).expect("a plan");
        let rows: Vec<_> = trades
            .iter()
            .map(|trade| (trade.symbol.as_str(), trade.action))
            .collect();
        assert_eq!(rows, [("QQQ", Action::Sell), ("SPY", Action::Hold)]);
    }

    #[test]
    fn what_cannot_be_traded_keeps_what_it_has_and_the_rest_goes_on() {
        let mut account = snapshot(
            "5000",
            "10000",
            &[("OLD", "50")],
            &[("OLD", "100"), ("SPY", "400")],
        );
        account
            .untraded
            .insert("OLD".to_owned(), "halted".to_owned());
        account
            .untraded
            .insert("NEW".to_owned(), "no quote".to_owned());
        let trades = plan(&account, &weights(&[("SPY", "0.3"), ("NEW", "0.7")])).expect("a plan");
        let rows: Vec<_> = trades
            .iter()
            .map(|trade| (trade.symbol.as_str(), trade.action, trade.is_untraded))
            .collect();
        assert_eq!(
            rows,
            [
                ("SPY", Action::Buy, false),
                ("NEW", Action::Hold, true),
                ("OLD", Action::Hold, true)
            ]
        );
        assert_eq!(trades[0].amount, decimal("2970"));
    }

    #[test]
    fn all_cash_with_nothing_held_is_one_line_that_keeps_it() {
        let account = snapshot("10000", "10000", &[], &[]);
        let trades = plan(&account, &weights(&[("CASH", "1")])).expect("a plan");
        let rows: Vec<_> = trades
            .iter()
            .map(|trade| {
                (
                    trade.symbol.as_str(),
                    trade.action,
                    trade.current_value.to_string(),
                )
            })
            .collect();
        assert_eq!(rows, [("CASH", Action::Hold, "10000.00".to_owned())]);
        let account = snapshot("10000", "14000", &[("SPY", "10")], &[("SPY", "400")]);
        let trades = plan(&account, &weights(&[("CASH", "1")])).expect("a plan");
        assert_eq!(
            (trades.len(), trades[0].symbol.as_str(), trades[0].action),
            (1, "SPY", Action::Sell)
        );
    }

    #[test]
    fn broken_numbers_are_refused() {
        let prices = [("SPY", "400")];
        let want = weights(&[("SPY", "1")]);
        let short = weights(&[("SPY", "1"), ("QQQ", "-0.1")]);
        assert!(matches!(
            plan(&snapshot("10", "10", &[], &prices), &short),
            Err(PlanError::NegativeWeight { .. })
        ));
        assert_eq!(
            plan(&snapshot("10", "10", &[], &[("SPY", "0")]), &want),
            Err(PlanError::MissingPrice("SPY".to_owned()))
        );
        for (cash, value, held) in [
            ("10", "-1", "0"),
            ("10", "1000000000001", "0"),
            ("1000000000001", "10", "0"),
            ("10", "10", "10000000000"),
            ("10", "10", "79228162514264337593543950335"),
        ] {
            let plan = plan(&snapshot(cash, value, &[("SPY", held)], &prices), &want);
            assert!(
                matches!(plan, Err(PlanError::OutOfRange(_))),
                "{cash} {value} {held}: {plan:?}"
            );
        }
    }
}
