use crate::stack::EventSourceMapping;
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::resource::attachment::Attachment;

impl EventSourceMapping {
    /// `AWS::Lambda::EventSourceMapping`.
    pub(in crate::template) fn read_resource(
        fields: &Fields<'_>,
        context: &mut Context<'_>,
    ) -> Identity {
        let function = fields.required_text("FunctionName");
        let mapping = Self::read(fields, context, "EventSourceArn");
        fields.tags();
        context.later.push(Attachment::EventSourceMapping {
            function,
            position: context.position,
            mapping,
        });
        Identity::new(context.generated_name(36), [])
    }

    /// The properties that the resource and the SAM event share.
    pub(in crate::template) fn read(
        fields: &Fields<'_>,
        context: &Context<'_>,
        source: &'static str,
    ) -> Self {
        let scaling = fields.object("ScalingConfig");
        let filters = fields.object("FilterCriteria").map(|criteria| {
            criteria
                .objects("Filters")
                .iter()
                .map(|filter| filter.required_text("Pattern"))
                .collect()
        });
        let answers = match fields.list("FunctionResponseTypes") {
            [] => false,
            items => items
                .iter()
                .all(|item| item.scalar().as_deref() == Some("ReportBatchItemFailures")),
        };
        if let Some(node) = fields.node("FunctionResponseTypes").filter(|_| !answers) {
            fields.invalid(
                node,
                "FunctionResponseTypes",
                "must be a list of ReportBatchItemFailures",
            );
        }
        Self {
            logical_id: context.id.to_owned(),
            source_arn: fields.required_text(source),
            batch_size: fields.count("BatchSize", 1..=10_000).unwrap_or(10),
            maximum_batching_window_seconds: fields
                .count("MaximumBatchingWindowInSeconds", 0..=300)
                .unwrap_or(0),
            enabled: fields.boolean("Enabled").unwrap_or(true),
            report_batch_item_failures: answers,
            maximum_concurrency: scaling
                .and_then(|scaling| scaling.count("MaximumConcurrency", 2..=1000)),
            filters: filters.unwrap_or_default(),
        }
    }
}
