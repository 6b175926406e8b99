use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::America::New_York;

use harness::explore::Maker;

/// Days on which the market trades as ever.
const USUAL: [&str; 3] = ["2012-03-14", "2012-06-19", "2012-09-06"];

/// Days around which calendars go wrong: weekends, holidays, early closes, clock changes, ends of
/// months and years, a storm.
const ODD: [&str; 12] = [
    "2012-03-09",
    "2012-03-12",
    "2012-04-05",
    "2012-04-06",
    "2012-07-03",
    "2012-11-02",
    "2012-11-23",
    "2012-12-24",
    "2012-12-31",
    "2012-02-29",
    "2012-10-26",
    "2012-03-17",
];

/// Times at which a world begins: before the daily schedule, or around it, or late in a session.
const TIMES: [&str; 4] = ["09:34:50", "12:30:00", "15:40:00", "04:00:00"];

/// When the world begins.
pub(super) fn clock(maker: &mut Maker<'_>) -> DateTime<Utc> {
    let is_odd = maker.has("odd day");
    let days: &[&str] = if is_odd { &ODD } else { &USUAL };
    let day = maker.pick("day", days);
    let is_odd = maker.has("odd time");
    let time = if is_odd {
        maker.pick("time", &TIMES)
    } else {
        "09:30:00"
    };
    let date = day.parse::<NaiveDate>().unwrap_or_default();
    let time = time.parse::<NaiveTime>().unwrap_or_default();
    // No time of these is one that a clock change skips.
    let local = New_York
        .from_local_datetime(&date.and_time(time))
        .earliest();
    local.map(|local| local.to_utc()).unwrap_or_default()
}

/// A moment as scenario files write it.
pub(super) fn written(at: DateTime<Utc>) -> String {
    at.with_timezone(&New_York)
        .format("%Y-%m-%d %H:%M:%S")
        .to_string()
}
