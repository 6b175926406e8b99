use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::reader::position::Position;
use crate::template::resource::policy::{self, Parts, PolicyDocument};
use crate::template::resource::queue::queue_arn;

/// Who may use which queues (`AWS::SQS::QueuePolicy`). Without one, no service may send to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuePolicy {
    /// The name inside the template.
    pub logical_id: String,
    /// Where the template declares it.
    pub position: Position,
    /// ARNs of the queues it is attached to.
    pub queue_arns: Vec<String>,
    /// What it says.
    pub document: PolicyDocument,
}

impl QueuePolicy {
    /// Whether a service may do something with a queue on behalf of a resource.
    pub fn allows(
        &self,
        service_principal: &str,
        action: &str,
        queue_arn: &str,
        source_arn: &str,
    ) -> bool {
        self.queue_arns.iter().any(|arn| arn == queue_arn)
            && self
                .document
                .allows_service(service_principal, action, queue_arn, source_arn)
    }

    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        fields.required("Queues");
        let queues = fields
            .list("Queues")
            .iter()
            .filter_map(|url| queue_arn(url, context.account, fields));
        let policy = Self {
            logical_id: context.id.to_owned(),
            position: context.position,
            queue_arns: queues.collect(),
            document: policy::document(fields, "PolicyDocument", Parts::Resource),
        };
        context.stack.queue_policies.push(policy);
        Identity::new(context.generated_name(128), [])
    }
}
