use crate::api::Service;
use crate::stack::{EventSource, EventSourceMapping, QueueSource, StartingPosition, StreamSource};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::resource::attachment::Attachment;

/// The reader of the properties that only one kind of source has.
type SourceReader = fn(&Fields<'_>) -> EventSource;

impl EventSourceMapping {
    /// `AWS::Lambda::EventSourceMapping`.
    pub(in crate::template) fn read_resource(
        fields: &Fields<'_>,
        context: &mut Context<'_>,
    ) -> Identity {
        let function = fields.required_text("FunctionName");
        let source_arn = fields.required_text("EventSourceArn");
        let mapping = match Service::of_arn(&source_arn) {
            _ if source_arn.is_empty() => {
                fields.accept_everything();
                None
            }
            Some(Service::Sqs) => Some(Self::of_queue(fields, context, source_arn)),
            Some(Service::DynamoDb) => {
                check_stream(fields, "EventSourceArn", &source_arn);
                Some(Self::of_stream(fields, context, source_arn))
            }
            _ => {
                let rule = "must be the ARN of an SQS queue or of the stream of a DynamoDB table; \
                            other event sources are not simulated";
                if let Some(node) = fields.node("EventSourceArn") {
                    fields.invalid(node, "EventSourceArn", rule);
                }
                fields.accept_everything();
                None
            }
        };
        fields.tags();
        if let Some(mapping) = mapping {
            context.later.push(Attachment::EventSourceMapping {
                function,
                position: context.position,
                mapping,
            });
        }
        Identity::new(context.generated_name(36), [])
    }

    /// The SAM event `SQS`.
    pub(in crate::template) fn read_queue_event(
        fields: &Fields<'_>,
        context: &Context<'_>,
    ) -> Self {
        let source_arn = fields.required_text("Queue");
        Self::of_queue(fields, context, source_arn)
    }

    /// The SAM event `DynamoDB`.
    pub(in crate::template) fn read_stream_event(
        fields: &Fields<'_>,
        context: &Context<'_>,
    ) -> Self {
        let source_arn = fields.required_text("Stream");
        check_stream(fields, "Stream", &source_arn);
        Self::of_stream(fields, context, source_arn)
    }

    fn of_queue(fields: &Fields<'_>, context: &Context<'_>, source_arn: String) -> Self {
        Self::read(fields, context, source_arn, 10, QueueSource::read)
    }

    fn of_stream(fields: &Fields<'_>, context: &Context<'_>, source_arn: String) -> Self {
        Self::read(fields, context, source_arn, 100, StreamSource::read)
    }

    fn read(
        fields: &Fields<'_>,
        context: &Context<'_>,
        source_arn: String,
        batch_size: u32,
        source: SourceReader,
    ) -> Self {
        fields.accept(&["KmsKeyArn", "MetricsConfig"]);
        let filters = fields.object("FilterCriteria").map(|criteria| {
            criteria
                .objects("Filters")
                .iter()
                .map(|filter| filter.required_text("Pattern"))
                .collect()
        });
        Self {
            logical_id: context.id.to_owned(),
            source_arn,
            batch_size: fields.count("BatchSize", 1..=10_000).unwrap_or(batch_size),
            maximum_batching_window_seconds: fields
                .count("MaximumBatchingWindowInSeconds", 0..=300)
                .unwrap_or(0),
            enabled: fields.boolean("Enabled").unwrap_or(true),
            report_batch_item_failures: reports_failures(fields),
            filters: filters.unwrap_or_default(),
            source: source(fields),
        }
    }
}

fn reports_failures(fields: &Fields<'_>) -> bool {
    let reports = match fields.list("FunctionResponseTypes") {
        [] => false,
        items => items
            .iter()
            .all(|item| item.scalar().as_deref() == Some("ReportBatchItemFailures")),
    };
    if let Some(node) = fields.node("FunctionResponseTypes").filter(|_| !reports) {
        let rule = "must be a list of ReportBatchItemFailures";
        fields.invalid(node, "FunctionResponseTypes", rule);
    }
    reports
}

/// A table has an ARN too, and is easily named in place of its stream.
fn check_stream(fields: &Fields<'_>, name: &'static str, arn: &str) {
    let is_stream = Service::of_arn(arn) == Some(Service::DynamoDb) && arn.contains("/stream/");
    if let Some(node) = fields.node(name).filter(|_| !is_stream && !arn.is_empty()) {
        let rule = "must be the ARN of the stream of a DynamoDB table, such as !GetAtt \
                    TABLE.StreamArn gives";
        fields.invalid(node, name, rule);
    }
}

impl QueueSource {
    fn read(fields: &Fields<'_>) -> EventSource {
        let scaling = fields.object("ScalingConfig");
        EventSource::Queue(Self {
            maximum_concurrency: scaling
                .and_then(|scaling| scaling.count("MaximumConcurrency", 2..=1000)),
        })
    }
}

impl StreamSource {
    fn read(fields: &Fields<'_>) -> EventSource {
        not_simulated(fields, "ParallelizationFactor", 1, 10);
        not_simulated(fields, "TumblingWindowInSeconds", 0, 900);
        let on_failure = fields
            .object("DestinationConfig")
            .and_then(|config| config.required_object("OnFailure"))
            .map(|destination| destination_arn(&destination));
        EventSource::Stream(Self {
            starting_position: StartingPosition::read(fields),
            maximum_retry_attempts: bounded(fields, "MaximumRetryAttempts", 0, 10_000),
            maximum_record_age_seconds: bounded(fields, "MaximumRecordAgeInSeconds", 60, 604_800),
            bisect_batch_on_function_error: fields.boolean("BisectBatchOnFunctionError")
                == Some(true),
            on_failure,
        })
    }
}

impl StartingPosition {
    fn read(fields: &Fields<'_>) -> Self {
        fields.required("StartingPosition");
        match fields
            .choice("StartingPosition", &["TRIM_HORIZON", "LATEST"])
            .as_deref()
        {
            Some("LATEST") => Self::Latest,
            _ => Self::TrimHorizon,
        }
    }
}

/// A property of which only the value is simulated that changes nothing.
fn not_simulated(fields: &Fields<'_>, name: &'static str, neutral: u32, most: u32) {
    let other = fields
        .count(name, neutral..=most)
        .is_some_and(|count| count != neutral);
    if let Some(node) = fields.node(name).filter(|_| other) {
        let rule = format!("must be {neutral}; other values are not simulated");
        fields.invalid(node, name, &rule);
    }
}

/// A number from `least` to `most`; -1, as none at all, sets no bound.
fn bounded(fields: &Fields<'_>, name: &'static str, least: u32, most: u32) -> Option<u32> {
    let number = fields.integer(name, -1..=most.into())?;
    let number = u32::try_from(number).ok()?;
    if number >= least {
        return Some(number);
    }
    if let Some(node) = fields.node(name) {
        let rule = format!("must be -1 or from {least} to {most}");
        fields.invalid(node, name, &rule);
    }
    None
}

/// The queue or topic that is told of discarded records. SAM's `Type` says what the role may do.
fn destination_arn(fields: &Fields<'_>) -> String {
    fields.choice("Type", &["SQS", "SNS"]);
    let arn = fields.required_text("Destination");
    let is_known = matches!(Service::of_arn(&arn), Some(Service::Sqs | Service::Sns));
    let fits = arn.is_empty() || is_known && !arn.ends_with(".fifo");
    if let Some(node) = fields.node("Destination").filter(|_| !fits) {
        let rule = "must be the ARN of a standard SQS queue or a standard SNS topic";
        fields.invalid(node, "Destination", rule);
    }
    arn
}
