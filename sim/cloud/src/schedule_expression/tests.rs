use chrono::{DateTime, Utc};
use chrono_tz::America::New_York;
use chrono_tz::{Pacific, Tz, UTC};

use super::{Dialect, ScheduleExpression};

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .with_timezone(&Utc)
}

/// The next times of a schedule, counted from `from`, which is also its creation.
fn next(expression: &str, zone: Tz, from: &str, count: usize) -> Vec<String> {
    let schedule = ScheduleExpression::parse(expression, Dialect::Scheduler).unwrap();
    let (anchor, mut time) = (at(from), at(from));
    let mut times = Vec::new();
    while times.len() < count {
        let Some(found) = schedule.next_after(time, zone, anchor) else {
            break;
        };
        assert!(found > time);
        time = found;
        times.push(found.format("%a %Y-%m-%dT%H:%M:%S").to_string());
    }
    times
}

#[test]
fn market_open_keeps_its_local_time_when_clocks_go_forward() {
    let times = next(
        "cron(35 9 ? * MON-FRI *)",
        New_York,
        "2026-03-05T12:00:00Z",
        4,
    );
    assert_eq!(
        times,
        [
            "Thu 2026-03-05T14:35:00",
            "Fri 2026-03-06T14:35:00",
            "Mon 2026-03-09T13:35:00",
            "Tue 2026-03-10T13:35:00"
        ]
    );
}

#[test]
fn market_open_keeps_its_local_time_when_clocks_go_back() {
    let times = next(
        "cron(35 9 ? * MON-FRI *)",
        New_York,
        "2026-10-29T20:00:00Z",
        3,
    );
    assert_eq!(
        times,
        [
            "Fri 2026-10-30T13:35:00",
            "Mon 2026-11-02T14:35:00",
            "Tue 2026-11-03T14:35:00"
        ]
    );
}

#[test]
fn a_time_in_the_spring_gap_is_skipped() {
    let times = next("cron(30 2 * * ? *)", New_York, "2026-03-07T00:00:00Z", 2);
    assert_eq!(
        times,
        ["Sat 2026-03-07T07:30:00", "Mon 2026-03-09T06:30:00"]
    );
    assert_eq!(
        next(
            "at(2026-03-08T02:30:00)",
            New_York,
            "2026-01-01T00:00:00Z",
            1
        ),
        [""; 0]
    );
    // Every minute of the skipped hour, and a day that a zone skipped whole.
    assert_eq!(
        next("cron(* 2 * * ? *)", New_York, "2026-03-08T05:00:00Z", 1),
        ["Mon 2026-03-09T06:00:00"]
    );
    assert_eq!(
        next(
            "cron(* * 30 12 ? 2011-2012)",
            Pacific::Apia,
            "2011-12-29T12:00:00Z",
            1
        ),
        ["Sat 2012-12-29T10:00:00"]
    );
}

#[test]
fn a_repeated_time_in_autumn_fires_at_its_first_occurrence_only() {
    let times = next("cron(30 1 * * ? *)", New_York, "2026-10-31T12:00:00Z", 2);
    assert_eq!(
        times,
        ["Sun 2026-11-01T05:30:00", "Mon 2026-11-02T06:30:00"]
    );
    assert_eq!(
        next("cron(30 1 * * ? *)", New_York, "2026-11-01T06:10:00Z", 1),
        ["Mon 2026-11-02T06:30:00"]
    );
}

#[test]
fn a_rule_ignores_the_time_zone() {
    let rule = ScheduleExpression::parse("cron(35 9 ? * MON-FRI *)", Dialect::Rule).unwrap();
    let from = at("2026-03-06T12:00:00Z");
    assert_eq!(
        rule.next_after(from, New_York, from),
        Some(at("2026-03-09T09:35:00Z"))
    );
}

