//! Runs the program of a Lambda function as it is, as Lambda does: a process that asks the Runtime
//! API for one event after another. For programs in any language; they run on the wall clock.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use std::time::Duration;
//! use lambda_host::{Host, HostedFunction};
//!
//! let mut host = Host::new(HostedFunction::new("my-function", "target/debug/bootstrap"));
//! let invoked = host.invoke(r#"{"mode": "trade"}"#, "request-1", Duration::from_secs(30)).await?;
//! println!("{:?}", invoked.result);
//! # Ok(())
//! # }
//! ```

mod api;
mod environment;
mod function;
mod lambda_error;
mod output;

use std::io;
use std::time::Duration;

use serde_json::Value;

use simulated_cloud::lambda::InvocationResult;

use self::environment::{Ended, Environment, Started, Unready};
pub use self::function::HostedFunction;
use self::output::Output;
pub use self::output::{OutputLine, OutputStream};

/// One execution environment of a function. It handles one event at a time; for several at once use
/// several hosts.
#[derive(Debug)]
pub struct Host {
    function: HostedFunction,
    warm: Option<Environment>,
    output: Output,
}

/// How an invocation went.
#[derive(Clone, Debug, PartialEq)]
pub struct Invoked {
    /// How it ended.
    pub result: InvocationResult,
    /// What its caller sees: the function's answer, or an error as Lambda words it.
    pub response: Value,
    /// Whether a process was started for it.
    pub is_cold: bool,
    /// How far it came.
    pub phase: Phase,
}

/// The phases of an execution environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the program asked for its first event.
    Init,
    /// With an event.
    Invoke,
}

impl Host {
    /// A host of `function`; the process is started for the first event.
    #[must_use]
    pub fn new(function: HostedFunction) -> Self {
        Self {
            function,
            warm: None,
            output: Output::default(),
        }
    }

    /// Hands one event to the function and waits until it answers, dies, or `limit` has passed
    /// since it got the event. The process is kept for the next event where it answered, and killed
    /// where its time was up.
    ///
    /// Lambda starts a failed init again within the invocation; here the failure is the answer, so
    /// that a caller sees it at once.
    ///
    /// # Errors
    /// The host itself has no port for the Runtime API. Whatever the function does is in the
    /// answer.
    pub async fn invoke(
        &mut self,
        payload: &str,
        request_id: &str,
        limit: Duration,
    ) -> io::Result<Invoked> {
        let warm = self.warm.take().and_then(Environment::if_alive);
        let is_cold = warm.is_none();
        let mut environment = match warm {
            Some(environment) => environment,
            None => match Environment::start(&self.function, self.output.clone()).await? {
                Started::Ready(environment) => *environment,
                Started::Unready(unready) => return Ok(self.not_ready(unready, request_id)),
            },
        };
        let ended = environment.handle(payload, request_id, limit).await;
        if matches!(
            ended,
            Ended::Answered {
                will_go_on: true,
                ..
            }
        ) {
            self.warm = Some(environment);
        } else {
            environment.end().await;
        }
        let (result, response) = match ended {
            Ended::Answered {
                answer: Ok(answer), ..
            } => (InvocationResult::Success(answer.clone()), answer),
            Ended::Answered {
                answer: Err(error), ..
            } => lambda_error::failed(error),
            Ended::Exited(status) => (
                InvocationResult::Crashed,
                lambda_error::exited(request_id, status),
            ),
            Ended::TimedOut => (
                InvocationResult::TimedOut,
                lambda_error::timed_out(request_id, limit),
            ),
        };
        Ok(Invoked {
            result,
            response,
            is_cold,
            phase: Phase::Invoke,
        })
    }

    fn not_ready(&self, unready: Unready, request_id: &str) -> Invoked {
        let (result, response) = match unready {
            Unready::NoProgram(error) => lambda_error::failed(lambda_error::no_program(
                request_id,
                &self.function.program,
                &error,
            )),
            Unready::Error(error) => lambda_error::failed(error),
            Unready::Exited(status) => (
                InvocationResult::Crashed,
                lambda_error::exited(request_id, status),
            ),
            Unready::TimedOut => (
                InvocationResult::TimedOut,
                lambda_error::timed_out(request_id, self.function.init_limit),
            ),
        };
        Invoked {
            result,
            response,
            is_cold: true,
            phase: Phase::Init,
        }
    }

    /// Ends the process, as Lambda does with one that nobody needs; all it wrote is there
    /// afterwards.
    pub async fn stop(&mut self) {
        if let Some(environment) = self.warm.take() {
            environment.end().await;
        }
    }

    /// Takes the lines that the function wrote since the last time, oldest first. A warm process's
    /// last lines may come a moment after its answer. No more than [`OutputLine::KEPT`] are kept,
    /// the newest.
    pub fn take_lines(&self) -> Vec<OutputLine> {
        self.output.take()
    }
}
