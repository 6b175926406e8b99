use chrono::{DateTime, NaiveDate, Utc};

use crate::bus::BusEntry;
use crate::error::StepError;
use crate::id::{CorrelationId, PlanId};
use crate::store::{Item, get_number, get_text};
use crate::timestamp::Timestamp;

/// The state of a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its steps may act.
    Running,
    /// Its orders are done; final.
    Completed,
    /// It ended without success; final.
    Failed,
}

impl State {
    /// As the table has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Running, Self::Completed, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// The trading session that a workflow runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The broker's account.
    pub account: String,
    /// The New York date of the occurrence that started the run.
    pub date: NaiveDate,
    /// What makes the run unique within the account: the date, or the occurrence.
    pub occurrence: String,
    /// The session before this one: its bars are the newest that are complete.
    pub previous: NaiveDate,
    /// The end of the session; later than that nothing of this run trades.
    pub valid_until: Timestamp,
}

impl Session {
    pub(super) fn key(&self) -> String {
        format!("session#{}#{}", self.account, self.occurrence)
    }
}

/// One workflow's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// Its id.
    pub correlation_id: CorrelationId,
    /// Its state.
    pub state: State,
    /// The session it may trade in.
    pub session: Session,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When the watchdog ends it.
    pub deadline: DateTime<Utc>,
    /// The plan that it executes, from the moment before its first order.
    pub plan_id: Option<PlanId>,
    /// Why it failed.
    pub failure_reason: Option<String>,
    /// Its TradeExecuted event, as JSON.
    pub result: Option<String>,
    /// The one notification that was asked for.
    pub notification: Option<BusEntry>,
    /// How often the watchdog has repeated it.
    pub reminders: i64,
}

/// The notification that was asked for, as the record keeps it.
pub(super) fn notification(item: &Item) -> Result<Option<BusEntry>, StepError> {
    get_text(item, "notification")
        .map(|json| {
            serde_json::from_str(&json).map_err(|error| {
                StepError::StoreUnavailable(format!("unreadable notification: {error}"))
            })
        })
        .transpose()
}

/// The record as the table has it.
pub(super) fn read(item: &Item) -> Result<Workflow, StepError> {
    let key = get_text(item, "record_key").unwrap_or_default();
    let missing = |name: &str| {
        StepError::StoreUnavailable(format!("the record {key} has no readable `{name}`"))
    };
    let field = |name: &str| get_text(item, name).ok_or_else(|| missing(name));
    let instant = |name: &str| {
        get_number(item, name)
            .and_then(DateTime::from_timestamp_millis)
            .ok_or_else(|| missing(name))
    };
    let date = |name: &str| field(name)?.parse::<NaiveDate>().map_err(|_| missing(name));
    // As `opening` wrote it: yesterday's bars decide what is traded today.
    let (date, previous) = (date("session_date")?, date("previous_session")?);
    if previous >= date {
        return Err(missing("previous_session"));
    }
    Ok(Workflow {
        correlation_id: CorrelationId::new(field("correlation_id")?),
        state: State::from_name(&field("state")?).ok_or_else(|| missing("state"))?,
        session: Session {
            account: field("account")?,
            date,
            previous,
            occurrence: field("occurrence")?,
            valid_until: field("valid_until")?
                .parse()
                .map_err(|_| missing("valid_until"))?,
        },
        started_at: instant("started_at")?,
        deadline: instant("deadline")?,
        plan_id: get_text(item, "plan_id").map(PlanId::new),
        failure_reason: get_text(item, "failure_reason"),
        result: get_text(item, "result"),
        notification: notification(item)?,
        reminders: get_number(item, "reminders").unwrap_or(0),
    })
}
