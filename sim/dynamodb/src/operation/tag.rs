//! `TagResource`, `UntagResource` and `ListTagsOfResource`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::call::Call;
use crate::error::Error;
use crate::place::Place;
use crate::request::{Text, read};
use crate::schema::has_name_pattern;
use crate::table::Table;
use crate::tables::Tables;

/// One tag of a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag<'a> {
    #[serde(borrow)]
    key: Option<Text<'a>>,
    value: Option<Text<'a>>,
}

/// The most tags of a table, and of one answer.
const MOST: usize = 50;
const PAGE: usize = 10;

impl Tag<'_> {
    fn check(&self) -> Result<(&str, &str), Error> {
        let key = self.key.as_deref().unwrap_or_default();
        if key.is_empty() || key.chars().count() > 128 {
            return Err(Error::invalid(
                "Tag key must be between 1 and 128 characters",
            ));
        }
        let Some(value) = self.value.as_deref() else {
            let message = "The Tag Value provided is invalid, Value: null";
            return Err(Error::validation(message));
        };
        if value.chars().count() > 256 {
            return Err(Error::invalid(
                "Tag value must be between 0 and 256 characters",
            ));
        }
        if !key.chars().all(is_allowed) {
            return Err(Error::Validation(format!(
                "The Tag Key provided is invalid, Key: {key}"
            )));
        }
        if !value.chars().all(is_allowed) {
            let message = format!("The Tag Value provided is invalid, Value: {value}");
            return Err(Error::Validation(message));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            let message = format!("Tag Key cannot be prefixed with aws:, Key: {key}");
            return Err(Error::Validation(message));
        }
        Ok((key, value))
    }
}

/// Letters, digits, white space and `+ - = . _ : / @`.
fn is_allowed(letter: char) -> bool {
    letter.is_alphanumeric() || letter.is_whitespace() || "+-=._:/@".contains(letter)
}

/// Adds `given` to the tags of a table, all or none.
pub(super) fn add(tags: &mut BTreeMap<String, String>, given: &[Tag<'_>]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    let mut all = tags.clone();
    for tag in given {
        let (key, value) = tag.check()?;
        if !seen.insert(key) {
            return Err(Error::Validation(format!(
                "Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}"
            )));
        }
        all.insert(key.to_owned(), value.to_owned());
    }
    if all.len() > MOST {
        return Err(Error::validation(
            "Number of Tags exceed the current limit for the provided ResourceArn",
        ));
    }
    *tags = all;
    Ok(())
}

/// The place and the name of the table that an ARN means.
pub(super) fn table_of(given: Option<&str>) -> Result<(Place, &str), Error> {
    let given = given.unwrap_or_default();
    if given.is_empty() {
        return Err(Error::validation("Invalid TableArn"));
    }
    let found = Place::of_arn(given);
    let named = found.filter(|(_, name)| (3..=255).contains(&name.len()) && has_name_pattern(name));
    named.ok_or_else(|| {
        Error::Validation(format!(
            "Invalid TableArn: Invalid ResourceArn provided as input {given}"
        ))
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagResource<'a> {
    #[serde(borrow)]
    resource_arn: Option<Text<'a>>,
    tags: Option<Vec<Tag<'a>>>,
}

pub(super) fn tag_resource(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: TagResource<'_> = read(input)?;
    let arn = request.resource_arn.as_deref();
    let given = request.tags.as_deref().unwrap_or_default();
    let table = find(tables, call, arn, || {
        if given.is_empty() {
            return Err(Error::validation(
                "Atleast one Tag needs to be provided as Input.",
            ));
        }
        given.iter().try_for_each(|tag| tag.check().map(drop))
    })?;
    add(&mut table.settings.tags, given)?;
    Ok("{}".to_owned())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UntagResource<'a> {
    #[serde(borrow)]
    resource_arn: Option<Text<'a>>,
    tag_keys: Option<Vec<Text<'a>>>,
}

pub(super) fn untag_resource(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: UntagResource<'_> = read(input)?;
    let arn = request.resource_arn.as_deref();
    let keys = request.tag_keys.as_deref().unwrap_or_default();
    let table = find(tables, call, arn, || {
        if keys.is_empty() {
            return Err(Error::validation(
                "Atleast one Tag Key needs to be provided as Input.",
            ));
        }
        Ok(())
    })?;
    for key in keys {
        table.settings.tags.remove(&**key);
    }
    Ok("{}".to_owned())
}

/// The table that an ARN means, once the rest of the request is checked.
fn find<'t>(
    tables: &'t mut Tables,
    call: &Call<'_>,
    arn: Option<&str>,
    check: impl FnOnce() -> Result<(), Error>,
) -> Result<&'t mut Table, Error> {
    let (place, name) = table_of(arn)?;
    check()?;
    let arn = arn.unwrap_or_default();
    tables.find_mut(call.now, &place, name).ok_or_else(|| {
        Error::ResourceNotFound(format!(
            "Requested resource not found: ResourcArn: {arn} not found"
        ))
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTags<'a> {
    #[serde(borrow)]
    resource_arn: Option<Text<'a>>,
    next_token: Option<Text<'a>>,
}

pub(super) fn list_tags_of_resource(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: ListTags<'_> = read(input)?;
    let arn = request.resource_arn.as_deref();
    let (place, name) = table_of(arn)?;
    let Some(table) = tables.find(call.now, &place, name) else {
        let (
            Place {
                partition, account, ..
            },
            arn,
        ) = (call.place, arn.unwrap_or_default());
        return Err(Error::AccessDenied(format!(
            "User: arn:{partition}:iam::{account}:root is not authorized to perform: \
             dynamodb:ListTagsOfResource on resource: {arn}"
        )));
    };
    let after = request
        .next_token
        .as_deref()
        .map_or(Bound::Unbounded, Bound::Excluded);
    let mut rest = table
        .settings
        .tags
        .range::<str, _>((after, Bound::Unbounded));
    let page: Vec<(&String, &String)> = rest.by_ref().take(PAGE).collect();
    let shown: Json = page
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    let mut answer = json!({ "Tags": shown });
    if let Some((last, _)) = page.last().filter(|_| rest.next().is_some()) {
        answer["NextToken"] = last.as_str().into();
    }
    Ok(answer.to_string())
}
