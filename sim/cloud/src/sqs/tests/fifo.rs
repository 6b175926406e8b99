use serde_json::json;

use super::{World, arn};

fn body(group: &str, body: &str) -> serde_json::Value {
    json!({"queue": "line.fifo", "MessageBody": body, "MessageGroupId": group})
}

#[test]
fn a_group_is_blocked_while_one_of_its_messages_is_in_flight() {
    let mut world = World::new();
    for (group, text) in [("a", "a1"), ("b", "b1"), ("a", "a2"), ("a", "a3")] {
        world.send_to_group(group, text);
    }
    let first = world
        .sqs
        .receive(world.now, &arn("line.fifo"), 1, None)
        .unwrap();
    assert_eq!(first[0].message.body, "a1");
    assert_eq!(world.bodies("line.fifo"), ["b1"]);
    assert!(world.receive("line.fifo").is_empty());
    world.delete("line.fifo", &first[0].receipt_handle).unwrap();
    let both = world.receive("line.fifo");
    assert_eq!(
        both.iter()
            .map(|received| received.message.body.as_str())
            .collect::<Vec<_>>(),
        ["a2", "a3"]
    );
    world
        .sqs
        .change_visibility(world.now, &arn("line.fifo"), &both[0].receipt_handle, 0)
        .unwrap();
    assert!(
        world.receive("line.fifo").is_empty(),
        "a3 is still in flight"
    );
    assert_eq!(
        (world.sqs.next_visible(&arn("line.fifo")).unwrap() - world.now).num_seconds(),
        30
    );
    world.wait(30);
    assert_eq!(world.bodies("line.fifo"), ["b1", "a2", "a3"]);
}

#[test]
fn a_repetition_within_five_minutes_is_answered_but_not_enqueued() {
    let mut world = World::new();
    let first = world.ok("SendMessage", body("g", "x"));
    assert_eq!(first["SequenceNumber"].as_str().unwrap().len(), 20);
    world.wait(299);
    assert_eq!(world.ok("SendMessage", body("other", "x")), first);
    let message = world.sqs.messages(&arn("line.fifo"))[0];
    assert_eq!(
        message.deduplication_id.as_deref(),
        Some("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
    );
    let handle = world.receive("line.fifo")[0].receipt_handle.clone();
    world.delete("line.fifo", &handle).unwrap();
    world.ok("SendMessage", body("g", "x"));
    assert!(
        world.sqs.messages(&arn("line.fifo")).is_empty(),
        "a deleted message is remembered too"
    );
    world.wait(1);
    let second = world.ok("SendMessage", body("g", "x"));
    assert_ne!(second["MessageId"], first["MessageId"]);
    assert!(second["SequenceNumber"].as_str() > first["SequenceNumber"].as_str());
}

#[test]
fn deduplication_may_count_per_group() {
    let mut world = World::new();
    let attributes =
        json!({"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"});
    world.ok(
        "SetQueueAttributes",
        json!({"queue": "line.fifo", "Attributes": attributes}),
    );
    for group in ["a", "b", "a"] {
        world.send_to_group(group, "x");
    }
    assert_eq!(world.sqs.messages(&arn("line.fifo")).len(), 2);
}

#[test]
fn an_explicit_id_wins_over_the_content() {
    let mut world = World::new();
    for (text, id) in [("x", "1"), ("x", "2"), ("y", "1")] {
        let mut input = body("g", text);
        input["MessageDeduplicationId"] = json!(id);
        world.ok("SendMessage", input);
    }
    assert_eq!(world.bodies("line.fifo"), ["x", "x"]);
}

#[test]
fn a_fifo_message_needs_a_group_and_a_deduplication_id_and_takes_no_delay() {
    let mut world = World::new();
    world.refuses(
        "SendMessage",
        json!({"queue": "line.fifo", "MessageBody": "a"}),
        "MissingParameter",
        "The request must contain the parameter MessageGroupId.",
    );
    let mut delayed = body("g", "a");
    delayed["DelaySeconds"] = json!(5);
    let text = "Value 5 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.";
    world.refuses("SendMessage", delayed, "InvalidParameterValue", text);
    let text = "Value a b for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.";
    world.refuses(
        "SendMessage",
        body("a b", "a"),
        "InvalidParameterValue",
        text,
    );
    world.ok(
        "SetQueueAttributes",
        json!({"queue": "line.fifo", "Attributes": {"ContentBasedDeduplication": "false"}}),
    );
    let text = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
    world.refuses("SendMessage", body("g", "a"), "InvalidParameterValue", text);
}

#[test]
fn a_delete_after_the_visibility_timeout_fails() {
    let mut world = World::new();
    world.send_to_group("g", "a");
    let handle = world.receive("line.fifo")[0].receipt_handle.clone();
    world.wait(30);
    let text = format!(
        "Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
    );
    world.refuses(
        "DeleteMessage",
        json!({"queue": "line.fifo", "ReceiptHandle": handle}),
        "InvalidParameterValue",
        &text,
    );
    assert_eq!(world.sqs.messages(&arn("line.fifo")).len(), 1);
}

#[test]
fn a_new_queue_delay_holds_for_waiting_messages() {
    let mut world = World::new();
    world.ok(
        "SetQueueAttributes",
        json!({"queue": "line.fifo", "Attributes": {"DelaySeconds": "60"}}),
    );
    world.send_to_group("g", "a");
    world.wait(10);
    world.ok(
        "SetQueueAttributes",
        json!({"queue": "line.fifo", "Attributes": {"DelaySeconds": "5"}}),
    );
    assert_eq!(world.bodies("line.fifo"), ["a"]);
}
