use std::collections::BTreeMap;

use crate::stack::{Index, KeySchema, Table};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;

impl Table {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        let name = fields
            .name("TableName", 255, "-_.")
            .unwrap_or_else(|| context.generated_name(255));
        let attribute_types = attribute_types(fields);
        let key = KeySchema::read(fields, &attribute_types);
        let billing = fields
            .choice("BillingMode", &["PROVISIONED", "PAY_PER_REQUEST"])
            .unwrap_or_else(|| "PROVISIONED".to_owned());
        throughput(fields);
        settings(fields);
        let arn = context.account.arn("dynamodb", &format!("table/{name}"));
        let stream = format!("{arn}/stream/2024-01-01T00:00:00.000");
        let identity = Identity::new(&name, [("Arn", &arn), ("StreamArn", &stream)]);
        let table = Self {
            logical_id: context.id.to_owned(),
            name,
            arn,
            key,
            ttl_attribute: ttl_attribute(fields),
            billing_mode: billing,
            indexes: Index::read_all(fields, &attribute_types),
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
    fn read_all(fields: &Fields<'_>, types: &BTreeMap<String, String>) -> Vec<Self> {
        let global = fields.objects("GlobalSecondaryIndexes");
        let local = fields.objects("LocalSecondaryIndexes");
        let globals = global.iter().map(|index| Self::read(index, true, types));
        globals
            .chain(local.iter().map(|index| Self::read(index, false, types)))
            .collect()
    }

    fn read(fields: &Fields<'_>, global: bool, types: &BTreeMap<String, String>) -> Self {
        if global {
            throughput(fields);
        }
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

fn throughput(fields: &Fields<'_>) {
    if let Some(throughput) = fields.object("ProvisionedThroughput") {
        throughput.integer("ReadCapacityUnits", 1..=1_000_000);
        throughput.integer("WriteCapacityUnits", 1..=1_000_000);
    }
}

/// Properties that are checked and change nothing here.
fn settings(fields: &Fields<'_>) {
    fields.boolean("DeletionProtectionEnabled");
    fields.choice("TableClass", &["STANDARD", "STANDARD_INFREQUENT_ACCESS"]);
    fields.tags();
    if let Some(recovery) = fields.object("PointInTimeRecoverySpecification") {
        recovery.boolean("PointInTimeRecoveryEnabled");
        recovery.integer("RecoveryPeriodInDays", 1..=35);
    }
    if let Some(encryption) = fields.object("SSESpecification") {
        encryption.boolean("SSEEnabled");
        encryption.choice("SSEType", &["KMS"]);
        encryption.text("KMSMasterKeyId");
    }
    if let Some(stream) = fields.object("StreamSpecification") {
        stream.choice(
            "StreamViewType",
            &["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"],
        );
    }
}
