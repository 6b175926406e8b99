//! The tests of an invariant of the harness, on events of this system.

use serde_json::{Value, json};

use super::testing::{History, delivery, event, of_rule};
use harness::check::delivery::check;
use harness::journal::JournalEvent;
use simulated_cloud::cloud_event::{CloudEvent, DeliveryId, DeliveryOutcome, LossCause};

fn failed() -> DeliveryOutcome {
    DeliveryOutcome::Failed("TIMEOUT".to_owned())
}

/// A rule that wants the event, and the event put.
fn put(event: &Value) -> History {
    History::new()
        .rule("first", &json!({ "detail-type": ["TradeExecuted"] }))
        .puts(event)
}

#[test]
fn an_event_comes_to_one_end_at_each_target() {
    let event = event("TradeExecuted", "t", "p");
    let put = || put(&event);
    assert_eq!(
        put()
            .delivers(&event, "first", failed())
            .delivers(&event, "first", DeliveryOutcome::Delivered)
            .judged(check),
        (1, 0)
    );
    assert_eq!(put().judged(check), (1, 1), "never tried");
    assert_eq!(
        put().delivers(&event, "first", failed()).judged(check),
        (1, 1),
        "given up silently"
    );
    let twice = put()
        .delivers(&event, "first", DeliveryOutcome::Delivered)
        .delivers(&event, "first", DeliveryOutcome::Delivered);
    assert_eq!(twice.judged(check), (1, 1), "no copy, and yet twice");
    let under_way = put().fact(JournalEvent::End { at_rest: false });
    assert_eq!(
        under_way.judged(check),
        (1, 0),
        "on its way when the run was over"
    );
}

#[test]
fn a_copy_comes_to_an_end_of_its_own() {
    let event = event("TradeExecuted", "t", "p");
    let copy = CloudEvent::Delivery {
        delivery: DeliveryId {
            copy: 1,
            ..delivery(&event, "first")
        },
        detail_type: "TradeExecuted".to_owned(),
        attempt: 1,
        outcome: DeliveryOutcome::Delivered,
    };
    let delivered = || put(&event).delivers(&event, "first", DeliveryOutcome::Delivered);
    assert_eq!(delivered().record(copy.clone()).judged(check), (1, 0));
    assert_eq!(
        delivered().record(copy.clone()).record(copy).judged(check),
        (1, 1)
    );
}

#[test]
fn only_a_rule_that_matches_delivers() {
    let other = event("WorkflowFailed", "f", "p");
    assert_eq!(put(&other).judged(check), (0, 0));
    assert_eq!(
        put(&other)
            .delivers(&other, "first", DeliveryOutcome::Delivered)
            .judged(check),
        (0, 1)
    );
}

#[test]
fn a_replay_is_an_event_of_its_own() {
    let event = event("TradeExecuted", "t", "p");
    let again = CloudEvent::Delivery {
        delivery: DeliveryId {
            replay: Some("again".to_owned()),
            ..delivery(&event, "first")
        },
        detail_type: "TradeExecuted".to_owned(),
        attempt: 1,
        outcome: DeliveryOutcome::Delivered,
    };
    let replayed = || {
        put(&event)
            .delivers(&event, "first", DeliveryOutcome::Delivered)
            .replays(&event, Some("again"))
    };
    assert_eq!(replayed().record(again).judged(check), (2, 0));
    assert_eq!(replayed().judged(check), (2, 1));
}

#[test]
fn what_is_given_up_is_told_by_the_alarm_on_it() {
    let event = event("TradeExecuted", "t", "p");
    let buried = |rule: &str| {
        put(&event)
            .buries(&event, "first")
            .alarms_on(rule)
            .at("14:00:00")
            .states("0", &[])
            .judged(check)
            .1
    };
    assert_eq!(buried("first"), 0);
    assert_eq!(buried("second"), 1, "another rule's");
}

#[test]
fn a_refused_dead_letter_is_told_as_well() {
    let event = event("TradeExecuted", "t", "p");
    let lost = |cause: LossCause| {
        let (from, delivery) = (of_rule("first"), Some(delivery(&event, "first")));
        let lost = CloudEvent::Lost {
            from,
            cause,
            reason: "refused".to_owned(),
            delivery,
            body: event.clone().into(),
        };
        put(&event)
            .record(lost)
            .alarm("FailedInvocations", "RuleName", "first")
    };
    let judged = |history: History| history.at("14:00:00").states("0", &[]).judged(check).1;
    assert_eq!(judged(lost(LossCause::NoQueue)), 0);
    assert_eq!(judged(lost(LossCause::QueueRefused)), 1);
    assert_eq!(
        judged(lost(LossCause::QueueRefused).alarm(
            "InvocationsFailedToBeSentToDlq",
            "RuleName",
            "first"
        )),
        0
    );
    assert_eq!(judged(lost(LossCause::NoInput)), 1, "AWS tells nobody");
}
