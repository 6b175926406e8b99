use std::fmt::Debug;

use async_trait::async_trait;

use crate::cloud::lambda::{Invocation, InvocationResult};

/// Runs the functions of the template: in this process, as child processes, or not at all.
#[async_trait(?Send)]
pub trait FunctionHost: Debug {
    /// Carries out one attempt. The caller ends it after [`Invocation::timeout`] by dropping the future.
    async fn invoke(&self, invocation: &Invocation) -> InvocationResult;

    /// Stops whatever runs: the cloud begins anew, or the server ends.
    async fn reset(&self) {}
}

/// Runs nothing: every invocation fails and says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

#[async_trait(?Send)]
impl FunctionHost for NoHost {
    async fn invoke(&self, invocation: &Invocation) -> InvocationResult {
        InvocationResult::Failed {
            error_type: "Sim.NoFunctionHost".to_owned(),
            message: format!("nothing runs the function {}: the server was started without a host for functions", invocation.function),
        }
    }
}
