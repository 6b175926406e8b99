use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use serde_json::Value;

use super::shared::Shared;
use crate::journal::JournalEvent;
use seeded_dice::Key;
use simulated_cloud::lambda::Invocation;

thread_local! {
    /// The world, and the invocation, whose code runs on this thread right now.
    static CURRENT: RefCell<Option<(Arc<Shared>, u64)>> = const { RefCell::new(None) };
}

/// Writes a line that a function's code logs into the journal of the world and invocation whose code
/// runs on this thread right now; without one it goes nowhere. For a subscriber of the system's own
/// log.
pub fn log_line(level: String, message: String, fields: Value) {
    let Some((shared, invocation)) = CURRENT.with(|current| current.borrow().clone()) else {
        return;
    };
    let fact = JournalEvent::Log {
        level,
        message,
        fields: fields.into(),
    };
    shared.push(Some(invocation), fact);
}

/// Runs `work` so that its log lines belong to the world and the invocation, and its chance is the
/// invocation's own.
pub(super) fn with_world<F: Future>(
    shared: &Arc<Shared>,
    invocation: &Invocation,
    work: F,
) -> impl Future<Output = F::Output> {
    let chance = Chance::of(shared, invocation.cause.text("jitter"));
    InWorld {
        shared: Arc::clone(shared),
        invocation: invocation.number,
        chance,
        work: Box::pin(work),
    }
}

/// What code draws that knows of no dice: the SDK and other clients take the jitter of their
/// retries, and names of calls, from the thread's own generator. Each invocation is given one of
/// its own, so that no other shifts its draws.
pub(super) struct Chance {
    seed: u64,
}

impl Chance {
    pub fn of(shared: &Shared, cause: Key) -> Self {
        Self {
            seed: shared.with(|state| state.jitter.seed(cause)),
        }
    }

    /// Lets `work` draw, from where the last one stopped.
    pub fn during<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let outside = fastrand::get_seed();
        fastrand::seed(self.seed);
        let done = work();
        self.seed = fastrand::get_seed();
        fastrand::seed(outside);
        done
    }
}

struct InWorld<F> {
    shared: Arc<Shared>,
    invocation: u64,
    chance: Chance,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for InWorld<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // In a run that does not end all work stands still, and the driver goes home.
        if !self.shared.turn() {
            return Poll::Pending;
        }
        let place = (Arc::clone(&self.shared), self.invocation);
        CURRENT.with(|current| *current.borrow_mut() = Some(place));
        let Self { chance, work, .. } = &mut *self;
        let polled = chance.during(|| work.as_mut().poll(context));
        CURRENT.with(|current| *current.borrow_mut() = None);
        polled
    }
}
