//! Amazon DynamoDB: an embedded database that speaks its JSON, on the cloud's own clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use dynoxide::storage_backend::Clock;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::template::{KeySchema, Table};

/// What expired longer ago than five years is never swept.
const EXPIRED_FOR_EVER: TimeDelta = TimeDelta::days(5 * 365);

/// The tables of one account and region.
pub struct DynamoDb {
    database: Database,
    clock: Arc<CloudClock>,
}

/// An error answer: status and JSON body, as DynamoDB words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamoError {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: String,
}

impl DynamoError {
    /// More requests than the table's or the account's throughput.
    #[must_use]
    pub fn throttled() -> Self {
        Self::new(
            400,
            "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
        )
    }

    /// DynamoDB's own failure; a single write may have been applied all the same.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(500, "com.amazonaws.dynamodb.v20120810#InternalServerError", "Internal server error")
    }

    fn new(status: u16, kind: &str, message: &str) -> Self {
        Self { status, body: json!({ "__type": kind, "message": message }).to_string() }
    }
}

#[derive(Debug, Default)]
struct CloudClock(AtomicU64);

impl Clock for CloudClock {
    fn now_unix_secs(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double")]
    fn now_unix_secs_f64(&self) -> f64 {
        self.now_unix_secs() as f64
    }
}

impl fmt::Debug for DynamoDb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DynamoDb").finish_non_exhaustive()
    }
}

impl DynamoDb {
    /// Makes the tables that a template describes.
    ///
    /// # Errors
    /// What the database says against a table.
    pub fn new(tables: &[Table]) -> Result<Self, String> {
        let clock = Arc::new(CloudClock::default());
        let shared: Arc<dyn Clock> = clock.clone();
        let database = Database::memory_with_clock(shared).map_err(|error| error.to_string())?;
        let store = Self { database, clock };
        for table in tables {
            store.create(table).map_err(|error| format!("table {}: {}", table.name, error.body))?;
        }
        Ok(store)
    }

