use super::context::Context;
use super::fields::Fields;
use super::identity::Identity;
use super::position::Position;

/// Who receives what is published to a topic (`AWS::SNS::Subscription`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The name inside the template; the topic's, for one that stands inside a topic.
    pub logical_id: String,
    /// Where the template declares it.
    pub position: Position,
    /// The topic's ARN, a colon, and an id.
    pub arn: String,
    /// ARN of the topic.
    pub topic_arn: String,
    /// `email`, `sqs`, `lambda`, ...
    pub protocol: String,
    /// Address or ARN of the receiver.
    pub endpoint: String,
    /// Without SNS's envelope.
    pub raw_message_delivery: bool,
    /// Which messages are received, as compact JSON.
    pub filter_policy: Option<String>,
    /// `MessageAttributes` or `MessageBody`.
    pub filter_policy_scope: String,
    /// ARN of the queue for messages that could not be delivered.
    pub dead_letter_arn: Option<String>,
}

impl Subscription {
    pub(super) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        let mut subscription = Self::of_topic(fields, context, fields.required_text("TopicArn"));
        subscription.position = context.position;
        subscription.raw_message_delivery = fields.boolean("RawMessageDelivery").unwrap_or(false);
        subscription.filter_policy = fields.json_object("FilterPolicy");
        if let Some(scope) =
            fields.choice("FilterPolicyScope", &["MessageAttributes", "MessageBody"])
        {
            subscription.filter_policy_scope = scope;
        }
        subscription.dead_letter_arn = fields
            .object("RedrivePolicy")
            .map(|policy| policy.required_text("deadLetterTargetArn"));
        let identity = Identity::new(&subscription.arn, [("Arn", &subscription.arn)]);
        context.stack.subscriptions.push(subscription);
        identity
    }

    /// Protocol and endpoint.
    pub(super) fn of_topic(fields: &Fields<'_>, context: &Context<'_>, topic_arn: String) -> Self {
        const PROTOCOLS: [&str; 9] = [
            "application",
            "email",
            "email-json",
            "firehose",
            "http",
            "https",
            "lambda",
            "sms",
            "sqs",
        ];
        fields.required("Protocol");
        let endpoint = fields.required_text("Endpoint");
        let id = context
            .pseudo
            .generated_name(&format!("{}/{endpoint}", context.id), 36);
        Self {
            arn: format!("{topic_arn}:{}", id.replace(['/', ':', '@'], "-")),
            logical_id: context.id.to_owned(),
            position: fields.position(),
            topic_arn,
            protocol: fields.choice("Protocol", &PROTOCOLS).unwrap_or_default(),
            endpoint,
            raw_message_delivery: false,
            filter_policy: None,
            filter_policy_scope: "MessageAttributes".to_owned(),
            dead_letter_arn: None,
        }
    }
}
