//! What follows from an invocation that is due, and from one that ended (`lambda` of semantics.md).

use chrono::{DateTime, Utc};

use super::destination::{give_up, succeed};
use super::invocation::{self, NotStarted};
use super::{queue_source, stream_source};
use crate::lambda::{BatchItems, Next, Polled};
use crate::state::CloudState;
use crate::task::Task;

/// Starts the next attempt of an accepted invocation.
pub(crate) fn start(state: &mut CloudState, now: DateTime<Utc>, ticket: u64) {
    match invocation::start(state, now, ticket) {
        None => {}
        Some(NotStarted::GivenUp(given_up)) => give_up(state, now, *given_up),
        Some(NotStarted::Returned(returned)) => {
            // Messages come back by themselves when their visibility timeout is over.
            if let BatchItems::Records(batch) = returned.batch.items {
                stream_source::take_back(state, now, returned.batch.mapping, batch);
            }
        }
    }
}

/// Does what follows from the end of an attempt.
pub(crate) fn follow_up(state: &mut CloudState, now: DateTime<Utc>, next: Next) {
    match next {
        Next::Done => {}
        Next::Retry(ticket, at) => state.timers.put(at, Task::Invoke(ticket)),
        Next::Succeeded(succeeded) => succeed(state, now, &succeeded),
        Next::GivenUp(given_up) => give_up(state, now, *given_up),
        Next::Polled(polled) => end_batch(state, now, &polled),
    }
}

fn end_batch(state: &mut CloudState, now: DateTime<Utc>, polled: &Polled) {
    match &polled.batch.items {
        BatchItems::Messages(messages) => {
            let (mapping, response) = (polled.batch.mapping, polled.response.as_ref());
            queue_source::end_batch(state, now, mapping, messages, response);
        }
        BatchItems::Records(records) => {
            stream_source::end_batch(state, now, polled, records.clone());
        }
    }
}