#[test]
fn special_days_are_those_of_the_calendar() {
    let cases = [
        (
            "cron(0 0 L * ? *)",
            "2027-02-01T00:00:00Z",
            "Sun 2027-02-28T00:00:00",
        ),
        (
            "cron(0 0 L 2 ? *)",
            "2028-01-01T00:00:00Z",
            "Tue 2028-02-29T00:00:00",
        ),
        (
            "cron(0 0 29 2 ? *)",
            "2026-01-01T00:00:00Z",
            "Tue 2028-02-29T00:00:00",
        ),
        (
            "cron(0 0 29 FEB ? *)",
            "2096-03-01T00:00:00Z",
            "Fri 2104-02-29T00:00:00",
        ),
        (
            "cron(0 0 LW * ? *)",
            "2026-05-02T00:00:00Z",
            "Fri 2026-05-29T00:00:00",
        ),
        (
            "cron(0 0 15W * ? *)",
            "2026-08-01T00:00:00Z",
            "Fri 2026-08-14T00:00:00",
        ),
        (
            "cron(0 0 1W * ? *)",
            "2026-08-01T00:00:00Z",
            "Mon 2026-08-03T00:00:00",
        ),
        (
            "cron(15 10 ? * 6L 2026-2027)",
            "2026-01-01T00:00:00Z",
            "Fri 2026-01-30T10:15:00",
        ),
        (
            "cron(0 9 ? * 2#1 *)",
            "2026-11-21T00:00:00Z",
            "Mon 2026-12-07T09:00:00",
        ),
        (
            "cron(0 9 ? * FRI#5 *)",
            "2026-02-01T00:00:00Z",
            "Fri 2026-05-29T09:00:00",
        ),
        (
            "cron(0 9 ? * L *)",
            "2026-11-22T00:00:00Z",
            "Sat 2026-11-28T09:00:00",
        ),
        (
            "cron(0 9 ? * 1 *)",
            "2026-11-23T00:00:00Z",
            "Sun 2026-11-29T09:00:00",
        ),
    ];
    for (expression, from, expected) in cases {
        assert_eq!(next(expression, UTC, from, 1), [expected], "{expression}");
    }
}

