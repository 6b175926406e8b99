//! Tables as `DescribeTable` shows them.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};

use super::{Billing, Encryption, Index, Provisioned, State, Table};
use crate::place::{Place, TableArn};
use crate::schema::Throughput;
use crate::value::item_size;

/// What every on-demand table can take at once.
const ON_DEMAND_START: Throughput = Throughput {
    read: 12_000,
    write: 4_000,
};

impl Table {
    /// The table as it stands.
    pub fn described(&self, place: &Place, now: DateTime<Utc>) -> Json {
        let arn = self.arn(place);
        let definitions: Vec<Json> = self
            .types
            .iter()
            .map(|(name, kind)| json!({ "AttributeName": **name, "AttributeType": kind.name() }))
            .collect();
        let mut shown = json!({
            "TableName": *self.name,
            "TableId": self.id(place),
            "TableArn": arn,
            "TableStatus": self.status(now),
            "CreationDateTime": seconds(self.created),
            "AttributeDefinitions": definitions,
            "KeySchema": self.key.described(),
            "ItemCount": self.items.len(),
            "TableSizeBytes": self.bytes,
            "DeletionProtectionEnabled": self.settings.protected,
        });
        if let Some(members) = shown.as_object_mut() {
            self.describe_billing(members);
            self.describe_indexes(members, &arn, now);
            self.describe_streams(members, &arn, now);
            self.describe_settings(members, place);
        }
        shown
    }

    /// The table's ARN.
    pub fn arn(&self, place: &Place) -> String {
        TableArn {
            place,
            table: &self.name,
        }
        .to_string()
    }

    fn id(&self, place: &Place) -> String {
        let (arn, created) = (self.arn(place), self.created.timestamp_millis());
        derived_uuid(&format!("{arn} {created}"))
    }

    fn describe_billing(&self, shown: &mut Map<String, Json>) {
        let settings = &self.settings;
        match settings.billing {
            Billing::PayPerRequest { since } => {
                let mut billing = json!({ "BillingMode": "PAY_PER_REQUEST" });
                let mut mode = json!({ "TableThroughputMode": "PAY_PER_REQUEST" });
                if let Some(since) = since {
                    billing["LastUpdateToPayPerRequestDateTime"] = seconds(since);
                    mode["LastUpdateToPayPerRequestDateTime"] = seconds(since);
                }
                shown.insert("BillingModeSummary".into(), billing);
                shown.insert("TableThroughputModeSummary".into(), mode);
                shown.insert(
                    "ProvisionedThroughput".into(),
                    provisioned(Provisioned::default()),
                );
            }
            Billing::Provisioned(units) => {
                shown.insert("ProvisionedThroughput".into(), provisioned(units));
            }
        }
        if !settings.on_demand.is_empty() {
            shown.insert("OnDemandThroughput".into(), settings.on_demand.described());
        }
        let warm = settings.warm.unwrap_or(match settings.billing {
            Billing::PayPerRequest { .. } => ON_DEMAND_START,
            Billing::Provisioned(provisioned) => provisioned.units,
        });
        shown.insert("WarmThroughput".into(), warm_throughput(warm));
    }

    fn describe_indexes(&self, shown: &mut Map<String, Json>, arn: &str, now: DateTime<Utc>) {
        let (global, local): (Vec<_>, Vec<_>) =
            self.indexes_now(now).partition(|index| index.is_global());
        for (member, indexes) in [
            ("GlobalSecondaryIndexes", global),
            ("LocalSecondaryIndexes", local),
        ] {
            if !indexes.is_empty() {
                let described = indexes
                    .iter()
                    .map(|index| self.describe_index(index, arn, now));
                shown.insert(member.into(), described.collect());
            }
        }
    }

