//! Amazon DynamoDB: an embedded database that speaks its JSON, on the cloud's own clock.

mod expiry;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use dynoxide::storage_backend::Clock;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::expiry::Expiries;
use crate::stack::{Index, KeySchema, Table};

/// What expired longer ago than five years is never swept.
const EXPIRED_FOR_EVER: TimeDelta = TimeDelta::days(5 * 365);

/// The tables of one account and region.
pub struct DynamoDb {
    database: Database,
    clock: Arc<CloudClock>,
    /// By the name of the table.
    expiries: BTreeMap<String, Expiries>,
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
        Self::new(
            500,
            "com.amazonaws.dynamodb.v20120810#InternalServerError",
            "Internal server error",
        )
    }

    fn new(status: u16, kind: &str, message: &str) -> Self {
        Self {
            status,
            body: json!({ "__type": kind, "message": message }).to_string(),
        }
    }
}

#[derive(Debug, Default)]
struct CloudClock(AtomicU64);

impl Clock for CloudClock {
    fn now_unix_secs(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds since 1970 fit a double"
    )]
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
    /// What the tables take, in bytes; what was deleted leaves its room to what comes.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.database.db_size_bytes().unwrap_or_default()
    }

    /// Makes the tables that a template describes.
    ///
    /// # Errors
    /// What the database says against a table.
    pub fn new(tables: &[Table]) -> Result<Self, String> {
        let clock = Arc::new(CloudClock::default());
        let shared: Arc<dyn Clock> = clock.clone();
        let database = Database::memory_with_clock(shared).map_err(|error| error.to_string())?;
        let mut store = Self {
            database,
            clock,
            expiries: BTreeMap::new(),
        };
        for table in tables {
            store
                .create(table)
                .map_err(|error| format!("table {}: {}", table.name, error.body))?;
        }
        Ok(store)
    }

    fn create(&mut self, table: &Table) -> Result<(), DynamoError> {
        let attributes: Vec<Value> = table
            .attribute_types
            .iter()
            .map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind }))
            .collect();
        let mut request = json!({
            "TableName": table.name,
            "AttributeDefinitions": attributes,
            "KeySchema": key_schema(&table.key),
            "BillingMode": "PAY_PER_REQUEST",
        });
        for (member, global) in [
            ("GlobalSecondaryIndexes", true),
            ("LocalSecondaryIndexes", false),
        ] {
            let indexes: Vec<Value> = table
                .indexes
                .iter()
                .filter(|index| index.global == global)
                .map(index_request)
                .collect();
            if !indexes.is_empty() {
                request[member] = Value::Array(indexes);
            }
        }
        self.handle(DateTime::UNIX_EPOCH, "CreateTable", &request.to_string())?;
        if let Some(attribute) = &table.ttl_attribute {
            let request = json!({
                "TableName": table.name,
                "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
            });
            self.handle(
                DateTime::UNIX_EPOCH,
                "UpdateTimeToLive",
                &request.to_string(),
            )?;
        }
        Ok(())
    }

    /// Answers one call: the operation's name and its JSON input.
    ///
    /// # Errors
    /// DynamoDB's own.
    pub fn handle(
        &mut self,
        now: DateTime<Utc>,
        operation: &str,
        input: &str,
    ) -> Result<String, DynamoError> {
        self.set_clock(now);
        let answer = self.call(operation, input)?;
        self.note(operation, input);
        Ok(answer)
    }

    fn call(&self, operation: &str, input: &str) -> Result<String, DynamoError> {
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

    /// Deletes what expired at least `lag` ago, but nothing that expired more than five years ago.
    /// Until then an expired item is there like any other (`dynamodb` of semantics.md).
    ///
    /// # Errors
    /// The database's own.
    pub fn sweep(&mut self, now: DateTime<Utc>, lag: TimeDelta) -> Result<(), DynamoError> {
        for table in self.expiries.keys().cloned().collect::<Vec<_>>() {
            let ttl = self.answer(now, "DescribeTimeToLive", &json!({ "TableName": table }))?;
            let description = &ttl["TimeToLiveDescription"];
            if description["TimeToLiveStatus"] == "ENABLED" {
                self.sweep_table(
                    now,
                    lag,
                    &table,
                    description["AttributeName"].as_str().unwrap_or_default(),
                )?;
            }
        }
        Ok(())
    }

    fn sweep_table(
        &mut self,
        now: DateTime<Utc>,
        lag: TimeDelta,
        table: &str,
        attribute: &str,
    ) -> Result<(), DynamoError> {
        let (newest, oldest) = (
            (now - lag).timestamp(),
            (now - EXPIRED_FOR_EVER).timestamp(),
        );
        let candidates = self
            .expiries
            .get_mut(table)
            .map(|expiries| expiries.take(newest))
            .unwrap_or_default();
        for key in candidates {
            let named: Value = serde_json::from_str(&key).map_err(|error| unreadable(&error))?;
            let found = self.answer(
                now,
                "GetItem",
                &json!({ "TableName": table, "Key": named, "ConsistentRead": true }),
            )?;
            match expiry::second(&found["Item"], attribute) {
                Some(second) if second > newest => {
                    self.expiries
                        .entry(table.to_owned())
                        .and_modify(|expiries| expiries.expect(second, key));
                }
                Some(second) if second >= oldest => {
                    self.answer(
                        now,
                        "DeleteItem",
                        &json!({ "TableName": table, "Key": named }),
                    )?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Remembers for the next sweep what a call that the database took may have changed.
    fn note(&mut self, operation: &str, input: &str) {
        if matches!(
            operation,
            "GetItem" | "BatchGetItem" | "TransactGetItems" | "Query" | "Scan"
        ) {
            return;
        }
        let Ok(input) = serde_json::from_str::<Value>(input) else {
            return;
        };
        let table = expiry::table_name(&input["TableName"]);
        match operation {
            "CreateTable" => {
                self.expiries
                    .insert(table, Expiries::new(&input["KeySchema"]));
            }
            "DeleteTable" => {
                self.expiries.remove(&table);
            }
            "UpdateTimeToLive" => {
                self.expiries.entry(table).and_modify(Expiries::forget);
            }
            _ => {
                for (table, write) in expiry::writes(operation, &input) {
                    self.expiries
                        .entry(table)
                        .and_modify(|expiries| expiries.note(write));
                }
            }
        }
    }

    fn answer(
        &mut self,
        now: DateTime<Utc>,
        operation: &str,
        input: &Value,
    ) -> Result<Value, DynamoError> {
        let answer = self.handle(now, operation, &input.to_string())?;
        serde_json::from_str(&answer).map_err(|error| unreadable(&error))
    }

    fn set_clock(&self, now: DateTime<Utc>) {
        self.clock.0.store(
            u64::try_from(now.timestamp()).unwrap_or(0),
            Ordering::Relaxed,
        );
    }
}

fn key_schema(key: &KeySchema) -> Vec<Value> {
    let hash = json!({ "AttributeName": key.hash, "KeyType": "HASH" });
    let range = key
        .range
        .iter()
        .map(|name| json!({ "AttributeName": name, "KeyType": "RANGE" }));
    std::iter::once(hash).chain(range).collect()
}

fn index_request(index: &Index) -> Value {
    let mut projection = json!({ "ProjectionType": index.projection });
    if !index.non_key_attributes.is_empty() {
        projection["NonKeyAttributes"] = json!(index.non_key_attributes);
    }
    json!({ "IndexName": index.name, "KeySchema": key_schema(&index.key), "Projection": projection })
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
    serde_json::to_string(&answer).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> DynamoError {
    from_database(&DynoxideError::ValidationException(error.to_string()))
}

fn from_database(error: &DynoxideError) -> DynamoError {
    DynamoError {
        status: error.status_code(),
        body: error.to_json(),
    }
}
