use crate::stack::Subscription;
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;

impl Subscription {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        let mut subscription = Self::of_topic(fields, context, fields.required_text("TopicArn"));
        subscription.raw_message_delivery = fields.boolean("RawMessageDelivery").unwrap_or(false);
        subscription.read_policies(fields);
        let identity = Identity::new(&subscription.arn, [("Arn", &subscription.arn)]);
        context.stack.subscriptions.push(subscription);
        identity
    }

    /// What a function of SAM subscribes to by an event of its own.
    pub(in crate::template) fn of_function(
        fields: &Fields<'_>,
        context: &Context<'_>,
        topic_arn: &str,
        function_arn: &str,
    ) -> Self {
        let protocol = "lambda".to_owned();
        let mut subscription = Self::new(context, topic_arn, protocol, function_arn);
        subscription.read_policies(fields);
        subscription
    }

    /// Filter and redrive.
    fn read_policies(&mut self, fields: &Fields<'_>) {
        self.filter_policy = fields.json_object("FilterPolicy");
        if let Some(scope) =
            fields.choice("FilterPolicyScope", &["MessageAttributes", "MessageBody"])
        {
            self.filter_policy_scope = scope;
        }
        self.dead_letter_arn = fields
            .object("RedrivePolicy")
            .map(|policy| policy.required_text("deadLetterTargetArn"));
    }

    /// Protocol and endpoint.
    pub(in crate::template) fn of_topic(
        fields: &Fields<'_>,
        context: &Context<'_>,
        topic_arn: String,
    ) -> Self {
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
        let protocol = fields.choice("Protocol", &PROTOCOLS).unwrap_or_default();
        let endpoint = fields.required_text("Endpoint");
        Self::new(context, &topic_arn, protocol, &endpoint)
    }

    fn new(context: &Context<'_>, topic_arn: &str, protocol: String, endpoint: &str) -> Self {
        // Letters, digits and hyphens, as in the ids that SNS gives.
        let plain = |letter: char| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        };
        let name = format!("{}-{endpoint}", context.id);
        let id = context.account.generated_name(&name, 36);
        Self {
            arn: format!("{topic_arn}:{}", id.chars().map(plain).collect::<String>()),
            logical_id: context.id.to_owned(),
            topic_arn: topic_arn.to_owned(),
            protocol,
            endpoint: endpoint.to_owned(),
            raw_message_delivery: false,
            filter_policy: None,
            filter_policy_scope: "MessageAttributes".to_owned(),
            dead_letter_arn: None,
        }
    }
}
