use std::collections::BTreeMap;

/// A DynamoDB table (`AWS::DynamoDB::Table`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name inside the template.
    pub logical_id: String,
    /// Physical name, 3 to 255 characters.
    pub name: String,
    /// `arn:...:table/NAME`.
    pub arn: String,
    /// The primary key.
    pub key: KeySchema,
    /// Type of each key attribute: `S`, `N` or `B`.
    pub attribute_types: BTreeMap<String, String>,
    /// The attribute with the second after which an item may be swept.
    pub ttl_attribute: Option<String>,
    /// `PAY_PER_REQUEST` or `PROVISIONED`.
    pub billing_mode: String,
    /// The units of a provisioned table.
    pub throughput: Option<Throughput>,
    /// Global and local secondary indexes.
    pub indexes: Vec<Index>,
    /// What changes nothing about the items.
    pub settings: TableSettings,
}

/// Capacity units a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throughput {
    /// For reads.
    pub read: i64,
    /// For writes.
    pub write: i64,
}

/// Settings of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSettings {
    /// Whether `DeleteTable` is refused.
    pub deletion_protection: bool,
    /// `STANDARD` or `STANDARD_INFREQUENT_ACCESS`, where it is given.
    pub class: Option<String>,
    /// The key of KMS, where the table is encrypted by KMS; empty for the account's own.
    pub kms_key: Option<String>,
    /// What the stream of changes tells, where there is one.
    pub stream_view: Option<String>,
    /// For how many days the table can be recovered, where it can be.
    pub recovery_days: Option<i64>,
    /// Tags by key.
    pub tags: BTreeMap<String, String>,
}

/// The attributes of a primary key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySchema {
    /// The partition key.
    pub hash: String,
    /// The sort key.
    pub range: Option<String>,
}

/// A secondary index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Global, else local.
    pub global: bool,
    /// Its key.
    pub key: KeySchema,
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub projection: String,
    /// The attributes that `INCLUDE` copies.
    pub non_key_attributes: Vec<String>,
    /// The units of a global index of a provisioned table.
    pub throughput: Option<Throughput>,
}
