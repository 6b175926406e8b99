use std::time::Duration;

use serde_json::{Value, json};
use simulated_cloud::knobs::Knobs;

use crate::{World, queue};

const LIMIT: (&str, &str) = (
    "LimitExceededException",
    "The requested resource exceeds the maximum number allowed.",
);

fn refuses(world: &mut World, operation: &str, input: &Value, code: &str, message: &str) {
    assert_eq!(
        world.refusal(operation, input),
        (code.to_owned(), message.to_owned())
    );
}

fn target(id: &str) -> Value {
    json!({ "Id": id, "Arn": queue("out") })
}

#[test]
fn a_disabled_rule_sees_nothing_and_catches_up_nothing() {
    let mut world = World::new();
    let rule = json!({ "Name": "to-queue", "EventBusName": "shop" });
    world.ok("DisableRule", &rule);
    assert_eq!(world.ok("DescribeRule", &rule)["State"], "DISABLED");
    world.put("Order", &json!({}));
    world.wait(60);
    world.ok("EnableRule", &rule);
    world.wait(600);
    assert!(world.take("out").is_empty());
    world.put("Order", &json!({}));
    world.wait(60);
    assert_eq!(world.take("out").len(), 1);
}

#[test]
fn a_change_of_state_takes_as_long_as_the_knob_says() {
    let mut world = World::with(
        |_| {},
        Knobs {
            rule_propagation_delay: Duration::from_secs(30),
            ..Knobs::default()
        },
    );
    world.ok(
        "DisableRule",
        &json!({ "Name": "to-queue", "EventBusName": "shop" }),
    );
    world.put("Order", &json!({}));
    world.wait(31);
    world.put("Order", &json!({}));
    world.wait(60);
    assert_eq!(world.take("out").len(), 1, "the first one only");
    refuses(
        &mut world,
        "EnableRule",
        &json!({ "Name": "none", "EventBusName": "shop" }),
        "ResourceNotFoundException",
        "Rule none does not exist on EventBus shop.",
    );
}

#[test]
fn a_rule_has_five_targets_at_most_and_replaces_them_by_id() {
    let mut world = World::new();
    let put =
        |targets: Value| json!({ "Rule": "to-queue", "EventBusName": "shop", "Targets": targets });
    let five: Vec<Value> = ["out", "b", "c", "d", "e"].map(target).to_vec();
    world.ok("PutTargets", &put(json!(five)));
    refuses(
        &mut world,
        "PutTargets",
        &put(json!([target("f")])),
        LIMIT.0,
        LIMIT.1,
    );
    let listed = world.ok(
        "ListTargetsByRule",
        &json!({ "Rule": "to-queue", "EventBusName": "shop" }),
    );
    assert_eq!(listed["Targets"].as_array().unwrap().len(), 5);
    world.ok(
        "RemoveTargets",
        &json!({ "Rule": "to-queue", "EventBusName": "shop", "Ids": ["b", "c", "d", "e"] }),
    );
    world.put("Order", &json!({}));
    world.wait(1);
    assert_eq!(world.take("out").len(), 1);
}

#[test]
fn a_target_is_checked_when_it_is_put() {
    let mut world = World::new();
    let put =
        |target: Value| json!({ "Rule": "to-queue", "EventBusName": "shop", "Targets": [target] });
    let mut strange = target("!@#");
    let form = r"1 validation error detected: Value '!@#' at 'targets.1.member.id' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+";
    refuses(
        &mut world,
        "PutTargets",
        &put(strange.clone()),
        "ValidationException",
        form,
    );
    strange["Id"] = json!("t");
    strange["Input"] = json!("{}");
    strange["InputPath"] = json!("$.detail");
    let shapes = "Only one of Input, InputPath, or InputTransformer must be provided for target t.";
    refuses(
        &mut world,
        "PutTargets",
        &put(strange),
        "ValidationException",
        shapes,
    );
    let mut unknown = target("t");
    unknown["InputTransformer"] = json!({ "InputTemplate": "{\"a\": <b>}" });
    let placeholder = "InputTemplate for target t contains invalid placeholder b.";
    refuses(
        &mut world,
        "PutTargets",
        &put(unknown),
        "ValidationException",
        placeholder,
    );
    let long = |length: usize| format!("\"{}\"", "a".repeat(length - 2));
    for (shape, member, longest) in [
        (json!({ "Input": long(8193) }), "input", 8192),
        (json!({ "InputPath": long(257) }), "inputPath", 256),
        (
            json!({ "InputTransformer": { "InputTemplate": long(8193) } }),
            "inputTransformer.inputTemplate",
            8192,
        ),
        (
            json!({ "InputTransformer": { "InputTemplate": "<a>", "InputPathsMap": { "a": long(257) } } }),
            "inputTransformer.inputPathsMap",
            256,
        ),
    ] {
        let mut shaped = target("t");
        shaped
            .as_object_mut()
            .unwrap()
            .extend(shape.as_object().unwrap().clone());
        let value = long(longest + 1);
        let place = format!("targets.1.member.{member}");
        let length = format!(
            "1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: Member must have length less than or equal to {longest}"
        );
        refuses(
            &mut world,
            "PutTargets",
            &put(shaped),
            "ValidationException",
            &length,
        );
    }
    let mut longest = target("t");
    longest["Input"] = json!(long(8192));
    world.ok("PutTargets", &put(longest));
}

