use crate::stack::{Account, Queue, Redrive};
use crate::template::reader::context::Context;
use crate::template::reader::error::Problem;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::reader::node::Kind;
use crate::template::reader::node::Node;

impl Queue {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        let fifo = fields.boolean("FifoQueue").unwrap_or(false);
        let name = fields
            .name("QueueName", 80, "-_.")
            .unwrap_or_else(|| generated(context, fifo));
        if let Some(node) = fields
            .node("QueueName")
            .filter(|_| fifo != name.ends_with(".fifo"))
        {
            fields.invalid(
                node,
                "QueueName",
                if fifo {
                    "must end in .fifo for a FIFO queue"
                } else {
                    "must not end in .fifo unless FifoQueue is true"
                },
            );
        }
        fields.tags();
        fields.accept(&["KmsDataKeyReusePeriodSeconds", "RedriveAllowPolicy"]);
        let mut queue = Self {
            fifo,
            ..Self::plain(context, name)
        };
        queue.content_based_deduplication =
            fields.boolean("ContentBasedDeduplication").unwrap_or(false);
        queue.deduplication_scope = fields.choice("DeduplicationScope", &["queue", "messageGroup"]);
        queue.fifo_throughput_limit =
            fields.choice("FifoThroughputLimit", &["perQueue", "perMessageGroupId"]);
        queue.visibility_timeout_seconds = fields
            .count("VisibilityTimeout", 0..=43_200)
            .unwrap_or(queue.visibility_timeout_seconds);
        queue.retention_seconds = fields
            .count("MessageRetentionPeriod", 60..=1_209_600)
            .unwrap_or(queue.retention_seconds);
        queue.delay_seconds = fields.count("DelaySeconds", 0..=900).unwrap_or(0);
        queue.maximum_message_size_bytes = fields
            .count("MaximumMessageSize", 1024..=1_048_576)
            .unwrap_or(queue.maximum_message_size_bytes);
        queue.receive_wait_seconds = fields
            .count("ReceiveMessageWaitTimeSeconds", 0..=20)
            .unwrap_or(0);
        queue.redrive = fields
            .object("RedrivePolicy")
            .map(|policy| Redrive::read(&policy));
        queue.kms_key = fields.text("KmsMasterKeyId");
        queue.managed_encryption = fields
            .boolean("SqsManagedSseEnabled")
            .unwrap_or(queue.kms_key.is_none());
        queue.check(fields);
        queue.add(context)
    }

    /// A standard queue with the defaults of AWS.
    pub(in crate::template) fn plain(context: &Context<'_>, name: String) -> Self {
        Self {
            logical_id: context.id.to_owned(),
            url: queue_url(context.account, &name),
            arn: context.account.arn("sqs", &name),
            name,
            fifo: false,
            content_based_deduplication: false,
            deduplication_scope: None,
            fifo_throughput_limit: None,
            visibility_timeout_seconds: 30,
            retention_seconds: 345_600,
            delay_seconds: 0,
            maximum_message_size_bytes: 1_048_576,
            receive_wait_seconds: 0,
            redrive: None,
            managed_encryption: true,
            kms_key: None,
        }
    }

    /// Puts the queue into the stack.
    pub(in crate::template) fn add(self, context: &mut Context<'_>) -> Identity {
        let identity = Identity::new(
            &self.url,
            [
                ("Arn", &self.arn),
                ("QueueName", &self.name),
                ("QueueUrl", &self.url),
            ],
        );
        context.stack.queues.push(self);
        identity
    }

    fn check(&self, fields: &Fields<'_>) {
        let both = self.kms_key.is_some() && self.managed_encryption;
        if let Some(node) = fields.node("SqsManagedSseEnabled").filter(|_| both) {
            fields.invalid(
                node,
                "SqsManagedSseEnabled",
                "must not be true beside KmsMasterKeyId",
            );
        }
        let fifo_only: [&'static str; 3] = [
            "ContentBasedDeduplication",
            "DeduplicationScope",
            "FifoThroughputLimit",
        ];
        for name in fifo_only.into_iter().filter(|_| !self.fifo) {
            if let Some(node) = fields.node(name) {
                fields.invalid(node, name, "is for FIFO queues only");
            }
        }
    }
}

impl Redrive {
    fn read(fields: &Fields<'_>) -> Self {
        let dead_letter_arn = fields.required_text("deadLetterTargetArn");
        Self {
            dead_letter_arn,
            max_receive_count: fields.count("maxReceiveCount", 1..=1000).unwrap_or(10),
        }
    }
}

fn generated(context: &Context<'_>, fifo: bool) -> String {
    if fifo {
        format!("{}.fifo", context.generated_name(75))
    } else {
        context.generated_name(80)
    }
}

fn queue_url(account: &Account, name: &str) -> String {
    let suffix = account.value("AWS::URLSuffix").unwrap_or_default();
    format!(
        "https://sqs.{}.{suffix}/{}/{name}",
        account.region, account.id
    )
}

/// The ARN of the queue at a URL; reports a text that is none.
pub(in crate::template) fn queue_arn(
    url: &Node,
    account: &Account,
    fields: &Fields<'_>,
) -> Option<String> {
    if url.is_unresolved() {
        return None;
    }
    let text = url.scalar();
    let parts: Option<(&str, &str)> = text
        .as_deref()
        .and_then(|text| text.strip_prefix("https://sqs."))
        .and_then(|rest| rest.split_once('/'));
    let arn = parts.and_then(|(host, path)| {
        let (owner, name) = path.split_once('/')?;
        let region = host.split('.').next()?;
        Some(format!(
            "arn:{}:sqs:{region}:{owner}:{name}",
            account.partition
        ))
    });
    if arn.is_none() && url.kind != Kind::Unresolved {
        let problem = Problem::WrongType {
            name: "Queues".to_owned(),
            expected: "a queue URL, as Ref of a queue gives it".to_owned(),
            found: url.shown(),
        };
        fields.report().add(url.position, problem);
    }
    arn
}
