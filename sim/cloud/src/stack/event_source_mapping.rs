/// Lambda polling a queue for a function (`AWS::Lambda::EventSourceMapping`, or a SAM event of type
/// SQS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSourceMapping {
    /// The name inside the template; for a SAM event, the one that SAM generates.
    pub logical_id: String,
    /// ARN of the queue.
    pub source_arn: String,
    /// Most messages of one invocation, default 10.
    pub batch_size: u32,
    /// How long Lambda gathers a batch, default 0.
    pub maximum_batching_window_seconds: u32,
    /// A disabled mapping does not poll.
    pub enabled: bool,
    /// `ReportBatchItemFailures`: the function names the messages that failed.
    pub report_batch_item_failures: bool,
    /// Most invocations at a time, 2 to 1000.
    pub maximum_concurrency: Option<u32>,
    /// Message filters, each as compact JSON; a message must match one.
    pub filters: Vec<String>,
}
