//! A database to ask, and tables to ask about.

use chrono::{DateTime, TimeDelta, Utc};
use dynamodb_engine::{Call, Error, Place, Tables};
use serde_json::{Value, json};

/// A database with a clock.
pub struct Database {
    pub tables: Tables,
    pub place: Place,
    pub now: DateTime<Utc>,
}

impl Database {
    pub fn new() -> Self {
        Self {
            tables: Tables::new(),
            place: Place::new("us-east-1", "123456789012"),
            now: "2012-03-14T13:30:00Z".parse().unwrap(),
        }
    }

    /// The same with a table `orders` (partition `pk`, sort key `sk`), with indexes of both kinds.
    pub fn with_orders() -> Self {
        let mut database = Self::new();
        database.ask("CreateTable", orders());
        database
    }

    /// What an operation answers.
    pub fn ask(&mut self, operation: &str, input: Value) -> Value {
        self.try_ask(operation, &input)
            .unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    pub fn try_ask(&mut self, operation: &str, input: &Value) -> Result<Value, Error> {
        let place = self.place.clone();
        self.try_call(&Call::new(self.now, &place), operation, input)
    }

    pub fn try_call(
        &mut self,
        call: &Call<'_>,
        operation: &str,
        input: &Value,
    ) -> Result<Value, Error> {
        let answer = self.tables.answer(call, operation, &input.to_string())?;
        Ok(serde_json::from_str(&answer).unwrap())
    }

    /// The error that an operation answers.
    pub fn refuse(&mut self, operation: &str, input: Value) -> Error {
        match self.try_ask(operation, &input) {
            Ok(answer) => panic!("{operation} {input}: {answer}"),
            Err(error) => error,
        }
    }

    /// The message of the error that an operation answers.
    pub fn message(&mut self, operation: &str, input: Value) -> String {
        self.refuse(operation, input).to_string()
    }

    pub fn put(&mut self, item: Value) {
        self.ask("PutItem", json!({ "TableName": "orders", "Item": item }));
    }

    pub fn wait(&mut self, time: TimeDelta) {
        self.now += time;
    }
}

/// `CreateTable` of a table with a local index `by_time` and global indexes `by_state` (keys only)
/// and `by_owner` (with `total`).
pub fn orders() -> Value {
    json!({
        "TableName": "orders",
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" },
            { "AttributeName": "sk", "AttributeType": "S" },
            { "AttributeName": "time", "AttributeType": "N" },
            { "AttributeName": "state", "AttributeType": "S" },
            { "AttributeName": "owner", "AttributeType": "S" },
        ],
        "KeySchema": [
            { "AttributeName": "pk", "KeyType": "HASH" },
            { "AttributeName": "sk", "KeyType": "RANGE" },
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "LocalSecondaryIndexes": [{
            "IndexName": "by_time",
            "KeySchema": [
                { "AttributeName": "pk", "KeyType": "HASH" },
                { "AttributeName": "time", "KeyType": "RANGE" },
            ],
            "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"] },
        }],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_state",
                "KeySchema": [{ "AttributeName": "state", "KeyType": "HASH" }],
                "Projection": { "ProjectionType": "KEYS_ONLY" },
            },
            {
                "IndexName": "by_owner",
                "KeySchema": [
                    { "AttributeName": "owner", "KeyType": "HASH" },
                    { "AttributeName": "time", "KeyType": "RANGE" },
                ],
                "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"] },
            },
        ],
    })
}

/// `CreateTable` of a table with a partition key `id` only.
pub fn simple(name: &str) -> Value {
    json!({
        "TableName": name,
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

/// An item of `orders`.
pub fn order(pk: &str, sk: &str, more: Value) -> Value {
    let mut item = key(pk, sk);
    for (name, value) in more.as_object().unwrap() {
        item[name] = value.clone();
    }
    item
}

/// A key of `orders`.
pub fn key(pk: &str, sk: &str) -> Value {
    json!({ "pk": { "S": pk }, "sk": { "S": sk } })
}

/// The texts of `sk` of all items of an answer.
pub fn sort_keys(answer: &Value) -> Vec<&str> {
    let items = answer["Items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["sk"]["S"].as_str().unwrap())
        .collect()
}
