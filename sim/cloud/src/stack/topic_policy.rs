use crate::stack::PolicyDocument;

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
}
