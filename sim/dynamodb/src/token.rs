//! Tokens that make a repeated transaction one.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;

use crate::error::Error;
use crate::place::Place;

/// A token is known for so long.
const KNOWN: TimeDelta = TimeDelta::minutes(10);

/// The tokens of the transactions of the last ten minutes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    known: BTreeMap<(Place, String), Done>,
    /// Oldest first.
    order: VecDeque<(DateTime<Utc>, (Place, String))>,
}

/// A transaction that was done.
#[derive(Clone, Debug)]
struct Done {
    input: String,
    sizes: Vec<(String, usize)>,
}

impl Tokens {
    /// The sizes of the items by the names of their tables, if the transaction was done already.
    pub fn done(
        &mut self,
        now: DateTime<Utc>,
        place: &Place,
        token: &str,
        input: &str,
    ) -> Result<Option<&[(String, usize)]>, Error> {
        while self.order.front().is_some_and(|(at, _)| *at + KNOWN <= now) {
            if let Some((_, key)) = self.order.pop_front() {
                self.known.remove(&key);
            }
        }
        match self.known.get(&(place.clone(), token.to_owned())) {
            None => Ok(None),
            Some(done) if same_actions(&done.input, input) => Ok(Some(&done.sizes)),
            Some(_) => Err(Error::IdempotentParameterMismatch),
        }
    }

    /// Notes that a transaction was done.
    pub fn note(
        &mut self,
        now: DateTime<Utc>,
        place: &Place,
        token: &str,
        input: &str,
        sizes: Vec<(String, usize)>,
    ) {
        let key = (place.clone(), token.to_owned());
        self.known.insert(
            key.clone(),
            Done {
                input: input.to_owned(),
                sizes,
            },
        );
        self.order.push_back((now, key));
    }

    /// What is kept, in bytes.
    pub fn held_bytes(&self) -> usize {
        self.known
            .iter()
            .map(|((_, token), done)| token.len() + done.input.len())
            .sum()
    }
}

/// Whether two requests ask for the same actions, whatever else they ask for.
fn same_actions(one: &str, other: &str) -> bool {
    let actions = |input: &str| {
        let mut request: Json = serde_json::from_str(input).unwrap_or_default();
        request["TransactItems"].take()
    };
    one == other || actions(one) == actions(other)
}