#[test]
fn putting_a_rule_again_replaces_all_but_its_targets() {
    let mut world = World::new();
    let tags = json!([{ "Key": "owner", "Value": "us" }]);
    world.ok("TagResource", &json!({ "ResourceARN": "arn:aws:events:us-east-1:123456789012:rule/shop/to-queue", "Tags": tags }));
    let arn = world.ok("PutRule", &json!({ "Name": "to-queue", "EventBusName": "shop", "EventPattern": "{\"source\":[\"nobody\"]}" }));
    assert_eq!(
        arn["RuleArn"],
        "arn:aws:events:us-east-1:123456789012:rule/shop/to-queue"
    );
    world.put("Order", &json!({}));
    world.wait(1);
    assert!(world.take("out").is_empty());
    world.ok("PutRule", &json!({ "Name": "to-queue", "EventBusName": "shop", "EventPattern": "{\"detail-type\":[\"Order\"]}" }));
    world.put("Order", &json!({}));
    world.wait(1);
    assert_eq!(world.take("out").len(), 1, "the target is still there");
    assert_eq!(
        world.ok(
            "ListTagsForResource",
            &json!({ "ResourceARN": arn["RuleArn"] })
        )["Tags"],
        tags,
        "as are the tags"
    );
}

#[test]
fn a_rule_is_checked_when_it_is_put() {
    let mut world = World::new();
    let rule = |name: &str, bus: &str, key: &str, value: &str| json!({ "Name": name, "EventBusName": bus, key: value });
    let on_bus = rule("r", "shop", "ScheduleExpression", "rate(1 hour)");
    let only_default = "ScheduleExpression is supported only on the default event bus.";
    refuses(
        &mut world,
        "PutRule",
        &on_bus,
        "ValidationException",
        only_default,
    );
    let plural = rule("r", "default", "ScheduleExpression", "rate(1 hours)");
    refuses(
        &mut world,
        "PutRule",
        &plural,
        "ValidationException",
        "Parameter ScheduleExpression is not valid.",
    );
    let nothing = rule("r", "shop", "Description", "none");
    let one = "Parameter(s) EventPattern or ScheduleExpression must be specified.";
    refuses(&mut world, "PutRule", &nothing, "ValidationException", one);
    assert_eq!(
        world
            .refusal("PutRule", &rule("r", "shop", "EventPattern", "{}"))
            .0,
        "InvalidEventPatternException"
    );
    assert_eq!(
        world
            .refusal("PutRule", &rule("r", "none", "EventPattern", "{}"))
            .1,
        "Event bus none does not exist."
    );
    assert!(
        world
            .refusal("PutRule", &rule("a b", "shop", "EventPattern", "{}"))
            .1
            .contains("at 'name' failed")
    );
    for number in 0..298 {
        world.ok(
            "PutRule",
            &rule(
                &format!("r{number}"),
                "other",
                "EventPattern",
                "{\"a\":[1]}",
            ),
        );
    }
    world.ok(
        "PutRule",
        &rule("last", "other", "EventPattern", "{\"a\":[1]}"),
    );
    refuses(
        &mut world,
        "PutRule",
        &rule("more", "other", "EventPattern", "{\"a\":[1]}"),
        LIMIT.0,
        LIMIT.1,
    );
}

#[test]
fn a_rule_with_targets_cannot_be_deleted_and_a_managed_one_only_by_force() {
    let mut world = World::new();
    let rule = json!({ "Name": "to-queue", "EventBusName": "shop" });
    refuses(
        &mut world,
        "DeleteRule",
        &rule,
        "ValidationException",
        "Rule can't be deleted since it has targets.",
    );
    world.ok(
        "RemoveTargets",
        &json!({ "Rule": "to-queue", "EventBusName": "shop", "Ids": ["out"] }),
    );
    world.ok("DeleteRule", &rule);
    refuses(
        &mut world,
        "DescribeRule",
        &rule,
        "ResourceNotFoundException",
        "Rule to-queue does not exist on EventBus shop.",
    );
    let managed = json!({ "Name": "Events-Archive-orders", "EventBusName": "shop" });
    assert_eq!(
        world.ok("DescribeRule", &managed)["ManagedBy"],
        "prod.vhs.events.aws.internal"
    );
    for operation in ["DeleteRule", "DisableRule"] {
        assert_eq!(world.refusal(operation, &managed).0, "ManagedRuleException");
    }
    world.ok(
        "DeleteRule",
        &json!({ "Name": "Events-Archive-orders", "EventBusName": "shop", "Force": true }),
    );
}

#[test]
fn buses_come_and_go_but_the_default_one() {
    let mut world = World::new();
    assert_eq!(
        world.ok("CreateEventBus", &json!({ "Name": "new" }))["EventBusArn"],
        crate::bus("new")
    );
    refuses(
        &mut world,
        "CreateEventBus",
        &json!({ "Name": "new" }),
        "ResourceAlreadyExistsException",
        "Event bus new already exists.",
    );
    refuses(
        &mut world,
        "DeleteEventBus",
        &json!({ "Name": "default" }),
        "ValidationException",
        "Cannot delete event bus default.",
    );
    world.ok("DeleteEventBus", &json!({ "Name": "new" }));
    assert_eq!(
        world
            .refusal("DescribeEventBus", &json!({ "Name": "new" }))
            .0,
        "ResourceNotFoundException"
    );
    assert_eq!(
        world.ok("ListEventBuses", &json!({}))["EventBuses"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
}

#[test]
fn rules_are_listed_by_prefix() {
    let mut world = World::new();
    let listed = world.ok(
        "ListRules",
        &json!({ "EventBusName": "shop", "NamePrefix": "to-" }),
    );
    let names: Vec<&str> = listed["Rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["Name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["to-queue", "to-function", "to-bus"]);
}
