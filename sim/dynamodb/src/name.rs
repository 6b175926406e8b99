//! Names of tables in requests: plain, or an ARN.

use crate::constraint::Constraints;
use crate::error::Error;
use crate::place::Place;
use crate::schema::has_name_pattern;

/// The table that a request names. An ARN may stand wherever a name does.
#[derive(Clone, Debug)]
pub(crate) struct TableName<'a> {
    /// As the request gives it.
    pub given: &'a str,
    /// The name.
    pub name: &'a str,
    /// The place of an ARN.
    elsewhere: Option<Place>,
}

const PATTERN: &str = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
const SHORT: &str = "Member must have length greater than or equal to 3";
const LONG: &str = "Member must have length less than or equal to 255";

impl<'a> TableName<'a> {
    pub fn new(given: &'a str) -> Self {
        match Place::of_arn(given) {
            Some((place, name)) => Self {
                given,
                name,
                elsewhere: Some(place),
            },
            None => Self {
                given,
                name: given,
                elsewhere: None,
            },
        }
    }

    /// Where the table is, for a request that comes to `place`.
    pub fn place<'b>(&'b self, place: &'b Place) -> &'b Place {
        self.elsewhere.as_ref().unwrap_or(place)
    }
}

/// Checks the name of a table that an operation on tables gets; the first thing that is checked.
pub(crate) fn of_table(given: Option<&str>) -> Result<TableName<'_>, Error> {
    let Some(given) = given else {
        return Err(Error::validation(
            "The parameter 'TableName' is required but was not present in the request",
        ));
    };
    let name = TableName::new(given);
    if name.elsewhere.is_some() {
        return Ok(name);
    }
    if !(3..=255).contains(&given.len()) {
        return Err(Error::validation(
            "TableName must be at least 3 characters long and at most 255 characters long",
        ));
    }
    let mut constraints = Constraints::default();
    if !has_name_pattern(given) {
        constraints.value(given, "tableName", PATTERN);
    }
    constraints.check()?;
    Ok(name)
}

/// Checks a name for a table that is to be made, at `path`: all that is wrong.
pub(crate) fn of_new_table(given: &str, path: &str, constraints: &mut Constraints) {
    if !has_name_pattern(given) {
        constraints.value(given, path, PATTERN);
    }
    constraints.length(given, path, 3, 255);
}

/// Refuses an empty name, which operations on items tell before anything else.
pub(crate) fn not_empty(given: Option<&str>) -> Result<(), Error> {
    let mut constraints = Constraints::default();
    if given == Some("") {
        add_empty(&mut constraints);
    }
    constraints.check()
}

/// Tells that a name is empty.
pub(crate) fn add_empty(constraints: &mut Constraints) {
    constraints.nameless(
        "TableName",
        "Member must have length greater than or equal to 1",
    );
}

/// Checks the name of a table that an operation on items gets: the first thing that is wrong.
pub(crate) fn of_items(given: Option<&str>, constraints: &mut Constraints) {
    let Some(given) = given else {
        constraints.null("tableName");
        return;
    };
    if let Some(broken) = first_broken(given) {
        constraints.value(given, "tableName", broken);
    }
}

/// Checks the name of the table of `UpdateItem`: all that is wrong, the pattern first.
pub(crate) fn of_update(given: Option<&str>, constraints: &mut Constraints) {
    let Some(given) = given else {
        constraints.null("tableName");
        return;
    };
    if Place::of_arn(given).is_none() {
        of_new_table(given, "tableName", constraints);
    }
}

/// Checks the name of a table inside a transaction, at `path`: all that is wrong.
pub(crate) fn of_member(given: Option<&str>, path: &str, constraints: &mut Constraints) {
    let Some(given) = given else {
        constraints.null(path);
        return;
    };
    if Place::of_arn(given).is_none() {
        constraints.length(given, path, 3, 255);
        if !has_name_pattern(given) {
            constraints.value(given, path, PATTERN);
        }
    }
}

/// Whether a name of a table as key of a map is one.
pub(crate) fn is_valid_key(given: &str) -> bool {
    first_broken(given).is_none()
}

/// What a batch says of its map where a name of a table is none.
pub(crate) const KEY_CONSTRAINT: &str = "Map keys must satisfy constraint: [Member must have \
     length less than or equal to 255, Member must have length greater than or equal to 3, Member \
     must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]";

fn first_broken(given: &str) -> Option<&'static str> {
    if Place::of_arn(given).is_some() {
        None
    } else if given.len() < 3 {
        Some(SHORT)
    } else if given.len() > 255 {
        Some(LONG)
    } else if !has_name_pattern(given) {
        Some(PATTERN)
    } else {
        None
    }
}
