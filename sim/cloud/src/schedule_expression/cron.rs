use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, SubsecRound, TimeZone, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};

use super::civil_time::first_instant;
use super::cron_field::{DAYS, FieldKind, HOURS, MINUTES, MONTHS, WEEKDAYS, YEARS};
use super::error::Reason;

/// Civil times to look at before giving up: more than a zone ever skipped at once (one day, minute
/// by minute).
const CANDIDATES_MAX: usize = 4000;

/// A cron expression in AWS's six fields: minutes, hours, day of month, month, day of week, year.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cron {
    pattern: Arc<croner::Cron>,
}

/// Expressions that were read before. What a text means never changes, and each new world of a
/// process asks for the same ones.
static KNOWN: Mutex<BTreeMap<String, Cron>> = Mutex::new(BTreeMap::new());
/// So many are kept: a server meets any number of texts.
const KNOWN_MAX: usize = 1_000;

impl Cron {
    pub(super) fn parse(text: &str) -> Result<Self, Reason> {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cron) = known.get(text) {
            return Ok(cron.clone());
        }
        let cron = Self::read(text)?;
        if known.len() == KNOWN_MAX {
            known.clear();
        }
        known.insert(text.to_owned(), cron.clone());
        Ok(cron)
    }

    fn read(text: &str) -> Result<Self, Reason> {
        let fields: Vec<&str> = text.split(' ').collect();
        let [minutes, hours, day, month, weekday, year] = fields[..] else {
            return Err(Reason::CronFields(fields.len()));
        };
        if (day == "?") == (weekday == "?") {
            return Err(Reason::CronDays);
        }
        let fields: [(&str, &FieldKind); 6] = [
            (minutes, &MINUTES),
            (hours, &HOURS),
            (day, &DAYS),
            (month, &MONTHS),
            (weekday, &WEEKDAYS),
            (year, &YEARS),
        ];
        let mut pattern = String::from("0");
        for (field, kind) in fields {
            pattern.push(' ');
            pattern.push_str(&kind.normalise(field)?);
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Required)
            .dom_and_dow(true)
            .alternative_weekdays(true)
            .build();
        Ok(Self {
            pattern: Arc::new(
                parser
                    .parse(&pattern)
                    .map_err(|error| Reason::Cron(error.to_string()))?,
            ),
        })
    }

    /// The next civil time of the pattern that the zone's clocks show after `after`.
    ///
    /// The pattern walks over civil times, as if there were no zone; each is then placed in the
    /// zone. So a time in a gap has no place and is skipped, and a repeated one has its first place
    /// only.
    pub(super) fn next_after(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let mut civil =
            Utc.from_utc_datetime(&after.trunc_subsecs(0).with_timezone(&zone).naive_local());
        for _ in 0..CANDIDATES_MAX {
            civil = self.pattern.find_next_occurrence(&civil, false).ok()?;
            if let Some(time) = first_instant(civil.naive_utc(), zone).filter(|time| *time > after)
            {
                return Some(time);
            }
        }
        None
    }
}
