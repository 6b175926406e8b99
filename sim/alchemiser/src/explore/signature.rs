use std::fmt;

use harness::check::Violation;
use harness::explore::mask;
use uuid::Uuid;

/// What a finding is about, without what differs from run to run: two with one signature are taken
/// for one mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature {
    check: String,
    problem: String,
}

impl Signature {
    /// The signature of a violation: its numbers, ids and symbols are left out.
    #[must_use]
    pub fn of(violation: &Violation) -> Self {
        Self {
            check: violation.check.clone(),
            problem: mask(&violation.problem),
        }
    }

    /// Whether it is this check that does not hold.
    #[must_use]
    pub fn is_of(&self, check: &str) -> bool {
        self.check == check
    }

    /// A name for a file: the check, and eight hexadecimal digits that stand for the rest.
    #[must_use]
    pub fn file_name(&self) -> String {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, self.to_string().as_bytes());
        format!("{}-{:08x}", self.check.replace(' ', "-"), id.as_fields().0)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.check, self.problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_numbers_and_symbols_are_left_out() {
        let of = |problem: &str| {
            Signature::of(&Violation::plain("one intent an order", problem)).to_string()
        };
        assert_eq!(
            of("order alch-AAPL-buy-1-b7 for AAPL was accepted twice"),
            "one intent an order: order * for * was accepted twice"
        );
        assert_eq!(
            of("order x-1 for MSFT was accepted twice"),
            of("order y-2 for AAPL was accepted twice")
        );
        assert_ne!(of("sold twice"), of("bought twice"));
    }
}
