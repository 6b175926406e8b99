use std::fmt;

/// What part of all cases is so, as some cases show it: the part, and the interval in which it is
/// with 95 % confidence (Wilson).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// As in these cases.
    pub middle: f64,
    /// Hardly less.
    pub least: f64,
    /// Hardly more.
    pub most: f64,
}

/// So many standard deviations hold 95 % of a normal distribution.
const DEVIATIONS: f64 = 1.959_964;

impl Estimate {
    /// It was so in `times` of `cases`. Where there was no case, it may be anything.
    #[must_use]
    pub fn of(times: u32, cases: u32) -> Self {
        if cases == 0 {
            return Self {
                middle: 0.5,
                least: 0.0,
                most: 1.0,
            };
        }
        let cases = f64::from(cases);
        let share = f64::from(times) / cases;
        let square = DEVIATIONS * DEVIATIONS;
        let centre = share + square / (2.0 * cases);
        let spread = (share * (1.0 - share) / cases + square / (4.0 * cases * cases)).sqrt();
        let whole = 1.0 + square / cases;
        let bound = |value: f64| (value / whole).clamp(0.0, 1.0);
        Self {
            middle: share,
            least: bound(centre - DEVIATIONS * spread),
            most: bound(centre + DEVIATIONS * spread),
        }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| share * 100.0;
        let (middle, least, most) = (self.middle, self.least, self.most);
        write!(
            formatter,
            "{:.2} % (95 %: {:.2} to {:.2})",
            percent(middle),
            percent(least),
            percent(most)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_its_share_and_narrows_with_more_cases() {
        let (few, many) = (Estimate::of(5, 100), Estimate::of(500, 10_000));
        assert_eq!(few.to_string(), "5.00 % (95 %: 2.15 to 11.18)");
        assert!(few.least < many.least && many.most < few.most);
        assert_eq!(Estimate::of(0, 0).most, 1.0);
        let none = Estimate::of(0, 300);
        assert!(none.least < 1e-9 && (0.012..0.013).contains(&none.most));
    }
}
