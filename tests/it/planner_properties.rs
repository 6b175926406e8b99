//! What every rebalance plan keeps to, whatever the account holds and the strategies want
//! (rules.md 6.3 and 12.3).

use std::collections::BTreeMap;

use crate::support::json::cases;
use alchemiser::event::Action;
use alchemiser::portfolio::{Holding, PlannedTrade, Snapshot, plan};
use alchemiser::strategy::combine;
use proptest::prelude::*;
use proptest::sample::subsequence;
use rust_decimal::Decimal;

const SYMBOLS: [&str; 12] = [
    "AAPL", "BIL", "EDZ", "FB", "GLD", "GOOG", "IBM", "MSFT", "NVDA", "SPY", "TECL", "TLT",
];

/// An account and what is wanted of it.
#[derive(Clone, Debug)]
struct Case {
    account: Snapshot,
    weights: BTreeMap<String, Decimal>,
}

/// Some of the symbols, each with a whole number of `most` at most; small ones are likely, for dust
/// and tiny weights.
fn amounts(most: i64) -> impl Strategy<Value = BTreeMap<String, i64>> {
    let amount = prop_oneof![2 => 0..=most, 1 => 0..=most / 100, 1 => 0..=20_i64];
    subsequence(SYMBOLS.to_vec(), 0..=SYMBOLS.len()).prop_flat_map(move |symbols| {
        let symbols: Vec<String> = symbols.into_iter().map(str::to_owned).collect();
        prop::collection::vec(amount.clone(), symbols.len())
            .prop_map(move |drawn| symbols.iter().cloned().zip(drawn).collect())
    })
}

/// Weights of ten-thousandths, as signals carry them, in sum exactly 1; some of it is cash.
fn weights() -> impl Strategy<Value = BTreeMap<String, Decimal>> {
    (amounts(10_000), 0..5_000_i64).prop_map(|(shares, cash)| {
        let total = shares.values().sum::<i64>() + cash;
        let mut weights: BTreeMap<String, Decimal> = shares
            .into_iter()
            .map(|(symbol, share)| (symbol, Decimal::new(share * 10_000 / total.max(1), 4)))
            .collect();
        let rest = Decimal::ONE - weights.values().sum::<Decimal>();
        weights.insert("CASH".to_owned(), rest);
        weights
    })
}

/// An account whose value is as the broker says: right, or wrong by some.
fn case() -> impl Strategy<Value = Case> {
    let prices = prop::collection::vec(1..=200_000_i64, SYMBOLS.len());
    let error = prop_oneof![3 => Just(Decimal::ONE), 1 => (50..200_i64).prop_map(|percent| Decimal::new(percent, 2))];
    (
        0..10_000_000_i64,
        amounts(1_000_000_000),
        prices,
        weights(),
        error,
    )
        .prop_map(|(cents, quantities, prices, weights, error)| {
            let prices: BTreeMap<String, Decimal> = SYMBOLS
                .iter()
                .zip(prices)
                .map(|(symbol, price)| ((*symbol).to_owned(), Decimal::new(price, 2)))
                .collect();
            let holdings: BTreeMap<String, Holding> = quantities
                .into_iter()
                .map(|(symbol, quantity)| {
                    (
                        symbol,
                        Holding {
                            quantity: Decimal::new(quantity, 6),
                        },
                    )
                })
                .collect();
            let held: Decimal = holdings
                .iter()
                .map(|(symbol, holding)| holding.quantity * prices[symbol])
                .sum();
            let cash = Decimal::new(cents, 2) + Decimal::new(1, 2);
            Case {
                account: Snapshot {
                    cash,
                    value: (cash + held) * error,
                    holdings,
                    prices,
                    untraded: BTreeMap::new(),
                },
                weights,
            }
        })
}

/// An account whose values and targets are whole cents, whatever the weights of four places: it is
/// worth a multiple of 10,000 dollars and holds whole shares.
fn whole_case() -> impl Strategy<Value = Case> {
    let prices = prop::collection::vec(1..=50_000_i64, SYMBOLS.len());
    (1..100_i64, amounts(30), prices, weights()).prop_map(
        |(ten_thousands, quantities, prices, weights)| {
            let prices: BTreeMap<String, Decimal> = SYMBOLS
                .iter()
                .zip(prices)
                .map(|(symbol, price)| ((*symbol).to_owned(), Decimal::new(price, 2)))
                .collect();
            let mut cash = Decimal::from(ten_thousands * 10_000);
            let value = cash;
            let mut holdings = BTreeMap::new();
            for (symbol, quantity) in quantities {
                let quantity = Decimal::from(quantity);
                if quantity * prices[&symbol] < cash {
                    cash -= quantity * prices[&symbol];
                    holdings.insert(symbol, Holding { quantity });
                }
            }
            Case {
                account: Snapshot {
                    cash,
                    value,
                    holdings,
                    prices,
                    untraded: BTreeMap::new(),
                },
                weights,
            }
        },
    )
}

