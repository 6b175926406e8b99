//! A system that lives on the stream of a table: a ledger with its own template and its own handlers,
//! which talk to DynamoDB through the real SDK.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use chrono::{DateTime, Utc};
use harness::function::{FunctionCode, HandlerError, from_fn};
use harness::journal::Journal;
use harness::world::{Backend, SimulatedWorld, WorldSetup};
use serde_json::{Value, json};
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::stack::Account;
use simulated_cloud::template::load;

/// Writes bookings: each is an account and an amount, under an id.
fn book() -> Arc<dyn FunctionCode> {
    from_fn(|ports| {
        let dynamodb = aws_sdk_dynamodb::Client::new(&ports.sdk_config());
        move |event| write(dynamodb.clone(), event)
    })
}

async fn write(dynamodb: aws_sdk_dynamodb::Client, event: Value) -> Result<Value, HandlerError> {
    for booking in event["bookings"].as_array().into_iter().flatten() {
        let [id, account] =
            ["id", "account"].map(|name| AttributeValue::S(text(&booking[name]).to_owned()));
        dynamodb
            .put_item()
            .table_name("bookings")
            .item("booking", id)
            .item("account", account)
            .item("amount", AttributeValue::N(booking["amount"].to_string()))
            .send()
            .await
            .map_err(HandlerError::failed)?;
    }
    Ok(Value::Null)
}

/// Adds new bookings to the sums of their accounts, and fails on the account "unknown".
fn sum() -> Arc<dyn FunctionCode> {
    from_fn(|ports| {
        let dynamodb = aws_sdk_dynamodb::Client::new(&ports.sdk_config());
        move |event| add(dynamodb.clone(), event)
    })
}

async fn add(dynamodb: aws_sdk_dynamodb::Client, event: Value) -> Result<Value, HandlerError> {
    let records = event["Records"].as_array().cloned().unwrap_or_default();
    let image = |record: &Value, name: &str, kind: &str| {
        text(&record["dynamodb"]["NewImage"][name][kind]).to_owned()
    };
    if records
        .iter()
        .any(|record| image(record, "account", "S") == "unknown")
    {
        return Err(HandlerError::failed("there is no such account"));
    }
    let mut sums = BTreeMap::new();
    for record in &records {
        let account = image(record, "account", "S");
        let amount = AttributeValue::N(image(record, "amount", "N"));
        let update = dynamodb
            .update_item()
            .table_name("sums")
            .key("account", AttributeValue::S(account.clone()))
            .update_expression("ADD amount :amount")
            .expression_attribute_values(":amount", amount)
            .return_values(ReturnValue::UpdatedNew);
        let updated = update.send().await.map_err(HandlerError::failed)?;
        let sum = updated
            .attributes()
            .and_then(|item| item["amount"].as_n().ok());
        sums.insert(account, sum.cloned());
    }
    Ok(json!(sums))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn opening() -> DateTime<Utc> {
    "2025-03-03T08:00:00Z".parse().expect("an instant")
}

fn ledger() -> Box<dyn Backend> {
    let account = Account {
        stack: "ledger".to_owned(),
        ..Account::default()
    };
    let template = include_str!("foreign/ledger.yaml");
    let stack = load("ledger.yaml", template, &BTreeMap::new(), &account);
    let setup = WorldSetup::new(stack.expect("a sound template"), account, opening())
        .function("book", book())
        .function("sum", sum());
    Box::new(SimulatedWorld::new(setup).expect("a world"))
}

fn bookings(all: &[(&str, &str, i32)]) -> Value {
    let bookings: Vec<Value> = all
        .iter()
        .map(|(id, account, amount)| json!({ "id": id, "account": account, "amount": amount }))
        .collect();
    json!({ "bookings": bookings })
}

/// What the function that sums answered, in order; nothing where it failed.
fn sums(journal: &Journal) -> Vec<Option<Value>> {
    let mut sums = Vec::new();
    let mut running = Vec::new();
    for (_, record) in journal.records() {
        match record {
            CloudEvent::InvocationStarted {
                invocation,
                function,
                ..
            } if function == "sum" => running.push(*invocation),
            CloudEvent::InvocationEnded {
                invocation,
                response,
                ..
            } if running.contains(invocation) => {
                let failed = response.view().get("errorType").is_some();
                sums.push((!failed).then(|| response.view().to_value()));
            }
            _ => {}
        }
    }
    sums
}

async fn run(all: &[(&str, &str, i32)]) -> (Vec<Option<Value>>, Vec<String>) {
    let mut world = ledger();
    let invoked = world.invoke("book", &bookings(all));
    invoked.expect("the function is there");
    world.settle().await.expect("nothing is outside");
    let queue = "arn:aws:sqs:us-east-1:123456789012:unclear";
    let unclear = world.drain(queue);
    (sums(&world.finish()), unclear)
}

#[tokio::test(start_paused = true)]
async fn bookings_are_summed_in_one_batch_and_empty_ones_are_passed_over() {
    let (sums, unclear) = run(&[("1", "a", 5), ("2", "b", 7), ("3", "a", 0), ("4", "a", -2)]).await;
    assert_eq!(sums, [Some(json!({ "a": "3", "b": "7" }))]);
    assert_eq!(unclear, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_booking_that_cannot_be_summed_is_found_and_told_and_the_others_are_summed() {
    let (sums, unclear) = run(&[("1", "a", 5), ("2", "unknown", 7), ("3", "a", 1)]).await;
    assert_eq!(
        sums,
        [
            None,
            Some(json!({ "a": "5" })),
            None,
            None,
            None,
            Some(json!({ "a": "6" })),
        ],
        "the batch, its first half, its second half, that one's first half twice, its second half"
    );
    let [told] = unclear.as_slice() else {
        panic!("one record is told, found {unclear:?}");
    };
    let told: Value = serde_json::from_str(told).expect("JSON");
    assert_eq!(
        told["requestContext"]["condition"],
        "RetryAttemptsExhausted"
    );
    assert_eq!(told["DDBStreamBatchInfo"]["batchSize"], 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_history() {
    let mut texts = Vec::new();
    for _ in 0..2 {
        let mut world = ledger();
        let all = bookings(&[("1", "a", 5), ("2", "unknown", 7), ("3", "a", 1)]);
        world.invoke("book", &all).expect("the function is there");
        world.settle().await.expect("nothing is outside");
        let journal = world.finish();
        let lines: Vec<String> = journal
            .records()
            .map(|(entry, record)| format!("{} {record:?}", entry.at))
            .collect();
        texts.push(lines);
    }
    assert_eq!(texts[0], texts[1]);
}
