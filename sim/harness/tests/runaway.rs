//! Runs that never end, and are ended at a bound that hangs on nothing but the run.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use chrono::TimeDelta;
use harness::function::{FunctionCode, HandlerError, from_fn};
use harness::journal::{Journal, JournalEvent};
use harness::world::{Backend, Bound, Runaway, SimulatedWorld, WorldSetup};
use serde_json::{Value, json};
use simulated_cloud::stack::Account;
use simulated_cloud::template::load;

/// A function that each event on a bus wakes.
const TEMPLATE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Resources:
  Bus:
    Type: AWS::Events::EventBus
    Properties: {Name: office}
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: echo
      Handler: bootstrap
      Runtime: provided.al2023
      Timeout: 900
      Policies:
        - EventBridgePutEventsPolicy: {EventBusName: !Ref Bus}
      Events:
        All:
          Type: EventBridgeRule
          Properties:
            EventBusName: !Ref Bus
            Pattern: {source: [office]}
"#;

/// Puts an event for each that wakes it.
fn echo() -> Arc<dyn FunctionCode> {
    from_fn(|ports| {
        let events = aws_sdk_eventbridge::Client::new(&ports.sdk_config());
        move |_: Value| {
            let events = events.clone();
            async move {
                let entry = PutEventsRequestEntry::builder()
                    .event_bus_name("office")
                    .source("office")
                    .detail_type("Echo")
                    .detail("{}");
                let put = events.put_events().entries(entry.build());
                put.send().await.map_err(HandlerError::failed)?;
                Ok(json!({}))
            }
        }
    })
}

/// Waits for itself, again and again, and says nothing.
fn spinner() -> Arc<dyn FunctionCode> {
    from_fn(|_| {
        |_: Value| async move {
            loop {
                tokio::task::yield_now().await;
            }
        }
    })
}

/// What becomes of a world in which the function is woken once.
fn lived(code: Arc<dyn FunctionCode>, bound: Bound) -> (Option<Runaway>, Journal) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let account = Account::default();
        let start = "2012-03-14T13:30:00Z".parse().expect("an instant");
        let stack = load("echo.yaml", TEMPLATE, &BTreeMap::new(), &account).expect("a template");
        let setup = WorldSetup {
            bound,
            ..WorldSetup::new(stack, account, start).function("echo", code)
        };
        let mut world: Box<dyn Backend> = Box::new(SimulatedWorld::new(setup).expect("a world"));
        world.invoke("echo", &json!({})).expect("there is one");
        world
            .advance(TimeDelta::minutes(1))
            .await
            .expect("time passes");
        world.settle().await.expect("time passes");
        (world.runaway(), world.finish())
    })
}

#[test]
fn a_chain_without_end_is_ended_at_so_many_entries() {
    let bound = Bound {
        entries: 2_000,
        ..Bound::default()
    };
    let (runaway, journal) = lived(echo(), bound);
    let runaway = runaway.expect("it does not end");
    assert!((2_001..2_050).contains(&runaway.entries), "{runaway}");
    let end = journal.entries().last().map(|entry| &entry.fact);
    assert!(matches!(end, Some(JournalEvent::End { at_rest: false })));
    let (again, same) = lived(echo(), bound);
    assert_eq!(again, Some(runaway));
    assert_eq!(same.hash(), journal.hash());
}

#[test]
fn code_that_never_waits_is_ended_at_so_many_turns() {
    let bound = Bound {
        turns: 10_000,
        ..Bound::default()
    };
    let (runaway, _) = lived(spinner(), bound);
    assert_eq!(runaway.map(|runaway| runaway.turns), Some(10_001));
}
