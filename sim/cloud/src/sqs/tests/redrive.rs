use serde_json::{Value, json};

use super::{World, arn, policy};
use crate::sqs::{MessageAttribute, NewMessage};

/// Receives until the message dies.
fn kill(world: &mut World, queue: &str) -> usize {
    (0..10)
        .take_while(|_| {
            let got = !world.receive(queue).is_empty();
            world.wait(30);
            got
        })
        .count()
}

fn task(world: &mut World) -> Value {
    world.ok("ListMessageMoveTasks", json!({"SourceArn": arn("dead")}))["Results"][0].clone()
}

#[test]
fn a_message_is_delivered_exactly_max_receive_count_times_and_then_moves() {
    let mut world = World::new();
    let sent_at = world.now;
    let id = world.send("work", "a");
    assert_eq!(kill(&mut world, "work"), 2);
    assert!(world.sqs.messages(&arn("work")).is_empty());
    let dead = world.receive("dead").remove(0).message;
    assert_eq!(
        (dead.id, dead.sent_at, dead.dead_letter_source_arn),
        (id, sent_at, Some(arn("work")))
    );
    world.ok(
        "SetQueueAttributes",
        json!({"queue": "dead", "Attributes": {"MessageRetentionPeriod": "100"}}),
    );
    world.wait(10);
    assert!(
        world.sqs.messages(&arn("dead")).is_empty(),
        "retention counts from the first send"
    );
}

#[test]
fn a_dead_fifo_message_starts_its_retention_anew_and_frees_its_group() {
    let mut world = World::new();
    world.create("grave.fifo", json!({"FifoQueue": "true"}));
    world.ok(
        "SetQueueAttributes",
        json!({"queue": "line.fifo", "Attributes": {"RedrivePolicy": policy("grave.fifo", 1)}}),
    );
    world.send_to_group("g", "a");
    assert_eq!(world.bodies("line.fifo"), ["a"]);
    world.wait(30);
    world.send_to_group("g", "b");
    assert_eq!(world.bodies("line.fifo"), ["b"]);
    let dead = world.sqs.messages(&arn("grave.fifo"))[0];
    assert_eq!(
        (dead.sent_at, dead.group_id.as_deref()),
        (world.now, Some("g"))
    );
}

#[test]
fn a_redrive_policy_is_checked() {
    let mut world = World::new();
    let set = |text: &str| json!({"queue": "work", "Attributes": {"RedrivePolicy": text}});
    for (dead, reason) in [
        ("nowhere", "Dead letter target does not exist."),
        (
            "line.fifo",
            "Dead-letter queue must be same type of queue as the source.",
        ),
    ] {
        let text = policy(dead, 3);
        world.refuses(
            "SetQueueAttributes",
            set(&text),
            "InvalidParameterValue",
            &format!("Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}"),
        );
    }
    let text = policy("dead", 1001);
    let reason =
        "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.";
    world.refuses(
        "SetQueueAttributes",
        set(&text),
        "InvalidParameterValue",
        &format!("Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}"),
    );
    world.ok(
        "SetQueueAttributes",
        set(&json!({"deadLetterTargetArn": arn("dead")}).to_string()),
    );
    let shown = world.ok(
        "GetQueueAttributes",
        json!({"queue": "work", "AttributeNames": ["RedrivePolicy"]}),
    );
    assert_eq!(shown["Attributes"]["RedrivePolicy"], policy("dead", 10));
    world.ok("SetQueueAttributes", set(""));
    world.send("work", "a");
    assert_eq!(kill(&mut world, "work"), 10, "no policy, no death");
}

