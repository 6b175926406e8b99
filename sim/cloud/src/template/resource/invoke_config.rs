use crate::stack::InvokeConfig;
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::resource::attachment::Attachment;

impl InvokeConfig {
    /// `AWS::Lambda::EventInvokeConfig`.
    pub(in crate::template) fn read_resource(
        fields: &Fields<'_>,
        context: &mut Context<'_>,
    ) -> Identity {
        let function = fields.required_text("FunctionName");
        fields.required("Qualifier");
        fields.choice("Qualifier", &["$LATEST"]);
        let config = Self::read(fields, false);
        context.later.push(Attachment::InvokeConfig {
            position: context.position,
            function,
            config,
        });
        Identity::new(context.generated_name(128), [])
    }

    /// The properties themselves; SAM adds the sort of destination.
    pub(in crate::template) fn read(fields: &Fields<'_>, sam: bool) -> Self {
        let default = Self::default();
        let destinations = fields.object("DestinationConfig");
        let arn = |name| {
            destinations
                .as_ref()
                .and_then(|config| config.object(name))
                .map(|destination| destination_arn(&destination, sam))
        };
        Self {
            maximum_retry_attempts: fields
                .count("MaximumRetryAttempts", 0..=2)
                .unwrap_or(default.maximum_retry_attempts),
            maximum_event_age_seconds: fields
                .count("MaximumEventAgeInSeconds", 60..=21_600)
                .unwrap_or(default.maximum_event_age_seconds),
            on_failure: arn("OnFailure"),
            on_success: arn("OnSuccess"),
        }
    }
}

fn destination_arn(fields: &Fields<'_>, sam: bool) -> String {
    if sam {
        fields.choice("Type", &["SQS", "SNS", "Lambda", "EventBridge"]);
    }
    fields.required_text("Destination")
}
