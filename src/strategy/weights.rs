//! Shares of symbols that sum to exactly 1, and how they are combined (rules.md 5.4 and 5.7).

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use thiserror::Error;

/// How far the allocations of a strategy set may be from 1 in sum.
pub const ALLOCATION_TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 4);

/// Shares of upper-case symbols: at least one, each 0 to 1, in sum exactly 1.
///
/// Shares are divided to 28 decimals; what that rounding leaves over (less than 10⁻²⁶ for any
/// sensible number of symbols) is added to the largest share, the alphabetically first one among
/// equals. A third of three symbols is therefore 0.3333333333333333333333333334 for the first and
/// 0.3333333333333333333333333333 for the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights(BTreeMap<String, Decimal>);

/// Why weights cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WeightError {
    /// A negative share.
    #[error("weight {weight} is negative, 0 or more is allowed")]
    Negative {
        /// The share.
        weight: Decimal,
    },
    /// No share at all, or only shares of 0.
    #[error("the weights sum to 0, at least one must be positive")]
    Zero,
    /// Shares too large to be added.
    #[error("the weights are too large to be added")]
    OutOfRange,
}

/// Why the allocations of several strategies cannot be combined.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CombineError {
    /// No strategy.
    #[error("no strategy to combine, at least one is needed")]
    NoStrategies,
    /// A negative allocation of a strategy.
    #[error("strategy {number} has allocation {allocation}, 0 to 1 is allowed")]
    NegativeAllocation {
        /// Which strategy, the first is 1.
        number: usize,
        /// Its allocation.
        allocation: Decimal,
    },
    /// Allocations that are not a whole book (incident 39: .6 typed for .06 rescaled everything).
    #[error(
        "the allocations {allocations} sum to {sum}, they must sum to 1 (within {ALLOCATION_TOLERANCE})"
    )]
    AllocationSum {
        /// The allocations with plus signs between them.
        allocations: String,
        /// Their sum.
        sum: Decimal,
    },
    /// A strategy's own weights are not a whole.
    #[error(
        "the weights of strategy {number} sum to {sum}, they must sum to 1 (within {ALLOCATION_TOLERANCE})"
    )]
    WeightSum {
        /// Which strategy, the first is 1.
        number: usize,
        /// The sum of its weights.
        sum: Decimal,
    },
    /// A strategy's own weights are invalid.
    #[error("strategy {number}: {source}")]
    Weights {
        /// Which strategy, the first is 1.
        number: usize,
        /// What is wrong with them.
        source: WeightError,
    },
}

impl Weights {
    /// Everything in one symbol.
    pub(super) fn whole(symbol: &str) -> Self {
        Weights(BTreeMap::from([(symbol.to_uppercase(), Decimal::ONE)]))
    }

    /// Parts scaled by their shares and added, normalised to sum 1; shares are relative, 60 and 40
    /// are .6 and .4.
    pub(super) fn blend(parts: &[(Decimal, Weights)]) -> Result<Self, WeightError> {
        let mut scaled: BTreeMap<&String, Vec<Decimal>> = BTreeMap::new();
        for (share, part) in parts {
            if *share < Decimal::ZERO {
                return Err(WeightError::Negative { weight: *share });
            }
            for (symbol, weight) in &part.0 {
                let amount = share.checked_mul(*weight).ok_or(WeightError::OutOfRange)?;
                scaled.entry(symbol).or_default().push(amount);
            }
        }
        let mut amounts = BTreeMap::new();
        for (symbol, of_symbol) in scaled {
            amounts.insert(symbol.clone(), sum(&of_symbol)?);
        }
        Weights::normalised(amounts)
    }

    /// Amounts of symbols scaled to sum 1; symbols are upper-cased and those that become equal are
    /// added.
    pub(super) fn of_amounts(amounts: &BTreeMap<String, Decimal>) -> Result<Self, WeightError> {
        let parts: Vec<_> = amounts
            .iter()
            .map(|(symbol, amount)| (*amount, Weights::whole(symbol)))
            .collect();
        Weights::blend(&parts)
    }

