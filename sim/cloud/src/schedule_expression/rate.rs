use chrono::{DateTime, TimeDelta, Utc};

use super::Dialect;
use super::error::Reason;

/// A fixed distance in elapsed time: `rate(2 hours)`. A day is 24 hours, whatever the clocks do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    period: TimeDelta,
    /// The first time is the anchor itself instead of one period later.
    fires_at_anchor: bool,
}

impl Rate {
    /// Reads `value unit`. A rule's unit is singular exactly for the value 1; Scheduler does not
    /// mind.
    pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Self, Reason> {
        let (value, unit) = text.split_once(' ').ok_or(Reason::RateForm)?;
        let digits = !value.is_empty()
            && value.bytes().all(|byte| byte.is_ascii_digit())
            && !value.starts_with('0');
        let value: i32 = digits
            .then(|| value.parse().ok())
            .flatten()
            .ok_or_else(|| Reason::RateValue(value.to_owned()))?;
        let singular = unit.strip_suffix('s').unwrap_or(unit);
        let minutes = match singular {
            "minute" => 1,
            "hour" => 60,
            "day" => 24 * 60,
            _ => return Err(Reason::RateUnit(unit.to_owned())),
        };
        if dialect == Dialect::Rule && (unit == singular) != (value == 1) {
            return Err(Reason::RateNumber {
                unit: unit.to_owned(),
                value,
            });
        }
        Ok(Self {
            period: TimeDelta::minutes(i64::from(value) * minutes),
            fires_at_anchor: dialect == Dialect::Scheduler,
        })
    }

    /// The first time after `after` that lies a whole number of periods after `anchor`.
    pub(super) fn next_after(
        &self,
        after: DateTime<Utc>,
        anchor: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let first = if self.fires_at_anchor {
            anchor
        } else {
            anchor.checked_add_signed(self.period)?
        };
        if after < first {
            return Some(first);
        }
        let periods = (after - first).num_milliseconds() / self.period.num_milliseconds() + 1;
        first.checked_add_signed(TimeDelta::milliseconds(
            self.period.num_milliseconds().checked_mul(periods)?,
        ))
    }
}
