use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

/// The instant at which a zone's clocks first show a civil time; nothing inside a spring gap.
pub(super) fn first_instant(civil: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    zone.from_local_datetime(&civil)
        .earliest()
        .map(|time| time.with_timezone(&Utc))
}