#[test]
fn a_redrive_brings_dead_letters_back_as_new_messages() {
    let mut world = World::new();
    let old = [world.send("work", "a"), world.send("work", "b")];
    kill(&mut world, "work");
    let started = world.now.timestamp_millis();
    let handle = world.ok(
        "StartMessageMoveTask",
        json!({"SourceArn": arn("dead"), "MaxNumberOfMessagesPerSecond": 1}),
    )["TaskHandle"]
        .clone();
    let text = "There is already a task running. Only one active task is allowed for a source queue arn at a given time.";
    world.refuses(
        "StartMessageMoveTask",
        json!({"SourceArn": arn("dead")}),
        "InvalidParameterValue",
        text,
    );
    world.wait(1);
    let running = json!({"TaskHandle": handle, "Status": "RUNNING", "SourceArn": arn("dead"), "MaxNumberOfMessagesPerSecond": 1,
        "ApproximateNumberOfMessagesMoved": 1, "ApproximateNumberOfMessagesToMove": 2, "StartedTimestamp": started});
    assert_eq!(task(&mut world), running);
    assert_eq!((world.sqs.next_due().unwrap() - world.now).num_seconds(), 1);
    world.wait(2);
    let done = task(&mut world);
    assert_eq!(
        (&done["Status"], done.get("TaskHandle")),
        (&json!("COMPLETED"), None)
    );
    let back = world.receive("work");
    assert_eq!(back.len(), 2);
    for received in back {
        assert_eq!(
            (
                received.message.receive_count,
                &received.message.dead_letter_source_arn
            ),
            (1, &None)
        );
        assert!(!old.contains(&received.message.id));
    }
}

#[test]
fn what_is_redriven_keeps_its_content_and_begins_its_life_anew() {
    let mut world = World::new();
    let attributes = [("RULE_ARN", "arn:rule"), ("ERROR_CODE", "THROTTLING")];
    let attributes =
        attributes.map(|(name, text)| (name.to_owned(), MessageAttribute::string(text.to_owned())));
    let message = NewMessage {
        attributes: attributes.clone().into(),
        ..NewMessage::new("a")
    };
    world.sqs.send(world.now, &arn("work"), message).unwrap();
    kill(&mut world, "work");
    world.wait(3_600);
    world.ok("StartMessageMoveTask", json!({"SourceArn": arn("dead")}));
    world.wait(1);
    let back = world.sqs.messages(&arn("work"))[0].clone();
    assert_eq!(
        (back.body.as_str(), back.attributes),
        ("a", attributes.into()),
        "what the message says"
    );
    assert!(
        (world.now - back.sent_at).num_seconds() <= 1,
        "it is sent now"
    );
    assert_eq!(
        kill(&mut world, "work"),
        2,
        "it may be received as often as a new message"
    );
}

#[test]
fn a_redrive_may_go_elsewhere_and_may_be_cancelled() {
    let mut world = World::new();
    world.create("other", json!({}));
    (0..3).for_each(|_| {
        world.send("work", "a");
    });
    kill(&mut world, "work");
    let input = json!({"SourceArn": arn("dead"), "DestinationArn": arn("other"), "MaxNumberOfMessagesPerSecond": 1});
    let handle = world.ok("StartMessageMoveTask", input)["TaskHandle"].clone();
    world.wait(1);
    assert_eq!(
        world.ok("CancelMessageMoveTask", json!({"TaskHandle": handle})),
        json!({"ApproximateNumberOfMessagesMoved": 1})
    );
    assert_eq!(task(&mut world)["Status"], "CANCELLING");
    world.wait(5);
    assert_eq!(task(&mut world)["Status"], "CANCELLED");
    assert_eq!(
        (
            world.sqs.messages(&arn("other")).len(),
            world.sqs.messages(&arn("dead")).len()
        ),
        (1, 2)
    );
    world.refuses(
        "CancelMessageMoveTask",
        json!({"TaskHandle": handle}),
        "UnsupportedOperation",
        "Only active tasks can be cancelled.",
    );
    world.refuses(
        "CancelMessageMoveTask",
        json!({"TaskHandle": "x"}),
        "ResourceNotFoundException",
        "Task does not exist.",
    );
}

#[test]
fn only_dead_letters_of_queues_can_be_redriven() {
    let mut world = World::new();
    world.refuses(
        "StartMessageMoveTask",
        json!({"SourceArn": arn("work")}),
        "InvalidParameterValue",
        "Source queue must be configured as a Dead Letter Queue.",
    );
    let text = "The resource that you specified for the SourceArn parameter doesn't exist.";
    world.refuses(
        "StartMessageMoveTask",
        json!({"SourceArn": arn("nowhere")}),
        "ResourceNotFoundException",
        text,
    );
    world.send("dead", "put there by another service");
    world.ok("StartMessageMoveTask", json!({"SourceArn": arn("dead")}));
    world.wait(1);
    let failed = task(&mut world);
    assert_eq!(
        (&failed["Status"], &failed["FailureReason"]),
        (&json!("FAILED"), &json!("CouldNotDetermineMessageSource"))
    );
    assert_eq!(world.sqs.messages(&arn("dead")).len(), 1);
}
