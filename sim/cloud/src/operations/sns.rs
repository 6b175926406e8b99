use crate::api::operation::{Operation, Resource};
use crate::flow::publication;
use crate::state::CloudState;

/// The operations of SNS.
#[rustfmt::skip]
pub(crate) static OPERATIONS: [Operation<CloudState>; 16] = [
    Operation::adds("Publish", Resource::Topic, publication::publish_message),
    Operation::adds("PublishBatch", Resource::Topic, publication::publish_batch).action("sns:Publish"),
    Operation::adds("CreateTopic", Resource::Any, |state, _, input| state.sns.create_topic(input)),
    Operation::frees("DeleteTopic", Resource::Topic, |state, _, input| state.sns.delete_topic(input)),
    Operation::reads("GetTopicAttributes", Resource::Topic, |state, _, input| state.sns.get_topic_attributes(input)),
    Operation::adds("SetTopicAttributes", Resource::Topic, |state, _, input| state.sns.set_topic_attributes(input)),
    Operation::reads("ListTopics", Resource::Any, |state, _, input| state.sns.list_topics(input)),
    Operation::adds("Subscribe", Resource::Topic, |state, _, input| state.sns.subscribe(input)),
    Operation::frees("Unsubscribe", Resource::Topic, |state, _, input| state.sns.unsubscribe(input)),
    Operation::reads("GetSubscriptionAttributes", Resource::Topic, |state, _, input| state.sns.get_subscription_attributes(input)),
    Operation::adds("SetSubscriptionAttributes", Resource::Topic, |state, _, input| state.sns.set_subscription_attributes(input)),
    Operation::reads("ListSubscriptions", Resource::Any, |state, _, input| state.sns.list_subscriptions(input)),
    Operation::reads("ListSubscriptionsByTopic", Resource::Topic, |state, _, input| state.sns.list_subscriptions_by_topic(input)),
    Operation::adds("TagResource", Resource::Topic, |state, _, input| state.sns.tag_resource(input)),
    Operation::frees("UntagResource", Resource::Topic, |state, _, input| state.sns.untag_resource(input)),
    Operation::reads("ListTagsForResource", Resource::Topic, |state, _, input| state.sns.list_tags_for_resource(input)),
];
