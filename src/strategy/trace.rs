//! The record of why a strategy came to its allocation.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;

use super::expression::Position;
use super::function::Direction;
use super::measure::Measure;
use super::value::Value;

/// What a strategy asks to be held, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Share by upper-case symbol: each 0 to 1, in sum exactly 1 (rounding as in
    /// [`Weights`](super::Weights)).
    ///
    /// `CASH` is a symbol like any other here; whoever plans orders leaves it out.
    pub allocation: BTreeMap<String, Decimal>,
    /// Every decision in the order of the strategy, an outer one before those inside it.
    pub trace: Vec<TraceStep>,
    /// What a person should know: candidates without data, values assumed for want of data. Each
    /// names its position.
    pub warnings: Vec<String>,
}

impl Evaluation {
    /// The trace as an indented tree, one decision a line.
    pub fn tree(&self) -> String {
        let mut tree = String::new();
        for step in &self.trace {
            tree.push_str(&format!("{:indent$}{step}\n", "", indent = 2 * step.depth));
        }
        tree
    }
}

/// One decision of an evaluation.
///
/// `Display` writes it on one line, numbers rounded to four decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceStep {
    /// Where the deciding expression starts.
    pub position: Position,
    /// How many other recorded decisions it is inside of.
    pub depth: usize,
    /// What was decided.
    pub decision: Decision,
}

/// What can be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// An indicator was computed.
    Indicator {
        /// The indicator and its window.
        measure: Measure,
        /// The symbol.
        symbol: String,
        /// Its value.
        value: Decimal,
    },
    /// An `if` took one of its branches.
    Branch {
        /// The condition as written, cut after 80 characters.
        condition: String,
        /// The values of both sides, if the condition is a comparison.
        sides: Option<(Value, Value)>,
        /// The branch taken.
        taken: Taken,
    },
    /// A filter ranked its candidates.
    Filter {
        /// What they were ranked by.
        measure: Measure,
        /// Which end of the ranking is kept.
        direction: Direction,
        /// Symbol and value of those kept, best first.
        kept: Vec<(String, Decimal)>,
        /// Symbol and value of the others, best first.
        dropped: Vec<(String, Decimal)>,
        /// Symbols without value.
        skipped: Vec<String>,
    },
    /// A group was entered.
    Group {
        /// Its name.
        name: String,
    },
    /// A weight function distributed weight.
    Weights {
        /// The function's name.
        function: &'static str,
        /// The resulting shares, in sum 1.
        weights: BTreeMap<String, Decimal>,
    },
}

/// The branch an `if` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The condition holds.
    Then,
    /// It does not hold.
    Else,
    /// It does not hold and there is no `else`: the value is null.
    Nothing,
}

impl fmt::Display for TraceStep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.position, self.decision)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Decision::Indicator {
                measure,
                symbol,
                value,
            } => {
                write!(formatter, "{measure} of {symbol} is {}", rounded(*value))
            }
            Decision::Branch {
                condition,
                sides,
                taken,
            } => {
                write!(formatter, "if {condition}")?;
                if let Some((left, right)) = sides {
                    write!(formatter, ": {} and {}", side(left), side(right))?;
                }
                write!(formatter, ", take {taken}")
            }
            Decision::Filter {
                measure,
                direction,
                kept,
                dropped,
                skipped,
            } => {
                write!(
                    formatter,
                    "filter by {measure}, {direction} first: keep {}",
                    scores(kept)
                )?;
                if !dropped.is_empty() {
                    write!(formatter, ", drop {}", scores(dropped))?;
                }
                if !skipped.is_empty() {
                    write!(formatter, ", skip {}", skipped.join(" "))?;
                }
                Ok(())
            }
            Decision::Group { name } => write!(formatter, "group {name:?}"),
            Decision::Weights { function, weights } => {
                let shares: Vec<_> = weights
                    .iter()
                    .map(|(symbol, share)| (symbol.clone(), *share))
                    .collect();
                write!(formatter, "{function}: {}", scores(&shares))
            }
        }
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Taken::Then => "then",
            Taken::Else => "else",
            Taken::Nothing => "nothing",
        })
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Direction::Top => "highest",
            Direction::Bottom => "lowest",
        })
    }
}

fn rounded(number: Decimal) -> Decimal {
    number.round_dp(4).normalize()
}

fn side(value: &Value) -> String {
    match value {
        Value::Number(number) => rounded(*number).to_string(),
        other => other.to_string(),
    }
}

fn scores(pairs: &[(String, Decimal)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(symbol, value)| format!("{symbol} {}", rounded(*value)))
        .collect();
    if pairs.is_empty() {
        "none".to_owned()
    } else {
        pairs.join(", ")
    }
}
