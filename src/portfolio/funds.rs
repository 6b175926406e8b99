use rust_decimal::{Decimal, RoundingStrategy};

use super::planned_trade::PlannedTrade;
use crate::decimal::Money;
use crate::event::Action;

/// Cuts the buys to `funds` dollars. A buy that would fall below `least` is given up and becomes a
/// hold; the others share in proportion to what they want, the last cents go to the largest. In the
/// end everything is spent, or what is left is less than `least`, or every buy is whole: a plan
/// made after these trades buys nothing more.
pub(super) fn afford(funds: Decimal, least: Decimal, trades: &mut [PlannedTrade]) {
    let mut buys: Vec<&mut PlannedTrade> = trades
        .iter_mut()
        .filter(|trade| trade.action == Action::Buy)
        .collect();
    buys.sort_by(|one, other| {
        other
            .amount
            .cmp(&one.amount)
            .then_with(|| one.symbol.cmp(&other.symbol))
    });
    let wanted: Vec<Decimal> = buys.iter().map(|trade| trade.amount).collect();
    let amounts = rationed(to_the_cent_below(funds), least, &wanted);
    assert_eq!(amounts.len(), buys.len(), "every buy gets its own amount");
    for (buy, amount) in buys.into_iter().zip(amounts) {
        assert!(
            amount <= buy.amount,
            "no buy is made larger than it was planned"
        );
        buy.amount = amount;
        if amount.is_zero() {
            buy.action = Action::Hold;
        }
    }
}

/// What each of `wanted`, which descend, gets of `funds`.
fn rationed(funds: Decimal, least: Decimal, wanted: &[Decimal]) -> Vec<Decimal> {
    assert!(
        funds >= Decimal::ZERO,
        "money that is owed is not distributed"
    );
    assert!(
        wanted.is_sorted_by(|one, next| one >= next),
        "the smallest buys are given up first"
    );
    let cost = |count: usize| -> Decimal { wanted[..count].iter().sum() };
    let fits =
        |count: &usize| cost(*count) <= funds || wanted[count - 1] * funds / cost(*count) >= least;
    let kept = (1..=wanted.len()).rev().find(fits).unwrap_or(0);
    let share = |index: usize| match cost(kept) {
        _ if index >= kept => Decimal::ZERO,
        cost if cost <= funds => wanted[index],
        cost => to_the_cent_below(wanted[index] * funds / cost),
    };
    let mut amounts: Vec<Decimal> = (0..wanted.len()).map(share).collect();
    let mut rest = funds - amounts.iter().sum::<Decimal>();
    for (amount, wanted) in amounts.iter_mut().zip(wanted) {
        let more = (wanted - *amount).min(rest);
        if *amount + more >= least {
            *amount += more;
            rest -= more;
        }
    }
    assert!(
        rest >= Decimal::ZERO,
        "no more is distributed than there is"
    );
    amounts
}

fn to_the_cent_below(dollars: Decimal) -> Decimal {
    dollars.round_dp_with_strategy(Money::PLACES, RoundingStrategy::ToZero)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rationed_text(funds: &str, least: &str, wanted: &[&str]) -> Vec<String> {
        let decimal = |text: &str| text.parse::<Decimal>().expect("a decimal");
        let wanted: Vec<Decimal> = wanted.iter().map(|text| decimal(text)).collect();
        rationed(decimal(funds), decimal(least), &wanted)
            .iter()
            .map(|amount| amount.normalize().to_string())
            .collect()
    }

    #[test]
    fn enough_is_enough() {
        assert_eq!(
            rationed_text("1000", "100", &["500", "300", "200"]),
            ["500", "300", "200"]
        );
    }

    #[test]
    fn too_little_is_shared_in_proportion_and_the_last_cents_go_to_the_largest() {
        assert_eq!(
            rationed_text("500", "100", &["500", "300", "200"]),
            ["250", "150", "100"]
        );
        assert_eq!(
            rationed_text("100", "1", &["100", "100", "100"]),
            ["33.34", "33.33", "33.33"]
        );
    }

    #[test]
    fn a_buy_below_the_least_is_given_up_for_the_others() {
        assert_eq!(
            rationed_text("400", "100", &["500", "300", "200"]),
            ["250", "150", "0"]
        );
        assert_eq!(
            rationed_text("90", "100", &["500", "300", "200"]),
            ["0", "0", "0"]
        );
    }

    #[test]
    fn what_is_left_is_less_than_the_least() {
        assert_eq!(
            rationed_text("1000", "145", &["900", "150", "150"]),
            ["900", "0", "0"]
        );
    }
}
