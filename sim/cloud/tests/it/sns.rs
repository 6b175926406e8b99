use serde_json::{Value, json};
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::knobs::Knobs;
use simulated_cloud::stack::{Permission, Stack};

use crate::{Failing, World, attributes, queue};

const NEWS: &str = "arn:aws:sns:us-east-1:123456789012:news";

/// The attribute that the template's filter policy wants.
const ORDER: [(&str, &str); 3] = [
    ("MessageAttributes.entry.1.Name", "kind"),
    ("MessageAttributes.entry.1.Value.DataType", "String"),
    ("MessageAttributes.entry.1.Value.StringValue", "order"),
];

/// Without the filter policy.
fn unfiltered(stack: &mut Stack) {
    stack.subscriptions[0].filter_policy = None;
}

fn world(change: impl FnOnce(&mut Stack)) -> World {
    World::with(change, Knobs::default())
}

fn publish(world: &mut World, topic: &str, more: &[(&str, &str)]) -> (u16, String) {
    let mut parameters = vec![("TopicArn", topic), ("Message", "hello")];
    parameters.extend_from_slice(more);
    let answer = world.sns("Publish", &parameters);
    world.wait(5);
    answer
}

/// The text of an element.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_default();
    rest.split_once("</").unwrap_or_default().0
}

fn subscribe(world: &mut World, topic: &str, protocol: &str, endpoint: &str) -> String {
    let parameters = [
        ("TopicArn", topic),
        ("Protocol", protocol),
        ("Endpoint", endpoint),
    ];
    let (status, answer) = world.sns("Subscribe", &parameters);
    assert_eq!(status, 200, "{answer}");
    element(&answer, "SubscriptionArn").to_owned()
}

/// Lets a topic send to a queue.
fn open_queue(world: &mut World, name: &str) {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage", "Resource": "*" }],
    });
    let fifo = if name.ends_with(".fifo") { "true" } else { "" };
    let mut attributes = json!({ "Policy": policy.to_string() });
    if !fifo.is_empty() {
        attributes["FifoQueue"] = fifo.into();
    }
    let input = json!({ "QueueName": name, "Attributes": attributes });
    assert_eq!(world.call("AmazonSQS.CreateQueue", &input).0, 200);
}

#[test]
fn a_notification_is_written_as_sns_writes_it() {
    let mut world = world(|_| {});
    let more = [ORDER.as_slice(), &[("Subject", "News \"today\"")]].concat();
    let (status, answer) = publish(&mut world, NEWS, &more);
    assert_eq!(status, 200, "{answer}");
    let id = element(&answer, "MessageId").to_owned();
    let message = world.take("inbox").remove(0);
    let seen: Value = serde_json::from_str(&message.body).expect("JSON");
    let text = |name: &str| seen[name].as_str().expect("a text").to_owned();
    let expected = format!(
        "{{\n  \"Type\" : \"Notification\",\n  \"MessageId\" : \"{id}\",\n  \"TopicArn\" : \"{NEWS}\",\n  \"Subject\" : \"News \\\"today\\\"\",\n  \"Message\" : \"hello\",\n  \"Timestamp\" : \"2026-03-02T09:00:00.000Z\",\n  \"SignatureVersion\" : \"1\",\n  \"Signature\" : \"{}\",\n  \"SigningCertURL\" : \"{}\",\n  \"UnsubscribeURL\" : \"{}\",\n  \"MessageAttributes\" : {{\n    \"kind\" : {{\"Type\":\"String\",\"Value\":\"order\"}}\n  }}\n}}",
        text("Signature"),
        text("SigningCertURL"),
        text("UnsubscribeURL"),
    );
    assert_eq!(&*message.body, expected);
    assert!(message.attributes.is_empty());
}

#[test]
fn a_raw_message_is_the_text_with_its_attributes() {
    let mut world = world(|stack| stack.subscriptions[0].raw_message_delivery = true);
    publish(&mut world, NEWS, &ORDER);
    let message = world.take("inbox").remove(0);
    assert_eq!(&*message.body, "hello");
    let expected = ("String".to_owned(), "order".to_owned());
    assert_eq!(attributes(&message).get("kind"), Some(&expected));
}

