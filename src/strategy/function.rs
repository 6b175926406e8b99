//! The functions a strategy can call: names and numbers of arguments.

use super::indicator::Indicator;

/// Every function (rules.md 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Defsymphony,
    If,
    Compare(Relation),
    Asset,
    Group,
    WeightEqual,
    WeightSpecified,
    WeightInverseVolatility,
    Filter,
    Select(Direction),
    Measure(Indicator),
}

/// How two sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Above,
    Below,
    AtLeast,
    AtMost,
    Equal,
}

/// Which end of a ranking a filter keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The highest values first.
    Top,
    /// The lowest values first.
    Bottom,
}

const FUNCTIONS: [(&str, Function); 15] = [
    ("defsymphony", Function::Defsymphony),
    ("if", Function::If),
    (">", Function::Compare(Relation::Above)),
    ("<", Function::Compare(Relation::Below)),
    (">=", Function::Compare(Relation::AtLeast)),
    ("<=", Function::Compare(Relation::AtMost)),
    ("=", Function::Compare(Relation::Equal)),
    ("asset", Function::Asset),
    ("group", Function::Group),
    ("weight-equal", Function::WeightEqual),
    ("weight-specified", Function::WeightSpecified),
    (
        "weight-inverse-volatility",
        Function::WeightInverseVolatility,
    ),
    ("filter", Function::Filter),
    ("select-top", Function::Select(Direction::Top)),
    ("select-bottom", Function::Select(Direction::Bottom)),
];

impl Function {
    /// The function of that name.
    pub(super) fn from_name(name: &str) -> Option<Function> {
        let listed = FUNCTIONS
            .iter()
            .find(|(listed, _)| *listed == name)
            .map(|(_, function)| *function);
        listed.or_else(|| Indicator::from_name(name).map(Function::Measure))
    }

    /// The name it is called by.
    pub(super) fn name(self) -> &'static str {
        if let Function::Measure(indicator) = self {
            return indicator.name();
        }
        let listed = FUNCTIONS.iter().find(|(_, function)| *function == self);
        listed
            .map(|(name, _)| *name)
            .expect("every function but the indicators is in the table")
    }

    /// The least and greatest number of arguments; `weight-equal` and `weight-specified` judge
    /// theirs themselves.
    pub(super) fn arity(self) -> (usize, usize) {
        match self {
            Function::Defsymphony => (3, 3),
            Function::If | Function::Filter => (2, 3),
            Function::Compare(_) => (2, 2),
            Function::Asset => (1, 2),
            Function::Group | Function::WeightInverseVolatility => (2, usize::MAX),
            Function::WeightEqual | Function::WeightSpecified => (0, usize::MAX),
            Function::Select(_) | Function::Measure(Indicator::CurrentPrice) => (1, 1),
            Function::Measure(_) => (1, 2),
        }
    }
}

/// The names of all functions and indicators, with a blank between each.
pub fn known_names() -> String {
    let listed = FUNCTIONS.iter().map(|(name, _)| *name);
    let names: Vec<&str> = listed
        .chain(Indicator::ALL.into_iter().map(Indicator::name))
        .collect();
    names.join(" ")
}
