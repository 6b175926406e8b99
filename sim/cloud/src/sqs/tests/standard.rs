use serde_json::{Value, json};

use super::super::{Knobs, NewMessage};
use super::{World, arn};

#[test]
fn a_message_comes_with_what_the_receiver_asked_for() {
    let mut world = World::new();
    let sent = world.ok(
        "SendMessage",
        json!({"queue": "work", "MessageBody": "hi", "MessageAttributes": {
        "timestamp": {"DataType": "Number", "StringValue": "1493147359900"}, "x.a": {"DataType": "String", "StringValue": "1"}},
        "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}}),
    );
    assert_eq!(sent["MD5OfMessageBody"], "49f68a5c8493ec2c0bf489821c21fc3b");
    assert!(
        sent["MD5OfMessageSystemAttributes"].is_string() && sent.get("SequenceNumber").is_none()
    );
    let input = json!({"queue": "work", "AttributeNames": ["All"], "MessageAttributeNames": ["timestamp"], "VisibilityTimeout": 0});
    let message = &world.ok("ReceiveMessage", input)["Messages"][0];
    assert_eq!(message["MessageId"], sent["MessageId"]);
    assert_eq!(
        message["MD5OfMessageAttributes"],
        "235c5c510d26fb653d073faed50ae77c"
    );
    assert_eq!(
        message["MessageAttributes"],
        json!({"timestamp": {"DataType": "Number", "StringValue": "1493147359900"}})
    );
    assert_eq!(
        message["Attributes"],
        json!({"SenderId": "AIDASIMULATEDSENDER00", "SentTimestamp": "1700000000000", "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": "1700000000000", "AWSTraceHeader": "Root=1"})
    );
    let bare = &world.ok(
        "ReceiveMessage",
        json!({"queue": "work", "MessageAttributeNames": ["x.*"]}),
    )["Messages"][0];
    assert!(bare.get("Attributes").is_none());
    assert_eq!(
        bare["MessageAttributes"],
        json!({"x.a": {"DataType": "String", "StringValue": "1"}})
    );
    assert_eq!(
        world.ok("ReceiveMessage", json!({"queue": "work"})),
        json!({})
    );
}

#[test]
fn md5_of_attributes_covers_names_types_and_bytes() {
    let mut world = World::new();
    let sent = world.ok(
        "SendMessage",
        json!({"queue": "work", "MessageBody": "x", "MessageAttributes": {
        "b": {"DataType": "Binary.gz", "BinaryValue": "AQI="}, "a": {"DataType": "String", "StringValue": "x"}}}),
    );
    assert_eq!(
        sent["MD5OfMessageAttributes"],
        "0d5ff1b475a07c554a9147ff38058fcd"
    );
}

#[test]
fn a_received_message_is_hidden_until_its_visibility_timeout_is_over() {
    let mut world = World::new();
    world.send("work", "a");
    assert_eq!(world.bodies("work"), ["a"]);
    assert_eq!(
        (
            world.sqs.visible(world.now, &arn("work")),
            world.sqs.in_flight(world.now, &arn("work"))
        ),
        (0, 1)
    );
    world.wait(29);
    assert!(world.receive("work").is_empty());
    assert_eq!(
        (world.sqs.next_visible(&arn("work")).unwrap() - world.now).num_seconds(),
        1
    );
    world.wait(1);
    assert_eq!(world.receive("work")[0].message.receive_count, 2);
}

#[test]
fn change_visibility_counts_from_the_call() {
    let mut world = World::new();
    world.send("work", "a");
    let handle = world.receive("work")[0].receipt_handle.clone();
    world.wait(20);
    world.ok(
        "ChangeMessageVisibility",
        json!({"queue": "work", "ReceiptHandle": handle, "VisibilityTimeout": 30}),
    );
    world.wait(29);
    assert!(world.receive("work").is_empty());
    let input = json!({"queue": "work", "ReceiptHandle": handle, "VisibilityTimeout": 43_152});
    let text = "Value 43152 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].";
    world.refuses(
        "ChangeMessageVisibility",
        input,
        "InvalidParameterValue",
        text,
    );
    let input = json!({"queue": "work", "ReceiptHandle": handle, "VisibilityTimeout": 0});
    world.ok("ChangeMessageVisibility", input.clone());
    world.refuses(
        "ChangeMessageVisibility",
        input,
        "MessageNotInflight",
        "The specified message isn't in flight.",
    );
    assert_eq!(world.bodies("work"), ["a"]);
    let input = json!({"queue": "work", "ReceiptHandle": handle, "VisibilityTimeout": 5});
    let text = format!(
        "Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change."
    );
    world.refuses(
        "ChangeMessageVisibility",
        input,
        "InvalidParameterValue",
        &text,
    );
    let input = json!({"queue": "work", "ReceiptHandle": "x", "VisibilityTimeout": 5});
    world.refuses(
        "ChangeMessageVisibility",
        input,
        "ReceiptHandleIsInvalid",
        "The input receipt handle \"x\" is not a valid receipt handle.",
    );
}

#[test]
fn delays_hide_and_retention_ends_a_message() {
    let mut world = World::new();
    world.ok(
        "SendMessage",
        json!({"queue": "work", "MessageBody": "a", "DelaySeconds": 900}),
    );
    world.ok("SetQueueAttributes", json!({"queue": "work", "Attributes": {"DelaySeconds": "5", "MessageRetentionPeriod": "1000"}}));
    world.send("work", "b");
    assert_eq!(world.sqs.delayed(world.now, &arn("work")), 2);
    world.wait(5);
    assert_eq!(world.bodies("work"), ["b"]);
    world.wait(895);
    assert_eq!(world.bodies("work"), ["a", "b"]);
    assert_eq!(
        (world.sqs.next_due().unwrap() - world.now).num_seconds(),
        100
    );
    world.wait(100);
    assert!(world.sqs.messages(&arn("work")).is_empty());
    assert_eq!(world.sqs.next_due(), None);
    let text = "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.";
    world.refuses(
        "SendMessage",
        json!({"queue": "work", "MessageBody": "a", "DelaySeconds": 901}),
        "InvalidParameterValue",
        text,
    );
}

#[test]
fn a_standard_queue_may_forget_a_delete_by_an_old_handle() {
    let mut world = World::new();
    world.send("work", "a");
    let old = world.receive("work")[0].receipt_handle.clone();
    world.wait(30);
    let new = world.receive("work")[0].receipt_handle.clone();
    world.delete("work", &old).unwrap();
    assert_eq!(world.sqs.messages(&arn("work")).len(), 1);
    world.delete("work", &new).unwrap();
    world.delete("work", &new).unwrap();
    assert!(world.sqs.messages(&arn("work")).is_empty());
}

#[test]
fn a_handle_works_after_its_timeout_while_nobody_else_received() {
    let mut world = World::new();
    world.send("work", "a");
    let handle = world.receive("work")[0].receipt_handle.clone();
    world.wait(31);
    world.delete("work", &handle).unwrap();
    assert!(world.receive("work").is_empty());
}

#[test]
fn contents_and_sizes_are_checked() {
    let mut world = World::new();
    let body = |body: &str| json!({"queue": "work", "MessageBody": body});
    world.refuses(
        "SendMessage",
        body(""),
        "MissingParameter",
        "The request must contain the parameter MessageBody.",
    );
    let text = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";
    world.refuses("SendMessage", body("\u{1}"), "InvalidMessageContents", text);
    world.refuses(
        "SendMessage",
        body("\u{FFFE}"),
        "InvalidMessageContents",
        text,
    );
    world.ok("SendMessage", body("\t\r\n \u{FFFD}\u{10000}\u{10FFFF}"));
    world.ok("SendMessage", body(&"a".repeat(1_048_576)));
    let text =
        "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.";
    world.refuses(
        "SendMessage",
        body(&"a".repeat(1_048_577)),
        "InvalidParameterValue",
        text,
    );
    world.ok(
        "SetQueueAttributes",
        json!({"queue": "work", "Attributes": {"MaximumMessageSize": "1024"}}),
    );
    let mut input = body(&"a".repeat(1015));
    input["MessageAttributes"] = json!({"n": {"DataType": "String", "StringValue": "vvv"}});
    let text =
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.";
    world.refuses("SendMessage", input, "InvalidParameterValue", text);
    let text = "Value X for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is not valid for this queue type.";
    let input = json!({"queue": "work", "MessageBody": "a", "MessageDeduplicationId": "X"});
    world.refuses("SendMessage", input, "InvalidParameterValue", text);
}

#[test]
fn message_attributes_are_checked() {
    let mut world = World::new();
    let string = json!({"DataType": "String", "StringValue": "v"});
    let empty = json!({"DataType": "String", "StringValue": ""});
    let reserved = "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use. Additionally, they cannot start or end with '.'.";
    let eleven: serde_json::Map<String, Value> = (0..11)
        .map(|index| (format!("a{index}"), string.clone()))
        .collect();
    let cases = [
        (
            json!({"X": empty}),
            "Message (user) attribute 'X' must contain a non-empty value of type 'String'.",
        ),
        (json!({"aws.x": string}), reserved),
        (json!({"x.": string}), reserved),
        (
            json!({"é": string}),
            "Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens and underscores. ",
        ),
        (
            json!({"a".repeat(257): string}),
            "Message (user) attribute names must be shorter than 256 Bytes",
        ),
        (
            json!({"n": {"DataType": "Number", "StringValue": "x"}}),
            "Can't cast the value of message (user) attribute 'n' to a number.",
        ),
        (
            Value::Object(eleven),
            "Number of message attributes [11] exceeds the allowed maximum [10].",
        ),
    ];
    for (attributes, text) in cases {
        let input = json!({"queue": "work", "MessageBody": "a", "MessageAttributes": attributes});
        world.refuses("SendMessage", input, "InvalidParameterValue", text);
    }
}

#[test]
fn receive_limits_are_checked() {
    let mut world = World::new();
    let cases = [
        (
            "MaxNumberOfMessages",
            11,
            "Must be between 1 and 10, if provided.",
        ),
        (
            "MaxNumberOfMessages",
            0,
            "Must be between 1 and 10, if provided.",
        ),
        (
            "VisibilityTimeout",
            43_201,
            "Must be between 0 and 43200, if provided.",
        ),
        (
            "WaitTimeSeconds",
            21,
            "Must be >= 0 and <= 20, if provided.",
        ),
    ];
    for (name, value, reason) in cases {
        let text = format!("Value {value} for parameter {name} is invalid. Reason: {reason}");
        world.refuses(
            "ReceiveMessage",
            json!({"queue": "work", name: value}),
            "InvalidParameterValue",
            &text,
        );
    }
    world.ok(
        "SetQueueAttributes",
        json!({"queue": "work", "Attributes": {"ReceiveMessageWaitTimeSeconds": "20"}}),
    );
    let url = json!({"QueueUrl": "http://h/123456789012/work"});
    assert_eq!(world.sqs.wait_seconds(&url), 20);
    assert_eq!(
        world
            .sqs
            .wait_seconds(&json!({"QueueUrl": "http://h/123456789012/work", "WaitTimeSeconds": 0})),
        0
    );
}

#[test]
fn a_batch_is_checked_as_a_whole_and_done_entry_by_entry() {
    let mut world = World::new();
    let entries = |ids: &[&str]| json!({"queue": "work", "Entries": ids.iter().map(|id| json!({"Id": id, "MessageBody": "a"})).collect::<Vec<_>>()});
    let refused = [
        (
            entries(&[]),
            "EmptyBatchRequest",
            "There should be at least one SendMessageBatchRequestEntry in the request.",
        ),
        (
            entries(&["1"; 11]),
            "TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10. You have sent 11.",
        ),
        (
            entries(&["a", "a"]),
            "BatchEntryIdsNotDistinct",
            "Id a repeated.",
        ),
        (
            entries(&["a b"]),
            "InvalidBatchEntryId",
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
        ),
    ];
    for (input, code, text) in refused {
        world.refuses("SendMessageBatch", input, code, text);
    }
    let half = "a".repeat(600_000);
    let input = json!({"queue": "work", "Entries": [{"Id": "1", "MessageBody": half}, {"Id": "2", "MessageBody": half}]});
    let text = "Batch requests cannot be longer than 1048576 bytes. You have sent 1200000 bytes.";
    world.refuses("SendMessageBatch", input, "BatchRequestTooLong", text);
    let answer = world.ok(
        "SendMessageBatch",
        json!({"queue": "work", "Entries": [{"Id": "1", "MessageBody": "a"}, {"Id": "2", "MessageBody": "\u{2}"}]}),
    );
    assert_eq!(answer["Successful"][0]["Id"], "1");
    assert_eq!(
        (
            &answer["Failed"][0]["Id"],
            &answer["Failed"][0]["Code"],
            &answer["Failed"][0]["SenderFault"]
        ),
        (&json!("2"), &json!("InvalidMessageContents"), &json!(true))
    );
    let handle = world.receive("work")[0].receipt_handle.clone();
    let input = json!({"queue": "work", "Entries": [{"Id": "1", "ReceiptHandle": handle, "VisibilityTimeout": 9}, {"Id": "2", "ReceiptHandle": "?", "VisibilityTimeout": 9}]});
    let answer = world.ok("ChangeMessageVisibilityBatch", input.clone());
    assert_eq!(
        (&answer["Successful"], &answer["Failed"][0]["Code"]),
        (&json!([{"Id": "1"}]), &json!("ReceiptHandleIsInvalid"))
    );
    let answer = world.ok("DeleteMessageBatch", input);
    assert_eq!(
        (&answer["Successful"], &answer["Failed"][0]["Code"]),
        (&json!([{"Id": "1"}]), &json!("ReceiptHandleIsInvalid"))
    );
}

#[test]
fn chance_is_off_unless_a_knob_turns_it_on() {
    let mut world = World::new();
    world.send("work", "a");
    world.sqs.set_knobs(Knobs {
        short_poll_misses_per_mille: 1_000,
        duplicates_per_mille: 1_000,
        ..Knobs::default()
    });
    assert_eq!(
        world.ok("ReceiveMessage", json!({"queue": "work"})),
        json!({})
    );
    let long = json!({"queue": "work", "WaitTimeSeconds": 1});
    assert!(world.ok("ReceiveMessage", long.clone())["Messages"].is_array());
    assert!(
        world.ok("ReceiveMessage", long)["Messages"].is_array(),
        "delivered twice"
    );
}

#[test]
fn too_many_messages_in_flight_end_a_short_poll_with_an_error() {
    let mut world = World::new();
    world.sqs.set_knobs(Knobs {
        in_flight_maximum: 1,
        ..Knobs::default()
    });
    world.send("work", "a");
    world.send("work", "b");
    assert_eq!(world.bodies("work"), ["a"]);
    world.refuses(
        "ReceiveMessage",
        json!({"queue": "work"}),
        "OverLimit",
        "Too many messages in flight.",
    );
    assert_eq!(
        world.ok(
            "ReceiveMessage",
            json!({"queue": "work", "WaitTimeSeconds": 1})
        ),
        json!({})
    );
}

#[test]
fn the_same_seed_gives_the_same_ids() {
    let (mut one, mut two) = (World::new(), World::new());
    assert_eq!(one.send("work", "a"), two.send("work", "a"));
    assert_ne!(one.send("work", "a"), one.send("work", "a"));
    assert_eq!(one.receive("work"), {
        two.send("work", "a");
        two.send("work", "a");
        two.receive("work")
    });
    let gone = one
        .sqs
        .send(one.now, &arn("nowhere"), NewMessage::new("a"))
        .unwrap_err();
    assert_eq!(
        (gone.code.as_str(), gone.message.as_str()),
        ("QueueDoesNotExist", "The specified queue does not exist.")
    );
}
