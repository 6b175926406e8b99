/// Lambda polling something for a function (`AWS::Lambda::EventSourceMapping`, or a SAM event of
/// type SQS or DynamoDB).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSourceMapping {
    /// The name inside the template; for a SAM event, the one that SAM generates.
    pub logical_id: String,
    /// ARN of the queue or the stream.
    pub source_arn: String,
    /// Most messages or records of one invocation: 10 of a queue, 100 of a stream by default.
    pub batch_size: u32,
    /// How long Lambda gathers a batch, default 0.
    pub maximum_batching_window_seconds: u32,
    /// A disabled mapping does not poll.
    pub enabled: bool,
    /// `ReportBatchItemFailures`: the function names what failed.
    pub report_batch_item_failures: bool,
    /// Filters, each as compact JSON; a message or record must match one.
    pub filters: Vec<String>,
    /// What is polled, with the properties that only this kind has.
    pub source: EventSource,
}

/// What an event source mapping polls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventSource {
    /// An SQS queue.
    Queue(QueueSource),
    /// The stream of a DynamoDB table.
    Stream(StreamSource),
}

/// How a queue is polled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueSource {
    /// Most invocations at a time, 2 to 1000.
    pub maximum_concurrency: Option<u32>,
}

/// How a stream is polled, and what becomes of records on which the function fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSource {
    /// Where reading begins.
    pub starting_position: StartingPosition,
    /// Tries of a batch after the first one; `None` tries until the records expire.
    pub maximum_retry_attempts: Option<u32>,
    /// Records that are older are discarded; `None` is the 24 hours that a stream keeps them.
    pub maximum_record_age_seconds: Option<u32>,
    /// A batch that fails is split in two.
    pub bisect_batch_on_function_error: bool,
    /// ARN of the queue or topic that is told of discarded records.
    pub on_failure: Option<String>,
}

/// Where the reading of a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartingPosition {
    /// At the oldest record that is kept.
    TrimHorizon,
    /// After the newest record.
    Latest,
}