    fn describe_index(&self, index: &Index, arn: &str, now: DateTime<Utc>) -> Json {
        let schema = &index.schema;
        let sizes = index
            .entries
            .values()
            .map(|item| item_size(&schema.projected(item, &self.key)));
        let mut shown = json!({
            "IndexName": *schema.name,
            "KeySchema": schema.key.described(),
            "Projection": schema.projection.described(),
            "IndexSizeBytes": sizes.sum::<usize>(),
            "ItemCount": index.entries.len(),
            "IndexArn": format!("{arn}/index/{}", schema.name),
        });
        if index.is_global() {
            let creating = index.is_creating(now);
            let status = match (creating, index.deleting) {
                (_, Some(_)) => "DELETING",
                _ if creating || self.is_creating(now) => "CREATING",
                _ => "ACTIVE",
            };
            shown["IndexStatus"] = status.into();
            if creating {
                shown["Backfilling"] = true.into();
            }
            shown["ProvisionedThroughput"] = provisioned(index.provisioned);
            if !index.on_demand.is_empty() {
                shown["OnDemandThroughput"] = index.on_demand.described();
            }
            let on_demand = self.settings.billing.is_on_demand();
            let warm = if on_demand {
                ON_DEMAND_START
            } else {
                index.provisioned.units
            };
            shown["WarmThroughput"] = warm_throughput(warm);
        }
        shown
    }

    fn is_creating(&self, now: DateTime<Utc>) -> bool {
        matches!(self.state, State::Creating { until } if now < until)
    }

    fn describe_streams(&self, shown: &mut Map<String, Json>, arn: &str, now: DateTime<Utc>) {
        if let Some(stream) = self.stream() {
            let view = stream.view.name();
            let specification = json!({ "StreamEnabled": true, "StreamViewType": view });
            shown.insert("StreamSpecification".into(), specification);
        }
        if let Some(stream) = self.streams.last().filter(|stream| stream.is_kept(now)) {
            let label = &stream.label;
            shown.insert("LatestStreamLabel".into(), label.as_str().into());
            shown.insert(
                "LatestStreamArn".into(),
                format!("{arn}/stream/{label}").into(),
            );
        }
    }

    fn describe_settings(&self, shown: &mut Map<String, Json>, place: &Place) {
        if let Encryption::Kms(key) = &self.settings.encryption {
            let Place {
                partition,
                region,
                account,
            } = place;
            let key = match key {
                Some(key) if key.starts_with("arn:") => key.clone(),
                given => {
                    let own = derived_uuid(&format!("{account} {region} aws/dynamodb"));
                    let id = given.as_deref().unwrap_or(&own);
                    let slash = if id.starts_with("alias/") { "" } else { "key/" };
                    format!("arn:{partition}:kms:{region}:{account}:{slash}{id}")
                }
            };
            let encryption = json!({
                "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key,
            });
            shown.insert("SSEDescription".into(), encryption);
        }
        if let Some(class) = self.settings.class {
            let mut summary = json!({ "TableClass": class.name });
            if let Some(changed) = class.changed {
                summary["LastUpdateDateTime"] = seconds(changed);
            }
            shown.insert("TableClassSummary".into(), summary);
        }
    }
}

/// An instant as the API shows it: seconds with their thousandths.
pub(crate) fn seconds(at: DateTime<Utc>) -> Json {
    let (whole, millis) = (at.timestamp(), at.timestamp_subsec_millis());
    if millis == 0 {
        whole.into()
    } else {
        (whole as f64 + f64::from(millis) / 1000.0).into()
    }
}

fn provisioned(provisioned: Provisioned) -> Json {
    let Provisioned {
        units,
        increased,
        decreased,
        decreases,
    } = provisioned;
    let mut shown = json!({
        "NumberOfDecreasesToday": decreases,
        "ReadCapacityUnits": units.read,
        "WriteCapacityUnits": units.write,
    });
    for (member, at) in [
        ("LastIncreaseDateTime", increased),
        ("LastDecreaseDateTime", decreased),
    ] {
        if let Some(at) = at {
            shown[member] = seconds(at);
        }
    }
    shown
}

fn warm_throughput(units: Throughput) -> Json {
    json!({
        "ReadUnitsPerSecond": units.read, "WriteUnitsPerSecond": units.write, "Status": "ACTIVE",
    })
}

/// The same identifier for the same text.
fn derived_uuid(text: &str) -> String {
    let half = |seed: u64| {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = text.bytes().fold(seed, step);
        (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    };
    let (high, low) = (half(0xcbf2_9ce4_8422_2325), half(0x9e37_79b9_7f4a_7c15));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | (low >> 48) & 0x3fff,
        low & 0xffff_ffff_ffff
    )
}