    /// The shares by symbol.
    pub fn as_map(&self) -> &BTreeMap<String, Decimal> {
        &self.0
    }

    /// The shares by symbol.
    pub(super) fn into_map(self) -> BTreeMap<String, Decimal> {
        self.0
    }

    fn normalised(mut amounts: BTreeMap<String, Decimal>) -> Result<Self, WeightError> {
        let total = sum(amounts.values())?;
        if total.is_zero() {
            return Err(WeightError::Zero);
        }
        for amount in amounts.values_mut() {
            *amount = (*amount / total).normalize();
        }
        let rest = Decimal::ONE - sum(amounts.values())?;
        let largest = amounts.values().max().copied().unwrap_or_default();
        if let Some(share) = amounts.values_mut().find(|share| **share == largest) {
            *share = (*share + rest).normalize();
        }
        debug_assert_eq!(amounts.values().sum::<Decimal>(), Decimal::ONE);
        debug_assert!(
            amounts
                .values()
                .all(|share| (Decimal::ZERO..=Decimal::ONE).contains(share))
        );
        Ok(Weights(amounts))
    }
}

/// The sum, unless it leaves the range of [`Decimal`]. The least are added first, so that its last
/// digit does not depend on the order in which files, children or symbols stand.
pub(super) fn sum<'a>(
    amounts: impl IntoIterator<Item = &'a Decimal>,
) -> Result<Decimal, WeightError> {
    let mut sorted: Vec<&Decimal> = amounts.into_iter().collect();
    sorted.sort();
    let mut total = Decimal::ZERO;
    for amount in sorted {
        total = total.checked_add(*amount).ok_or(WeightError::OutOfRange)?;
    }
    Ok(total)
}

/// The portfolio of several strategies: each symbol's weight is the sum of allocation × weight,
/// renormalised to sum exactly 1 (rounding as in [`Weights`]).
///
/// # Errors
/// Allocations must be 0 or more and sum to 1 within [`ALLOCATION_TOLERANCE`] (incident 39), and so
/// must the weights of each strategy.
pub fn combine(
    parts: &[(Decimal, BTreeMap<String, Decimal>)],
) -> Result<BTreeMap<String, Decimal>, CombineError> {
    if parts.is_empty() {
        return Err(CombineError::NoStrategies);
    }
    check_allocations(parts)?;
    let mut strategies = Vec::with_capacity(parts.len());
    for (number, (allocation, amounts)) in (1..).zip(parts) {
        let in_strategy = |source| CombineError::Weights { number, source };
        let weights = Weights::of_amounts(amounts).map_err(in_strategy)?;
        let sum = sum(amounts.values()).map_err(in_strategy)?;
        if !is_whole(sum) {
            return Err(CombineError::WeightSum { number, sum });
        }
        strategies.push((*allocation, weights));
    }
    let combined = Weights::blend(&strategies).expect("allocations and weights were checked above");
    Ok(combined.into_map())
}

fn check_allocations(parts: &[(Decimal, BTreeMap<String, Decimal>)]) -> Result<(), CombineError> {
    for (number, (allocation, _)) in (1..).zip(parts) {
        if *allocation < Decimal::ZERO {
            return Err(CombineError::NegativeAllocation {
                number,
                allocation: *allocation,
            });
        }
    }
    let allocations = || parts.iter().map(|(allocation, _)| allocation);
    let sum = sum(allocations()).unwrap_or(Decimal::MAX);
    if is_whole(sum) {
        return Ok(());
    }
    let allocations: Vec<String> = allocations().map(Decimal::to_string).collect();
    Err(CombineError::AllocationSum {
        allocations: allocations.join(" + "),
        sum,
    })
}

fn is_whole(sum: Decimal) -> bool {
    (sum - Decimal::ONE).abs() <= ALLOCATION_TOLERANCE
}
