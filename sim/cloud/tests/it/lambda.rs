use serde_json::{Value, json};
use simulated_cloud::knobs::Knobs;
use simulated_cloud::lambda::InvocationResult;
use simulated_cloud::stack::{Function, Stack};

use crate::{World, attributes, failed, queue};

fn with(change: impl Fn(&mut Function)) -> World {
    World::with(
        |stack| stack.functions.iter_mut().for_each(&change),
        Knobs::default(),
    )
}

/// Puts a job and lets every attempt fail; the seconds between the starts, and the world at the
/// end.
fn fail_all(mut world: World) -> (Vec<i64>, World) {
    world.put("Job", &json!({ "n": 1 }));
    let start = world.now;
    let mut times = Vec::new();
    for _ in 0..600 {
        world.wait(1);
        if !world.invocations.is_empty() {
            times.push((world.now - start).num_seconds());
            world.answer(&failed());
        }
    }
    (
        times.windows(2).map(|pair| pair[1] - pair[0]).collect(),
        world,
    )
}

#[test]
fn a_failing_event_is_tried_after_one_and_two_minutes_with_the_same_request_id() {
    let mut world = World::new();
    world.put("Job", &json!({}));
    let mut ids = Vec::new();
    for (wait, attempt) in [(1, 1), (60, 2), (120, 3)] {
        world.wait(wait - 1);
        assert!(
            world.invocations.is_empty(),
            "attempt {attempt} came before its time"
        );
        world.wait(1);
        let invocation = world.answer(&failed());
        assert_eq!(invocation.attempt, attempt);
        ids.push(invocation.request_id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    world.wait(86_400);
    assert!(world.invocations.is_empty(), "three attempts, and no more");
}

#[test]
fn timeouts_and_crashes_are_errors_of_the_function() {
    for (result, kind, text) in [
        (
            InvocationResult::TimedOut,
            "Sandbox.Timedout",
            "Task timed out after 30.00 seconds",
        ),
        (
            InvocationResult::Crashed,
            "Runtime.ExitError",
            "signal: killed",
        ),
    ] {
        let mut world = with(|function| function.invoke_config.maximum_retry_attempts = 0);
        world.put("Job", &json!({}));
        world.wait(1);
        world.answer(&result);
        let record = world.bodies("results").remove(0);
        assert_eq!(record["responsePayload"]["errorType"], kind);
        assert!(
            record["responsePayload"]["errorMessage"]
                .as_str()
                .unwrap()
                .contains(text),
            "{record}"
        );
    }
}

#[test]
fn handler_errors_never_touch_the_rule() {
    let (_, mut world) = fail_all(World::new());
    assert_eq!(world.outcomes(), ["delivered"], "one hand-over");
    assert!(
        world
            .take("dead")
            .iter()
            .all(|letter| !letter.attributes.contains_key("RULE_ARN"))
    );
}

#[test]
fn the_age_is_checked_before_waiting() {
    for (age, waits, tries) in [
        (60, vec![], 1),
        (90, vec![60], 2),
        (21_600, vec![60, 120], 3),
    ] {
        let (found, mut world) = fail_all(with(|function| {
            function.invoke_config.maximum_event_age_seconds = age
        }));
        assert_eq!(found, waits, "{age}");
        let record = world.bodies("results").remove(0);
        let condition = if tries < 3 {
            "EventAgeExceeded"
        } else {
            "RetriesExhausted"
        };
        assert_eq!(record["requestContext"]["condition"], condition);
        assert_eq!(record["requestContext"]["approximateInvokeCount"], tries);
    }
}

#[test]
fn fewer_retries_may_be_configured() {
    for retries in 0..=2 {
        let (found, _) = fail_all(with(|function| {
            function.invoke_config.maximum_retry_attempts = retries
        }));
        assert_eq!(found.len(), retries as usize);
    }
}

#[test]
fn a_failure_record_tells_the_request_and_the_error() {
    let (_, mut world) = fail_all(World::new());
    let record = world.bodies("results").remove(0);
    assert_eq!(record["version"], "1.0");
    assert_eq!(
        record["requestContext"]["functionArn"],
        "arn:aws:lambda:us-east-1:123456789012:function:worker:$LATEST"
    );
    assert_eq!(record["requestPayload"]["detail"], json!({ "n": 1 }));
    assert_eq!(
        (
            &record["requestContext"]["condition"],
            &record["requestContext"]["approximateInvokeCount"]
        ),
        (&json!("RetriesExhausted"), &json!(3))
    );
    let context =
        json!({ "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" });
    assert_eq!(record["responseContext"], context);
    assert_eq!(
        record["responsePayload"],
        json!({ "errorType": "Broken", "errorMessage": "it broke" })
    );
    let time = record["timestamp"].as_str().unwrap();
    assert!(
        time.len() == 24 && time.ends_with('Z'),
        "milliseconds: {time}"
    );
}

#[test]
fn a_dead_letter_is_the_event_with_three_attributes_and_comes_beside_the_record() {
    let (_, mut world) = fail_all(World::new());
    let letters = world.take("dead");
    let [letter] = letters.as_slice() else {
        panic!("one letter, found {letters:?}")
    };
    assert_eq!(
        serde_json::from_str::<Value>(&letter.body).unwrap()["detail"],
        json!({ "n": 1 })
    );
    let found = attributes(letter);
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ["ErrorCode", "ErrorMessage", "RequestID"]);
    assert_eq!(found["ErrorCode"], ("Number".to_owned(), "200".to_owned()));
    assert_eq!(
        found["ErrorMessage"],
        ("String".to_owned(), "it broke".to_owned())
    );
    assert_eq!(world.take("results").len(), 1);
}

#[test]
fn a_long_error_is_cut_to_a_kilobyte_in_the_dead_letter() {
    let mut world = with(|function| function.invoke_config.maximum_retry_attempts = 0);
    world.put("Job", &json!({}));
    world.wait(1);
    world.answer(&InvocationResult::Failed {
        error_type: "Long".to_owned(),
        message: "x".repeat(5_000),
    });
    assert_eq!(
        attributes(&world.take("dead")[0])["ErrorMessage"].1.len(),
        1024
    );
}

#[test]
fn a_success_record_carries_the_answer() {
    let mut world = World::new();
    world.put("Job", &json!({}));
    world.wait(1);
    world.answer(&InvocationResult::Success(json!({ "done": true })));
    let record = world.bodies("results").remove(0);
    assert_eq!(record["requestContext"]["condition"], "Success");
    assert_eq!(record["responsePayload"], json!({ "done": true }));
    assert!(record["responseContext"].get("functionError").is_none());
    assert!(world.take("dead").is_empty());
}

#[test]
fn a_destination_may_be_a_bus_or_a_function() {
    let to = |arn: String| {
        move |function: &mut Function| function.invoke_config.on_success = Some(arn.clone())
    };
    let mut world = with(to(crate::bus("shop")));
    world.ok("PutRule", &json!({ "Name": "results", "EventBusName": "shop", "EventPattern": "{\"source\":[\"lambda\"]}" }));
    world.ok("PutTargets", &json!({ "Rule": "results", "EventBusName": "shop", "Targets": [{ "Id": "out", "Arn": queue("out") }] }));
    world.put("Job", &json!({}));
    world.wait(1);
    world.answer(&InvocationResult::Success(json!(1)));
    world.wait(1);
    let event = world.bodies("out").remove(0);
    assert_eq!(
        event["detail-type"],
        "Lambda Function Invocation Result - Success"
    );
    let function = "arn:aws:lambda:us-east-1:123456789012:function:worker";
    assert_eq!(
        event["resources"],
        json!([crate::bus("shop"), format!("{function}:$LATEST")])
    );
    assert_eq!(event["detail"]["requestContext"]["condition"], "Success");
    let mut world = with(to(function.to_owned()));
    world.put("Job", &json!({}));
    world.wait(1);
    world.answer(&InvocationResult::Success(json!(1)));
    world.wait(1);
    assert_eq!(
        serde_json::from_str::<Value>(&world.invocations[0].payload).unwrap()["requestContext"]["condition"],
        "Success"
    );
}

#[test]
fn without_a_right_to_send_the_record_is_lost() {
    let change = |stack: &mut Stack| {
        stack
            .roles
            .iter_mut()
            .for_each(|role| role.policies.clear());
        stack.functions[0].invoke_config.maximum_retry_attempts = 0;
    };
    let mut world = World::with(change, Knobs::default());
    world.put("Job", &json!({}));
    world.wait(1);
    world.answer(&failed());
    assert_eq!(
        world.lost().len(),
        2,
        "record and dead letter: {:?}",
        world.lost()
    );
    world.wait(120);
    assert_eq!(
        world.alarms(),
        ["DestinationDeliveryFailures", "DeadLetterErrors"]
    );
}

#[test]
fn throttled_events_wait_and_count_no_attempt() {
    let mut world = with(|function| function.reserved_concurrency = Some(1));
    world.put("Job", &json!({ "n": 1 }));
    world.put("Job", &json!({ "n": 2 }));
    world.wait(20);
    assert_eq!(world.invocations.len(), 1);
    world.answer(&InvocationResult::Success(json!(1)));
    world.wait(300);
    assert_eq!(
        world.answer(&InvocationResult::Success(json!(2))).attempt,
        1
    );
    assert_eq!(world.take("results").len(), 2);
}

#[test]
fn the_waits_of_a_throttled_event_double_to_five_minutes() {
    let mut world = World::with(
        |_| {},
        Knobs {
            concurrency: 0,
            ..Knobs::default()
        },
    );
    world.put("Job", &json!({}));
    world.wait(1);
    let mut times = Vec::new();
    while let Some(due) = world.cloud.next_pending().filter(|_| times.len() < 12) {
        world.wait((due - world.now).num_seconds() + 1);
        times.push(due);
    }
    let waits: Vec<i64> = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).num_seconds())
        .collect();
    assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    assert!(
        world.invocations.is_empty() && world.take("results").is_empty(),
        "no attempt, and not given up"
    );
}

