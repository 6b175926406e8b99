use std::collections::BTreeMap;

use crate::stack::{Index, KeySchema, Table, TableSettings, Throughput};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;

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
        let settings = TableSettings::read(fields);
        let stream = format!("{arn}/stream/2024-01-01T00:00:00.000");
        let identity = match settings.stream_view {
            Some(_) => Identity::new(&name, [("Arn", arn.as_str()), ("StreamArn", &stream)]),
            None => Identity::new(&name, [("Arn", arn.as_str())]),
        };
        let table = Self {
            logical_id: context.id.to_owned(),
            name,
            arn,
            key,
            ttl_attribute: ttl_attribute(fields),
            throughput: Throughput::read(fields, is_provisioned),
            indexes: Index::read_all(fields, &attribute_types, is_provisioned),
            billing_mode: billing,
            settings,
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
    pub(super) fn read(fields: &Fields<'_>, is_provisioned: bool) -> Option<Self> {
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

pub(super) fn kms_key(fields: &Fields<'_>) -> Option<String> {
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

pub(super) fn recovery_days(fields: &Fields<'_>) -> Option<i64> {
    let recovery = fields.object("PointInTimeRecoverySpecification")?;
    let days = recovery.integer("RecoveryPeriodInDays", 1..=35);
    (recovery.boolean("PointInTimeRecoveryEnabled") == Some(true)).then(|| days.unwrap_or(35))
}
