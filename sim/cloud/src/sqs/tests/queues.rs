use serde_json::json;

use super::{World, arn, policy};
use crate::stack::{Queue, Redrive};

#[test]
fn a_template_queue_has_the_attributes_it_declares() {
    let mut world = World::new();
    let queue = Queue {
        logical_id: "Jobs".to_owned(),
        name: "jobs".to_owned(),
        url: "https://sqs.us-east-1.amazonaws.com/123456789012/jobs".to_owned(),
        arn: arn("jobs"),
        fifo: false,
        content_based_deduplication: false,
        deduplication_scope: None,
        fifo_throughput_limit: None,
        visibility_timeout_seconds: 90,
        retention_seconds: 600,
        delay_seconds: 0,
        maximum_message_size_bytes: 2048,
        receive_wait_seconds: 20,
        redrive: Some(Redrive {
            dead_letter_arn: arn("dead"),
            max_receive_count: 5,
        }),
        managed_encryption: true,
        kms_key: None,
    };
    world.sqs.create(world.now, &queue);
    assert!(world.sqs.exists(&arn("jobs")));
    assert_eq!(
        world.ok("GetQueueUrl", json!({"QueueName": "jobs"})),
        json!({"QueueUrl": queue.url})
    );
    world.send("jobs", "a");
    let shown = world.ok(
        "GetQueueAttributes",
        json!({"queue": "jobs", "AttributeNames": ["All"]}),
    );
    let expected = json!({"ApproximateNumberOfMessages": "1", "ApproximateNumberOfMessagesDelayed": "0", "ApproximateNumberOfMessagesNotVisible": "0",
        "CreatedTimestamp": "1700000000", "LastModifiedTimestamp": "1700000000", "QueueArn": arn("jobs"), "VisibilityTimeout": "90",
        "MessageRetentionPeriod": "600", "DelaySeconds": "0", "MaximumMessageSize": "2048", "ReceiveMessageWaitTimeSeconds": "20",
        "SqsManagedSseEnabled": "true", "RedrivePolicy": policy("dead", 5)});
    assert_eq!(shown["Attributes"], expected);
    let sources = world.ok("ListDeadLetterSourceQueues", json!({"queue": "dead"}));
    assert_eq!(sources["queueUrls"].as_array().unwrap().len(), 2);
}

#[test]
fn creating_a_queue_again_needs_the_same_attributes() {
    let mut world = World::new();
    world.create("q", json!({"VisibilityTimeout": "10"}));
    world.create("q", json!({"VisibilityTimeout": "10"}));
    let input = json!({"QueueName": "q", "Attributes": {"VisibilityTimeout": "11"}});
    let text = "A queue already exists with the same name and a different value for attribute VisibilityTimeout";
    world.refuses("CreateQueue", input, "QueueNameExists", text);
    world.ok("DeleteQueue", json!({"queue": "q"}));
    let text = "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
    world.refuses(
        "CreateQueue",
        json!({"QueueName": "q"}),
        "QueueDeletedRecently",
        text,
    );
    world.refuses(
        "SendMessage",
        json!({"queue": "q", "MessageBody": "a"}),
        "QueueDoesNotExist",
        "The specified queue does not exist.",
    );
    world.wait(60);
    world.create("q", json!({}));
    let text =
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
    world.refuses(
        "CreateQueue",
        json!({"QueueName": "a.fifo"}),
        "InvalidParameterValue",
        text,
    );
}

#[test]
fn attributes_are_checked() {
    let mut world = World::new();
    let set = |name: &str, value: &str| json!({"queue": "work", "Attributes": {name: value}});
    world.refuses(
        "SetQueueAttributes",
        set("Colour", "red"),
        "InvalidAttributeName",
        "Unknown Attribute Colour.",
    );
    let text = "You can specify the DeduplicationScope only when FifoQueue is set to true.";
    world.refuses(
        "SetQueueAttributes",
        set("DeduplicationScope", "queue"),
        "InvalidAttributeName",
        text,
    );
    for (name, value) in [
        ("VisibilityTimeout", "43201"),
        ("MessageRetentionPeriod", "59"),
        ("DelaySeconds", "901"),
        ("MaximumMessageSize", "1048577"),
    ] {
        world.refuses(
            "SetQueueAttributes",
            set(name, value),
            "InvalidAttributeValue",
            &format!("Invalid value for the parameter {name}."),
        );
    }
    world.refuses(
        "GetQueueAttributes",
        json!({"queue": "work", "AttributeNames": ["Colour"]}),
        "InvalidAttributeName",
        "Unknown Attribute Colour.",
    );
    let code = world.error("AddPermission", json!({})).0;
    assert_eq!(code, "UnknownOperationException");
}

#[test]
fn a_purge_takes_everything_and_waits_a_minute_for_the_next() {
    let mut world = World::new();
    world.send("work", "a");
    world.receive("work");
    world.send("work", "b");
    world.ok("PurgeQueue", json!({"queue": "work"}));
    assert!(world.sqs.messages(&arn("work")).is_empty());
    world.refuses(
        "PurgeQueue",
        json!({"queue": "work"}),
        "PurgeQueueInProgress",
        "Only one PurgeQueue operation on work is allowed every 60 seconds.",
    );
    world.wait(60);
    world.ok("PurgeQueue", json!({"queue": "work"}));
}

#[test]
fn queues_are_listed_page_by_page_and_carry_tags() {
    let mut world = World::new();
    let first = world.ok("ListQueues", json!({"MaxResults": 2}));
    assert_eq!(
        first["QueueUrls"],
        json!([
            "https://sqs.us-east-1.amazonaws.com/123456789012/dead",
            "https://sqs.us-east-1.amazonaws.com/123456789012/line.fifo"
        ])
    );
    let second = world.ok(
        "ListQueues",
        json!({"MaxResults": 2, "NextToken": first["NextToken"]}),
    );
    assert_eq!(
        second,
        json!({"QueueUrls": ["https://sqs.us-east-1.amazonaws.com/123456789012/work"]})
    );
    assert_eq!(
        world.ok("ListQueues", json!({"QueueNamePrefix": "li"}))["QueueUrls"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    world.ok(
        "TagQueue",
        json!({"queue": "work", "Tags": {"a": "1", "b": "2"}}),
    );
    world.ok("UntagQueue", json!({"queue": "work", "TagKeys": ["a"]}));
    assert_eq!(
        world.ok("ListQueueTags", json!({"queue": "work"})),
        json!({"Tags": {"b": "2"}})
    );
}
