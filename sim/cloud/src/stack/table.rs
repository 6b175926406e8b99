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
    /// Global and local secondary indexes.
    pub indexes: Vec<Index>,
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
}
