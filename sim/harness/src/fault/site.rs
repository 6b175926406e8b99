use std::fmt;

use serde::{Serialize, Serializer};

use suggestion::unknown;

/// A call that a function makes, named as a person would: `RebalancePlanned / alpaca POST orders
/// #2`.
///
/// The number counts logical calls of that operation within a step. Where calls have a key of their
/// own, such as an order's id, `#2` is the second key whatever was tried again; other calls count
/// within an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// What woke the function: an event's type, or a command.
    pub trigger: String,
    /// Who is called, and for what.
    pub operation: String,
    /// Which call, from 1.
    pub number: u32,
}

impl Site {
    /// Who is called: `dynamodb`, `events`, or a counterparty.
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

impl From<&Site> for SitePattern {
    fn from(site: &Site) -> Self {
        Self {
            trigger: site.trigger.clone(),
            operation: site.operation.clone(),
            number: Some(site.number),
        }
    }
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

    /// Who is called, and for what; or who is called alone.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
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

/// Why a text names no site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// It has no trigger and operation.
    #[error(
        "{0:?} is no site: write TRIGGER / OPERATION, such as `RebalancePlanned / alpaca POST orders #2`"
    )]
    NoSite(String),
    /// What follows `#` counts nothing.
    #[error("{0:?} is no number of a call: the first is #1")]
    NoNumber(String),
    /// There is no such operation.
    #[error("{0}")]
    UnknownOperation(String),
}

impl SitePattern {
    /// Reads `TRIGGER / OPERATION` or `TRIGGER / OPERATION #NUMBER`; `operations` are those that a
    /// site can name.
    ///
    /// # Errors
    /// What is wrong with the text, and what may be meant.
    pub fn parse(text: &str, operations: &[&str]) -> Result<Self, SiteError> {
        let (trigger, rest) = text
            .split_once(" / ")
            .ok_or_else(|| SiteError::NoSite(text.to_owned()))?;
        let (operation, number) = match rest.split_once(" #") {
            Some((operation, digits)) => {
                let number = digits.parse::<u32>().ok().filter(|number| *number >= 1);
                let number = number.ok_or_else(|| SiteError::NoNumber(digits.to_owned()))?;
                (operation, Some(number))
            }
            None => (rest, None),
        };
        if !operations.contains(&operation) {
            let error = unknown("operation", operation, operations.iter().copied());
            return Err(SiteError::UnknownOperation(error));
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

    const KNOWN: [&str; 2] = ["bank", "bank POST payments"];

    #[test]
    fn names_sites_as_people_do() {
        let pattern =
            SitePattern::parse("OrderPlaced / bank POST payments #2", &KNOWN).expect("a site");
        let site = |number| Site {
            trigger: "OrderPlaced".to_owned(),
            operation: "bank POST payments".to_owned(),
            number,
        };
        assert!(pattern.matches(&site(2)) && !pattern.matches(&site(1)));
        let any = SitePattern::parse("* / bank", &KNOWN).expect("a site");
        assert!(any.matches(&site(7)));
        assert!(SitePattern::parse("OrderPlaced", &KNOWN).is_err());
        assert!(SitePattern::parse("* / bank POST payment", &KNOWN).is_err());
    }
}
