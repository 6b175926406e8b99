use serde_json::{Value, json};
use simulated_cloud::knobs::{Knobs, Span};
use simulated_cloud::stack::{Schedule, ScheduleTarget, ScheduledEvent};

use crate::{Failing, World, attributes, bus, queue};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:worker";
const ROLE: &str = "arn:aws:iam::123456789012:role/all";
const ARN: &str = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/daily";

/// A schedule that calls the function.
pub fn schedule(expression: &str) -> Schedule {
    Schedule {
        logical_id: "Daily".to_owned(),
        name: "daily".to_owned(),
        group: "default".to_owned(),
        arn: ARN.to_owned(),
        expression: expression.to_owned(),
        timezone: "America/New_York".to_owned(),
        enabled: true,
        flexible_window_minutes: None,
        target: ScheduleTarget {
            arn: FUNCTION.to_owned(),
            role_arn: ROLE.to_owned(),
            ..ScheduleTarget::default()
        },
        start: None,
        end: None,
        action_after_completion: "NONE".to_owned(),
    }
}

fn with(schedule: Schedule) -> World {
    with_knobs(schedule, Knobs::default())
}

fn with_knobs(schedule: Schedule, knobs: Knobs) -> World {
    World::with(|stack| stack.schedules.push(schedule), knobs)
}

fn targeting(arn: String, change: impl FnOnce(&mut ScheduleTarget)) -> Schedule {
    let mut schedule = schedule("at(2026-03-02T10:00:00)");
    schedule.timezone = "UTC".to_owned();
    schedule.target.arn = arn;
    change(&mut schedule.target);
    schedule
}

#[test]
fn the_skipped_hour_of_spring_fires_nothing() {
    let mut world = with(schedule("cron(30 2 * * ? *)"));
    world.wait(8 * 86_400);
    let fired = world.fired();
    assert_eq!(
        fired[4..6],
        ["2026-03-07T07:30:00Z", "2026-03-09T06:30:00Z"],
        "not on 8 March: {fired:?}"
    );
}

