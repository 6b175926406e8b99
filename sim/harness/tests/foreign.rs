//! The cloud serves systems that are not ours: a parcel office with its own template and its own
//! handler, which talks to DynamoDB and EventBridge through the real SDK.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use chrono::{DateTime, TimeDelta, Utc};
use harness::function::{FunctionCode, HandlerError, from_fn};
use harness::journal::Journal;
use harness::world::{Backend, SimulatedWorld, WorldSetup};
use serde_json::{Value, json};
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::stack::Account;
use simulated_cloud::template::load;

/// Labels an order once: a conditional put decides who does it, then the label is announced. The
/// printer is out of paper for the first `failures` attempts.
fn labeller(failures: u32) -> Arc<dyn FunctionCode> {
    let failures = Arc::new(AtomicU32::new(failures));
    from_fn(move |ports| {
        let config = ports.sdk_config();
        let office = Office {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            events: aws_sdk_eventbridge::Client::new(&config),
            table: ports.environment["TABLE"].clone(),
            bus: ports.environment["BUS"].clone(),
            failures: Arc::clone(&failures),
        };
        move |event| label(office.clone(), event)
    })
}

#[derive(Clone)]
struct Office {
    dynamodb: aws_sdk_dynamodb::Client,
    events: aws_sdk_eventbridge::Client,
    table: String,
    bus: String,
    failures: Arc<AtomicU32>,
}

async fn label(office: Office, event: Value) -> Result<Value, HandlerError> {
    let one_less = |left: u32| left.checked_sub(1);
    let (set, fetch) = (Ordering::SeqCst, Ordering::SeqCst);
    if office.failures.fetch_update(set, fetch, one_less).is_ok() {
        return Err(HandlerError::failed("out of paper"));
    }
    let order = event["detail"]["order"].as_str().unwrap_or_default();
    let put = office
        .dynamodb
        .put_item()
        .table_name(&office.table)
        .item("order", AttributeValue::S(order.to_owned()))
        .condition_expression("attribute_not_exists(#o)")
        .expression_attribute_names("#o", "order");
    if let Err(error) = put.send().await {
        let service_error = error.as_service_error();
        if service_error.is_some_and(|error| error.is_conditional_check_failed_exception()) {
            return Ok(json!({ "labelled": false }));
        }
        return Err(HandlerError::failed(error));
    }
    let labelled = json!({ "order": order, "weight": event["detail"]["weight"] }).to_string();
    let entry = PutEventsRequestEntry::builder()
        .event_bus_name(&office.bus)
        .source("office")
        .detail_type("ParcelLabelled")
        .detail(labelled);
    let put = office.events.put_events().entries(entry.build());
    put.send().await.map_err(HandlerError::failed)?;
    Ok(json!({ "labelled": true }))
}

fn opening() -> DateTime<Utc> {
    "2025-03-03T08:00:00Z".parse().expect("an instant")
}

fn account() -> Account {
    let words = |text: &str| text.to_owned();
    Account {
        id: words("210987654321"),
        region: words("eu-west-1"),
        stack: words("parcels"),
        ..Account::default()
    }
}

/// The office's world, in which the printer fails so many times.
fn office(failures: u32) -> Box<dyn Backend> {
    let template = include_str!("foreign/parcels.yaml");
    let stack = load("parcels.yaml", template, &BTreeMap::new(), &account());
    let setup = WorldSetup::new(stack.expect("a sound template"), account(), opening());
    let world = SimulatedWorld::new(setup.function("label", labeller(failures)));
    Box::new(world.expect("a world"))
}

async fn order(world: &mut dyn Backend, order: &str, weight: u32) {
    let detail = json!({ "order": order, "weight": weight }).to_string();
    world
        .put_event("parcels", "shop", "OrderPlaced", &detail)
        .await
        .expect("the event is put");
}

fn queue(world: &dyn Backend, name: &str) -> Vec<Value> {
    let arn = format!("arn:aws:sqs:eu-west-1:210987654321:{name}");
    let bodies = world.drain(&arn);
    bodies
        .iter()
        .map(|body| serde_json::from_str(body).expect("the messages are JSON"))
        .collect()
}

fn answers(journal: &Journal) -> Vec<Value> {
    let ended = journal.records().filter_map(|(_, record)| match record {
        CloudEvent::InvocationEnded { response, .. } => Some(response.view().to_value()),
        _ => None,
    });
    ended.collect()
}

#[tokio::test(start_paused = true)]
async fn an_order_is_labelled_once_and_a_heavy_one_is_told_to_the_dock() {
    let mut world = office(0);
    order(world.as_mut(), "light", 2).await;
    order(world.as_mut(), "heavy", 31).await;
    order(world.as_mut(), "heavy", 31).await;
    order(world.as_mut(), "weightless", 0).await;
    world.settle().await.expect("nothing is outside");
    assert_eq!(
        queue(world.as_ref(), "dock"),
        [json!({ "carry": "heavy", "kilograms": 31 })]
    );
    assert_eq!(queue(world.as_ref(), "lost"), Vec::<Value>::new());
    let journal = world.finish();
    let labelled = answers(&journal)
        .iter()
        .filter(|answer| answer["labelled"] == true)
        .count();
    let refused = answers(&journal)
        .iter()
        .filter(|answer| answer["labelled"] == false)
        .count();
    assert_eq!(
        (labelled, refused),
        (2, 1),
        "the rule leaves the weightless one alone"
    );
}

#[tokio::test(start_paused = true)]
async fn two_failures_are_tried_again_after_one_and_two_minutes_with_the_same_request_id() {
    let mut world = office(2);
    order(world.as_mut(), "light", 2).await;
    world.settle().await.expect("nothing is outside");
    let journal = world.finish();
    let attempts: Vec<(TimeDelta, u32, String)> = journal
        .records()
        .filter_map(|(entry, record)| match record {
            CloudEvent::InvocationStarted {
                attempt,
                request_id,
                ..
            } => Some((entry.at - opening(), *attempt, request_id.clone())),
            _ => None,
        })
        .collect();
    let [first, second, third] = attempts.as_slice() else {
        panic!("three attempts, found {attempts:?}")
    };
    assert_eq!((first.1, second.1, third.1), (1, 2, 3));
    assert!(first.2 == second.2 && second.2 == third.2, "{attempts:?}");
    assert_eq!(
        (
            (second.0 - first.0).num_minutes(),
            (third.0 - second.0).num_minutes()
        ),
        (1, 2),
        "{attempts:?}"
    );
    assert_eq!(answers(&journal).last(), Some(&json!({ "labelled": true })));
}

#[tokio::test(start_paused = true)]
async fn three_failures_end_at_the_destination_with_the_event_and_the_error() {
    let mut world = office(3);
    order(world.as_mut(), "light", 2).await;
    world.settle().await.expect("nothing is outside");
    let lost = queue(world.as_ref(), "lost");
    let [message] = lost.as_slice() else {
        panic!("one message, found {lost:?}")
    };
    assert_eq!(message["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(message["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(message["requestPayload"]["detail"]["order"], "light");
    assert_eq!(message["responsePayload"]["errorType"], "Error");
}
