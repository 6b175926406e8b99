//! Why a strategy that could be read cannot be evaluated.

use thiserror::Error;

use super::expression::{Expression, Position};
use super::function;
use super::indicator::{IndicatorError, WINDOW_MAX};
use super::measure::Measure;
use super::weights::WeightError;

/// What went wrong, where, and in which part of the strategy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{position}: {problem}, in {excerpt}")]
pub struct EvaluationError {
    /// Where the offending part starts.
    pub position: Position,
    /// The offending part on one line, cut after 80 characters.
    pub excerpt: String,
    /// What is wrong with it; boxed, because evaluation recurses deeply and every frame has room
    /// for its error.
    pub problem: Box<Problem>,
}

impl EvaluationError {
    /// The problem, placed at that part of the strategy.
    pub(super) fn at(expression: &Expression, problem: Problem) -> Self {
        EvaluationError {
            position: expression.position,
            excerpt: expression.excerpt(),
            problem: Box::new(problem),
        }
    }
}

/// What can be wrong with a strategy, and what is allowed instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// A call of a function that does not exist.
    #[error("unknown function {name}, known are {}", function::known_names())]
    UnknownFunction {
        /// The name that was called.
        name: String,
    },
    /// A call of a name that the language reserves and never computed.
    #[error("function {name} has no meaning, use {instead}")]
    Unsupported {
        /// The name that was called.
        name: &'static str,
        /// The function that is probably meant.
        instead: &'static str,
    },
    /// A bare word outside the first place of a call.
    #[error("unknown name {name}, outside the first place of a call only nil is allowed")]
    UnknownName {
        /// The word.
        name: String,
    },
    /// A keyword where a value is expected.
    #[error(
        "keyword :{name} is not a value, it is allowed in {{:window n}} and in the map of defsymphony"
    )]
    Keyword {
        /// The keyword.
        name: String,
    },
    /// Too few or too many arguments.
    #[error("{function} takes {allowed} arguments, not {found}")]
    Arity {
        /// The function.
        function: &'static str,
        /// How many it takes.
        allowed: String,
        /// How many it was given.
        found: usize,
    },
    /// `select-top` or `select-bottom` outside a filter.
    #[error("{function} is allowed only as the second argument of filter")]
    SelectionOutsideFilter {
        /// The function.
        function: &'static str,
    },
    /// Something other than a ticker symbol.
    #[error("{found} is not a ticker symbol, which is a string without blanks such as \"SPY\"")]
    NotASymbol {
        /// What was found.
        found: String,
    },
    /// A name of a group or asset that is no string.
    #[error("{found} is not a name, which is a string in double quotes")]
    NotAName {
        /// What was found.
        found: String,
    },
    /// An indicator's options are not a map with a window.
    #[error("{found} is not an option, only {{:window n}} is allowed")]
    UnknownOption {
        /// What was found.
        found: String,
    },
    /// A window that is no whole number in its range.
    #[error("{found} is not a window, whole numbers from {least} to {WINDOW_MAX} are allowed")]
    BadWindow {
        /// What was found.
        found: String,
        /// The least window that is allowed.
        least: usize,
    },
    /// Two sides that have no order.
    #[error("{found} cannot be compared, numbers, strings, truth values and null can")]
    NotComparable {
        /// What was found.
        found: String,
    },
    /// An `if` on something that is neither true nor false.
    #[error("{found} is not a condition, a comparison or a number is allowed")]
    NotACondition {
        /// What was found.
        found: String,
    },
    /// Something without weight where assets are expected.
    #[error("{found} is not an asset, symbols, weights and lists of them are allowed")]
    NotAnAsset {
        /// What was found.
        found: String,
    },
    /// A weight that is no number.
    #[error("{found} is not a weight, a number is expected")]
    NotAWeight {
        /// What was found.
        found: String,
    },
    /// `weight-specified` with a weight or an asset missing.
    #[error("weight-specified takes pairs of weight and asset, {found} arguments are not pairs")]
    OddPairs {
        /// How many arguments it was given.
        found: usize,
    },
    /// Nothing to distribute weight over.
    #[error("no assets to hold, at least one is needed")]
    NoAssets,
    /// No symbol with a positive volatility.
    #[error("no asset has a positive volatility: {skipped}")]
    NoVolatility {
        /// The symbols and why each was skipped.
        skipped: String,
    },
    /// Weights that cannot be normalised.
    #[error(transparent)]
    Weights(#[from] WeightError),
    /// A filter's condition that is no indicator.
    #[error(
        "{found} is not an indicator to rank by, such as (rsi {{:window 10}}) without a symbol"
    )]
    NotAMeasure {
        /// What was found.
        found: String,
    },
    /// A filter's selection that is no selection.
    #[error(
        "{found} is not a selection, (select-top n) and (select-bottom n) with n from 1 are allowed"
    )]
    NotASelection {
        /// What was found.
        found: String,
    },
    /// A group that is to be ranked by its price.
    #[error(
        "a group has no price of its own, so {measure} cannot rank it; rsi, returns, deviation and drawdown can"
    )]
    GroupWithoutPrice {
        /// What it is to be ranked by.
        measure: Measure,
    },
    /// A group whose past cannot be simulated far enough back.
    #[error(
        "{measure} of {group} has no value: {needed} closes are needed and the group's past has {available}: {reason}"
    )]
    GroupHistory {
        /// The indicator.
        measure: Measure,
        /// The group.
        group: String,
        /// The fewest closes that give a value.
        needed: usize,
        /// The closes that could be simulated.
        available: usize,
        /// Why there are no more.
        reason: String,
    },
    /// No closes at all for a symbol.
    #[error("{measure} of {symbol} has no value: no closes of {symbol} were given")]
    NoData {
        /// The indicator.
        measure: Measure,
        /// The symbol.
        symbol: String,
    },
    /// An indicator without value.
    #[error("{measure} of {symbol} has no value: {source}")]
    Indicator {
        /// The indicator.
        measure: Measure,
        /// The symbol.
        symbol: String,
        /// Why it has none.
        source: IndicatorError,
    },
    /// The whole strategy evaluates to something that cannot be held.
    #[error(
        "the strategy's value is {found}; weights or one symbol are allowed (wrap a list in weight-equal)"
    )]
    NotAnAllocation {
        /// What was found.
        found: String,
    },
}
