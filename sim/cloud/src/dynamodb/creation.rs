//! The requests that make a table of a template.

use serde_json::{Value, json};

use crate::stack::{Index, KeySchema, Table, Throughput};

/// What is asked of a table once it is there: operations with their inputs.
pub(super) fn settings(table: &Table) -> Vec<(&'static str, String)> {
    let mut requests = Vec::new();
    if let Some(attribute) = &table.ttl_attribute {
        let input = json!({
            "TableName": table.name,
            "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
        });
        requests.push(("UpdateTimeToLive", input.to_string()));
    }
    if let Some(days) = table.settings.recovery_days {
        let input = json!({
            "TableName": table.name,
            "PointInTimeRecoverySpecification": {
                "PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": days,
            },
        });
        requests.push(("UpdateContinuousBackups", input.to_string()));
    }
    requests
}

/// The input of `CreateTable`.
pub(super) fn create_table(table: &Table) -> Value {
    let attributes = table.attribute_types.iter();
    let attributes: Vec<Value> = attributes
        .map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind }))
        .collect();
    let settings = &table.settings;
    let mut request = json!({
        "TableName": table.name,
        "AttributeDefinitions": attributes,
        "KeySchema": key_schema(&table.key),
        "BillingMode": table.billing_mode,
        "DeletionProtectionEnabled": settings.deletion_protection,
    });
    for (member, global) in [
        ("GlobalSecondaryIndexes", true),
        ("LocalSecondaryIndexes", false),
    ] {
        let indexes = table.indexes.iter().filter(|index| index.global == global);
        let indexes: Vec<Value> = indexes.map(index_request).collect();
        if !indexes.is_empty() {
            request[member] = Value::Array(indexes);
        }
    }
    if let Some(throughput) = table.throughput {
        request["ProvisionedThroughput"] = units(throughput);
    }
    if let Some(class) = &settings.class {
        request["TableClass"] = class.as_str().into();
    }
    if let Some(view) = &settings.stream_view {
        request["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": view });
    }
    if let Some(key) = &settings.kms_key {
        let mut encryption = json!({ "Enabled": true, "SSEType": "KMS" });
        if !key.is_empty() {
            encryption["KMSMasterKeyId"] = key.as_str().into();
        }
        request["SSESpecification"] = encryption;
    }
    if !settings.tags.is_empty() {
        let tags = settings.tags.iter();
        let tags = tags.map(|(key, value)| json!({ "Key": key, "Value": value }));
        request["Tags"] = tags.collect();
    }
    request
}

fn key_schema(key: &KeySchema) -> Vec<Value> {
    let hash = json!({ "AttributeName": key.hash, "KeyType": "HASH" });
    let range = key.range.iter();
    let range = range.map(|name| json!({ "AttributeName": name, "KeyType": "RANGE" }));
    std::iter::once(hash).chain(range).collect()
}

fn index_request(index: &Index) -> Value {
    let mut projection = json!({ "ProjectionType": index.projection });
    if !index.non_key_attributes.is_empty() {
        projection["NonKeyAttributes"] = json!(index.non_key_attributes);
    }
    let mut request = json!({
        "IndexName": index.name,
        "KeySchema": key_schema(&index.key),
        "Projection": projection,
    });
    if let Some(throughput) = index.throughput {
        request["ProvisionedThroughput"] = units(throughput);
    }
    request
}

fn units(throughput: Throughput) -> Value {
    let Throughput { read, write } = throughput;
    json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write })
}
