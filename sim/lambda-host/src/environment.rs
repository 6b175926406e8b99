use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tokio::process::Child;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::api::{Handout, Report, RuntimeApi};
use super::function::HostedFunction;
use super::output::{Output, OutputStream};

/// How long to wait for the last lines of a process that is dead: a child of its own may hold the
/// pipe open.
const LAST_LINES_LIMIT: Duration = Duration::from_millis(500);

/// A process and the Runtime API that it alone talks to.
#[derive(Debug)]
pub(super) struct Environment {
    child: Child,
    api: RuntimeApi,
    readers: JoinSet<()>,
}

/// What came of starting a process.
#[derive(Debug)]
pub(super) enum Started {
    /// It asked for its first event.
    Ready(Box<Environment>),
    /// It never did.
    Unready(Unready),
}

/// Why a process is not ready for events.
#[derive(Debug)]
pub(super) enum Unready {
    NoProgram(io::Error),
    /// What it posted to `/init/error`.
    Error(Value),
    Exited(ExitStatus),
    TimedOut,
}

/// What came of an event.
#[derive(Debug)]
pub(super) enum Ended {
    /// The function's answer, or its error object, and whether it asked for another event.
    Answered {
        answer: Result<Value, Value>,
        will_go_on: bool,
    },
    Exited(ExitStatus),
    TimedOut,
}

/// What a process does next.
enum Step {
    Reported(Report),
    Exited(ExitStatus),
    TimedOut,
}

impl Environment {
    /// Starts the program and waits until it asks for its first event.
    ///
    /// # Errors
    /// No port is free for the Runtime API.
    pub async fn start(function: &HostedFunction, output: Output) -> io::Result<Started> {
        let api = RuntimeApi::listen(function.arn()).await?;
        let mut child = match function.command(api.address()).spawn() {
            Ok(child) => child,
            Err(error) => return Ok(Started::Unready(Unready::NoProgram(error))),
        };
        let mut readers = JoinSet::new();
        if let Some(pipe) = child.stdout.take() {
            readers.spawn(output.clone().read(OutputStream::Stdout, pipe));
        }
        if let Some(pipe) = child.stderr.take() {
            readers.spawn(output.read(OutputStream::Stderr, pipe));
        }
        let mut environment = Self {
            child,
            api,
            readers,
        };
        let deadline = Instant::now() + function.init_limit;
        let unready = loop {
            match environment.step(deadline).await {
                Step::Reported(Report::Waiting) => {
                    return Ok(Started::Ready(Box::new(environment)));
                }
                Step::Reported(Report::InitError(error)) => break Unready::Error(error),
                // There is no invocation yet that could be answered.
                Step::Reported(Report::Answered(_)) => {}
                Step::Exited(status) => break Unready::Exited(status),
                Step::TimedOut => break Unready::TimedOut,
            }
        };
        environment.end().await;
        Ok(Started::Unready(unready))
    }

    /// Nothing if the process has died since its last answer.
    pub fn if_alive(mut self) -> Option<Self> {
        matches!(self.child.try_wait(), Ok(None)).then_some(self)
    }

    /// Hands out one event and waits for what comes of it.
    pub async fn handle(&mut self, payload: &str, request_id: &str, limit: Duration) -> Ended {
        let deadline = Instant::now() + limit;
        self.api.hand_out(Handout {
            payload: payload.to_owned(),
            request_id: request_id.to_owned(),
            deadline: wall_clock() + TimeDelta::from_std(limit).unwrap_or(TimeDelta::MAX),
        });
        let answer = loop {
            match self.step(deadline).await {
                Step::Reported(Report::Answered(answer)) => break answer,
                // Init is over, and asking twice without an answer was refused.
                Step::Reported(Report::Waiting | Report::InitError(_)) => {}
                Step::Exited(status) => return Ended::Exited(status),
                Step::TimedOut => return Ended::TimedOut,
            }
        };
        // The invocation has its answer; the environment is ready again only when the next event is
        // asked for.
        let will_go_on = matches!(self.step(deadline).await, Step::Reported(Report::Waiting));
        Ended::Answered { answer, will_go_on }
    }

    /// A report comes before the end of the process that made it.
    async fn step(&mut self, deadline: Instant) -> Step {
        tokio::select! {
            biased;
            Some(report) = self.api.reported() => Step::Reported(report),
            Ok(status) = self.child.wait() => Step::Exited(status),
            () = tokio::time::sleep_until(deadline) => Step::TimedOut,
        }
    }

    /// Kills the process if it is still alive, and reads what it wrote last.
    pub async fn end(mut self) {
        // It fails only where there is nothing to kill any more.
        let _killed = self.child.kill().await;
        let all_read = async { while self.readers.join_next().await.is_some() {} };
        // Readers that do not end are dropped with this.
        let _in_time = tokio::time::timeout(LAST_LINES_LIMIT, all_read).await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a process of its own reads the machine's clock, and so must its deadline"
)]
fn wall_clock() -> DateTime<Utc> {
    Utc::now()
}
