use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeZone, Utc};
use chrono_tz::America::New_York;

use alchemiser::clock::{Clock, SystemClock};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

/// The years that a scenario may happen in.
const YEARS: RangeInclusive<i32> = 1980..=2190;

/// A moment on New York's clocks: `2012-03-14 09:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub DateTime<Utc>);

impl fmt::Display for Moment {
    /// As scenario files write it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self
            .0
            .with_timezone(&New_York)
            .format("%Y-%m-%d %H:%M:%S%.f")
            .to_string();
        formatter.write_str(text.strip_suffix(":00").unwrap_or(&text))
    }
}

/// Why a text is not a moment in New York.
#[derive(Debug, thiserror::Error)]
pub enum MomentError {
    /// It is not a day and a time of day.
    #[error("invalid time {0:?}: write the time in New York as 2012-03-14 09:30")]
    Malformed(String),
    /// Prices and time zones are not known in that year.
    #[error("{0:?} is too far away: write a year from {first} to {last}", first = YEARS.start(), last = YEARS.end())]
    TooFar(String),
    /// An hour that is left out in spring.
    #[error("{0:?} does not exist in New York: clocks were put forward")]
    Skipped(String),
}

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let naive = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
            .iter()
            .find_map(|pattern| NaiveDateTime::parse_from_str(text, pattern).ok())
            .ok_or_else(|| MomentError::Malformed(text.to_owned()))?;
        if !YEARS.contains(&naive.year()) {
            return Err(MomentError::TooFar(text.to_owned()));
        }
        let local = New_York.from_local_datetime(&naive).earliest();
        local
            .map(|local| Self(local.with_timezone(&Utc)))
            .ok_or_else(|| MomentError::Skipped(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// When a world begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At a moment that the file names.
    At(Moment),
    /// At the machine's own time.
    Now,
}

impl Start {
    /// The instant; asks the machine's clock if need be.
    #[must_use]
    pub fn instant(self) -> DateTime<Utc> {
        match self {
            Self::At(moment) => moment.0,
            Self::Now => SystemClock.now(),
        }
    }
}

impl<'de> Deserialize<'de> for Start {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "now" {
            Ok(Self::Now)
        } else {
            text.parse().map(Self::At).map_err(serde::de::Error::custom)
        }
    }
}

impl JsonSchema for Start {
    fn schema_name() -> Cow<'static, str> {
        "Start".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<Moment>(), { "const": "now" }] })
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?$", "description": "The time in New York: 2012-03-14 09:30." })
    }
}
