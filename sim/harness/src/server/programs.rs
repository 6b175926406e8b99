use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write as _;

use async_trait::async_trait;

use super::FunctionHost;
use lambda_host::{Host, HostedFunction};
use simulated_cloud::lambda::{Invocation, InvocationResult};

/// Runs functions as programs: a process for each execution environment, kept warm for the next
/// event. What they write goes to this process's standard error.
#[derive(Debug, Default)]
pub struct ProgramHost {
    functions: BTreeMap<String, HostedFunction>,
    idle: RefCell<BTreeMap<String, Vec<Host>>>,
}

impl ProgramHost {
    /// Runs these, by their own names.
    #[must_use]
    pub fn new(functions: impl IntoIterator<Item = HostedFunction>) -> Self {
        let functions = functions
            .into_iter()
            .map(|function| (function.name.clone(), function))
            .collect();
        Self {
            functions,
            idle: RefCell::default(),
        }
    }

    fn host(&self, function: &str, endpoint: &str) -> Option<Host> {
        if let Some(idle) = self.idle.borrow_mut().get_mut(function).and_then(Vec::pop) {
            return Some(idle);
        }
        let mut hosted = self.functions.get(function)?.clone();
        hosted
            .environment
            .entry("AWS_ENDPOINT_URL".to_owned())
            .or_insert_with(|| endpoint.to_owned());
        Some(Host::new(hosted))
    }
}

#[async_trait(?Send)]
impl FunctionHost for ProgramHost {
    async fn invoke(&self, invocation: &Invocation, endpoint: &str) -> InvocationResult {
        let name = &invocation.function;
        let Some(mut host) = self.host(name, endpoint) else {
            let message = format!(
                "no program was given for the function {name}: start the server with --function {name}=PROGRAM"
            );
            return InvocationResult::Failed {
                error_type: "Sim.NoProgram".to_owned(),
                message,
            };
        };
        let invoked = host
            .invoke(
                &invocation.payload,
                &invocation.request_id,
                invocation.timeout,
            )
            .await;
        show(name, &host);
        match invoked {
            Ok(invoked) => {
                self.idle
                    .borrow_mut()
                    .entry(name.clone())
                    .or_default()
                    .push(host);
                invoked.result
            }
            Err(error) => InvocationResult::Failed {
                error_type: "Sim.NoRuntimeApi".to_owned(),
                message: format!("the Runtime API of {name} cannot be served: {error}"),
            },
        }
    }

    async fn reset(&self) {
        let idle = std::mem::take(&mut *self.idle.borrow_mut());
        for mut host in idle.into_values().flatten() {
            host.stop().await;
        }
    }
}

fn show(function: &str, host: &Host) {
    let mut error_output = std::io::stderr().lock();
    for line in host.take_lines() {
        // Nobody may be reading; the function goes on.
        let _unread = writeln!(error_output, "{function}: {}", line.text);
    }
}
