//! The trading calendar of the US equity market, by rule: which days trade, when they open and
//! close.
//!
//! Rules and special closures are those the NYSE publishes (nyse.com, "Holidays and Trading Hours";
//! Rule 7.2), valid for the years 2000 to 2030. Hours are 9:30 to 16:00 in New York, 13:00 on early
//! closes.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::America::New_York;

/// Days on which the market stayed closed for a reason no rule foresees: mourning, attack,
/// hurricane.
const SPECIAL_CLOSURES: [(i32, u32, u32); 10] = [
    (2001, 9, 11),
    (2001, 9, 12),
    (2001, 9, 13),
    (2001, 9, 14),
    (2004, 6, 11),
    (2007, 1, 2),
    (2012, 10, 29),
    (2012, 10, 30),
    (2018, 12, 5),
    (2025, 1, 9),
];

/// One trading day's regular hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The day in New York.
    pub date: NaiveDate,
    /// The first instant of trading.
    pub open: DateTime<Utc>,
    /// The first instant after trading.
    pub close: DateTime<Utc>,
}

impl Session {
    /// Whether the market trades at `at`.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.open <= at && at < self.close
    }
}

/// When orders are executed. Prices are those of the regular sessions in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hours {
    /// In the regular sessions.
    #[default]
    Regular,
    /// From midnight to 23:59 in New York on every day of the week: for clients that live on a wall
    /// clock.
    Always,
}

impl Hours {
    /// The hours of `date`, or `None` when the market is closed all day.
    pub fn session(self, date: NaiveDate) -> Option<Session> {
        match self {
            Self::Regular => session(date),
            Self::Always => Some(Session {
                date,
                open: midnight(date),
                close: at_local(date, 23, 59),
            }),
        }
    }

    /// The session that is trading at `now`.
    pub fn session_at(self, now: DateTime<Utc>) -> Option<Session> {
        self.session(market_date(now))
            .filter(|session| session.contains(now))
    }

    /// The first session that opens after `now`.
    pub fn next_session(self, now: DateTime<Utc>) -> Session {
        let days = market_date(now).iter_days();
        days.filter_map(|date| self.session(date))
            .find(|session| session.open > now)
            .expect("the market opens again")
    }
}

/// The date it is in New York at `now`.
pub fn market_date(now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&New_York).date_naive()
}

/// Midnight in New York at the beginning of `date`: the timestamp of a daily bar.
pub fn midnight(date: NaiveDate) -> DateTime<Utc> {
    at_local(date, 0, 0)
}

/// Whether the market trades on `date` at all.
pub fn is_trading_day(date: NaiveDate) -> bool {
    let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    let special = SPECIAL_CLOSURES.contains(&(date.year(), date.month(), date.day()));
    !weekend && !special && !is_holiday(date)
}

/// Whether trading on `date` ends at 13:00: the Friday after Thanksgiving, Christmas Eve, and the
/// eve of Independence Day (until 2012 the day after instead, when the fourth was a Thursday), and
/// 26 December 2003.
pub fn closes_early(date: NaiveDate) -> bool {
    if !is_trading_day(date) {
        return false;
    }
    match (date.month(), date.day()) {
        (11, _) => date
            .pred_opt()
            .is_some_and(|eve| eve == nth(date.year(), 11, Weekday::Thu, 4)),
        (12, 24) => true,
        (12, 26) => date.year() == 2003,
        (7, 3) => date.weekday() != Weekday::Wed || date.year() >= 2013,
        (7, 5) => date.weekday() == Weekday::Fri && date.year() < 2013,
        _ => false,
    }
}

/// The regular hours of `date`, or `None` when the market is closed all day.
pub fn session(date: NaiveDate) -> Option<Session> {
    is_trading_day(date).then(|| Session {
        date,
        open: at_local(date, 9, 30),
        close: at_local(date, if closes_early(date) { 13 } else { 16 }, 0),
    })
}

/// The session that is trading at `now`.
pub fn session_at(now: DateTime<Utc>) -> Option<Session> {
    session(market_date(now)).filter(|session| session.contains(now))
}

/// The last session that had ended by `now`.
pub fn last_completed(now: DateTime<Utc>) -> Session {
    let mut date = market_date(now);
    loop {
        match session(date) {
            Some(session) if session.close <= now => return session,
            _ => date = date - Days::new(1),
        }
    }
}

/// When the next session ends after `now`.
pub fn next_close(now: DateTime<Utc>) -> DateTime<Utc> {
    let closes = market_date(now)
        .iter_days()
        .filter_map(session)
        .map(|session| session.close);
    closes
        .into_iter()
        .find(|close| *close > now)
        .expect("the market closes again")
}

/// The trading day before `date`.
pub fn previous_trading_day(date: NaiveDate) -> NaiveDate {
    let mut date = date - Days::new(1);
    while !is_trading_day(date) {
        date = date - Days::new(1);
    }
    date
}

