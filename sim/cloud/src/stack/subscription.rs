/// Who receives what is published to a topic (`AWS::SNS::Subscription`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The name inside the template; the topic's, for one that stands inside a topic.
    pub logical_id: String,
    /// The topic's ARN, a colon, and an id of its own.
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
