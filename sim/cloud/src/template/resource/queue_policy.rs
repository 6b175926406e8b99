use crate::stack::QueuePolicy;
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::resource::policy;
use crate::template::resource::policy::Parts;
use crate::template::resource::queue::queue_arn;

impl QueuePolicy {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        fields.required("Queues");
        let queues = fields
            .list("Queues")
            .iter()
            .filter_map(|url| queue_arn(url, context.account, fields));
        let policy = Self {
            logical_id: context.id.to_owned(),
            queue_arns: queues.collect(),
            document: policy::document(fields, "PolicyDocument", Parts::Resource),
        };
        context.stack.queue_policies.push(policy);
        Identity::new(context.generated_name(128), [])
    }
}
