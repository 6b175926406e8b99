use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::resource::attachment::Attachment;

/// What Lambda does with an asynchronous invocation that failed or succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvokeConfig {
    /// Tries after the first one, 0 to 2, default 2.
    pub maximum_retry_attempts: u32,
    /// Age after which an event is given up, 60 to 21600 s, default 21600.
    pub maximum_event_age_seconds: u32,
    /// ARN that receives a record of each event that failed for good.
    pub on_failure: Option<String>,
    /// ARN that receives a record of each event that succeeded.
    pub on_success: Option<String>,
}

impl Default for InvokeConfig {
    fn default() -> Self {
        Self {
            maximum_retry_attempts: 2,
            maximum_event_age_seconds: 21_600,
            on_failure: None,
            on_success: None,
        }
    }
}

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

    /// The ARNs that events of this function are sent to.
    pub(in crate::template) fn destinations(&self) -> impl Iterator<Item = &String> {
        self.on_failure.iter().chain(&self.on_success)
    }
}

fn destination_arn(fields: &Fields<'_>, sam: bool) -> String {
    if sam {
        fields.choice("Type", &["SQS", "SNS", "Lambda", "EventBridge"]);
    }
    fields.required_text("Destination")
}
