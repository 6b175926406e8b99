use crate::stack::PolicyDocument;

/// Who may use which queues (`AWS::SQS::QueuePolicy`). Without one, no service may send to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuePolicy {
    /// The name inside the template.
    pub logical_id: String,
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
}