/// The trading days from `from` to `to`, both included, oldest first.
pub fn trading_days(from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    from.iter_days()
        .take_while(move |date| *date <= to)
        .filter(|date| is_trading_day(*date))
}

fn at_local(date: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    let time = NaiveTime::from_hms_opt(hour, minute, 0).expect("the hours of the market exist");
    New_York
        .from_local_datetime(&date.and_time(time))
        .earliest()
        .expect("New York changes its clocks at 2:00 on Sundays, when no session and no bar begins")
        .with_timezone(&Utc)
}

fn is_holiday(date: NaiveDate) -> bool {
    let year = date.year();
    match date.month() {
        // A New Year's Day on a Saturday is not made up for: the books of the old year close on the
        // Friday.
        1 => date == sunday_to_monday(day(year, 1, 1)) || date == nth(year, 1, Weekday::Mon, 3),
        2 => date == nth(year, 2, Weekday::Mon, 3),
        3 | 4 => date == easter(year) - Days::new(2),
        5 => date.weekday() == Weekday::Mon && date.day() > 24,
        6 => year >= 2022 && date == observed(day(year, 6, 19)),
        7 => date == observed(day(year, 7, 4)),
        9 => date == nth(year, 9, Weekday::Mon, 1),
        11 => date == nth(year, 11, Weekday::Thu, 4),
        12 => date == observed(day(year, 12, 25)),
        _ => false,
    }
}

/// A holiday on a Saturday is kept on the Friday before, one on a Sunday on the Monday after.
fn observed(date: NaiveDate) -> NaiveDate {
    match date.weekday() {
        Weekday::Sat => date - Days::new(1),
        _ => sunday_to_monday(date),
    }
}

fn sunday_to_monday(date: NaiveDate) -> NaiveDate {
    match date.weekday() {
        Weekday::Sun => date + Days::new(1),
        _ => date,
    }
}

fn nth(year: i32, month: u32, weekday: Weekday, n: u8) -> NaiveDate {
    NaiveDate::from_weekday_of_month_opt(year, month, weekday, n)
        .expect("no month lacks its fourth weekday")
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("fixed holidays exist in every year")
}

/// Easter Sunday by the anonymous Gregorian computus.
fn easter(year: i32) -> NaiveDate {
    let golden = year % 19;
    let (century, of_century) = (year / 100, year % 100);
    let (leap_centuries, century_rest) = (century / 4, century % 4);
    let moon_correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - leap_centuries - moon_correction + 15) % 30;
    let to_sunday = (32 + 2 * century_rest + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * to_sunday) / 451;
    let days = epact + to_sunday - 7 * late + 114;
    day(year, (days / 31) as u32, (days % 31 + 1) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn holidays_of_recent_years_are_closed() {
        for closed in [
            "2021-01-01",
            "2021-12-24",
            "2022-06-20",
            "2023-01-02",
            "2024-03-29",
            "2024-06-19",
            "2025-01-09",
            "2025-01-20",
            "2025-02-17",
            "2025-04-18",
            "2025-05-26",
            "2025-07-04",
            "2025-09-01",
            "2025-11-27",
            "2026-07-03",
            "2027-12-24",
        ] {
            assert!(!is_trading_day(date(closed)), "{closed}");
        }
        for open in [
            "2021-12-31",
            "2021-06-18",
            "2025-10-13",
            "2025-11-11",
            "2027-12-31",
        ] {
            assert!(is_trading_day(date(open)), "{open}");
        }
    }

    #[test]
    fn early_closes_end_at_one_in_new_york() {
        for early in [
            "2025-07-03",
            "2025-11-28",
            "2025-12-24",
            "2002-07-05",
            "2013-07-03",
            "2012-07-03",
        ] {
            assert!(closes_early(date(early)), "{early}");
        }
        for late in [
            "2002-07-03",
            "2025-12-26",
            "2025-11-26",
            "2021-12-23",
            "2026-07-02",
        ] {
            assert!(!closes_early(date(late)), "{late}");
        }
        let session = session(date("2025-11-28")).unwrap();
        assert_eq!(session.close.to_rfc3339(), "2025-11-28T18:00:00+00:00");
    }

    #[test]
    fn a_session_is_found_from_any_moment() {
        let night = "2012-10-28T22:00:00Z".parse().unwrap();
        assert_eq!(Hours::Regular.next_session(night).date, date("2012-10-31"));
        assert_eq!(last_completed(night).date, date("2012-10-26"));
        assert_eq!(previous_trading_day(date("2012-10-31")), date("2012-10-26"));
        assert!(session_at("2025-10-10T13:29:59Z".parse().unwrap()).is_none());
        assert!(session_at("2025-10-10T13:30:00Z".parse().unwrap()).is_some());
        assert!(session_at("2025-10-10T20:00:00Z".parse().unwrap()).is_none());
    }
}
