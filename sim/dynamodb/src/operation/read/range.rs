//! The range of rows that a key condition means.

use std::ops::Bound;
use std::sync::Arc;

use super::source::{Range, Source};
use crate::error::Error;
use crate::expression::{KeyError, KeyTest, KeyTests};
use crate::operation::key::{check_not_empty, check_size};
use crate::table::Position;
use crate::value::{Item, KeyValue, Value};

/// A key condition that fits the key of a table or an index.
#[derive(Debug)]
pub(super) struct KeyCondition<'c> {
    /// The values of all attributes of the partition key.
    partition: Vec<(Arc<str>, KeyValue)>,
    /// The values of the first attributes of the sort key.
    equal: Vec<(Arc<str>, KeyValue)>,
    /// The test of the attribute after those.
    last: Option<(Arc<str>, &'c KeyTest)>,
}

impl<'c> KeyCondition<'c> {
    /// Fits the tests of a request to the key that is read.
    pub fn new(tests: &'c KeyTests, source: &Source<'_>) -> Result<Self, Error> {
        let refused = |error: KeyError| Error::Validation(error.to_string());
        let key = source.key();
        let (given, defined) = (tests.iter().count(), key.len());
        if given > defined {
            return Err(refused(KeyError::TooMany { given, defined }));
        }
        let test_of = |name: &str| {
            tests
                .iter()
                .find(|(tested, _)| *tested == name)
                .map(|(_, test)| test)
        };
        let missed = |name: &str| refused(KeyError::Missed(name.to_owned()));
        for name in &key.hash {
            match test_of(name) {
                None => return Err(missed(name)),
                Some(KeyTest::Equal(_)) => {}
                Some(KeyTest::NotIndexable) => return Err(refused(KeyError::NotIndexable)),
                Some(_) => return Err(refused(KeyError::NotSupported)),
            }
        }
        let stray = tests.iter().any(|(name, _)| !key.contains(name));
        let mut untested = key.range.iter().skip_while(|name| test_of(name).is_some());
        let first_untested = untested.next();
        if stray || untested.any(|name| test_of(name).is_some()) {
            return Err(missed(first_untested.map_or("", |name| name)));
        }
        if tests.iter().any(|(_, test)| *test == KeyTest::NotIndexable) {
            return Err(refused(KeyError::NotIndexable));
        }
        check_values(tests, source)?;
        let mut condition = Self {
            partition: Vec::new(),
            equal: Vec::new(),
            last: None,
        };
        for (name, is_hash) in key
            .hash
            .iter()
            .map(|name| (name, true))
            .chain(key.range.iter().map(|name| (name, false)))
        {
            let Some(test) = test_of(name) else { break };
            if condition.last.is_some() {
                return Err(refused(KeyError::NotSupported));
            }
            match test {
                KeyTest::Equal(value) => {
                    let value = value.as_key().ok_or_else(wrong_type)?;
                    let side = if is_hash {
                        &mut condition.partition
                    } else {
                        &mut condition.equal
                    };
                    side.push((Arc::clone(name), value));
                }
                other => condition.last = Some((Arc::clone(name), other)),
            }
        }
        Ok(condition)
    }

    /// All rows that the condition lets through.
    pub fn range(&self) -> Range {
        let partition: Vec<_> = self
            .partition
            .iter()
            .map(|(_, value)| value.clone())
            .collect();
        let equal: Vec<_> = self.equal.iter().map(|(_, value)| value.clone()).collect();
        let with = |value: &Value| {
            let mut sort = equal.clone();
            sort.extend(value.as_key());
            sort
        };
        let before = |sort: &[KeyValue]| Bound::Included(Position::before(&partition, sort));
        let until = |sort: &[KeyValue]| Bound::Excluded(Position::before(&partition, sort));
        let behind = |sort: &[KeyValue]| Bound::Excluded(Position::behind(&partition, sort));
        let (first, end) = (before(&equal), behind(&equal));
        match self.last.as_ref().map(|(_, test)| *test) {
            None | Some(KeyTest::NotIndexable) => (first, end),
            Some(KeyTest::Equal(value)) => (before(&with(value)), behind(&with(value))),
            Some(KeyTest::Less(value)) => (first, until(&with(value))),
            Some(KeyTest::LessOrEqual(value)) => (first, behind(&with(value))),
            Some(KeyTest::Greater(value)) => (
                Bound::Excluded(Position::behind(&partition, &with(value))),
                end,
            ),
            Some(KeyTest::GreaterOrEqual(value)) => (before(&with(value)), end),
            Some(KeyTest::Between(lower, upper)) => (before(&with(lower)), behind(&with(upper))),
            Some(KeyTest::BeginsWith(start)) => {
                let end = match after_prefix(start) {
                    Some(next) => until(&with(&next)),
                    None => end,
                };
                (before(&with(start)), end)
            }
        }
    }

    /// Refuses a starting key that this condition never gives back.
    pub fn check_start(&self, start: &Item, source: &Source<'_>) -> Result<(), Error> {
        const ONE_ROW: &str = "The query can return at most one row and cannot be restarted";
        let holds = |(name, value): &(Arc<str>, KeyValue)| {
            start.get(name).and_then(Value::as_key).as_ref() == Some(value)
        };
        let Some((last, leading)) = self.partition.split_last() else {
            return Ok(());
        };
        if !leading.iter().all(holds) {
            return Err(Error::validation(ONE_ROW));
        }
        let has_last = self.last.as_ref().is_none_or(|(name, test)| {
            let value = start.get(name).and_then(Value::as_key);
            value.is_none_or(|value| test.passes(&value))
        });
        if !self.equal.iter().all(holds) || !has_last {
            return Err(Error::validation(
                "The provided starting key does not match the range key predicate",
            ));
        }
        if holds(last) {
            return Ok(());
        }
        Err(Error::validation(
            if !self.equal.is_empty() || self.last.is_some() {
                ONE_ROW
            } else if source.index.is_none() && source.table.key.range.is_empty() {
                "The provided exclusive start key is invalid"
            } else {
                "The provided starting key is outside query boundaries based on provided conditions"
            },
        ))
    }
}

fn wrong_type() -> Error {
    Error::invalid("Condition parameter type does not match schema type")
}

/// Every value must have the type of its attribute, and be one that a key can have.
fn check_values(tests: &KeyTests, source: &Source<'_>) -> Result<(), Error> {
    for (name, test) in tests.iter() {
        for value in test.values() {
            if !source
                .table
                .types
                .get(name)
                .is_some_and(|kind| kind.is_of(value))
            {
                return Err(wrong_type());
            }
        }
    }
    for (name, test) in tests.iter() {
        for value in test.values() {
            check_not_empty(name, value)?;
            check_size(value, source.key().hash.iter().any(|hash| **hash == *name))?;
        }
    }
    Ok(())
}

/// The first value after all that start with `start`; none where all that come later do.
fn after_prefix(start: &Value) -> Option<Value> {
    match start {
        Value::S(text) => {
            let mut letters: Vec<char> = text.chars().collect();
            while let Some(last) = letters.pop() {
                let mut later = (last as u32 + 1..=char::MAX as u32).filter_map(char::from_u32);
                if let Some(next) = later.next() {
                    letters.push(next);
                    return Some(Value::text(&letters.iter().collect::<String>()));
                }
            }
            None
        }
        Value::B(bytes) => {
            let mut bytes = bytes.to_vec();
            while let Some(last) = bytes.pop() {
                if let Some(next) = last.checked_add(1) {
                    bytes.push(next);
                    return Some(Value::B(bytes.into()));
                }
            }
            None
        }
        _ => None,
    }
}
