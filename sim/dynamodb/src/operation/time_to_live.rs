//! `UpdateTimeToLive` and `DescribeTimeToLive`.

use serde::Deserialize;
use serde_json::json;

use super::table::{existing, existing_mut};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::error::Error;
use crate::name;
use crate::request::{Flag, Text, read};
use crate::tables::Tables;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateTimeToLive<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    time_to_live_specification: Option<Specification<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Specification<'a> {
    enabled: Option<Flag>,
    #[serde(borrow)]
    attribute_name: Option<Text<'a>>,
}

pub(super) fn update_time_to_live(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: UpdateTimeToLive<'_> = read(input)?;
    let name = name::of_table(request.table_name.as_deref())?;
    let (enabled, attribute) = request.specification()?;
    let (place, settling) = (name.place(call.place), tables.timing.time_to_live);
    let found = tables.find(call.now, place, name.name);
    if found.is_some_and(|table| table.status(call.now) != "ACTIVE") {
        return Err(Error::ResourceInUse(format!(
            "Attempt to change a resource which is still in use: Table is not in ACTIVE state: {}",
            name.name
        )));
    }
    let table = existing_mut(tables, call, &name)?;
    if table.ttl.changing.is_some_and(|until| call.now < until) {
        return Err(Error::validation(
            "Time to live has been modified multiple times within a fixed interval",
        ));
    }
    match (&table.ttl.attribute, enabled) {
        (Some(current), _) if **current != *attribute => {
            return Err(Error::Validation(format!(
                "TimeToLive is active on a different AttributeName: current AttributeName is \
                 {current}"
            )));
        }
        (Some(_), true) => return Err(Error::validation("TimeToLive is already enabled")),
        (None, false) => return Err(Error::validation("TimeToLive is already disabled")),
        _ => {}
    }
    table.set_time_to_live(enabled.then(|| attribute.into()));
    table.ttl.changing = (!settling.is_zero()).then(|| call.now + settling);
    let specification = json!({ "Enabled": enabled, "AttributeName": attribute });
    Ok(json!({ "TimeToLiveSpecification": specification }).to_string())
}

impl UpdateTimeToLive<'_> {
    fn specification(&self) -> Result<(bool, &str), Error> {
        let mut constraints = Constraints::default();
        let path = "timeToLiveSpecification";
        let mut found = (false, "");
        match &self.time_to_live_specification {
            None => constraints.null(path),
            Some(specification) => {
                match specification.enabled {
                    None => constraints.null(format_args!("{path}.enabled")),
                    Some(Flag(enabled)) => found.0 = enabled,
                }
                let path = format!("{path}.attributeName");
                match specification.attribute_name.as_deref() {
                    None => constraints.null(path),
                    Some(name) => {
                        constraints.length(name, path, 1, 255);
                        found.1 = name;
                    }
                }
            }
        }
        constraints.check()?;
        Ok(found)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeTimeToLive<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
}

pub(super) fn describe_time_to_live(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: DescribeTimeToLive<'_> = read(input)?;
    let name = name::of_table(request.table_name.as_deref())?;
    let table = existing(tables, call, &name)?;
    let state = table.status(call.now);
    if state == "CREATING" || state == "DELETING" {
        return Err(Error::Validation(format!(
            "Cannot describe time to live while table is in {state} state: Current table state is \
             {state}"
        )));
    }
    let changing = table.ttl.changing.is_some_and(|until| call.now < until);
    let description = match (&table.ttl.attribute, changing) {
        (Some(attribute), true) => {
            json!({ "TimeToLiveStatus": "ENABLING", "AttributeName": **attribute })
        }
        (Some(attribute), false) => {
            json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": **attribute })
        }
        (None, true) => json!({ "TimeToLiveStatus": "DISABLING" }),
        (None, false) => json!({ "TimeToLiveStatus": "DISABLED" }),
    };
    Ok(json!({ "TimeToLiveDescription": description }).to_string())
}