#[test]
fn a_filter_policy_lets_through_what_it_matches() {
    let mut world = world(|_| {});
    publish(&mut world, NEWS, &[]);
    assert!(world.take("inbox").is_empty());
    let mut other = ORDER;
    other[2].1 = "payment";
    publish(&mut world, NEWS, &other);
    assert_eq!(world.take("inbox").len(), 1);
    let arn = world
        .cloud
        .sns()
        .subscriptions_of(NEWS)
        .next()
        .expect("one")
        .arn
        .clone();
    for (name, value) in [
        ("FilterPolicyScope", "MessageBody"),
        (
            "FilterPolicy",
            r#"{"order":{"total":[{"numeric":[">",100]}]}}"#,
        ),
    ] {
        let parameters = [
            ("SubscriptionArn", arn.as_str()),
            ("AttributeName", name),
            ("AttributeValue", value),
        ];
        let (status, answer) = world.sns("SetSubscriptionAttributes", &parameters);
        assert_eq!(status, 200, "{answer}");
    }
    for (body, count) in [
        (r#"{"order":{"total":120}}"#, 1),
        (r#"{"order":{"total":7}}"#, 0),
        ("text", 0),
    ] {
        world.sns("Publish", &[("TopicArn", NEWS), ("Message", body)]);
        world.wait(5);
        assert_eq!(world.take("inbox").len(), count, "{body}");
    }
}

#[test]
fn a_function_gets_the_event_of_sns_where_its_policy_allows_it() {
    let mut world = world(|stack| {
        let events = stack.permissions[0].clone();
        stack.permissions.push(Permission {
            principal: "sns.amazonaws.com".to_owned(),
            ..events
        });
    });
    let function = "arn:aws:lambda:us-east-1:123456789012:function:worker";
    let arn = subscribe(&mut world, NEWS, "lambda", function);
    publish(&mut world, NEWS, &ORDER);
    let event: Value = serde_json::from_str(&world.invocations[0].payload).expect("JSON");
    let record = &event["Records"][0];
    assert_eq!(record["EventSource"], "aws:sns");
    assert_eq!(record["EventVersion"], "1.0");
    assert_eq!(record["EventSubscriptionArn"], arn);
    let seen = &record["Sns"];
    assert_eq!(seen["Message"], "hello");
    assert_eq!(seen["Subject"], Value::Null);
    assert_eq!(
        seen["MessageAttributes"],
        json!({ "kind": { "Type": "String", "Value": "order" } })
    );
}

#[test]
fn what_a_policy_does_not_allow_goes_to_the_dead_letter_queue_at_once() {
    let mut world = world(|stack| {
        unfiltered(stack);
        stack
            .queue_policies
            .iter_mut()
            .for_each(|policy| policy.queue_arns.retain(|arn| !arn.ends_with(":inbox")));
    });
    publish(&mut world, NEWS, &[]);
    assert!(world.take("inbox").is_empty());
    let dead = world.take("dead").remove(0);
    let body: Value = serde_json::from_str(&dead.body).expect("JSON");
    assert_eq!(body["Message"], "hello");
    let code = &attributes(&dead)["ErrorCode"].1;
    assert_eq!(code, "NO_PERMISSIONS");
}

#[test]
fn a_server_error_is_tried_again_three_times_at_once_then_slower() {
    let mut world = world(unfiltered);
    world.cloud.set_fault_hook(Box::new(Failing(5)));
    world.sns("Publish", &[("TopicArn", NEWS), ("Message", "hello")]);
    world.wait(1);
    assert!(
        world.take("inbox").is_empty(),
        "two waits of a second are to come"
    );
    world.wait(2);
    assert_eq!(world.take("inbox").len(), 1);
    let attempts = world
        .records
        .iter()
        .filter(|record| matches!(record, CloudEvent::Notification { .. }));
    assert_eq!(attempts.count(), 6);
}

#[test]
fn a_topic_delivers_a_message_twice_now_and_then() {
    let knobs = Knobs {
        sns_duplicates_per_mille: 1000,
        ..Knobs::default()
    };
    let mut world = World::with(unfiltered, knobs);
    publish(&mut world, NEWS, &[]);
    let bodies = world.bodies("inbox");
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0]["MessageId"], bodies[1]["MessageId"]);
}

