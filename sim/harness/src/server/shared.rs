use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response};
use tokio::sync::{Mutex, Notify};
use tokio::time::Instant;

use super::clock::OffsetClock;
use super::error::ServerError;
use super::host::FunctionHost;
use super::journal::WireJournal;
use super::memory::Memory;
use crate::journal::JournalEvent;
use simulated_cloud::api::ApiRequest;
use simulated_cloud::api::error::ServiceError;
use simulated_cloud::api::operation::Access;
use simulated_cloud::knobs::Knobs;
use simulated_cloud::lambda::{Begun, invocation_answer};
use simulated_cloud::lambda::{Invocation, InvocationResult};
use simulated_cloud::stack::{Account, Stack};
use simulated_cloud::{Cloud, access};

/// What a server begins with, and goes back to.
#[derive(Clone, Debug)]
pub struct WireSetup {
    /// What is there from the start.
    pub stack: Stack,
    /// The account and region.
    pub account: Account,
    /// What AWS leaves open.
    pub knobs: Knobs,
    /// The seed of ids and of what is random.
    pub seed: u64,
}

/// The cloud as all connections share it.
#[derive(Debug)]
pub(super) struct Shared {
    setup: WireSetup,
    endpoint: String,
    host: Rc<dyn FunctionHost>,
    pub clock: OffsetClock,
    cloud: RefCell<Cloud>,
    pub journal: RefCell<WireJournal>,
    pub memory: Memory,
    /// Something happened.
    changed: Notify,
    /// Clients that let time jump take turns.
    jumping: Mutex<()>,
    running: Cell<usize>,
    /// Counts the resets: what was begun before one has no end after it.
    generation: Cell<u64>,
}

/// How long a timer sleeps at most; then it looks again.
const NAP: Duration = Duration::from_secs(60);

impl Shared {
    pub fn new(
        setup: WireSetup,
        endpoint: String,
        host: Rc<dyn FunctionHost>,
    ) -> Result<Self, ServerError> {
        let clock = OffsetClock::default();
        let cloud = RefCell::new(create(&setup, &endpoint, clock.now())?);
        Ok(Self {
            setup,
            endpoint,
            host,
            clock,
            cloud,
            journal: RefCell::default(),
            memory: Memory::new(),
            changed: Notify::new(),
            jumping: Mutex::new(()),
            running: Cell::new(0),
            generation: Cell::new(0),
        })
    }

    /// Touches the cloud, and takes down what it did.
    fn touch<T>(&self, touch: impl FnOnce(&mut Cloud, DateTime<Utc>) -> T) -> T {
        let now = self.clock.now();
        let mut cloud = self.cloud.borrow_mut();
        let outcome = touch(&mut cloud, now);
        let mut journal = self.journal.borrow_mut();
        cloud
            .take_records()
            .into_iter()
            .for_each(|record| journal.push(now, JournalEvent::Cloud { record }));
        outcome
    }

    pub fn note(&self, what: String) {
        self.journal
            .borrow_mut()
            .push(self.clock.now(), JournalEvent::Action { what });
    }