#[test]
fn a_throttled_event_is_given_up_when_it_is_too_old() {
    let mut world = with(|function| {
        function.reserved_concurrency = Some(1);
        function.invoke_config.maximum_event_age_seconds = 60;
    });
    world.put("Job", &json!({ "n": 1 }));
    world.wait(1);
    world.put("Job", &json!({ "n": 2 }));
    world.wait(120);
    let record = world.bodies("results").remove(0);
    assert_eq!(record["requestContext"]["condition"], "EventAgeExceeded");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 0);
    assert!(record.get("responsePayload").is_none());
}

#[test]
fn a_reserved_concurrency_of_zero_gives_up_at_once() {
    let mut world = with(|function| function.reserved_concurrency = Some(0));
    world.put("Job", &json!({}));
    world.wait(1);
    assert!(world.invocations.is_empty());
    assert_eq!(
        (world.take("results").len(), world.take("dead").len()),
        (1, 1)
    );
}

#[test]
fn the_queue_of_a_function_may_deliver_twice() {
    let mut world = World::with(
        |_| {},
        Knobs {
            async_duplicates_per_mille: 1000,
            ..Knobs::default()
        },
    );
    world.put("Job", &json!({}));
    world.wait(1);
    let [one, two] = world.invocations.as_slice() else {
        panic!("two, found {:?}", world.invocations)
    };
    assert_eq!(
        (&one.request_id, one.attempt),
        (&two.request_id, two.attempt)
    );
}