fn total(trades: &[PlannedTrade], action: Action) -> Decimal {
    trades
        .iter()
        .filter(|trade| trade.action == action)
        .map(|trade| trade.amount.abs())
        .sum()
}

/// The account after every trade was filled at the plan's own prices.
fn carried_out(account: &Snapshot, trades: &[PlannedTrade]) -> Snapshot {
    let mut after = account.clone();
    for trade in trades.iter().filter(|trade| trade.action != Action::Hold) {
        after.cash -= trade.amount;
        if trade.target_value.is_zero() {
            after.holdings.remove(&trade.symbol);
        } else {
            let held = after
                .holdings
                .entry(trade.symbol.clone())
                .or_insert(Holding {
                    quantity: Decimal::ZERO,
                });
            held.quantity += trade.amount / account.prices[&trade.symbol];
        }
    }
    after
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn cash_is_conserved_and_never_owed(case in case()) {
        let trades = plan(&case.account, &case.weights).expect("a plan");
        let after = carried_out(&case.account, &trades);
        prop_assert!(after.cash >= Decimal::ZERO, "{} dollars are left after {trades:?}", after.cash);
        // The reserve of 1 % is not spent, also where positions above their targets are not worth a
        // sale.
        let reserve = case.account.value / Decimal::ONE_HUNDRED;
        let spendable = (case.account.cash + total(&trades, Action::Sell) - reserve).max(Decimal::ZERO);
        prop_assert!(total(&trades, Action::Buy) <= spendable, "{spendable} dollars are there for {trades:?}");
        for (symbol, holding) in &after.holdings {
            // A whole share is divided to 28 places, so that a cent may be off by nothing that
            // could be traded.
            prop_assert!(holding.quantity > Decimal::new(-1, 9), "{symbol}: {}", holding.quantity);
        }
    }

    #[test]
    fn lines_are_sane_and_sells_come_before_buys(case in case()) {
        let trades = plan(&case.account, &case.weights).expect("a plan");
        prop_assert!(!trades.is_empty());
        let order = |action| match action { Action::Sell => 0, Action::Buy => 1, Action::Hold => 2 };
        prop_assert!(trades.is_sorted_by_key(|trade| order(trade.action)), "{trades:?}");
        let least = (case.account.value / Decimal::ONE_HUNDRED).round_dp(2) - Decimal::new(1, 2);
        for trade in &trades {
            prop_assert!(trade.target_value >= Decimal::ZERO && trade.current_value >= Decimal::ZERO, "{trade:?}");
            prop_assert_eq!(trade.amount, trade.amount.round_dp(2));
            let is_exit = trade.action == Action::Sell && trade.target_value.is_zero();
            let amount_fits = match trade.action {
                Action::Sell => trade.amount < Decimal::ZERO && -trade.amount <= trade.current_value || is_exit,
                Action::Buy => trade.amount > Decimal::ZERO && trade.current_value + trade.amount <= trade.target_value,
                Action::Hold => trade.amount.is_zero(),
            };
            prop_assert!(amount_fits && (trade.action == Action::Hold || is_exit || trade.amount.abs() >= least), "{trade:?}");
            prop_assert!(trade.symbol != "CASH" || trade.action == Action::Hold, "{trade:?}");
        }
        let mut symbols: Vec<_> = trades.iter().map(|trade| &trade.symbol).collect();
        symbols.sort();
        symbols.dedup();
        prop_assert_eq!(symbols.len(), trades.len());
    }

    #[test]
    fn what_is_not_wanted_is_left_and_what_is_wanted_never_wholly(case in case()) {
        let trades = plan(&case.account, &case.weights).expect("a plan");
        for (symbol, holding) in case.account.holdings.iter().filter(|(_, holding)| !holding.quantity.is_zero()) {
            let trade = trades.iter().find(|trade| trade.symbol == *symbol).expect("every position has a line");
            let weight = case.weights.get(symbol).copied().unwrap_or_default();
            if weight.is_zero() {
                prop_assert_eq!((trade.action, trade.amount), (Action::Sell, -trade.current_value), "{} of {}", holding.quantity, symbol);
            } else if weight * case.account.value > Decimal::new(2, 2) {
                prop_assert!(trade.target_value > Decimal::ZERO, "{trade:?}");
            }
        }
    }

    #[test]
    fn the_plan_of_a_plan_trades_nothing(case in case()) {
        let trades = plan(&case.account, &case.weights).expect("a plan");
        let after = carried_out(&case.account, &trades);
        if after.cash.is_zero() && after.holdings.is_empty() {
            return Ok(());
        }
        let again = plan(&after, &case.weights).expect("a plan");
        prop_assert!(again.iter().all(|trade| trade.action == Action::Hold), "after {trades:?}\nagain {again:?}");
    }

    #[test]
    fn the_order_of_what_comes_in_changes_nothing(
        (case, strategies, order) in (case(), prop::collection::vec((1..100_i64, weights()), 1..5)).prop_flat_map(|(case, strategies)| {
            let order = Just((0..strategies.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(case), Just(strategies), order)
        })
    ) {
        // The files of a strategy set in another order, and a map that was filled in another order.
        let total: i64 = strategies.iter().map(|(share, _)| share).sum();
        let part = |index: usize| (Decimal::from(strategies[index].0) / Decimal::from(total), strategies[index].1.clone());
        let rounded = |parts: &[_]| -> BTreeMap<String, Decimal> {
            let combined = combine(parts).expect("a portfolio");
            combined.into_iter().rev().map(|(symbol, weight)| (symbol, weight.round_dp(20).normalize())).collect()
        };
        let given = rounded(&(0..strategies.len()).map(part).collect::<Vec<_>>());
        let shuffled = rounded(&order.into_iter().map(part).collect::<Vec<_>>());
        prop_assert_eq!(&given, &shuffled);
        prop_assert_eq!(plan(&case.account, &given), plan(&case.account, &shuffled));
    }

    #[test]
    fn ten_times_the_account_trades_ten_times_as_much(case in whole_case()) {
        let tenfold = |amount: Decimal| amount * Decimal::TEN;
        let holdings = case.account.holdings.iter().map(|(symbol, held)| (symbol.clone(), Holding { quantity: tenfold(held.quantity) }));
        let scaled = Snapshot {
            cash: tenfold(case.account.cash),
            value: tenfold(case.account.value),
            holdings: holdings.collect(),
            prices: case.account.prices.clone(),
                untraded: BTreeMap::new(),
            };
        let by_symbol = |trades: Vec<PlannedTrade>| -> BTreeMap<String, PlannedTrade> {
            trades.into_iter().map(|trade| (trade.symbol.clone(), trade)).collect()
        };
        let once = by_symbol(plan(&case.account, &case.weights).expect("a plan"));
        let tenfold_plan = by_symbol(plan(&scaled, &case.weights).expect("a plan"));
        prop_assert!(once.keys().eq(tenfold_plan.keys()), "{once:?}\n{tenfold_plan:?}");
        // Values are whole cents here, at ten times the account too. Only where money is short a
        // buy is cut to a cent below.
        let cents = Decimal::new(10, 2) * Decimal::from(once.len() + 1);
        for (symbol, trade) in &once {
            let scaled = &tenfold_plan[symbol];
            let expected = (trade.action, tenfold(trade.target_value), tenfold(trade.current_value));
            prop_assert_eq!((scaled.action, scaled.target_value, scaled.current_value), expected, "{:?}", trade);
            prop_assert!((scaled.amount - tenfold(trade.amount)).abs() <= cents, "{scaled:?} and not ten times {trade:?}");
        }
    }

    #[test]
    fn a_symbol_that_is_neither_held_nor_wanted_plans_nothing(case in case(), price in 1..200_000_i64) {
        let mut beside = case.clone();
        beside.account.holdings.insert("QQQ".to_owned(), Holding { quantity: Decimal::ZERO });
        beside.account.prices.insert("QQQ".to_owned(), Decimal::new(price, 2));
        beside.weights.insert("QQQ".to_owned(), Decimal::ZERO);
        prop_assert_eq!(plan(&case.account, &case.weights), plan(&beside.account, &beside.weights));
    }

    #[test]
    fn names_in_the_same_order_plan_the_same(case in case()) {
        let name = |symbol: &String| if symbol == "CASH" { symbol.clone() } else { format!("Q{symbol}") };
        let account = Snapshot {
            holdings: case.account.holdings.iter().map(|(symbol, held)| (name(symbol), held.clone())).collect(),
            prices: case.account.prices.iter().map(|(symbol, price)| (name(symbol), *price)).collect(),
            ..case.account.clone()
        };
        let weights = case.weights.iter().map(|(symbol, weight)| (name(symbol), *weight)).collect();
        let named = |trades: Vec<PlannedTrade>| -> Vec<PlannedTrade> {
            trades.into_iter().map(|trade| PlannedTrade { symbol: name(&trade.symbol), ..trade }).collect()
        };
        prop_assert_eq!(plan(&case.account, &case.weights).map(named), plan(&account, &weights));
    }
}