#[test]
fn a_fifo_topic_keeps_the_order_of_a_group_and_takes_a_message_once() {
    let mut world = world(|_| {});
    open_queue(&mut world, "line.fifo");
    let attributes = [
        ("Name", "line.fifo"),
        ("Attributes.entry.1.key", "FifoTopic"),
        ("Attributes.entry.1.value", "true"),
    ];
    let (_, answer) = world.sns("CreateTopic", &attributes);
    let topic = element(&answer, "TopicArn").to_owned();
    subscribe(&mut world, &topic, "sqs", &queue("line.fifo"));
    let (status, answer) = world.sns("Publish", &[("TopicArn", &topic), ("Message", "x")]);
    assert_eq!(
        (status, element(&answer, "Message")),
        (
            400,
            "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
        )
    );
    for (message, id) in [("0", "a"), ("1", "b"), ("2", "c"), ("again", "b")] {
        let parameters = [
            ("TopicArn", topic.as_str()),
            ("Message", message),
            ("MessageGroupId", "g"),
            ("MessageDeduplicationId", id),
        ];
        let (status, answer) = world.sns("Publish", &parameters);
        assert_eq!(status, 200, "{answer}");
        assert_eq!(element(&answer, "SequenceNumber").len(), 20);
    }
    world.wait(5);
    let messages: Vec<Value> = world
        .bodies("line.fifo")
        .iter()
        .map(|body| body["Message"].clone())
        .collect();
    assert_eq!(messages, ["0", "1", "2"]);
}

#[test]
fn a_batch_answers_for_each_entry() {
    let mut world = world(unfiltered);
    let parameters = [
        ("TopicArn", NEWS),
        ("PublishBatchRequestEntries.member.1.Id", "a"),
        ("PublishBatchRequestEntries.member.1.Message", "1"),
        ("PublishBatchRequestEntries.member.2.Id", "b"),
        ("PublishBatchRequestEntries.member.2.Message", "2"),
        (
            "PublishBatchRequestEntries.member.2.MessageDeduplicationId",
            "x",
        ),
    ];
    let (status, answer) = world.sns("PublishBatch", &parameters);
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("<Successful><member>"), "{answer}");
    assert!(answer.contains("<Code>InvalidParameter</Code>"), "{answer}");
    world.wait(5);
    assert_eq!(world.bodies("inbox").len(), 1);
}

#[test]
fn what_sns_does_not_take_is_refused_in_its_words() {
    let mut world = world(|_| {});
    let long = "x".repeat(262_145);
    for (operation, parameters, code, message) in [
        (
            "Publish",
            vec![("Message", "x")],
            "InvalidParameter",
            "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
        ),
        (
            "Publish",
            vec![("TopicArn", NEWS)],
            "InvalidParameter",
            "Invalid parameter: Empty message",
        ),
        (
            "Publish",
            vec![("TopicArn", NEWS), ("Message", &long)],
            "InvalidParameter",
            "Invalid parameter: Message too long",
        ),
        (
            "Publish",
            vec![
                ("TopicArn", "arn:aws:sns:us-east-1:123456789012:none"),
                ("Message", "x"),
            ],
            "NotFound",
            "Topic does not exist",
        ),
        (
            "Publish",
            vec![
                ("TopicArn", NEWS),
                ("Message", "x"),
                ("MessageStructure", "json"),
            ],
            "InvalidParameter",
            "Invalid parameter: Message Structure - JSON message body failed to parse",
        ),
        (
            "CreateTopic",
            vec![("Name", "a b")],
            "InvalidParameter",
            "Invalid parameter: Topic Name",
        ),
        (
            "Subscribe",
            vec![("TopicArn", NEWS), ("Protocol", "smoke"), ("Endpoint", "x")],
            "InvalidParameter",
            "Invalid parameter: Amazon SNS does not support this protocol string: smoke",
        ),
        (
            "Fly",
            vec![],
            "InvalidAction",
            "The operation Fly is not simulated.",
        ),
    ] {
        let (_, answer) = world.sns(operation, &parameters);
        assert_eq!(
            (element(&answer, "Code"), element(&answer, "Message")),
            (code, message),
            "{operation}"
        );
    }
}

#[test]
fn topics_and_subscriptions_are_made_listed_and_taken_away() {
    let mut world = world(|_| {});
    let (_, answer) = world.sns(
        "CreateTopic",
        &[
            ("Name", "more"),
            ("Tags.member.1.Key", "a"),
            ("Tags.member.1.Value", "b"),
        ],
    );
    let topic = element(&answer, "TopicArn").to_owned();
    let arn = subscribe(&mut world, &topic, "sqs", &queue("out"));
    assert_eq!(
        subscribe(&mut world, &topic, "sqs", &queue("out")),
        arn,
        "the same again"
    );
    assert_eq!(
        subscribe(&mut world, &topic, "email", "a@example.com"),
        "pending confirmation"
    );
    let (_, listed) = world.sns("ListSubscriptionsByTopic", &[("TopicArn", &topic)]);
    assert_eq!(listed.matches("<member>").count(), 2, "{listed}");
    let (_, shown) = world.sns("GetTopicAttributes", &[("TopicArn", &topic)]);
    assert!(
        shown.contains("<key>SubscriptionsConfirmed</key><value>1</value>"),
        "{shown}"
    );
    let (_, tags) = world.sns("ListTagsForResource", &[("ResourceArn", &topic)]);
    assert!(
        tags.contains("<member><Key>a</Key><Value>b</Value></member>"),
        "{tags}"
    );
    world.sns("Unsubscribe", &[("SubscriptionArn", &arn)]);
    world.sns("DeleteTopic", &[("TopicArn", &topic)]);
    let (_, listed) = world.sns("ListTopics", &[]);
    assert_eq!(listed.matches("<TopicArn>").count(), 1, "{listed}");
}

