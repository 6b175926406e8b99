use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::resource::policy::{self, Parts, PolicyDocument};

/// Who may use which topics (`AWS::SNS::TopicPolicy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPolicy {
    /// ARNs of the topics it is attached to.
    pub topic_arns: Vec<String>,
    /// What it says.
    pub document: PolicyDocument,
}

impl TopicPolicy {
    /// Whether it is attached to a topic.
    #[must_use]
    pub fn is_for(&self, topic_arn: &str) -> bool {
        self.topic_arns.iter().any(|arn| arn == topic_arn)
    }

    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        fields.required("Topics");
        context.stack.topic_policies.push(Self {
            topic_arns: fields.texts("Topics"),
            document: policy::document(fields, "PolicyDocument", Parts::Resource),
        });
        Identity::new(context.generated_name(128), [])
    }
}
