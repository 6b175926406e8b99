use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::json;
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::knobs::{Knobs, Span};

use crate::{Failing, World, attributes, bus};

fn values(world: &mut World, queue: &str) -> BTreeMap<String, String> {
    let letters = world.take(queue);
    let [letter] = letters.as_slice() else {
        panic!("one message, found {letters:?}")
    };
    attributes(letter)
        .into_iter()
        .map(|(name, (kind, value))| (name, if kind == "String" { value } else { kind }))
        .collect()
}

#[test]
fn a_retryable_error_is_tried_185_times_within_24_hours_and_then_dead_lettered() {
    let mut world = World::new();
    world.cloud.set_fault_hook(Box::new(Failing(u32::MAX)));
    let id = world.put("Order", &json!({ "n": 1 }));
    world.wait(86_400);
    let dead = world.cloud.sqs().messages(&crate::queue("dead"));
    let [letter] = dead.as_slice() else {
        panic!("one letter, found {dead:?}")
    };
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&letter.body).unwrap()["id"],
        id.as_str(),
        "the body is the event"
    );
    let tries = world.outcomes().len();
    let found = values(&mut world, "dead");
    assert_eq!(found["ERROR_CODE"], "THROTTLING");
    assert_eq!(found["RETRY_ATTEMPTS"], (tries - 1).to_string());
    assert!(
        ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"]
            .contains(&found["EXHAUSTED_RETRY_CONDITION"].as_str()),
        "{found:?}"
    );
    assert!((100..=186).contains(&tries), "{tries}");
}

#[test]
fn after_24_hours_nothing_is_tried_again_however_few_the_attempts_were() {
    let hours = |count: u64| std::time::Duration::from_secs(count * 3_600);
    let knobs = Knobs {
        retry_backoff_base: hours(2),
        retry_backoff_cap: hours(2),
        ..Knobs::default()
    };
    let mut world = World::with(|_| {}, knobs);
    world.cloud.set_fault_hook(Box::new(Failing(u32::MAX)));
    world.put("Order", &json!({}));
    world.wait(3 * 86_400);
    let tries = world.outcomes().len();
    assert!(
        (12..=24).contains(&tries),
        "{tries} tries, one to two hours apart"
    );
    assert_eq!(
        values(&mut world, "dead")["EXHAUSTED_RETRY_CONDITION"],
        "MaximumEventAgeInSeconds"
    );
}

#[test]
fn a_dead_letter_is_the_event_that_matched_whatever_its_target_was_to_get() {
    let transformer =
        json!({ "InputPathsMap": { "n": "$.detail.n" }, "InputTemplate": "{\"number\": <n>}" });
    for (name, value, got) in [
        ("InputTransformer", transformer, "{\"number\": 1}"),
        ("InputPath", json!("$.detail"), "{\"n\":1}"),
        (
            "Input",
            json!("{\"a\":\"constant\"}"),
            "{\"a\":\"constant\"}",
        ),
    ] {
        let mut world = World::new();
        let mut target = json!({ "Id": "out", "Arn": crate::queue("out"), "DeadLetterConfig": { "Arn": crate::queue("dead") } });
        target[name] = value;
        world.ok(
            "PutTargets",
            &json!({ "Rule": "to-queue", "EventBusName": "shop", "Targets": [target] }),
        );
        world.put("Order", &json!({ "n": 1 }));
        world.wait(1);
        assert_eq!(&*world.take("out")[0].body, got, "{name}");
        target["Arn"] = json!(crate::queue("nowhere"));
        world.ok(
            "PutTargets",
            &json!({ "Rule": "to-queue", "EventBusName": "shop", "Targets": [target] }),
        );
        let id = world.put("Order", &json!({ "n": 2 }));
        world.wait(1);
        let body = world.bodies("dead").remove(0);
        assert_eq!(
            (&body["id"], &body["detail-type"], &body["detail"]),
            (&json!(id), &json!("Order"), &json!({ "n": 2 })),
            "{name}"
        );
    }
}

#[test]
fn the_bounds_of_a_retry_policy_hold() {
    for (attempts, age, tries, condition) in [
        (0, 86_400, 1, "MaximumRetryAttempts"),
        (3, 86_400, 4, "MaximumRetryAttempts"),
        (185, 60, 6, "MaximumEventAgeInSeconds"),
    ] {
        let change = |stack: &mut simulated_cloud::stack::Stack| {
            for target in stack.rules.iter_mut().flat_map(|rule| &mut rule.targets) {
                target.retry_policy.maximum_retry_attempts = attempts;
                target.retry_policy.maximum_event_age_seconds = age;
            }
        };
        let mut world = World::with(change, Knobs::default());
        world.cloud.set_fault_hook(Box::new(Failing(u32::MAX)));
        world.put("Order", &json!({}));
        world.wait(86_400);
        let count = world.outcomes().len();
        assert!(
            count == tries || age == 60 && (5..=8).contains(&count),
            "{attempts} {age}: {count} tries"
        );
        assert_eq!(
            values(&mut world, "dead")["EXHAUSTED_RETRY_CONDITION"],
            condition
        );
    }
    let mut world = World::with(|stack| stack.functions.clear(), Knobs::default());
    world.put("Job", &json!({}));
    world.wait(1);
    assert_eq!(
        values(&mut world, "dead").get("EXHAUSTED_RETRY_CONDITION"),
        None,
        "nothing was tried again"
    );
}

