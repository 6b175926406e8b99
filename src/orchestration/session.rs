use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::America::New_York;

use crate::alpaca::Alpaca;
use crate::config::SessionScope;
use crate::error::{Refusal, StepFailure};
use crate::timestamp::Timestamp;
use crate::workflow::Session;

/// The market has never been closed for longer.
const LONGEST_BREAK: Days = Days::new(14);

/// What an occurrence comes to.
pub(super) enum Opening<T> {
    /// It opens this.
    Opened(T),
    /// Nothing is to be done, and that is right; why.
    Skipped(String),
}

/// Finds the session that an occurrence may trade in, or says why there is none: a holiday, too
/// early, too late (rules.md A7). The broker's calendar decides.
pub(super) async fn session_of(
    alpaca: &Alpaca,
    occurrence: Timestamp,
    scope: SessionScope,
    now: DateTime<Utc>,
) -> Result<Opening<Session>, StepFailure> {
    let date = occurrence.session_date();
    let sessions = alpaca.calendar(date - LONGEST_BREAK, date).await?;
    let Some(day) = sessions.iter().find(|day| day.date == date) else {
        return Ok(Opening::Skipped(format!("the market is closed on {date}")));
    };
    let previous = sessions
        .iter()
        .map(|day| day.date)
        .filter(|earlier| *earlier < date)
        .max();
    let previous = previous.ok_or_else(|| {
        Refusal::new(format!(
            "the broker's calendar has no session before {date}"
        ))
    })?;
    let open = instant(date, day.open)?;
    let close = instant(date, day.close)?;
    if now < open {
        return Ok(Opening::Skipped(format!(
            "the session of {date} has not begun; it opens at {}",
            Timestamp::new(open)
        )));
    }
    if now >= close {
        let over = format!(
            "the session of {date} is over; it closed at {}",
            Timestamp::new(close)
        );
        // A run that was due in today's session and comes after it is a day without trading, which
        // nobody has asked for. One of another day is brought by somebody who reads the answer.
        let was_due = (open..close).contains(&occurrence.get());
        return if was_due && Timestamp::new(now).session_date() == date {
            Err(Refusal::new(format!(
                "{over}, and the run due at {occurrence} came later"
            ))
            .into())
        } else {
            Ok(Opening::Skipped(over))
        };
    }
    let account = alpaca.account().await?;
    if account.trading_blocked {
        return Err(Refusal::new(format!(
            "the broker blocks trading for account {}",
            account.account_number
        ))
        .into());
    }
    let occurrence = match scope {
        SessionScope::Day => date.to_string(),
        SessionScope::Occurrence => occurrence.to_string(),
    };
    Ok(Opening::Opened(Session {
        account: account.account_number,
        date,
        previous,
        occurrence,
        valid_until: Timestamp::new(close),
    }))
}

fn instant(date: NaiveDate, time: NaiveTime) -> Result<DateTime<Utc>, Refusal> {
    New_York
        .from_local_datetime(&date.and_time(time))
        .single()
        .map(|local| local.with_timezone(&Utc))
        .ok_or_else(|| {
            Refusal::new(format!(
                "{date} {time} is not one moment in New York: the clocks change then"
            ))
        })
}