#[test]
fn the_repeated_hour_of_autumn_fires_once() {
    let mut autumn = schedule("cron(30 1 * * ? *)");
    autumn.start = Some("2026-10-31T12:00:00Z".to_owned());
    let mut world = with(autumn);
    world.wait(245 * 86_400);
    assert_eq!(
        world.fired(),
        ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
}

#[test]
fn without_input_a_schedule_sends_its_envelope_with_a_text_for_detail() {
    let mut world = with(schedule("at(2026-03-02T05:00:00)"));
    world.wait(3_601);
    let event: Value = serde_json::from_str(&world.invocations[0].payload).unwrap();
    assert_eq!(event["source"], "aws.scheduler");
    assert_eq!(event["detail-type"], "Scheduled Event");
    assert_eq!(event["detail"], "{}", "a string, not an object");
    assert_eq!(event["resources"], json!([ARN]));
    assert_eq!(event["time"], "2026-03-02T10:00:00Z");
}

#[test]
fn context_attributes_are_filled_in_and_the_execution_stays_the_same() {
    let input = r#"{"arn":"<aws.scheduler.schedule-arn>","at":"<aws.scheduler.scheduled-time>","id":"<aws.scheduler.execution-id>","try":"<aws.scheduler.attempt-number>","other":"<aws.scheduler.unknown>"}"#;
    let mut world = with(targeting(queue("out"), |target| {
        target.input = Some(input.to_owned())
    }));
    world.cloud.set_fault_hook(Box::new(Failing(2)));
    world.wait(7_200);
    let body = world.bodies("out").remove(0);
    assert_eq!(body["arn"], ARN);
    assert_eq!(body["at"], "2026-03-02T10:00:00Z");
    assert_eq!(body["try"], "3", "the third attempt");
    assert_eq!(body["id"].as_str().unwrap().len(), 36);
    assert_eq!(body["other"], "<aws.scheduler.unknown>");
}

#[test]
fn a_target_that_takes_json_takes_nothing_else() {
    let text = |arn: &str| {
        let schedule = targeting(arn.to_owned(), |target| {
            target.input = Some("just text".to_owned())
        });
        let mut stack = crate::stack();
        stack.schedules.push(schedule);
        simulated_cloud::Cloud::new(
            &stack,
            crate::account(),
            Knobs::default(),
            7,
            crate::opening(),
        )
        .map(|_| ())
    };
    assert!(text(FUNCTION).unwrap_err().reason.contains("is not JSON"));
    assert!(
        text(&bus("shop"))
            .unwrap_err()
            .reason
            .contains("is not JSON")
    );
    assert_eq!(text(&queue("out")), Ok(()));
}

#[test]
fn a_bus_gets_an_event_with_the_input_as_detail() {
    let named = ScheduledEvent {
        detail_type: "Order".to_owned(),
        source: "clock".to_owned(),
    };
    let mut world = with(targeting(bus("shop"), |target| {
        target.event = Some(named);
        target.input = Some(r#"{"n":1}"#.to_owned());
    }));
    world.wait(3_700);
    let event = world.bodies("out").remove(0);
    assert_eq!(
        (&event["source"], &event["detail"]),
        (&json!("clock"), &json!({ "n": 1 }))
    );
}

#[test]
fn a_firing_that_is_given_up_tells_its_dead_letter_everything() {
    let mut failing = targeting(queue("out"), |target| {
        target.input = Some("{\"n\":1}".to_owned());
        target.dead_letter_arn = Some(queue("dead"));
        target.retry_policy.maximum_retry_attempts = 2;
    });
    failing.timezone = "UTC".to_owned();
    let mut world = with(failing.clone());
    world.cloud.set_fault_hook(Box::new(Failing(u32::MAX)));
    world.wait(2 * 86_400);
    let letters = world.take("dead");
    let found = attributes(&letters[0]);
    let value = |name: &str| found[name].1.as_str();
    assert_eq!(
        (&*letters[0].body, value("ERROR_CODE")),
        ("{\"n\":1}", "THROTTLING")
    );
    assert_eq!(
        (value("RETRY_ATTEMPTS"), value("EXHAUSTED_RETRY_CONDITION")),
        ("2", "MaximumRetryAttempts")
    );
    assert_eq!(
        (value("SCHEDULE_ARN"), value("SCHEDULED_TIME")),
        (ARN, "2026-03-02T10:00:00Z")
    );
    assert_eq!(
        (value("TARGET_ARN"), value("IS_PAYLOAD_TRUNCATED")),
        (queue("out").as_str(), "false")
    );
    assert_eq!(value("EXECUTION_ID").len(), 36);
    failing.target.arn = queue("none");
    let mut world = with(failing);
    world.wait(2 * 86_400);
    let found = attributes(&world.take("dead")[0]);
    assert_eq!(
        (
            found["ERROR_CODE"].1.as_str(),
            found["RETRY_ATTEMPTS"].1.as_str()
        ),
        ("NO_RESOURCE", "0")
    );
    assert!(!found.contains_key("EXHAUSTED_RETRY_CONDITION"));
}

#[test]
fn a_schedule_without_a_right_or_a_dead_letter_queue_loses_its_call() {
    let forbidden = |stack: &mut simulated_cloud::stack::Stack| {
        stack
            .roles
            .iter_mut()
            .for_each(|role| role.policies.clear());
        stack.schedules.push(schedule("at(2026-03-02T05:00:00)"));
    };
    let mut world = World::with(forbidden, Knobs::default());
    world.wait(7_200);
    assert_eq!(world.lost(), ["NO_PERMISSIONS"]);
    assert!(
        world.alarms().is_empty(),
        "there is no queue to which it could not be sent"
    );
    // With a queue, and a role that may neither call the function nor send there; and with a queue
    // that is gone.
    for (queue_name, is_allowed) in [("dead", false), ("gone", true)] {
        let change = |stack: &mut simulated_cloud::stack::Stack| {
            stack.functions.clear();
            if !is_allowed {
                stack
                    .roles
                    .iter_mut()
                    .for_each(|role| role.policies.clear());
            }
            stack
                .schedules
                .push(targeting(FUNCTION.to_owned(), |target| {
                    target.dead_letter_arn = Some(queue(queue_name))
                }));
        };
        let mut world = World::with(change, Knobs::default());
        world.wait(7_200);
        assert_eq!(world.lost().len(), 1, "{queue_name}: {:?}", world.lost());
        assert_eq!(
            world.alarms(),
            ["InvocationsFailedToBeSentToDeadLetterCount"],
            "{queue_name}"
        );
        assert!(world.take("dead").is_empty(), "{queue_name}");
    }
}

#[test]
fn a_fifo_queue_needs_a_group() {
    let fifo = |stack: &mut simulated_cloud::stack::Stack, group: Option<&str>| {
        let out = stack
            .queues
            .iter_mut()
            .find(|queue| queue.name == "out")
            .unwrap();
        (out.name, out.arn, out.fifo, out.content_based_deduplication) =
            ("out.fifo".to_owned(), queue("out.fifo"), true, true);
        stack.schedules.push(targeting(queue("out.fifo"), |target| {
            target.message_group_id = group.map(str::to_owned)
        }));
    };
    let mut world = World::with(|stack| fifo(stack, Some("g")), Knobs::default());
    world.wait(7_200);
    assert_eq!(world.take("out.fifo").len(), 1);
    let mut world = World::with(|stack| fifo(stack, None), Knobs::default());
    world.wait(7_200);
    assert_eq!(world.lost(), ["INVALID_PARAMETER"]);
}

#[test]
fn a_flexible_window_fires_once_somewhere_within() {
    let mut flexible = schedule("cron(0 5 * * ? *)");
    flexible.flexible_window_minutes = Some(15);
    let mut world = with(flexible);
    let mut minutes = Vec::new();
    for minute in 0..2 * 1_440 {
        let before = world.fired().len();
        world.wait(60);
        minutes.extend((world.fired().len() > before).then_some(minute % 1_440));
    }
    assert_eq!(
        world.fired(),
        ["2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z"],
        "the scheduled time is the exact one"
    );
    assert!(
        minutes.iter().all(|minute| (60..=75).contains(minute)) && minutes[0] != minutes[1],
        "{minutes:?}"
    );
}

#[test]
fn a_schedule_fires_within_its_minute_where_the_knob_says() {
    let mut world = with_knobs(
        schedule("at(2026-03-02T05:00:00)"),
        Knobs {
            schedule_jitter: Span::millis(30_000, 30_000),
            ..Knobs::default()
        },
    );
    world.wait(3_600 + 29);
    assert!(world.fired().is_empty());
    world.wait(2);
    assert_eq!(world.fired(), ["2026-03-02T10:00:00Z"]);
}

#[test]
fn dates_bound_recurring_schedules_and_not_one_time_ones() {
    let dated = |expression: &str| Schedule {
        start: Some("2026-03-03T00:00:00Z".to_owned()),
        end: Some("2026-03-04T12:00:00Z".to_owned()),
        timezone: "UTC".to_owned(),
        ..schedule(expression)
    };
    let mut world = with(dated("cron(0 10 * * ? *)"));
    world.wait(5 * 86_400);
    assert_eq!(
        world.fired(),
        ["2026-03-03T10:00:00Z", "2026-03-04T10:00:00Z"]
    );
    let mut world = with(dated("rate(1 day)"));
    world.wait(5 * 86_400);
    assert_eq!(
        world.fired(),
        ["2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"],
        "a rate counts from the start"
    );
    let mut world = with(dated("at(2026-03-02T10:00:00)"));
    world.wait(5 * 86_400);
    assert_eq!(world.fired(), ["2026-03-02T10:00:00Z"]);
}

#[test]
fn a_schedule_is_deleted_after_completion_if_it_says_so() {
    for (action, names) in [("DELETE", 0), ("NONE", 1)] {
        let mut once = schedule("at(2026-03-02T05:00:00)");
        once.action_after_completion = action.to_owned();
        let mut world = with(once);
        assert_eq!(world.cloud.scheduler().names().count(), 1);
        world.wait(7_200);
        assert_eq!(world.fired().len(), 1);
        assert_eq!(world.cloud.scheduler().names().count(), names, "{action}");
    }
}

#[test]
fn a_disabled_schedule_and_a_past_one_never_fire() {
    let mut disabled = schedule("rate(1 minute)");
    disabled.enabled = false;
    for quiet in [disabled, schedule("at(2020-03-02T05:00:00)")] {
        let mut world = with(quiet);
        world.wait(86_400);
        assert!(world.fired().is_empty());
    }
}

#[test]
fn a_scheduled_rule_has_its_own_envelope_and_runs_in_utc() {
    let mut world = World::new();
    world.ok(
        "PutRule",
        &json!({ "Name": "tick", "ScheduleExpression": "cron(0 10 * * ? *)" }),
    );
    world.ok(
        "PutTargets",
        &json!({ "Rule": "tick", "Targets": [{ "Id": "out", "Arn": queue("out") }] }),
    );
    world.wait(3_700);
    let event = world.bodies("out").remove(0);
    assert_eq!(
        (&event["source"], &event["detail-type"]),
        (&json!("aws.events"), &json!("Scheduled Event"))
    );
    assert_eq!(event["detail"], json!({}), "an object");
    assert_eq!(
        event["resources"],
        json!(["arn:aws:events:us-east-1:123456789012:rule/tick"])
    );
    assert_eq!(event["time"], "2026-03-02T10:00:00Z");
}

#[test]
fn a_rule_whose_years_are_over_never_fires() {
    let mut world = World::new();
    world.ok(
        "PutRule",
        &json!({ "Name": "past", "ScheduleExpression": "cron(0 0 1 1 ? 1999)" }),
    );
    world.wait(400 * 86_400);
    assert!(world.fired().is_empty());
}

#[test]
fn a_rate_of_a_rule_counts_from_its_creation() {
    let mut world = World::new();
    world.wait(30);
    world.ok(
        "PutRule",
        &json!({ "Name": "tick", "ScheduleExpression": "rate(5 minutes)" }),
    );
    world.wait(899);
    assert_eq!(
        world.fired(),
        ["2026-03-02T09:05:30Z", "2026-03-02T09:10:30Z"]
    );
    world.ok("DisableRule", &json!({ "Name": "tick" }));
    world.wait(3_600);
    assert_eq!(world.fired().len(), 2);
}
