//! The cloud serves systems that are not ours: a parcel office with its own template and its own
//! handler, which talks to DynamoDB and EventBridge through the real SDK.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use alchemiser::aws::AwsSetup;
use alchemiser_mocks::exchange::ExchangeSetup;
use alchemiser_mocks::mail::MailSetup;
use alchemiser_sim::fault::{Faults, Meanwhiles};
use alchemiser_sim::journal::Journal;
use alchemiser_sim::runtime::{
    Event, FunctionCode, FunctionPorts, Functions, Handler, HandlerError,
};
use alchemiser_sim::world::{Place, World, WorldSetup};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_async::time::{SharedTimeSource, StaticTimeSource};
use aws_smithy_runtime_api::client::http::http_client_fn;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use simulated_cloud::knobs::{Knobs, Span};
use simulated_cloud::record::Record;
use simulated_cloud::template::{Pseudo, load};

/// Labels an order once: a conditional put decides who does it, then the label is announced.
struct Labeller {
    dynamodb: aws_sdk_dynamodb::Client,
    events: aws_sdk_eventbridge::Client,
    table: String,
    bus: String,
    failures: Arc<AtomicU32>,
}

/// The labeller's code; the printer is out of paper for the first `failures` attempts.
struct Office {
    failures: Arc<AtomicU32>,
}

impl FunctionCode for Office {
    fn cold_start(&self, ports: FunctionPorts) -> Result<Box<dyn Handler>, String> {
        let http = ports.http.clone();
        let aws = AwsSetup {
            http: http_client_fn(move |_, _| http.clone()),
            credentials: AwsSetup::static_credentials("AKIAPARCELS", "parcels"),
            region: ports.region,
            time: SharedTimeSource::new(StaticTimeSource::new(ports.clock.now().into())),
            endpoint: None,
            attempts: 2,
        };
        let variable = |name: &str| {
            ports
                .environment
                .get(name)
                .cloned()
                .ok_or_else(|| format!("{name} is not set"))
        };
        Ok(Box::new(Labeller {
            dynamodb: aws.dynamodb(),
            events: aws.eventbridge(),
            table: variable("TABLE")?,
            bus: variable("BUS")?,
            failures: Arc::clone(&self.failures),
        }))
    }
}

fn failed(error: impl std::fmt::Debug) -> HandlerError {
    HandlerError::Failed {
        error_type: "Office.Error".to_owned(),
        message: format!("{error:?}"),
    }
}

#[async_trait]
impl Handler for Labeller {
    async fn handle(&mut self, event: Event<'_>) -> Result<Value, HandlerError> {
        let payload = event.payload;
        if self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok()
        {
            return Err(failed("out of paper"));
        }
        let order = payload["detail"]["order"]
            .as_str()
            .ok_or_else(|| failed("no order"))?;
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .item("order", AttributeValue::S(order.to_owned()));
        let put = put
            .condition_expression("attribute_not_exists(#o)")
            .expression_attribute_names("#o", "order");
        match put.send().await {
            Ok(_) => {}
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                return Ok(json!({ "labelled": false }));
            }
            Err(error) => return Err(failed(error)),
        }
        let labelled = json!({ "order": order, "weight": payload["detail"]["weight"] }).to_string();
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source("office")
            .detail_type("ParcelLabelled")
            .detail(labelled);
        self.events
            .put_events()
            .entries(entry.build())
            .send()
            .await
            .map_err(failed)?;
        Ok(json!({ "labelled": true }))
    }
}

fn opening() -> DateTime<Utc> {
    "2025-03-03T08:00:00Z".parse().expect("an instant")
}

fn pseudo() -> Pseudo {
    let words = |text: &str| text.to_owned();
    Pseudo {
        account: words("210987654321"),
        region: words("eu-west-1"),
        partition: words("aws"),
        stack_name: words("parcels"),
    }
}

/// The office's world, in which the printer fails so many times.
fn office(failures: u32) -> Box<dyn Place> {
    let stack = load(
        "parcels.yaml",
        include_str!("foreign/parcels.yaml"),
        &BTreeMap::new(),
        &pseudo(),
    )
    .expect("a sound template");
    let code = Office {
        failures: Arc::new(AtomicU32::new(failures)),
    };
    let setup = WorldSetup {
        seed: 7,
        start: opening(),
        stack,
        pseudo: pseudo(),
        knobs: Knobs::default(),
        call_latency: Span::millis(1, 3),
        cold_start: Span::millis(50, 50),
        exchange: ExchangeSetup::default(),
        mail: MailSetup::default(),
        meanwhile: Meanwhiles::default(),
        faults: Faults::new(Vec::new(), Vec::new()),
        functions: Functions::from([("label".to_owned(), Arc::new(code) as Arc<dyn FunctionCode>)]),
        variables: BTreeMap::new(),
    };
    Box::new(World::new(setup).expect("a world"))
}

async fn order(world: &mut dyn Place, order: &str, weight: u32) {
    let detail = json!({ "order": order, "weight": weight }).to_string();
    world
        .put_event("parcels", "shop", "OrderPlaced", &detail)
        .await
        .expect("the event is put");
}

fn queue(world: &dyn Place, name: &str) -> Vec<Value> {
    let arn = format!("arn:aws:sqs:eu-west-1:210987654321:{name}");
    let bodies = world.drain(&arn);
    bodies
        .iter()
        .map(|body| serde_json::from_str(body).expect("the messages are JSON"))
        .collect()
}

fn answers(journal: &Journal) -> Vec<Value> {
    let ended = journal.records().filter_map(|(_, record)| match record {
        Record::InvocationEnded { response, .. } => Some(response.clone()),
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
            Record::InvocationStarted {
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
    assert_eq!(message["responsePayload"]["errorType"], "Office.Error");
}