#[test]
fn ranges_wrap_and_steps_count_from_their_start() {
    let hours = |expression| {
        next(expression, UTC, "2026-11-20T23:30:00Z", 6)
            .iter()
            .map(|time| time[15..17].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        hours("cron(0 20-2 * * ? *)"),
        ["00", "01", "02", "20", "21", "22"]
    );
    assert_eq!(
        hours("cron(0 22-4/2 * * ? *)"),
        ["00", "02", "04", "22", "00", "02"]
    );
    assert_eq!(
        hours("cron(0 5/8 * * ? *)"),
        ["05", "13", "21", "05", "13", "21"]
    );
    let days = next("cron(0 0 ? * FRI-MON *)", UTC, "2026-11-18T00:00:00Z", 5);
    assert_eq!(
        days.iter().map(|day| &day[..3]).collect::<Vec<_>>(),
        ["Fri", "Sat", "Sun", "Mon", "Fri"]
    );
    let months = next("cron(0 0 1 NOV-FEB ? *)", UTC, "2026-11-18T00:00:00Z", 4);
    assert_eq!(
        months.iter().map(|day| &day[9..11]).collect::<Vec<_>>(),
        ["12", "01", "02", "11"]
    );
    assert_eq!(
        next("cron(0/10,5 * * * ? *)", UTC, "2026-01-01T00:00:00.5Z", 2),
        ["Thu 2026-01-01T00:05:00", "Thu 2026-01-01T00:10:00"]
    );
    assert_eq!(
        next("cron(* * * * ? *)", UTC, "2026-01-01T00:00:59.5Z", 1),
        ["Thu 2026-01-01T00:01:00"]
    );
}

#[test]
fn a_cron_ends_with_its_years() {
    assert_eq!(
        next("cron(0 0 1 1 ? 2027/2)", UTC, "2195-06-01T00:00:00Z", 5),
        ["Sun 2197-01-01T00:00:00", "Tue 2199-01-01T00:00:00"]
    );
    assert_eq!(
        next("cron(0 0 1 1 ? 1999)", UTC, "2026-01-01T00:00:00Z", 1),
        [""; 0]
    );
    assert_eq!(
        next("cron(0 0 30 2 ? *)", UTC, "2026-01-01T00:00:00Z", 1),
        [""; 0]
    );
}

#[test]
fn a_rate_counts_elapsed_time_from_its_anchor() {
    let times = next("rate(1 day)", New_York, "2026-03-07T17:00:00Z", 2);
    assert_eq!(
        times,
        ["Sun 2026-03-08T17:00:00", "Mon 2026-03-09T17:00:00"]
    );
    let rate = |dialect| ScheduleExpression::parse("rate(5 minutes)", dialect).unwrap();
    let (anchor, before) = (at("2026-01-01T00:00:30Z"), at("2026-01-01T00:00:00Z"));
    assert_eq!(
        rate(Dialect::Rule).next_after(anchor, UTC, anchor),
        Some(at("2026-01-01T00:05:30Z"))
    );
    assert_eq!(
        rate(Dialect::Rule).next_after(before, UTC, anchor),
        Some(at("2026-01-01T00:05:30Z"))
    );
    assert_eq!(
        rate(Dialect::Scheduler).next_after(before, UTC, anchor),
        Some(anchor)
    );
    assert_eq!(
        rate(Dialect::Rule).next_after(at("2026-01-01T01:00:31Z"), UTC, anchor),
        Some(at("2026-01-01T01:05:30Z"))
    );
}

#[test]
fn a_one_time_schedule_fires_once_and_never_if_it_is_past() {
    assert_eq!(
        next(
            "at(2026-07-01T09:30:00)",
            New_York,
            "2026-01-01T00:00:00Z",
            2
        ),
        ["Wed 2026-07-01T13:30:00"]
    );
    assert_eq!(
        next(
            "at(2020-07-01T09:30:00)",
            New_York,
            "2026-01-01T00:00:00Z",
            1
        ),
        [""; 0]
    );
    assert!(
        ScheduleExpression::parse("at(2026-07-01T09:30:00)", Dialect::Scheduler)
            .unwrap()
            .is_one_time()
    );
}

#[test]
fn a_rule_refuses_what_aws_refuses() {
    let refused = [
        "rate(1 minutes)",
        "rate(10 minute)",
        "rate(0 minutes)",
        "rate(10 MINUTES)",
        "rate( 10 minutes )",
        "rate(10 seconds)",
        "rate(2 years)",
        "rate(-1 minutes)",
        "rate(10)",
        "rate()",
        "rate(10  minutes)",
        " rate(10 minutes)",
        "at(2026-07-01T09:30:00)",
        "cron(0 1 * * * *)",
        "cron(7 20 ? * ? *)",
        "cron(7 20 * * NOT *)",
        "cron(INVALID)",
        "cron(0 dummy ? * MON-FRI *)",
        "cron(71 8 1 * ? *)",
        "cron(0 24 1 * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 1 13 ? *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 ? * 0 *)",
        "cron(0 0 1 * ? 2200)",
        "cron(0 0 1 * ? 1969)",
        "cron(0 0 1 * ?)",
        "cron(0 0 ? * 3#1,6#3 *)",
        "cron(0 0 ? * 3#6 *)",
        "cron(*/0 0 1 * ? *)",
        "cron(? 0 1 * ? *)",
        "cron(L 0 1 * ? *)",
        "",
        "x",
    ];
    for expression in refused {
        let error = ScheduleExpression::parse(expression, Dialect::Rule).expect_err(expression);
        assert_eq!(
            error.to_string(),
            "Parameter ScheduleExpression is not valid."
        );
    }
}

#[test]
fn scheduler_does_not_mind_the_plural_but_the_rest() {
    for expression in [
        "rate(1 minutes)",
        "rate(10 minute)",
        "rate(1 hour)",
        "cron(0 9 ? * MON *)",
        "at(2026-07-01T09:30:00)",
    ] {
        assert!(
            ScheduleExpression::parse(expression, Dialect::Scheduler).is_ok(),
            "{expression}"
        );
    }
    for expression in [
        "at(2026-07-01T09:30:00Z)",
        "at(2026-07-01)",
        "at(2026-02-30T00:00:00)",
        "rate(0 minutes)",
        "rate(5 weeks)",
    ] {
        let error =
            ScheduleExpression::parse(expression, Dialect::Scheduler).expect_err(expression);
        assert_eq!(
            error.to_string(),
            format!("Invalid Schedule Expression {expression}.")
        );
    }
    let error = ScheduleExpression::parse("cron(0 9 * * * *)", Dialect::Scheduler).unwrap_err();
    assert_eq!(
        error.reason.to_string(),
        "exactly one of day-of-month and day-of-week must be ?"
    );
}