    /// When something happens next, after this call.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Answers a request of an AWS client; holds long polls and synchronous invocations open.
    pub async fn answer(self: &Rc<Self>, request: &Request<Bytes>) -> Response<Bytes> {
        let request = &ApiRequest::read(request);
        let access = access(request);
        if request.is_plain_get && request.call.is_ok() && access != Some(Access::Reads) {
            let message = "A GET that changes something needs the header Authorization, as every AWS client sends it: a web page could send it too.";
            let refused = ServiceError {
                status: 403,
                ..ServiceError::client("AccessDeniedException", message)
            };
            return request.answer(Err(refused), "refused");
        }
        if let Some(access) = access
            && let Err(refused) = self.memory.admit(access, request.body.len(), || {
                self.cloud.borrow().held_bytes()
            })
        {
            return request.answer(Err(refused), "refused");
        }
        match self.touch(|cloud, _| cloud.begin_invocation(request)) {
            Begun::Running(invocation) => {
                let result = Running::begin(self).carry_out(&invocation).await;
                return invocation_answer(&invocation, &result);
            }
            Begun::NotAsked => {}
            Begun::Refused(refused) => return refused,
        }
        let deadline = self.touch(|cloud, now| {
            cloud
                .long_poll(request)
                .map(|seconds| now + TimeDelta::seconds(seconds.into()))
        });
        loop {
            let changed = self.changed.notified();
            let response = self.touch(|cloud, now| cloud.answer(now, request));
            let Some(wait) = deadline
                .filter(|_| came_back_empty(&response))
                .map(|deadline| deadline - self.clock.now())
            else {
                self.changed.notify_waiters();
                return response;
            };
            if wait <= TimeDelta::zero() {
                return response;
            }
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(self.until_visible(request, wait)) => {}
            }
        }
    }

    /// How long until a long poll may find something, at most `wait`.
    fn until_visible(&self, request: &ApiRequest, wait: TimeDelta) -> Duration {
        let now = self.clock.now();
        // What is visible and was not given will not be given in this instant: look again a little
        // later.
        let next = self
            .cloud
            .borrow()
            .next_visible(request)
            .map(|at| (at - now).max(TimeDelta::milliseconds(50)));
        next.map_or(wait, |next| next.min(wait))
            .to_std()
            .unwrap_or(NAP)
    }

    /// Runs timers when they are due, for ever.
    pub async fn keep_time(self: &Rc<Self>) {
        loop {
            let changed = self.changed.notified();
            self.pump();
            let due = self.cloud.borrow().next_due();
            let wait = due.map_or(NAP, |due| {
                (due - self.clock.now())
                    .to_std()
                    .unwrap_or(Duration::ZERO)
                    .min(NAP)
            });
            tokio::select! {
                () = changed => {}
                // Timers have a resolution of a millisecond: never before it is due.
                () = tokio::time::sleep_until(Instant::now() + wait + Duration::from_millis(1)) => {}
            }
        }
    }

    /// Runs all timers due by now, and starts the invocations that follow.
    fn pump(self: &Rc<Self>) {
        let before = self.journal.borrow().written();
        let invocations = self.touch(|cloud, now| cloud.advance(now));
        for invocation in invocations {
            // Counted before it first runs, so that a jump of the clock waits for it.
            let running = Running::begin(self);
            tokio::task::spawn_local(async move { running.carry_out(&invocation).await });
        }
        if self.journal.borrow().written() != before {
            self.changed.notify_waiters();
        }
    }

    /// Moves the clock forward. Timers that become due run in order, and functions end before time
    /// goes on.
    pub async fn jump(self: &Rc<Self>, by: TimeDelta) {
        let _turn = self.jumping.lock().await;
        let target = self.clock.now() + by;
        loop {
            self.pump();
            self.wait_for_functions().await;
            let due = self.cloud.borrow().next_due().filter(|due| *due <= target);
            let Some(due) = due else { break };
            self.clock.jump_to(due);
            tokio::task::yield_now().await;
        }
        self.clock.jump_to(target);
        self.pump();
        self.wait_for_functions().await;
        self.changed.notify_waiters();
    }

    async fn wait_for_functions(self: &Rc<Self>) {
        while self.running.get() > 0 {
            let changed = self.changed.notified();
            if self.running.get() == 0 {
                return;
            }
            changed.await;
            self.pump();
        }
    }

    /// Forgets everything, and begins as at the start.
    pub async fn reset(self: &Rc<Self>) -> Result<(), ServerError> {
        let _turn = self.jumping.lock().await;
        self.clock.reset();
        let fresh = create(&self.setup, &self.endpoint, self.clock.now())?;
        self.generation.set(self.generation.get() + 1);
        *self.cloud.borrow_mut() = fresh;
        *self.journal.borrow_mut() = WireJournal::default();
        self.host.reset().await;
        self.changed.notify_waiters();
        Ok(())
    }
}

fn create(setup: &WireSetup, endpoint: &str, now: DateTime<Utc>) -> Result<Cloud, ServerError> {
    let mut cloud = Cloud::new(
        &setup.stack,
        setup.account.clone(),
        setup.knobs.clone(),
        setup.seed,
        now,
    )
    .map_err(ServerError::Cloud)?;
    cloud.set_queue_endpoint(endpoint);
    Ok(cloud)
}

/// One invocation, counted for as long as it runs, however it ends.
struct Running {
    shared: Rc<Shared>,
    generation: u64,
}

impl Running {
    fn begin(shared: &Rc<Shared>) -> Self {
        shared.running.set(shared.running.get() + 1);
        Self {
            shared: Rc::clone(shared),
            generation: shared.generation.get(),
        }
    }

    async fn carry_out(self, invocation: &Invocation) -> InvocationResult {
        let shared = &self.shared;
        let started = Instant::now();
        let result = tokio::time::timeout(
            invocation.timeout,
            shared.host.invoke(invocation, &shared.endpoint),
        )
        .await
        .unwrap_or(InvocationResult::TimedOut);
        if shared.generation.get() == self.generation {
            shared.touch(|cloud, now| cloud.finished(now, invocation, &result, started.elapsed()));
        }
        result
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.running.set(self.shared.running.get() - 1);
        self.shared.changed.notify_waiters();
    }
}

/// Whether a receive found nothing.
fn came_back_empty(response: &Response<Bytes>) -> bool {
    let body = response.body();
    response.status().is_success()
        && !body.windows(9).any(|window| window == b"<Message>")
        && !body.starts_with(b"{\"Messages\"")
}
