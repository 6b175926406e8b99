use crate::stack::{Subscription, Topic};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;

impl Topic {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        let name = fields
            .name("TopicName", 256, "-_.")
            .unwrap_or_else(|| context.generated_name(256));
        let arn = context.account.arn("sns", &name);
        fields.accept(&[
            "DisplayName",
            "KmsMasterKeyId",
            "SignatureVersion",
            "TracingConfig",
        ]);
        let content_based_deduplication =
            fields.boolean("ContentBasedDeduplication").unwrap_or(false);
        fields.tags();
        for inline in fields.objects("Subscription") {
            let subscription = Subscription::of_topic(&inline, context, arn.clone());
            context.stack.subscriptions.push(subscription);
        }
        let identity = Identity::new(&arn, [("TopicArn", &arn), ("TopicName", &name)]);
        let fifo = fields.boolean("FifoTopic").unwrap_or(false);
        context.stack.topics.push(Self {
            logical_id: context.id.to_owned(),
            name,
            arn,
            fifo,
            content_based_deduplication,
        });
        identity
    }
}
