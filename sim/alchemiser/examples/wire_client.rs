//! Puts events and items through an endpoint that speaks AWS, and prints how fast they went as one
//! line of JSON: `wire_client ENDPOINT LATENCIES SECONDS`. `benches/wire/client.py` takes the same
//! steps with boto3.

use std::error::Error;
use std::time::Duration;

use alchemiser::aws::AwsSetup;
use alchemiser_binding::endpoint::clients_of;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType, TableStatus,
};
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};
use aws_sdk_sqs::types::{Message, QueueAttributeName};
use aws_smithy_http_client::Builder;
use aws_smithy_types::error::display::DisplayErrorContext;
use serde_json::{Value, json};
use tokio::time::Instant;

/// The name of the queue, the rule and the table, and the source of the events.
const NAME: &str = "bench-rust";
const BATCH: usize = 10;
/// Polls of three seconds until a first event counts as never delivered.
const POLLS: usize = 3;
/// How long the last events of a burst may take.
const ARRIVAL_LIMIT: Duration = Duration::from_secs(60);
const POLICY: &str = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}"#;

type Failed = Box<dyn Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, latencies, seconds] = arguments.as_slice() else {
        return Err("wire_client ENDPOINT LATENCIES SECONDS".into());
    };
    let (latencies, seconds) = (latencies.parse()?, Duration::from_secs(seconds.parse()?));
    let aws = clients_of(endpoint, Builder::new().build_http(), "us-east-1", 1);
    let (latency, events) = match EventPath::create(&aws).await {
        Ok(path) => path.figures(latencies, seconds).await,
        Err(error) => (json!(explained(&*error)), json!(explained(&*error))),
    };
    let puts = figure(puts_per_second(&aws, seconds).await);
    println!(
        "{}",
        json!({ "latency_ms": latency, "events_per_second": events, "puts_per_second": puts })
    );
    Ok(())
}

/// A number, or why there is none.
fn figure(outcome: Result<f64, Failed>) -> Value {
    outcome.map_or_else(|error| json!(explained(&*error)), |figure| json!(figure))
}

fn explained(error: &dyn Error) -> String {
    if error.source().is_none() {
        error.to_string()
    } else {
        DisplayErrorContext(error).to_string()
    }
}

/// A rule of the default bus with a queue behind it.
struct EventPath {
    events: aws_sdk_eventbridge::Client,
    sqs: aws_sdk_sqs::Client,
    queue: String,
}

impl EventPath {
    async fn create(aws: &AwsSetup) -> Result<Self, Failed> {
        let (events, sqs) = (aws.eventbridge(), aws.sqs());
        let created = sqs
            .create_queue()
            .queue_name(NAME)
            .attributes(QueueAttributeName::Policy, POLICY)
            .send()
            .await?;
        let queue = created.queue_url.ok_or("a queue without a URL")?;
        let path = Self { events, sqs, queue };
        let arn = path.attribute(QueueAttributeName::QueueArn).await?;
        path.events
            .put_rule()
            .name(NAME)
            .event_pattern(format!(r#"{{"source":["{NAME}"]}}"#))
            .send()
            .await?;
        path.events
            .put_targets()
            .rule(NAME)
            .targets(Target::builder().id("queue").arn(arn).build()?)
            .send()
            .await?;
        Ok(path)
    }

    async fn figures(&self, latencies: usize, limit: Duration) -> (Value, Value) {
        match self.median_latency(latencies).await {
            Ok(latency) => (json!(latency), figure(self.events_per_second(limit).await)),
            Err(error) => (json!(explained(&*error)), json!(explained(&*error))),
        }
    }

    async fn attribute(&self, name: QueueAttributeName) -> Result<String, Failed> {
        let answer = self
            .sqs
            .get_queue_attributes()
            .queue_url(&self.queue)
            .attribute_names(name.clone())
            .send()
            .await?;
        Ok(answer
            .attributes
            .and_then(|mut attributes| attributes.remove(&name))
            .ok_or("an attribute is missing")?)
    }

    async fn put(&self, count: usize) -> Result<(), Failed> {
        let entry = |number: usize| {
            let detail =
                json!({ "order": number, "symbol": "AAPL", "quantity": "39.6" }).to_string();
            PutEventsRequestEntry::builder()
                .source(NAME)
                .detail_type("Placed")
                .detail(detail)
                .build()
        };
        let put = self
            .events
            .put_events()
            .set_entries(Some((0..count).map(entry).collect()))
            .send()
            .await?;
        if put.failed_entry_count == 0 {
            Ok(())
        } else {
            Err(format!("{} entries were refused", put.failed_entry_count).into())
        }
    }

    async fn receive(&self) -> Result<Message, Failed> {
        for _ in 0..POLLS {
            let received = self
                .sqs
                .receive_message()
                .queue_url(&self.queue)
                .wait_time_seconds(3)
                .send()
                .await?;
            if let Some(message) = received.messages.unwrap_or_default().into_iter().next() {
                return Ok(message);
            }
        }
        Err("does not deliver".into())
    }

    /// From PutEvents to the message in the client's hands, in milliseconds.
    async fn median_latency(&self, count: usize) -> Result<f64, Failed> {
        let mut latencies = Vec::with_capacity(count);
        for _ in 0..count {
            let started = Instant::now();
            self.put(1).await?;
            let message = self.receive().await?;
            latencies.push(started.elapsed());
            self.sqs
                .delete_message()
                .queue_url(&self.queue)
                .set_receipt_handle(message.receipt_handle)
                .send()
                .await?;
        }
        latencies.sort();
        latencies
            .get(count / 2)
            .map(|median| median.as_secs_f64() * 1000.0)
            .ok_or_else(|| "nothing was measured".into())
    }

    /// One batch after another, until all are in the queue.
    async fn events_per_second(&self, limit: Duration) -> Result<f64, Failed> {
        let started = Instant::now();
        let mut sent = 0;
        while started.elapsed() < limit {
            self.put(BATCH).await?;
            sent += BATCH;
        }
        let deadline = Instant::now() + ARRIVAL_LIMIT;
        loop {
            let arrived: usize = self
                .attribute(QueueAttributeName::ApproximateNumberOfMessages)
                .await?
                .parse()?;
            if arrived >= sent {
                return Ok(sent as f64 / started.elapsed().as_secs_f64());
            }
            if Instant::now() > deadline {
                return Err(format!("delivers {arrived} of {sent} events").into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// New items, each on the condition that it is not there.
async fn puts_per_second(aws: &AwsSetup, limit: Duration) -> Result<f64, Failed> {
    let database = aws.dynamodb();
    create_table(&database).await?;
    let started = Instant::now();
    let mut written = 0_u32;
    while started.elapsed() < limit {
        let put = database
            .put_item()
            .table_name(NAME)
            .item("id", AttributeValue::S(format!("order-{written}")));
        put.item("state", AttributeValue::S("claimed".to_owned()))
            .condition_expression("attribute_not_exists(id)")
            .send()
            .await?;
        written += 1;
    }
    Ok(f64::from(written) / started.elapsed().as_secs_f64())
}

async fn create_table(database: &aws_sdk_dynamodb::Client) -> Result<(), Failed> {
    let attribute = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S)
        .build()?;
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash)
        .build()?;
    let table = database
        .create_table()
        .table_name(NAME)
        .billing_mode(BillingMode::PayPerRequest);
    table
        .attribute_definitions(attribute)
        .key_schema(key)
        .send()
        .await?;
    for _ in 0..100 {
        let described = database.describe_table().table_name(NAME).send().await?;
        if described.table.and_then(|table| table.table_status) == Some(TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err("the table does not become active".into())
}
