use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use suggestion::unknown;

/// A call that production code makes, named as a person would: `RebalancePlanned / alpaca POST
/// orders #2`.
///
/// The number counts logical calls of that operation within a step. Orders are told apart by their
/// `client_order_id`, so `#2` is the second order whatever was tried again; other calls count
/// within an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// What woke the function: an event's type, or `trade`, `watchdog`, ...
    pub trigger: String,
    /// Who is called, and for what.
    pub operation: String,
    /// Which call, from 1.
    pub number: u32,
}

impl Site {
    /// Who is called: `alpaca`, `dynamodb`, `events`, `smtp`.
    #[must_use]
    pub fn party(&self) -> &str {
        self.operation.split(' ').next().unwrap_or_default()
    }
}

impl fmt::Display for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} / {} #{}",
            self.trigger, self.operation, self.number
        )
    }
}

impl Serialize for Site {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Names one or more sites; `*` stands for any trigger, and without a number any call is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitePattern {
    trigger: String,
    operation: String,
    number: Option<u32>,
}

impl SitePattern {
    /// What wakes the function; `*` is anything.
    #[must_use]
    pub fn trigger(&self) -> &str {
        &self.trigger
    }

    /// Whether any trigger is meant.
    #[must_use]
    pub fn is_of_any_trigger(&self) -> bool {
        self.trigger == "*"
    }

    /// Who is called.
    #[must_use]
    pub fn party(&self) -> &str {
        self.operation.split(' ').next().unwrap_or_default()
    }

    /// Whether `site` is meant.
    #[must_use]
    pub fn matches(&self, site: &Site) -> bool {
        (self.is_of_any_trigger() || self.trigger == site.trigger)
            && (self.operation == site.operation
                || site.operation.split(' ').next() == Some(self.operation.as_str()))
            && self.number.is_none_or(|number| number == site.number)
    }
}

impl fmt::Display for SitePattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} / {}", self.trigger, self.operation)?;
        self.number
            .map_or(Ok(()), |number| write!(formatter, " #{number}"))
    }
}

/// The operations that a site can name, as far as they are known beforehand.
const OPERATIONS: &[&str] = &[
    "alpaca",
    "alpaca GET account",
    "alpaca GET positions",
    "alpaca GET assets",
    "alpaca GET calendar",
    "alpaca GET quotes",
    "alpaca GET bars",
    "alpaca GET orders",
    "alpaca GET orders:by_client_order_id",
    "alpaca POST orders",
    "alpaca DELETE orders",
    "alpaca DELETE positions",
    "alpaca GET portfolio",
    "dynamodb",
    "dynamodb GetItem",
    "dynamodb UpdateItem",
    "dynamodb Query",
    "dynamodb TransactWriteItems",
    "events",
    "events PutEvents",
    "smtp",
    "smtp connect",
];

impl FromStr for SitePattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (trigger, rest) = text
            .split_once(" / ")
            .ok_or_else(|| format!("{text:?} is no site: write TRIGGER / OPERATION, such as `RebalancePlanned / alpaca POST orders #2`"))?;
        let (operation, number) = match rest.split_once(" #") {
            Some((operation, digits)) => {
                let number = digits.parse::<u32>().ok().filter(|number| *number >= 1);
                (
                    operation,
                    Some(number.ok_or_else(|| {
                        format!("{digits:?} is no number of a call: the first is #1")
                    })?),
                )
            }
            None => (rest, None),
        };
        if !OPERATIONS.contains(&operation) {
            return Err(unknown("operation", operation, OPERATIONS.iter().copied()));
        }
        Ok(Self {
            trigger: trigger.to_owned(),
            operation: operation.to_owned(),
            number,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sites_as_people_do() {
        let pattern: SitePattern = "RebalancePlanned / alpaca POST orders #2"
            .parse()
            .expect("a site");
        let site = |number| Site {
            trigger: "RebalancePlanned".to_owned(),
            operation: "alpaca POST orders".to_owned(),
            number,
        };
        assert!(pattern.matches(&site(2)) && !pattern.matches(&site(1)));
        let any: SitePattern = "* / alpaca".parse().expect("a site");
        assert!(any.matches(&site(7)));
        assert!("RebalancePlanned".parse::<SitePattern>().is_err());
        assert!("* / alpaca POST order".parse::<SitePattern>().is_err());
    }
}