#[test]
fn a_retry_that_succeeds_delivers_once() {
    let mut world = World::new();
    world.cloud.set_fault_hook(Box::new(Failing(3)));
    world.put("Order", &json!({}));
    world.wait(3_600);
    assert_eq!(
        world.outcomes(),
        ["THROTTLING", "THROTTLING", "THROTTLING", "delivered"]
    );
    assert_eq!((world.take("out").len(), world.take("dead").len()), (1, 0));
}

#[test]
fn a_missing_permission_or_resource_is_not_tried_again() {
    for (change, code) in [
        (
            (|stack| stack.permissions.clear()) as fn(&mut simulated_cloud::stack::Stack),
            "NO_PERMISSIONS",
        ),
        (|stack| stack.functions.clear(), "NO_RESOURCE"),
    ] {
        let mut world = World::with(change, Knobs::default());
        world.put("Job", &json!({}));
        world.wait(3_600);
        assert_eq!(world.outcomes(), [code]);
        let found = values(&mut world, "dead");
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "ERROR_CODE",
                "ERROR_MESSAGE",
                "RETRY_ATTEMPTS",
                "RULE_ARN",
                "TARGET_ARN"
            ],
            "no exhausted condition"
        );
        assert_eq!(
            (
                found["ERROR_CODE"].as_str(),
                found["RETRY_ATTEMPTS"].as_str()
            ),
            (code, "0")
        );
        assert_eq!(
            found["RULE_ARN"],
            "arn:aws:events:us-east-1:123456789012:rule/shop/to-function"
        );
    }
}

#[test]
fn without_a_dead_letter_queue_an_event_is_lost() {
    let change = |stack: &mut simulated_cloud::stack::Stack| {
        stack.functions.clear();
        stack
            .rules
            .iter_mut()
            .flat_map(|rule| &mut rule.targets)
            .for_each(|target| target.dead_letter_arn = None);
    };
    let mut world = World::with(change, Knobs::default());
    world.put("Job", &json!({}));
    world.wait(120);
    assert_eq!(world.lost(), ["NO_RESOURCE"]);
    assert_eq!(world.alarms(), ["FailedInvocations"]);
}

#[test]
fn a_dead_letter_queue_that_is_gone_or_forbidden_loses_the_event() {
    for change in [
        (|stack| stack.queues.retain(|queue| queue.name != "dead"))
            as fn(&mut simulated_cloud::stack::Stack),
        |stack| stack.queue_policies.clear(),
    ] {
        let mut world = World::with(change, Knobs::default());
        world.cloud.set_fault_hook(Box::new(Failing(u32::MAX)));
        world.put("Order", &json!({}));
        world.wait(2 * 86_400);
        assert_eq!(world.lost().len(), 1, "{:?}", world.lost());
        assert_eq!(world.alarms(), ["InvocationsFailedToBeSentToDlq"]);
    }
}

#[test]
fn a_rule_that_matches_twice_delivers_to_each_target_by_itself() {
    let mut world = World::new();
    world.ok("PutRule", &json!({ "Name": "all", "EventBusName": "shop", "EventPattern": "{\"source\":[{\"prefix\":\"\"}]}" }));
    let target = |id: &str| json!({ "Id": id, "Arn": crate::queue("out") });
    world.ok("PutTargets", &json!({ "Rule": "all", "EventBusName": "shop", "Targets": [target("one"), target("two")] }));
    let id = world.put("Order", &json!({}));
    world.wait(1);
    let events = world.bodies("out");
    assert_eq!(
        events.len(),
        3,
        "two rules, one of them with the same queue twice"
    );
    assert!(
        events.iter().all(|event| event["id"] == id.as_str()),
        "one id for all"
    );
}

#[test]
fn an_event_is_forwarded_to_another_bus_with_its_id_and_not_further() {
    let mut world = World::new();
    let id = world.put("Travel", &json!({}));
    world.wait(1);
    let events = world.bodies("out");
    assert_eq!(
        (events.len(), events[0]["id"].as_str()),
        (1, Some(id.as_str()))
    );
    assert_eq!(
        values(&mut world, "dead")["ERROR_CODE"],
        "THIRD_ACCOUNT_HOP_DETECTED"
    );
}

