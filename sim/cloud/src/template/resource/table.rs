use std::collections::BTreeMap;

use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::reader::position::Position;

/// A DynamoDB table (`AWS::DynamoDB::Table`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name inside the template.
    pub logical_id: String,
    /// Where the template declares it.
    pub position: Position,
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

impl Table {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        let name = fields
            .name("TableName", 255, "-_.")
            .unwrap_or_else(|| context.generated_name(255));
        fields.required("AttributeDefinitions");
        let attribute_types = attribute_types(fields);
        let key = KeySchema::read(fields, &attribute_types);
        let billing = fields
            .choice("BillingMode", &["PROVISIONED", "PAY_PER_REQUEST"])
            .unwrap_or_else(|| "PROVISIONED".to_owned());
        let is_provisioned = billing == "PROVISIONED";
        let arn = context.account.arn("dynamodb", &format!("table/{name}"));
        let stream = format!("{arn}/stream/2024-01-01T00:00:00.000");
        let identity = Identity::new(&name, [("Arn", &arn), ("StreamArn", &stream)]);
        let table = Self {
            logical_id: context.id.to_owned(),
            position: context.position,
            name,
            arn,
            key,
            ttl_attribute: ttl_attribute(fields),
            throughput: Throughput::read(fields, is_provisioned),
            indexes: Index::read_all(fields, &attribute_types, is_provisioned),
            billing_mode: billing,
            settings: TableSettings::read(fields),
            attribute_types,
        };
        context.stack.tables.push(table);
        identity
    }
}

impl KeySchema {
    fn read(fields: &Fields<'_>, types: &BTreeMap<String, String>) -> Self {
        fields.required("KeySchema");
        let mut key = Self::default();
        for part in fields.objects("KeySchema") {
            let name = part.required_text("AttributeName");
            if let Some(node) = part
                .node("AttributeName")
                .filter(|_| !types.contains_key(&name))
            {
                let known = types.keys().cloned().collect();
                fields.report().unknown(
                    node.position,
                    "attribute",
                    &name,
                    "AttributeDefinitions",
                    known,
                );
            }
            part.required("KeyType");
            match part.choice("KeyType", &["HASH", "RANGE"]).as_deref() {
                Some("RANGE") => key.range = Some(name),
                _ => key.hash = name,
            }
        }
        key
    }
}

impl Index {
    fn read_all(
        fields: &Fields<'_>,
        types: &BTreeMap<String, String>,
        is_provisioned: bool,
    ) -> Vec<Self> {
        let global = fields.objects("GlobalSecondaryIndexes");
        let local = fields.objects("LocalSecondaryIndexes");
        let globals = global.iter().map(|index| Self {
            throughput: Throughput::read(index, is_provisioned),
            ..Self::read(index, true, types)
        });
        globals
            .chain(local.iter().map(|index| Self::read(index, false, types)))
            .collect()
    }

    fn read(fields: &Fields<'_>, global: bool, types: &BTreeMap<String, String>) -> Self {
        let projection = fields.required_object("Projection");
        let kind = projection.as_ref().and_then(|projection| {
            projection.choice("ProjectionType", &["ALL", "KEYS_ONLY", "INCLUDE"])
        });
        Self {
            name: fields.required_text("IndexName"),
            global,
            key: KeySchema::read(fields, types),
            projection: kind.unwrap_or_else(|| "KEYS_ONLY".to_owned()),
            non_key_attributes: projection
                .map(|projection| projection.texts("NonKeyAttributes"))
                .unwrap_or_default(),
            throughput: None,
        }
    }
}

fn attribute_types(fields: &Fields<'_>) -> BTreeMap<String, String> {
    let definitions = fields.objects("AttributeDefinitions");
    let types = definitions.iter().map(|definition| {
        definition.required("AttributeType");
        let kind = definition
            .choice("AttributeType", &["S", "N", "B"])
            .unwrap_or_default();
        (definition.required_text("AttributeName"), kind)
    });
    types.collect()
}

fn ttl_attribute(fields: &Fields<'_>) -> Option<String> {
    let ttl = fields.object("TimeToLiveSpecification")?;
    ttl.required("Enabled");
    let attribute = ttl.required_text("AttributeName");
    (ttl.boolean("Enabled") == Some(true)).then_some(attribute)
}

impl Throughput {
    /// The units that a provisioned table and its global indexes must have.
    fn read(fields: &Fields<'_>, is_provisioned: bool) -> Option<Self> {
        if is_provisioned {
            fields.required("ProvisionedThroughput");
        }
        let throughput = fields.object("ProvisionedThroughput")?;
        let units = |name| {
            throughput.required(name);
            throughput.integer(name, 1..=1_000_000).unwrap_or(1)
        };
        let (read, write) = (units("ReadCapacityUnits"), units("WriteCapacityUnits"));
        is_provisioned.then_some(Self { read, write })
    }
}

impl TableSettings {
    fn read(fields: &Fields<'_>) -> Self {
        fields.tags();
        let tags = fields.objects("Tags");
        let tags = tags
            .iter()
            .map(|tag| (tag.required_text("Key"), tag.required_text("Value")));
        Self {
            deletion_protection: fields.boolean("DeletionProtectionEnabled") == Some(true),
            class: fields.choice("TableClass", &["STANDARD", "STANDARD_INFREQUENT_ACCESS"]),
            kms_key: kms_key(fields),
            stream_view: stream_view(fields),
            recovery_days: recovery_days(fields),
            tags: tags.collect(),
        }
    }
}

fn kms_key(fields: &Fields<'_>) -> Option<String> {
    let encryption = fields.object("SSESpecification")?;
    encryption.choice("SSEType", &["KMS"]);
    let key = encryption.text("KMSMasterKeyId");
    (encryption.boolean("SSEEnabled") == Some(true)).then(|| key.unwrap_or_default())
}

fn stream_view(fields: &Fields<'_>) -> Option<String> {
    let stream = fields.object("StreamSpecification")?;
    stream.required("StreamViewType");
    let views = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"];
    stream.choice("StreamViewType", &views)
}

fn recovery_days(fields: &Fields<'_>) -> Option<i64> {
    let recovery = fields.object("PointInTimeRecoverySpecification")?;
    let days = recovery.integer("RecoveryPeriodInDays", 1..=35);
    (recovery.boolean("PointInTimeRecoveryEnabled") == Some(true)).then(|| days.unwrap_or(35))
}
