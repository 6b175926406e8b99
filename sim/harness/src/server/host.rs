use std::fmt::Debug;

use async_trait::async_trait;

use simulated_cloud::lambda::{Invocation, InvocationResult};

/// Runs the functions of the template: in this process, as child processes, or not at all.
#[async_trait(?Send)]
pub trait FunctionHost: Debug {
    /// Carries out one attempt; AWS is at `endpoint`. The caller ends it after
    /// [`Invocation::timeout`] by dropping the future.
    async fn invoke(&self, invocation: &Invocation, endpoint: &str) -> InvocationResult;

    /// Stops whatever runs: the cloud begins anew, or the server ends.
    async fn reset(&self) {}
}
