//! Execution environments: what becomes of them, and of what they know, when all die at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use harness::function::{FunctionCode, from_fn};
use harness::journal::{Journal, JournalEvent};
use harness::world::{Backend, SimulatedWorld, WorldSetup};
use serde_json::json;
use simulated_cloud::cloud_event::{CloudEvent, InvocationOutcome};
use simulated_cloud::stack::Account;
use simulated_cloud::template::load;

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: work
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: work/
      Timeout: 60
";

fn opening() -> DateTime<Utc> {
    "2025-03-03T08:00:00Z".parse().expect("an instant")
}

/// A function that works for as many seconds as it is told, and counts its cold starts.
fn worker(starts: &Arc<AtomicU32>) -> Arc<dyn FunctionCode> {
    let starts = Arc::clone(starts);
    from_fn(move |_ports| {
        starts.fetch_add(1, Ordering::SeqCst);
        |event| async move {
            let seconds = event["seconds"].as_u64().unwrap_or_default();
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok(json!("done"))
        }
    })
}

fn world(code: Arc<dyn FunctionCode>) -> Box<dyn Backend> {
    skewed(code, Duration::ZERO)
}

/// A world in which clocks are off by so much.
fn skewed(code: Arc<dyn FunctionCode>, clock_skew: Duration) -> Box<dyn Backend> {
    let account = Account::default();
    let stack = load("template.yaml", TEMPLATE, &BTreeMap::new(), &account);
    let mut setup = WorldSetup::new(stack.expect("a sound template"), account, opening());
    setup.clock_skew = clock_skew;
    Box::new(SimulatedWorld::new(setup.function("work", code)).expect("a world"))
}

fn outcomes(journal: &Journal) -> Vec<InvocationOutcome> {
    let ended = journal.records().filter_map(|(_, record)| match record {
        CloudEvent::InvocationEnded { outcome, .. } => Some(*outcome),
        _ => None,
    });
    ended.collect()
}

#[tokio::test(start_paused = true)]
async fn a_power_loss_kills_all_that_work_and_all_that_are_idle() {
    let starts = Arc::new(AtomicU32::new(0));
    let mut world = world(worker(&starts));
    for seconds in [1, 1, 1] {
        world
            .invoke("work", &json!({ "seconds": seconds }))
            .expect("it is there");
    }
    world.settle().await.expect("nothing is outside");
    assert_eq!(starts.load(Ordering::SeqCst), 3, "all idle now");
    for seconds in [30, 30] {
        world
            .invoke("work", &json!({ "seconds": seconds }))
            .expect("it is there");
    }
    world
        .advance(TimeDelta::seconds(5))
        .await
        .expect("nothing is outside");
    assert_eq!(
        starts.load(Ordering::SeqCst),
        3,
        "two of three are used again"
    );
    world.lose_power();
    world.settle().await.expect("nothing is outside");
    assert_eq!(
        starts.load(Ordering::SeqCst),
        5,
        "no environment of before is left"
    );
    let journal = world.finish();
    let lost = journal
        .entries()
        .iter()
        .find_map(|entry| match &entry.fact {
            JournalEvent::PowerLoss { invocations, idle } => Some((
                entry.injected,
                entry.at - opening(),
                invocations.clone(),
                *idle,
            )),
            _ => None,
        });
    let (injected, at, invocations, idle) = lost.expect("the journal says it");
    assert!(injected);
    assert_eq!((invocations, idle), (vec![4, 5], 1));
    let crashed = journal
        .records()
        .filter_map(|(entry, record)| match record {
            CloudEvent::InvocationEnded {
                outcome: InvocationOutcome::Crashed,
                ..
            } => Some(entry.at - opening()),
            _ => None,
        });
    assert_eq!(crashed.collect::<Vec<_>>(), [at, at], "at that very moment");
    let successes = outcomes(&journal)
        .iter()
        .filter(|outcome| **outcome == InvocationOutcome::Success)
        .count();
    assert_eq!(successes, 5, "Lambda tries both again");
}

#[tokio::test(start_paused = true)]
async fn a_power_loss_meets_environments_that_start() {
    let starts = Arc::new(AtomicU32::new(0));
    let mut world = world(worker(&starts));
    world
        .invoke("work", &json!({ "seconds": 0 }))
        .expect("it is there");
    // The environment is made at once, and takes at least 120 ms to start.
    while starts.load(Ordering::SeqCst) == 0 {
        world
            .advance(TimeDelta::milliseconds(1))
            .await
            .expect("nothing is outside");
    }
    world.lose_power();
    world.settle().await.expect("nothing is outside");
    assert_eq!(
        outcomes(&world.finish()),
        [InvocationOutcome::Crashed, InvocationOutcome::Success]
    );
}

/// How far the clocks of that many environments are ahead of the world's.
async fn skews(most: Duration, environments: u32) -> Vec<TimeDelta> {
    let told = from_fn(|ports| {
        move |_| {
            let clock = Arc::clone(&ports.clock);
            async move {
                tokio::time::sleep(Duration::from_secs(10)).await;
                Ok(json!(clock.now()))
            }
        }
    });
    let mut world = skewed(told, most);
    for _ in 0..environments {
        world.invoke("work", &json!({})).expect("it is there");
    }
    world.settle().await.expect("nothing is outside");
    let journal = world.finish();
    let ended = journal
        .records()
        .filter_map(|(entry, record)| match record {
            CloudEvent::InvocationEnded { response, .. } => {
                let own: DateTime<Utc> =
                    serde_json::from_value(response.view().to_value()).expect("an instant");
                Some(own - entry.at)
            }
            _ => None,
        });
    ended.collect()
}

#[tokio::test(start_paused = true)]
async fn clocks_are_off_by_no_more_than_they_may() {
    let most = Duration::from_secs(2);
    let skews_of = skews(most, 20).await;
    let limit = TimeDelta::seconds(2);
    assert!(
        skews_of.iter().all(|skew| skew.abs() <= limit),
        "{skews_of:?}"
    );
    assert!(
        skews_of.iter().any(|skew| *skew > TimeDelta::seconds(1)),
        "{skews_of:?}"
    );
    assert!(
        skews_of.iter().any(|skew| *skew < TimeDelta::seconds(-1)),
        "{skews_of:?}"
    );
    let exact = skews(Duration::ZERO, 3).await;
    assert_eq!(exact, [TimeDelta::zero(); 3]);
}
