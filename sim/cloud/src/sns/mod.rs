//! Amazon SNS: topics, subscriptions, filter policies. It decides what is to be delivered to whom;
//! `flow` delivers it.

mod attribute;
mod envelope;
mod error;
mod filter;
mod operations;
mod publication;
mod subscription;
mod topic;

pub(crate) use envelope::{lambda_event, queue_body};
pub(crate) use operations::{publish_batch_answer, publish_batch_entries};
pub(crate) use publication::{Publication, Published};
pub use subscription::Subscription;
pub use topic::Topic;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::api::error::ServiceError;
use crate::id::derive_id;
use crate::stack::{Account, Stack, StackError, TopicPolicy};

/// The topics of one account and region.
#[derive(Debug)]
pub struct Sns {
    account: Account,
    seed: u64,
    /// By ARN.
    topics: BTreeMap<String, Topic>,
    /// In the order in which they were made.
    subscriptions: Vec<Subscription>,
    policies: Vec<TopicPolicy>,
    sequence: u64,
}

impl Sns {
    /// What `stack` describes.
    ///
    /// # Errors
    /// A filter policy that SNS would refuse, with its place in the template.
    pub fn new(stack: &Stack, account: &Account, seed: u64) -> Result<Self, StackError> {
        let mut sns = Self {
            account: account.clone(),
            seed,
            topics: BTreeMap::new(),
            subscriptions: Vec::new(),
            policies: stack.topic_policies.clone(),
            sequence: 0,
        };
        for topic in &stack.topics {
            sns.topics
                .insert(topic.arn.clone(), Topic::of_template(topic));
        }
        for declared in &stack.subscriptions {
            let subscription = Subscription::of_template(declared)
                .map_err(|error| stack.refused(&declared.logical_id, error.message))?;
            sns.subscriptions.push(subscription);
        }
        Ok(sns)
    }

    /// Whether there is a topic with that ARN.
    #[must_use]
    pub fn exists(&self, arn: &str) -> bool {
        self.topics.contains_key(arn)
    }

    /// The subscription with that ARN.
    #[must_use]
    pub fn subscription(&self, arn: &str) -> Option<&Subscription> {
        self.subscriptions.iter().find(|known| known.arn == arn)
    }

    /// The subscriptions of a topic, in the order in which they were made.
    pub fn subscriptions_of(&self, topic_arn: &str) -> impl Iterator<Item = &Subscription> {
        self.subscriptions
            .iter()
            .filter(move |known| known.topic_arn == topic_arn)
    }

    /// Whether somebody has said who may publish to a topic. Until then its owner may.
    #[must_use]
    pub fn has_policy(&self, arn: &str) -> bool {
        let own = self
            .topics
            .get(arn)
            .is_some_and(|topic| topic.policy.is_some());
        own || self.policies.iter().any(|policy| policy.is_for(arn))
    }

    /// Whether a topic's policy lets a service publish for a resource.
    #[must_use]
    pub fn may_publish(&self, service: &str, arn: &str, source_arn: &str) -> bool {
        let allows = |document: &crate::stack::PolicyDocument| {
            document.allows_service(service, "sns:Publish", arn, source_arn)
        };
        let own = self.topics.get(arn).and_then(|topic| topic.policy.as_ref());
        own.is_some_and(allows)
            || self
                .policies
                .iter()
                .any(|policy| policy.is_for(arn) && allows(&policy.document))
    }

    /// Takes a message for a topic. A FIFO topic takes a message once: what repeats one of the last
    /// five minutes gets its answer, and nothing is to be delivered.
    pub(crate) fn accept(
        &mut self,
        now: DateTime<Utc>,
        topic_arn: &str,
        publication: Publication,
    ) -> Result<Published, ServiceError> {
        self.sequence += 1;
        let id = derive_id(self.seed, "message", self.sequence);
        let topic = self.topics.get_mut(topic_arn).ok_or_else(error::no_topic)?;
        publication.check(topic)?;
        let mut is_new = true;
        let (mut message_id, mut sequence_number) = (id, None);
        if topic.is_fifo {
            let key = publication.deduplication_key();
            (message_id, sequence_number, is_new) = topic.deduplicate(now, key, message_id);
        }
        Ok(Published {
            id: message_id,
            topic_arn: topic_arn.to_owned(),
            at: now,
            sequence_number,
            is_new,
            publication: Arc::new(publication),
        })
    }

    /// The earliest time for a notification that is planned for `at`: those of one message group do
    /// not overtake each other.
    pub(crate) fn in_order(
        &mut self,
        subscription: &str,
        published: &Published,
        at: DateTime<Utc>,
    ) -> DateTime<Utc> {
        let Some(topic) = self.topics.get_mut(&published.topic_arn) else {
            return at;
        };
        match &published.publication.group_id {
            Some(group) if topic.is_fifo => topic.in_order(subscription, group, at),
            _ => at,
        }
    }
}
