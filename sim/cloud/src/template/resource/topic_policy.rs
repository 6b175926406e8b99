use crate::stack::TopicPolicy;
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::resource::policy;
use crate::template::resource::policy::Parts;

impl TopicPolicy {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        fields.required("Topics");
        context.stack.topic_policies.push(Self {
            topic_arns: fields.texts("Topics"),
            document: policy::document(fields, "PolicyDocument", Parts::Resource),
        });
        Identity::new(context.generated_name(128), [])
    }
}
