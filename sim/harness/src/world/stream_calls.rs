use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::context::Context;
use super::shared::Shared;
use crate::counterparty::{Decision, StreamCalls};
use crate::fault::{CallVerdict, Phase, Site};
use crate::journal::{CallOutcome, JournalEvent};

/// A call over a stream, or the stream's own beginning: named, struck by faults and noted as a call
/// of HTTP is.
pub(super) struct OpenCall {
    site: Site,
    invocation: u64,
    attempt: u32,
    started: DateTime<Utc>,
    verdict: Option<CallVerdict>,
}

/// Whether a call takes time to come to whom it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As long as any.
    Takes,
    /// The stream is there, and what is said over it takes no time of its own.
    AtOnce,
}

impl OpenCall {
    /// A call of `operation` begins, and comes to whom it is for.
    pub async fn begin(shared: &Shared, context: &Context, operation: String, way: Way) -> Self {
        let started = shared.now();
        let (invocation, attempt, site) = context.with(|current| {
            let number = current.number_of_call(&operation, "");
            let site = Site {
                trigger: current.trigger.clone(),
                operation,
                number,
            };
            (current.invocation, current.attempt, site)
        });
        let cause = context.next_try(&site);
        if way == Way::Takes {
            tokio::time::sleep(context.latency(shared, cause.text("there"))).await;
        }
        shared.meanwhile(invocation, attempt, &site, Phase::Before);
        let verdict =
            shared.with_faults(|faults| faults.on_call(shared.now(), &site, attempt, cause));
        Self {
            site,
            invocation,
            attempt,
            started,
            verdict,
        }
    }

    /// Lets what strikes in that phase strike. Whether the call goes on.
    pub async fn goes_on(&self, shared: &Shared, context: &Context, phase: Phase) -> bool {
        let Some(verdict) = self
            .verdict
            .as_ref()
            .filter(|verdict| verdict.phase == phase)
        else {
            return true;
        };
        let effect = verdict.effect.clone();
        let site = self.site.clone();
        shared.push(
            Some(self.invocation),
            JournalEvent::Fault {
                site,
                phase,
                effect,
                answered: None,
            },
        );
        context.suffer(shared, &verdict.effect).await.is_none()
    }

    /// The work is done.
    pub fn done(&self, shared: &Shared) {
        shared.collect(Some(self.invocation));
        shared.meanwhile(self.invocation, self.attempt, &self.site, Phase::After);
    }

    /// Notes how the call came back.
    pub fn end(self, shared: &Shared, outcome: CallOutcome) {
        let duration = (shared.now() - self.started).num_milliseconds();
        shared.push(
            Some(self.invocation),
            JournalEvent::Call {
                site: self.site,
                attempt: 1,
                outcome,
                duration_ms: u64::try_from(duration).unwrap_or(u64::MAX),
                needs: Vec::new(),
            },
        );
    }
}

/// The calls over one stream of an execution environment.
pub(super) struct Dialogue {
    pub shared: Arc<Shared>,
    pub context: Arc<Context>,
    pub party: &'static str,
    pub open: Mutex<Option<OpenCall>>,
}

/// As the transport of HTTP says it.
pub(super) fn broken() -> CallOutcome {
    CallOutcome::Unanswered("connection reset by peer".to_owned())
}

impl Dialogue {
    fn take(&self) -> Option<OpenCall> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.take()
    }
}

impl StreamCalls for Dialogue {
    fn begin<'a>(&'a self, operation: &'a str) -> Decision<'a> {
        Box::pin(async move {
            let (shared, context) = (&self.shared, &self.context);
            let operation = format!("{} {operation}", self.party);
            let call = OpenCall::begin(shared, context, operation, Way::AtOnce).await;
            if !call.goes_on(shared, context, Phase::Before).await {
                call.end(shared, broken());
                return false;
            }
            *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(call);
            true
        })
    }

    fn end(&self, code: u16) -> Decision<'_> {
        Box::pin(async move {
            let Some(call) = self.take() else {
                return true;
            };
            call.done(&self.shared);
            let goes_on = call
                .goes_on(&self.shared, &self.context, Phase::After)
                .await;
            let outcome = if goes_on {
                CallOutcome::Answered(code)
            } else {
                broken()
            };
            call.end(&self.shared, outcome);
            goes_on
        })
    }

    fn abandon(&self) {
        if let Some(call) = self.take() {
            call.done(&self.shared);
            call.end(&self.shared, broken());
        }
    }
}
