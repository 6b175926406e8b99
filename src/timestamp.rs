//! Instants on the wire: UTC, with six fractional digits only where they say something.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SubsecRound, Timelike, Utc};
use chrono_tz::America::New_York;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant with microsecond resolution (rules.md 1.3).
///
/// Reads ISO 8601 with `Z`, any offset, or none (taken as UTC); writes `YYYY-MM-DDTHH:MM:SSZ`, with
/// six fractional digits only if the microseconds are not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Cuts `instant` to microseconds.
    #[must_use]
    pub fn new(instant: DateTime<Utc>) -> Self {
        Self(instant.trunc_subsecs(6))
    }

    /// The instant.
    #[must_use]
    pub fn get(self) -> DateTime<Utc> {
        self.0
    }

    /// The calendar date in New York, which names a trading session.
    #[must_use]
    pub fn session_date(self) -> NaiveDate {
        self.0.with_timezone(&New_York).date_naive()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern = if self.0.nanosecond() == 0 {
            "%Y-%m-%dT%H:%M:%SZ"
        } else {
            "%Y-%m-%dT%H:%M:%S%.6fZ"
        };
        write!(formatter, "{}", self.0.format(pattern))
    }
}

impl FromStr for Timestamp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let naive = || {
            let patterns = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
            patterns
                .iter()
                .find_map(|pattern| NaiveDateTime::parse_from_str(trimmed, pattern).ok())
        };
        let instant = DateTime::parse_from_rfc3339(trimmed)
            .ok()
            .map(|instant| instant.with_timezone(&Utc));
        let instant = instant.or_else(|| naive().map(|naive| naive.and_utc()));
        let instant = instant.ok_or_else(|| {
            format!("{text:?} is not an instant: write it as 2012-03-14T13:35:00Z")
        })?;
        // A mail's date has no other years.
        if !(1970..=9999).contains(&instant.year()) {
            return Err(format!(
                "{text:?} is not an instant of the years 1970 to 9999"
            ));
        }
        Ok(Self::new(instant))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_spelling_and_writes_one() {
        for (given, written) in [
            ("2025-10-14T14:25:29.123456Z", "2025-10-14T14:25:29.123456Z"),
            ("2025-10-14T14:25:29+00:00", "2025-10-14T14:25:29Z"),
            ("2025-10-14T10:25:29-04:00", "2025-10-14T14:25:29Z"),
            ("2025-10-14T14:25:29", "2025-10-14T14:25:29Z"),
            ("2025-10-14T14:25:29.5", "2025-10-14T14:25:29.500000Z"),
        ] {
            let stamp: Timestamp = given.parse().expect("a valid instant");
            assert_eq!(stamp.to_string(), written, "{given}");
        }
        assert!("nope".parse::<Timestamp>().is_err());
        for outside in [
            "1969-12-31T23:59:59Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59-01:00",
            "+12345-01-01T00:00:00",
        ] {
            let told = outside
                .parse::<Timestamp>()
                .expect_err("no mail has such a date");
            assert!(
                told.ends_with("is not an instant of the years 1970 to 9999"),
                "{told}"
            );
        }
    }

    #[test]
    fn the_session_is_the_new_york_date() {
        let late: Timestamp = "2012-03-15T01:00:00Z".parse().expect("a valid instant");
        assert_eq!(late.session_date().to_string(), "2012-03-14");
    }
}
