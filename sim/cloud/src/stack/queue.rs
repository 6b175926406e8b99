/// An SQS queue (`AWS::SQS::Queue`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// The name inside the template.
    pub logical_id: String,
    /// Physical name, at most 80 characters; a FIFO queue's ends in `.fifo`.
    pub name: String,
    /// `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`.
    pub url: String,
    /// `arn:...:sqs:REGION:ACCOUNT:NAME`.
    pub arn: String,
    /// First in, first out.
    pub fifo: bool,
    /// FIFO only: the body's hash is the deduplication id.
    pub content_based_deduplication: bool,
    /// FIFO only: `queue` or `messageGroup`.
    pub deduplication_scope: Option<String>,
    /// FIFO only: `perQueue` or `perMessageGroupId`.
    pub fifo_throughput_limit: Option<String>,
    /// How long a received message is hidden, 0 to 43200 s, default 30.
    pub visibility_timeout_seconds: u32,
    /// How long a message is kept, 60 to 1209600 s, default 345600.
    pub retention_seconds: u32,
    /// How long a new message is hidden, 0 to 900 s, default 0.
    pub delay_seconds: u32,
    /// Largest message, 1024 to 1048576 bytes, default 1048576.
    pub maximum_message_size_bytes: u32,
    /// How long a receive waits for a message, 0 to 20 s, default 0.
    pub receive_wait_seconds: u32,
    /// Where messages go that were received too often.
    pub redrive: Option<Redrive>,
    /// Encrypted with keys of SQS itself (SSE-SQS), default true.
    pub managed_encryption: bool,
    /// The KMS key, if one encrypts the queue.
    pub kms_key: Option<String>,
}

/// When a message moves to another queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// ARN of the queue that receives it.
    pub dead_letter_arn: String,
    /// Receives after which it moves, 1 to 1000.
    pub max_receive_count: u32,
}