#[test]
fn a_rule_and_a_destination_publish() {
    let mut world = world(|stack| {
        unfiltered(stack);
        let rule = stack
            .rules
            .iter_mut()
            .find(|rule| rule.name == "to-queue")
            .expect("a rule");
        rule.targets[0].arn = NEWS.to_owned();
        stack.functions[0].invoke_config.on_success = Some(NEWS.to_owned());
    });
    world.put("Order", &json!({ "n": 1 }));
    world.wait(5);
    let told = world.bodies("inbox").remove(0);
    let event: Value =
        serde_json::from_str(told["Message"].as_str().expect("a text")).expect("JSON");
    assert_eq!(
        (&event["detail-type"], told.get("Subject")),
        (&json!("Order"), None)
    );

    world.put("Job", &json!({ "n": 2 }));
    world.wait(5);
    world.answer(&simulated_cloud::lambda::InvocationResult::Success(json!(
        "done"
    )));
    world.wait(5);
    let told = world.bodies("inbox").remove(0);
    let record: Value =
        serde_json::from_str(told["Message"].as_str().expect("a text")).expect("JSON");
    assert_eq!(record["responsePayload"], "done");
}

#[test]
fn an_alarm_publishes_its_change() {
    let mut world = world(|stack| {
        unfiltered(stack);
        stack.topic_policies.clear();
        stack.permissions.clear();
        for alarm in &mut stack.alarms {
            alarm.alarm_actions = vec![NEWS.to_owned()];
        }
    });
    world.put("Job", &json!({}));
    world.wait(120);
    assert_eq!(world.alarms(), ["FailedInvocations"]);
    let told = world.bodies("inbox").remove(0);
    assert_eq!(told["Subject"], "ALARM: \"FailedInvocations\" in us-east-1");
    let change: Value =
        serde_json::from_str(told["Message"].as_str().expect("a text")).expect("JSON");
    assert_eq!(
        (&change["NewStateValue"], &change["OldStateValue"]),
        (&json!("ALARM"), &json!("OK"))
    );
    assert_eq!(change["Trigger"]["MetricName"], "FailedInvocations");
}

#[test]
fn a_rule_may_publish_where_the_topic_has_a_policy_for_it() {
    let mut world = world(|stack| {
        unfiltered(stack);
        stack.topic_policies.clear();
        let rule = stack
            .rules
            .iter_mut()
            .find(|rule| rule.name == "to-queue")
            .expect("a rule");
        rule.targets[0].arn = NEWS.to_owned();
    });
    world.put("Order", &json!({}));
    world.wait(5);
    assert_eq!(world.outcomes(), ["NO_PERMISSIONS"]);
}

#[test]
fn a_schedule_publishes_by_its_role_as_a_target_and_as_a_call() {
    let call = "arn:aws:scheduler:::aws-sdk:sns:publish";
    let parameters = json!({ "TopicArn": NEWS, "Message": "tick", "Subject": "Time" }).to_string();
    for (arn, input, subject) in [(NEWS, "tick", None), (call, &*parameters, Some("Time"))] {
        let mut schedule = crate::schedules::schedule("at(2026-03-02T09:10:00)");
        schedule.timezone = "UTC".to_owned();
        schedule.target.arn = arn.to_owned();
        schedule.target.input = Some(input.to_owned());
        let push = |stack: &mut Stack| {
            unfiltered(stack);
            stack.schedules.push(schedule);
        };
        let mut world = world(push);
        world.wait(700);
        let told = world.bodies("inbox").remove(0);
        assert_eq!(told["Message"], "tick");
        assert_eq!(told.get("Subject").and_then(Value::as_str), subject);
    }
}
