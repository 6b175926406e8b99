//! `DescribeContinuousBackups` and `UpdateContinuousBackups`.

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;

use crate::call::Call;
use crate::constraint::Constraints;
use crate::error::Error;
use crate::name::{self, TableName};
use crate::request::{Flag, Text, Whole, read};
use crate::table::{Recovery, Table, seconds};
use crate::tables::Tables;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    point_in_time_recovery_specification: Option<Specification>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Specification {
    point_in_time_recovery_enabled: Option<Flag>,
    recovery_period_in_days: Option<Whole>,
}

/// How far back a table can be recovered, where nothing else is asked for.
const DAYS: i64 = 35;

pub(super) fn describe_continuous_backups(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: Request<'_> = read(input)?;
    let name = name::of_table(request.table_name.as_deref())?;
    let place = name.place(call.place);
    let table = tables
        .find(call.now, place, name.name)
        .ok_or_else(|| missing(&name))?;
    Ok(described(table, call))
}

pub(super) fn update_continuous_backups(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: Request<'_> = read(input)?;
    let name = name::of_table(request.table_name.as_deref())?;
    let (enabled, days) = request.specification()?;
    let place = name.place(call.place);
    let table = tables
        .find_mut(call.now, place, name.name)
        .ok_or_else(|| missing(&name))?;
    let since = table
        .settings
        .recovery
        .map_or(call.now, |recovery| recovery.since);
    table.settings.recovery = enabled.then(|| Recovery {
        since,
        days: days.unwrap_or(DAYS),
    });
    Ok(described(table, call))
}

fn missing(name: &TableName<'_>) -> Error {
    Error::TableNotFound(format!("Table not found: {}", name.name))
}

impl Request<'_> {
    fn specification(&self) -> Result<(bool, Option<i64>), Error> {
        let path = "pointInTimeRecoverySpecification";
        let mut constraints = Constraints::default();
        let given = self.point_in_time_recovery_specification;
        let enabled = given.and_then(|given| given.point_in_time_recovery_enabled);
        let days = given
            .and_then(|given| given.recovery_period_in_days)
            .map(|days| days.0);
        if given.is_none() {
            constraints.null(path);
        } else if enabled.is_none() {
            constraints.null(format_args!("{path}.pointInTimeRecoveryEnabled"));
        }
        let path = format!("{path}.recoveryPeriodInDays");
        match days {
            Some(days) if days < 1 => {
                constraints.value(
                    days,
                    path,
                    "Member must have value greater than or equal to 1",
                );
            }
            Some(days) if days > DAYS => {
                let bound = format!("Member must have value less than or equal to {DAYS}");
                constraints.value(days, path, &bound);
            }
            _ => {}
        }
        constraints.check()?;
        let enabled = enabled == Some(Flag(true));
        if !enabled && days.is_some() {
            return Err(Error::validation(
                "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling \
                 point-in-time recovery.",
            ));
        }
        Ok((enabled, days))
    }
}

fn described(table: &Table, call: &Call<'_>) -> String {
    let recovery = match table.settings.recovery {
        None => json!({ "PointInTimeRecoveryStatus": "DISABLED" }),
        Some(Recovery { since, days }) => json!({
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": days,
            "EarliestRestorableDateTime": seconds(since.max(call.now - TimeDelta::days(days))),
            "LatestRestorableDateTime": seconds(call.now),
        }),
    };
    let description = json!({
        "ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery,
    });
    json!({ "ContinuousBackupsDescription": description }).to_string()
}
