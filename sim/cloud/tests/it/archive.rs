use std::time::Duration;

use serde_json::{Value, json};
use simulated_cloud::cloud_event::{CloudEvent, ReplayState};
use simulated_cloud::knobs::Knobs;

use crate::{World, bus};

const ARCHIVE: &str = "arn:aws:events:us-east-1:123456789012:archive/orders";

fn quick() -> World {
    World::with(
        |_| {},
        Knobs {
            archive_delay: Duration::from_secs(60),
            ..Knobs::default()
        },
    )
}

fn replay(name: &str, from: i64, to: i64, filter: &[&str]) -> Value {
    let start = crate::opening().timestamp();
    json!({
        "ReplayName": name, "EventSourceArn": ARCHIVE, "EventStartTime": start + from, "EventEndTime": start + to,
        "Destination": { "Arn": bus("shop"), "FilterArns": filter },
    })
}

#[test]
fn a_replayed_event_has_its_id_and_time_and_the_name_of_the_replay() {
    let mut world = quick();
    let id = world.put("Order", &json!({ "z": 1, "a": 2 }));
    world.wait(120);
    let original = world.take("out").remove(0).body;
    assert_eq!(
        world.ok("StartReplay", &replay("again", 0, 60, &[]))["State"],
        "STARTING"
    );
    world.wait(5);
    assert_eq!(
        world.ok("DescribeReplay", &json!({ "ReplayName": "again" }))["State"],
        "RUNNING"
    );
    world.wait(55);
    let replayed = world.take("out").remove(0).body;
    assert!(replayed.contains(&id));
    assert_eq!(
        replayed,
        original
            .replace("\"resources\":", "\"replay-name\":\"again\",\"resources\":")
            .into()
    );
    let states: Vec<ReplayState> = world
        .records
        .iter()
        .filter_map(|record| {
            if let CloudEvent::ReplayChanged { state, .. } = record {
                Some(*state)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(states, [ReplayState::Running, ReplayState::Completed]);
    let described = world.ok("DescribeReplay", &json!({ "ReplayName": "again" }));
    assert_eq!(
        (&described["State"], &described["EventLastReplayedTime"]),
        (&json!("COMPLETED"), &json!(crate::opening().timestamp()))
    );
}

#[test]
fn a_replayed_event_is_not_archived_again() {
    let mut world = quick();
    world.put("Order", &json!({}));
    world.wait(120);
    world.ok("StartReplay", &replay("one", 0, 60, &[]));
    world.wait(120);
    assert_eq!(
        world.ok("DescribeArchive", &json!({ "ArchiveName": "orders" }))["EventCount"],
        1
    );
}

#[test]
fn an_archive_keeps_what_its_pattern_wants_for_as_long_as_it_says() {
    let mut world = quick();
    world.put("Order", &json!({}));
    world.put("Job", &json!({}));
    world.ok(
        "CreateArchive",
        &json!({ "ArchiveName": "for-ever", "EventSourceArn": bus("shop") }),
    );
    world.put("Order", &json!({ "n": 2 }));
    world.wait(600);
    let count = |world: &mut World| {
        world.ok("DescribeArchive", &json!({ "ArchiveName": "orders" }))["EventCount"].clone()
    };
    assert_eq!(count(&mut world), 2);
    world.wait(2 * 86_400);
    assert_eq!(count(&mut world), 0, "kept for two days");
    assert_eq!(
        world.ok("DescribeArchive", &json!({ "ArchiveName": "for-ever" }))["EventCount"],
        1,
        "kept without an end"
    );
    world.ok("StartReplay", &replay("late", 0, 600, &[]));
    world.take("out");
    world.wait(60);
    assert!(world.take("out").is_empty());
}

#[test]
fn an_event_reaches_the_archive_later() {
    let mut world = World::new();
    world.put("Order", &json!({}));
    world.wait(60);
    world.take("out");
    world.ok("StartReplay", &replay("early", 0, 60, &[]));
    world.wait(60);
    assert!(world.take("out").is_empty());
    world.wait(600);
    world.ok("StartReplay", &replay("later", 0, 60, &[]));
    world.wait(60);
    assert_eq!(world.take("out").len(), 1);
}

#[test]
fn only_events_within_the_span_are_replayed_minute_by_minute() {
    let mut world = quick();
    for number in 0..6 {
        world.put("Order", &json!({ "n": number }));
        world.wait(30);
    }
    world.wait(600);
    world.take("out");
    world.ok("StartReplay", &replay("part", 60, 150, &[]));
    world.wait(60);
    let numbers: Vec<i64> = world
        .bodies("out")
        .iter()
        .map(|event| event["detail"]["n"].as_i64().unwrap())
        .collect();
    let minutes: Vec<i64> = numbers.iter().map(|number| number / 2).collect();
    assert_eq!(
        minutes,
        [1, 1, 2, 2],
        "both ends belong to the span: {numbers:?}"
    );
}

#[test]
fn a_filter_shows_a_replay_to_its_rules_only() {
    let mut world = quick();
    world.put("Order", &json!({}));
    world.wait(600);
    world.take("out");
    world.ok(
        "StartReplay",
        &replay(
            "other",
            0,
            60,
            &["arn:aws:events:us-east-1:123456789012:rule/shop/to-function"],
        ),
    );
    world.wait(60);
    assert!(world.take("out").is_empty());
    world.ok(
        "StartReplay",
        &replay(
            "mine",
            0,
            60,
            &["arn:aws:events:us-east-1:123456789012:rule/shop/to-queue"],
        ),
    );
    world.wait(60);
    assert_eq!(world.take("out").len(), 1);
}

#[test]
fn a_replay_is_checked_in_the_words_of_aws() {
    let mut world = quick();
    let changed = |path: &str, value: Value| {
        let mut request = replay("r", 0, 60, &[]);
        *request.pointer_mut(path).unwrap() = value;
        request
    };
    for (request, code, message) in [
        (
            changed("/EventSourceArn", json!(format!("{ARCHIVE}x"))),
            "ValidationException",
            "Parameter EventSourceArn is not valid. Reason: Archive ordersx does not exist.",
        ),
        (
            changed("/Destination/Arn", json!(bus("none"))),
            "ResourceNotFoundException",
            "Event bus none does not exist.",
        ),
        (
            changed("/Destination/Arn", json!(bus("other"))),
            "ValidationException",
            "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
        ),
        (
            replay("r", 60, 60, &[]),
            "ValidationException",
            "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
        ),
    ] {
        assert_eq!(
            world.refusal("StartReplay", &request),
            (code.to_owned(), message.to_owned())
        );
    }
    world.ok("StartReplay", &replay("r", 0, 60, &[]));
    let again = world.refusal("StartReplay", &replay("r", 0, 60, &[]));
    assert_eq!(
        again,
        (
            "ResourceAlreadyExistsException".to_owned(),
            "Replay r already exists.".to_owned()
        )
    );
    for number in 1..10 {
        world.ok("StartReplay", &replay(&format!("r{number}"), 0, 60, &[]));
    }
    assert_eq!(
        world.refusal("StartReplay", &replay("r10", 0, 60, &[])).0,
        "LimitExceededException"
    );
}

#[test]
fn a_replay_can_be_cancelled_while_it_runs() {
    let mut world = quick();
    for _ in 0..5 {
        world.put("Order", &json!({}));
        world.wait(60);
    }
    world.wait(600);
    world.take("out");
    world.ok("StartReplay", &replay("r", 0, 600, &[]));
    world.wait(7);
    assert_eq!(
        world.ok("CancelReplay", &json!({ "ReplayName": "r" }))["State"],
        "CANCELLING"
    );
    world.wait(60);
    assert_eq!(
        world.ok("DescribeReplay", &json!({ "ReplayName": "r" }))["State"],
        "CANCELLED"
    );
    let count = world.take("out").len();
    assert!((1..5).contains(&count), "{count} of five came before");
    assert_eq!(
        world
            .refusal("CancelReplay", &json!({ "ReplayName": "r" }))
            .0,
        "IllegalStatusException"
    );
    assert_eq!(
        world.ok("ListReplays", &json!({ "State": "CANCELLED" }))["Replays"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn an_archive_is_checked_in_the_words_of_aws() {
    let mut world = quick();
    for (operation, input, code, message) in [
        (
            "CreateArchive",
            json!({ "ArchiveName": "a", "EventSourceArn": bus("none") }),
            "ResourceNotFoundException",
            "Event bus none does not exist.",
        ),
        (
            "CreateArchive",
            json!({ "ArchiveName": "orders", "EventSourceArn": bus("shop") }),
            "ResourceAlreadyExistsException",
            "Archive orders already exists.",
        ),
        (
            "DescribeArchive",
            json!({ "ArchiveName": "none" }),
            "ResourceNotFoundException",
            "Archive none does not exist.",
        ),
        (
            "UpdateArchive",
            json!({ "ArchiveName": "none" }),
            "ValidationException",
            "At least one of EventPattern, RetentionDays or Description must be provided.",
        ),
        (
            "UpdateArchive",
            json!({ "ArchiveName": "none", "RetentionDays": 1 }),
            "ResourceNotFoundException",
            "Archive none does not exist.",
        ),
    ] {
        assert_eq!(
            world.refusal(operation, &input),
            (code.to_owned(), message.to_owned()),
            "{operation} {input}"
        );
    }
    let pattern =
        json!({ "ArchiveName": "a", "EventSourceArn": bus("shop"), "EventPattern": "{}" });
    assert_eq!(
        world.refusal("CreateArchive", &pattern).0,
        "InvalidEventPatternException"
    );
    let filters = json!({ "NamePrefix": "o", "State": "ENABLED" });
    assert_eq!(
        world.refusal("ListArchives", &filters).0,
        "ValidationException"
    );
}

#[test]
fn an_archive_is_a_managed_rule_that_leaves_replays_out() {
    let mut world = quick();
    let created = world.ok(
        "CreateArchive",
        &json!({ "ArchiveName": "all", "EventSourceArn": bus("shop") }),
    );
    assert_eq!(created["State"], "ENABLED");
    let rule = world.ok(
        "DescribeRule",
        &json!({ "Name": "Events-Archive-all", "EventBusName": "shop" }),
    );
    assert_eq!(
        rule["EventPattern"],
        r#"{"replay-name":[{"exists":false}]}"#
    );
    assert_eq!(rule["ManagedBy"], "prod.vhs.events.aws.internal");
    world.put("Job", &json!({}));
    world.wait(60);
    assert_eq!(
        world.ok("DescribeArchive", &json!({ "ArchiveName": "all" }))["EventCount"],
        1
    );
    world.ok("DeleteArchive", &json!({ "ArchiveName": "all" }));
    assert_eq!(
        world.ok("ListArchives", &json!({}))["Archives"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