    fn create(&self, table: &Table) -> Result<(), DynamoError> {
        let attributes: Vec<Value> =
            table.attribute_types.iter().map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind })).collect();
        let mut request = json!({
            "TableName": table.name,
            "AttributeDefinitions": attributes,
            "KeySchema": key_schema(&table.key),
            "BillingMode": "PAY_PER_REQUEST",
        });
        let indexes: Vec<Value> = table
            .indexes
            .iter()
            .filter(|index| index.global)
            .map(|index| {
                let projection = json!({ "ProjectionType": index.projection });
                json!({ "IndexName": index.name, "KeySchema": key_schema(&index.key), "Projection": projection })
            })
            .collect();
        if !indexes.is_empty() {
            request["GlobalSecondaryIndexes"] = Value::Array(indexes);
        }
        self.handle(DateTime::UNIX_EPOCH, "CreateTable", &request.to_string())?;
        if let Some(attribute) = &table.ttl_attribute {
            let request = json!({
                "TableName": table.name,
                "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
            });
            self.handle(DateTime::UNIX_EPOCH, "UpdateTimeToLive", &request.to_string())?;
        }
        Ok(())
    }

    /// Answers one call: the operation's name and its JSON input.
    ///
    /// # Errors
    /// DynamoDB's own.
    pub fn handle(&self, now: DateTime<Utc>, operation: &str, input: &str) -> Result<String, DynamoError> {
        self.set_clock(now);
        let database = &self.database;
        match operation {
            "CreateTable" => call(input, |request| database.create_table(request)),
            "DeleteTable" => call(input, |request| database.delete_table(request)),
            "DescribeTable" => call(input, |request| database.describe_table(request)),
            "ListTables" => call(input, |request| database.list_tables(request)),
            "UpdateTimeToLive" => call(input, |request| database.update_time_to_live(request)),
            "DescribeTimeToLive" => call(input, |request| database.describe_time_to_live(request)),
            "PutItem" => call(input, |request| database.put_item(request)),
            "GetItem" => call(input, |request| database.get_item(request)),
            "UpdateItem" => call(input, |request| database.update_item(request)),
            "DeleteItem" => call(input, |request| database.delete_item(request)),
            "Query" => call(input, |request| database.query(request)),
            "Scan" => call(input, |request| database.scan(request)),
            "BatchGetItem" => call(input, |request| database.batch_get_item(request)),
            "BatchWriteItem" => call(input, |request| database.batch_write_item(request)),
            "TransactWriteItems" => call(input, |request| database.transact_write_items(request)),
            "TransactGetItems" => call(input, |request| database.transact_get_items(request)),
            other => Err(DynamoError {
                status: 400,
                body: json!({ "__type": "com.amazon.coral.service#UnknownOperationException", "message": format!("unknown operation {other}") })
                    .to_string(),
            }),
        }
    }

    /// Deletes what expired at least `lag` ago, but nothing that expired more than five years ago. Until then an expired
    /// item is there like any other (semantics 8).
    ///
    /// # Errors
    /// The database's own.
    pub fn sweep(&self, now: DateTime<Utc>, lag: TimeDelta) -> Result<(), DynamoError> {
        let tables = self.answer(now, "ListTables", &json!({}))?;
        for table in tables["TableNames"].as_array().into_iter().flatten() {
            let ttl = self.answer(now, "DescribeTimeToLive", &json!({ "TableName": table }))?;
            let attribute = &ttl["TimeToLiveDescription"]["AttributeName"];
            if ttl["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED" {
                self.sweep_table(now, lag, table, attribute)?;
            }
        }
        Ok(())
    }

    fn sweep_table(&self, now: DateTime<Utc>, lag: TimeDelta, table: &Value, attribute: &Value) -> Result<(), DynamoError> {
        let described = self.answer(now, "DescribeTable", &json!({ "TableName": table }))?;
        let keys = described["Table"]["KeySchema"].as_array().cloned().unwrap_or_default();
        let (newest, oldest) = ((now - lag).timestamp(), (now - EXPIRED_FOR_EVER).timestamp());
        let mut scan = json!({
            "TableName": table,
            "FilterExpression": "#expiry BETWEEN :oldest AND :newest",
            "ExpressionAttributeNames": { "#expiry": attribute },
            "ExpressionAttributeValues": { ":oldest": { "N": oldest.to_string() }, ":newest": { "N": newest.to_string() } },
        });
        loop {
            let page = self.answer(now, "Scan", &scan)?;
            for item in page["Items"].as_array().into_iter().flatten() {
                let key = keys.iter().filter_map(|key| key["AttributeName"].as_str()).map(|name| (name.to_owned(), item[name].clone()));
                let key: Map<String, Value> = key.collect();
                self.answer(now, "DeleteItem", &json!({ "TableName": table, "Key": key }))?;
            }
            match page.get("LastEvaluatedKey") {
                Some(last) => scan["ExclusiveStartKey"] = last.clone(),
                None => return Ok(()),
            }
        }
    }

    fn answer(&self, now: DateTime<Utc>, operation: &str, input: &Value) -> Result<Value, DynamoError> {
        let answer = self.handle(now, operation, &input.to_string())?;
        serde_json::from_str(&answer).map_err(|error| from_database(&DynoxideError::ValidationException(error.to_string())))
    }

    fn set_clock(&self, now: DateTime<Utc>) {
        self.clock.0.store(u64::try_from(now.timestamp()).unwrap_or(0), Ordering::Relaxed);
    }
}

fn key_schema(key: &KeySchema) -> Vec<Value> {
    let hash = json!({ "AttributeName": key.hash, "KeyType": "HASH" });
    let range = key.range.iter().map(|name| json!({ "AttributeName": name, "KeyType": "RANGE" }));
    std::iter::once(hash).chain(range).collect()
}

fn call<Q: DeserializeOwned, A: Serialize>(
    input: &str,
    operation: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynamoError> {
    let request = serde_json::from_str::<Q>(input).map_err(|error| {
        // The database marks the validation errors that it finds while reading.
        let text = error.to_string();
        let message = text.strip_prefix("VALIDATION:").unwrap_or(&text).to_owned();
        from_database(&DynoxideError::ValidationException(message))
    })?;
    let answer = operation(request).map_err(|error| from_database(&error))?;
    serde_json::to_string(&answer).map_err(|error| from_database(&DynoxideError::ValidationException(error.to_string())))
}

fn from_database(error: &DynoxideError) -> DynamoError {
    DynamoError { status: error.status_code(), body: error.to_json() }
}
