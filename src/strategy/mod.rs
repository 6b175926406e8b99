//! The strategy language: from S-expressions and daily closes to shares of symbols. Pure code, no
//! input or output.
//!
//! # A first strategy
//! ```text
//! (defsymphony "Calm or cash" {:rebalance-frequency :daily}
//!   (weight-equal
//!     [(if (> (rsi "SPY" {:window 10}) 79)          ; too hot?
//!        [(asset "BIL" "Treasury bills")]
//!        [(weight-specified 0.6 (asset "SPY") 0.4 (asset "TLT"))])
//!      (filter (cumulative-return {:window 20})     ; and the stronger of two
//!        (select-top 1)
//!        [(asset "GLD") (asset "SLV")])]))
//! ```
//! Half goes to what the `if` takes, half to the winner of the filter.
//!
//! # Reading it
//! `(name ...)` calls a function, `[...]` is a list, `{...}` a map of options, `;` a comment;
//! commas are blank. One file holds one expression ([`parse`], with its limits and errors, which
//! [`point_at_syntax`] and [`point`] show under a caret). [`check`] finds mistakes in all branches,
//! [`data_needs`] says which closes to fetch, [`evaluate`] decides, and [`combine`] adds several
//! strategies to one portfolio.
//!
//! # Functions
//! | function | value |
//! |---|---|
//! | `(defsymphony "name" {config} body)` | the body; the config is not read |
//! | `(if condition then else)` | the branch that is taken, only that one is evaluated; without `else` null |
//! | `(> a b)`, `<`, `>=`, `<=` | compared as numbers: true 1, false and null 0, a string that is no number 0 with a warning |
//! | `(= a b)` | numbers by value, strings by text, different kinds are unequal |
//! | `(asset "SPY" "name")` | the symbol in upper case |
//! | `(group "name" body)` | the (last) body, unchanged |
//! | `(weight-equal [a b ...])` | an equal share for each child; every item of a list is a child, null is none |
//! | `(weight-specified 60 a 40 b)` | shares in proportion to the numbers |
//! | `(weight-inverse-volatility 20 [a b])` | shares in proportion to 1 / `stdev-return` |
//! | `(filter (rsi {:window 10}) (select-top 2) [a b c])` | list of those with the highest values, ties by symbol; also `select-bottom` |
//! | `(rsi "SPY" {:window 10})` and the other [`Indicator`]s | a number; ratios in percent |
//!
//! Without `{:window n}` an indicator uses [`Indicator::default_window`]. Fewer closes than its
//! window needs ([`Indicator::closes_needed`]) are an error, and skip a candidate with a warning.
//!
//! What a filter or `weight-inverse-volatility` chooses from may be groups of several symbols. A
//! group is measured by its simulated past: an index that on every session held what the group
//! decided on the closes of the session before. It has returns but no price, so it cannot be ranked
//! by `current-price` or a moving average of prices. Groups rank by name among equals.
//!
//! # What comes out
//! Weights or one symbol; a bare list is an error, so wrap it in `weight-equal`. Shares are
//! normalised after every weight function and sum to exactly 1 ([`Weights`] says how that is
//! rounded).
//!
//! # Which closes
//! Every indicator reads the closes of completed sessions, up to one bar date (incident 77): that
//! of the session before the one in which is traded. A symbol without a bar of that date counts as
//! missing.
//!
//! Of those an indicator sees the last [`Indicator::bars_required`], and what there is where a
//! series is younger than that. [`Prices`] may hold more, because another strategy, another window
//! or the simulated past of a group asks for more: that changes nothing. So a recursion begins at
//! the first close that its own window asks for, and a decision depends on what the strategy names
//! and on nothing beside it.
//!
//! | indicator | sees |
//! |---|---|
//! | `rsi` | the last 3 × window closes, at least 200 |
//! | `exponential-moving-average-price` | the last window closes, at least 200 |
//! | `moving-average-price`, `max-drawdown` | the same, of which the last window closes count |
//! | `moving-average-return`, `cumulative-return`, `stdev-return` | the last window + 5 closes, at least 60, of which the last window + 1 count |
//! | `current-price` | the last close |
//!
//! In a group's simulated past every session sees the closes that an evaluation on its day would
//! have seen; sessions are counted in each symbol's own closes. The index of a group has window + 1
//! closes (window for `max-drawdown`), and for `rsi` as many as `rsi` sees of a symbol.

mod allocate;
mod call;
mod candidate;
mod check;
mod compare;
mod error;
mod evaluate;
mod expression;
mod filter;
mod function;
mod handler;
mod indicator;
mod lexer;
mod measure;
mod needs;
mod pointer;
mod syntax;
mod syntax_error;
mod trace;
mod value;
mod weights;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rust_decimal::Decimal;

pub use check::check;
pub use error::{EvaluationError, Problem};
pub use evaluate::evaluate;
pub use expression::{Expression, ExpressionKind, Position};
pub use function::{Direction, known_names};
pub use handler::{SignalGeneration, Strategy};
pub use indicator::{Indicator, IndicatorError, WINDOW_MAX, ema_series, rsi_series};
pub use measure::Measure;
pub use needs::data_needs;
pub use pointer::{point, point_at_syntax};
pub use syntax::parse;
pub use syntax_error::{NESTING_MAX, SOURCE_BYTES_MAX, SyntaxError};
pub use trace::{Decision, Evaluation, Taken, TraceStep};
pub use value::Value;
pub use weights::{ALLOCATION_TOLERANCE, CombineError, WeightError, Weights, combine};

/// Where closes come from.
pub trait Prices {
    /// Daily closes of an upper-case symbol, oldest first, of completed sessions only, adjusted for
    /// splits; `None` if there are none. At least as many as [`data_needs`] says, or all there are;
    /// more change nothing.
    fn closes(&self, symbol: &str) -> Option<&[Decimal]>;
}

impl Prices for BTreeMap<String, Vec<Decimal>> {
    fn closes(&self, symbol: &str) -> Option<&[Decimal]> {
        self.get(symbol).map(Vec::as_slice)
    }
}