#[test]
fn a_bus_needs_a_role_that_may_put_events() {
    for change in [
        (|stack| {
            stack
                .roles
                .iter_mut()
                .for_each(|role| role.policies.clear())
        }) as fn(&mut simulated_cloud::stack::Stack),
        // A role that EventBridge may not assume allows it nothing.
        |stack| {
            stack
                .roles
                .iter_mut()
                .for_each(|role| role.trust.statements.clear())
        },
    ] {
        let mut world = World::with(change, Knobs::default());
        world.put("Travel", &json!({}));
        world.wait(1);
        assert_eq!(world.outcomes(), ["NO_PERMISSIONS"]);
    }
}

#[test]
fn an_input_that_cannot_be_made_is_dropped_without_a_dead_letter() {
    let mut world = World::new();
    let target = json!({ "Id": "out", "Arn": crate::queue("out"), "InputPath": "$.detail.none", "DeadLetterConfig": { "Arn": crate::queue("dead") } });
    world.ok(
        "PutTargets",
        &json!({ "Rule": "to-queue", "EventBusName": "shop", "Targets": [target] }),
    );
    world.put("Order", &json!({ "x": "baz" }));
    world.wait(60);
    assert_eq!(world.outcomes(), ["no_input"]);
    assert_eq!((world.take("out").len(), world.take("dead").len()), (0, 0));
    assert_eq!(world.lost().len(), 1);
}

#[test]
fn duplicates_come_as_often_as_the_knob_says() {
    let count = |per_mille| {
        let mut world = World::with(
            |_| {},
            Knobs {
                duplicates_per_mille: per_mille,
                ..Knobs::default()
            },
        );
        for number in 0..100 {
            world.put("Order", &json!({ "n": number }));
        }
        world.wait(60);
        world.take("out").len()
    };
    assert_eq!((count(0), count(1000)), (100, 200));
    assert!((110..190).contains(&count(500)));
}

#[test]
fn deliveries_overtake_each_other_where_the_knob_says() {
    let knobs = Knobs {
        delivery_latency: Span::millis(10, 10),
        reordered_per_mille: 500,
        ..Knobs::default()
    };
    let numbers = |knobs: Knobs| {
        let mut world = World::with(|_| {}, knobs);
        for number in 0..20 {
            world.put("Order", &json!({ "n": number }));
            world.wait(1);
        }
        world.wait(60);
        world
            .bodies("out")
            .iter()
            .map(|event| event["detail"]["n"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let in_order: Vec<i64> = (0..20).collect();
    assert_eq!(
        numbers(Knobs {
            reordered_per_mille: 0,
            ..knobs.clone()
        }),
        in_order
    );
    let mut shuffled = numbers(knobs.clone());
    assert_ne!(shuffled, in_order);
    assert_eq!(numbers(knobs), shuffled, "the same seed, the same order");
    shuffled.sort_unstable();
    assert_eq!(shuffled, in_order, "nothing is lost");
}

#[test]
fn a_throttled_delivery_is_late_and_not_lost() {
    let knobs = Knobs {
        throttled_per_mille: 1000,
        throttle_delay: std::time::Duration::from_secs(20),
        ..Knobs::default()
    };
    let mut world = World::with(|_| {}, knobs);
    world.put("Order", &json!({}));
    world.wait(19);
    assert!(world.outcomes().is_empty());
    world.wait(2);
    assert_eq!(
        world.outcomes(),
        ["delivered"],
        "without an attempt that failed"
    );
}

#[test]
fn waits_between_retries_grow_to_the_cap() {
    let seconds = std::time::Duration::from_secs;
    let knobs = Knobs {
        retry_backoff_base: seconds(2),
        retry_backoff_cap: seconds(30),
        ..Knobs::default()
    };
    let mut world = World::with(|_| {}, knobs);
    world.cloud.set_fault_hook(Box::new(Failing(u32::MAX)));
    world.put("Order", &json!({}));
    let (start, mut times) = (world.now, Vec::new());
    while world.now - start < TimeDelta::minutes(5) {
        let before = world.outcomes().len();
        world.wait(1);
        times.extend((world.outcomes().len() > before).then(|| (world.now - start).num_seconds()));
    }
    let waits: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(
        waits[0] <= 3 && waits.iter().all(|wait| *wait <= 31),
        "{waits:?}"
    );
    assert!(
        waits.iter().skip(5).all(|wait| *wait >= 14),
        "half of the cap at least: {waits:?}"
    );
}

#[test]
fn an_event_without_a_rule_goes_nowhere() {
    let mut world = World::new();
    world.put("Unheard", &json!({}));
    world.wait(60);
    assert!(world.records.iter().any(
        |record| matches!(record, CloudEvent::EventPut { matched, .. } if matched.is_empty())
    ));
    assert!(world.outcomes().is_empty() && world.lost().is_empty());
    assert!(world.cloud.eventbridge().has_bus(&bus("shop")));
}
