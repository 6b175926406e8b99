//! The table of claims: who may work on a step, until when, and what whoever comes later finds.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alchemiser::bus::BusEntry;
use alchemiser::clock::Clock;
use alchemiser::error::StepError;
use alchemiser::id::{AttemptToken, EventId, RandomTokens, TokenSource};
use alchemiser::idempotency::{Claim, Claims, LEASE, Lease, Recorded};
use alchemiser::workflow::Workflows;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use chrono::{DateTime, TimeDelta, Utc};

use serde_json::json;

use crate::support::{ScriptedHttp, Tables, aws_over, block_on, opening};

const TABLE: &str = "alchemiser-idempotency-dev";

/// A clock that the test moves.
#[derive(Clone, Debug)]
struct Hand(Arc<Mutex<DateTime<Utc>>>);

impl Hand {
    fn turn(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for Hand {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The token of an attempt whose request the SDK repeats.
#[derive(Debug)]
struct Repeated;

impl TokenSource for Repeated {
    fn fresh(&self) -> AttemptToken {
        AttemptToken("the-same-attempt".to_owned())
    }
}

/// The claims of one table, and the clock of all who claim there.
fn claims(tokens: Arc<dyn TokenSource>) -> (Claims, Hand, aws_sdk_dynamodb::Client) {
    let client = aws_over(Tables::new(), 1).dynamodb();
    let clock = Hand(Arc::new(Mutex::new(opening())));
    (
        Claims::new(client.clone(), TABLE, Arc::new(clock.clone()), tokens),
        clock,
        client,
    )
}

fn random() -> (Claims, Hand, aws_sdk_dynamodb::Client) {
    claims(Arc::new(RandomTokens))
}

async fn take(claims: &Claims) -> Lease {
    match claims.claim("step#1").await {
        Ok(Claim::Work(lease)) => lease,
        other => panic!("the way should be free: {other:?}"),
    }
}

fn entry() -> BusEntry {
    BusEntry {
        event_id: EventId::new("event-1"),
        source: "alchemiser.test".to_owned(),
        detail_type: "Test".to_owned(),
        detail: "{}".to_owned(),
        resources: Vec::new(),
    }
}

fn is_lost<T>(outcome: &Result<T, StepError>) -> bool {
    matches!(outcome, Err(StepError::LeaseLost { .. }))
}

#[test]
fn a_step_is_one_attempts_until_its_lease_ends_or_is_given_back() {
    block_on(async {
        let (claims, clock, _) = random();
        let first = take(&claims).await;
        let busy = |remaining_ms| {
            Err(StepError::InProgress {
                key: "step#1".to_owned(),
                remaining_ms,
            })
        };
        assert_eq!(claims.claim("step#1").await, busy(45_000));
        clock.turn(TimeDelta::seconds(40));
        claims.renew(&first).await.expect("still the holder");
        clock.turn(TimeDelta::seconds(45));
        assert_eq!(
            claims.claim("step#1").await,
            busy(0),
            "renewed for its full length"
        );
        clock.turn(TimeDelta::milliseconds(1));
        let second = take(&claims).await;
        assert_eq!(claims.claim("step#1").await, busy(45_000));
        claims.release(&second).await.expect("still the holder");
        take(&claims).await;
    });
}

#[test]
fn who_has_lost_the_lease_changes_nothing_any_more() {
    block_on(async {
        let (claims, clock, _) = random();
        let older = take(&claims).await;
        clock.turn(TimeDelta::seconds(46));
        let newer = take(&claims).await;
        assert!(is_lost(&claims.renew(&older).await), "renew");
        assert!(is_lost(&claims.release(&older).await), "release");
        assert!(is_lost(&claims.complete(&older).await), "complete");
        assert!(
            is_lost(&claims.record(&older, &[entry()], Vec::new()).await),
            "record"
        );
        assert!(
            claims.claim("step#1").await.is_err(),
            "the newer one holds it"
        );

        assert_eq!(
            claims.record(&newer, &[entry()], Vec::new()).await,
            Ok(Recorded::Written)
        );
        assert!(
            is_lost(&claims.record(&older, &[], Vec::new()).await),
            "what the newer one recorded is not the older one's"
        );
        claims.complete(&newer).await.expect("still the holder");
        assert_eq!(claims.claim("step#1").await, Ok(Claim::Done));
        clock.turn(TimeDelta::days(399));
        assert_eq!(
            claims.claim("step#1").await,
            Ok(Claim::Done),
            "a completed step is done, however old its lease"
        );
    });
}

#[test]
fn what_is_recorded_is_published_by_whoever_comes_later() {
    block_on(async {
        let (claims, clock, _) = random();
        let first = take(&claims).await;
        assert_eq!(
            claims.record(&first, &[entry()], Vec::new()).await,
            Ok(Recorded::Written)
        );
        assert_eq!(
            claims.record(&first, &[entry()], Vec::new()).await,
            Ok(Recorded::Written),
            "an answer was lost, and it is asked again"
        );
        clock.turn(TimeDelta::seconds(46));
        for _ in 0..2 {
            let Ok(Claim::Publish(lease, entries)) = claims.claim("step#1").await else {
                panic!("the step is recorded")
            };
            assert_eq!(entries, [entry()]);
            claims.release(&lease).await.expect("still the holder");
        }
    });
}

#[test]
fn a_change_that_is_refused_leaves_the_step_to_be_recorded_otherwise() {
    block_on(async {
        let (claims, _, _) = random();
        let lease = take(&claims).await;
        let refused = Update::builder()
            .table_name(TABLE)
            .key("claim_key", AttributeValue::S("another".to_owned()))
            .update_expression("SET a = :a")
            .condition_expression("attribute_exists(claim_key)")
            .expression_attribute_values(":a", AttributeValue::S("a".to_owned()))
            .build()
            .expect("all required members are set");
        let change = TransactWriteItem::builder().update(refused).build();
        assert_eq!(
            claims.record(&lease, &[entry()], vec![change]).await,
            Ok(Recorded::Refused)
        );
        assert_eq!(
            claims.record(&lease, &[], Vec::new()).await,
            Ok(Recorded::Written)
        );
        claims.release(&lease).await.expect("still the holder");
        let found = claims.claim("step#1").await;
        assert!(
            matches!(&found, Ok(Claim::Publish(_, entries)) if entries.is_empty()),
            "{found:?}"
        );
    });
}

#[test]
fn an_attempt_knows_its_own_claim_where_the_answer_was_lost() {
    block_on(async {
        let (claims, _, _) = claims(Arc::new(Repeated));
        let first = take(&claims).await;
        assert_eq!(
            take(&claims).await,
            first,
            "the SDK repeats a write that had succeeded"
        );
    });
}

#[test]
fn work_stops_where_the_lease_is_lost() {
    block_on(async {
        let (claims, clock, _) = random();
        let lease = take(&claims).await;
        let mut is_done = false;
        let work = async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            clock.turn(TimeDelta::seconds(46));
            take(&claims).await;
            tokio::time::sleep(Duration::from_secs(10)).await;
            is_done = true;
        };
        let held = Box::pin(claims.hold(&[&lease], work)).await;
        assert!(is_lost(&held), "{held:?}");
        assert!(!is_done, "the work went on");
    });
}

#[test]
fn work_keeps_its_lease_however_long_it_takes() {
    block_on(async {
        let (claims, clock, _) = random();
        let lease = take(&claims).await;
        let work = async {
            for _ in 0..100 {
                tokio::time::sleep(Duration::from_secs(10)).await;
                clock.turn(TimeDelta::seconds(10));
                assert!(claims.claim("step#1").await.is_err(), "nobody takes over");
            }
        };
        Box::pin(claims.hold(&[&lease], work))
            .await
            .expect("the lease is renewed in time");
        assert!(
            LEASE < Duration::from_secs(60),
            "a retry of Lambda finds the lease of a dead attempt over"
        );
    });
}

#[test]
fn a_claim_lives_longer_than_the_archive() {
    block_on(async {
        let (claims, clock, client) = random();
        take(&claims).await;
        clock.turn(TimeDelta::seconds(46));
        take(&claims).await;
        let key = AttributeValue::S("step#1".to_owned());
        let found = client
            .get_item()
            .table_name(TABLE)
            .key("claim_key", key)
            .send()
            .await
            .expect("the table answers");
        let expiry = (opening() + TimeDelta::days(400)).timestamp().to_string();
        assert_eq!(
            found.item().and_then(|item| item.get("expires_at")),
            Some(&AttributeValue::N(expiry))
        );
    });
}

#[test]
fn only_conditions_that_do_not_hold_refuse_a_change_for_good() {
    for (reasons, is_refused) in [
        (vec!["None", "ConditionalCheckFailed"], true),
        (
            vec![
                "None",
                "ConditionalCheckFailed",
                "None",
                "ConditionalCheckFailed",
            ],
            true,
        ),
        (vec!["None", "TransactionConflict"], false),
        (
            vec!["None", "ConditionalCheckFailed", "TransactionConflict"],
            false,
        ),
        (vec!["None", "ThrottlingError"], false),
        (vec!["None", "None"], false),
        (vec![], false),
    ] {
        let codes: Vec<_> = reasons.iter().map(|code| json!({ "Code": code })).collect();
        let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
        let cancelled =
            json!({ "__type": kind, "message": "cancelled", "CancellationReasons": codes })
                .to_string();
        let answers = vec![
            Ok((
                200,
                json!({ "Attributes": { "fence": { "N": "1" }, "state": { "S": "claimed" } } })
                    .to_string(),
            )),
            Ok((400, cancelled)),
        ];
        let client = aws_over(ScriptedHttp::in_turn(answers), 1).dynamodb();
        let clock = Hand(Arc::new(Mutex::new(opening())));
        let (claims, workflows) = (
            Claims::new(
                client.clone(),
                TABLE,
                Arc::new(clock.clone()),
                Arc::new(RandomTokens),
            ),
            Workflows::new(client, "alchemiser-workflow-dev", Arc::new(clock)),
        );
        block_on(async {
            let lease = take(&claims).await;
            let recorded = claims.record(&lease, &[], Vec::new()).await;
            let written = workflows.write(Vec::new()).await;
            if is_refused {
                assert_eq!(
                    (recorded, written),
                    (Ok(Recorded::Refused), Ok(false)),
                    "{reasons:?}"
                );
            } else {
                assert!(
                    matches!(recorded, Err(StepError::StoreUnavailable(_))),
                    "{reasons:?}: {recorded:?}"
                );
                assert!(
                    matches!(written, Err(StepError::StoreUnavailable(_))),
                    "{reasons:?}: {written:?}"
                );
            }
        });
    }
}
