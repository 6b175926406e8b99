//! `AWS::Serverless::SimpleTable`: a table of one key attribute, without indexes.

use crate::stack::{KeySchema, Table, TableSettings, Throughput};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::resource::table::{kms_key, recovery_days};

pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
    let name = fields
        .name("TableName", 255, "-_.")
        .unwrap_or_else(|| context.generated_name(255));
    let arn = context.account.arn("dynamodb", &format!("table/{name}"));
    let identity = Identity::new(&name, [("Arn", arn.as_str())]);
    let (key, attribute_type) = primary_key(fields);
    let throughput = Throughput::read(fields, fields.node("ProvisionedThroughput").is_some());
    let billing = throughput.map_or("PAY_PER_REQUEST", |_| "PROVISIONED");
    context.stack.tables.push(Table {
        logical_id: context.id.to_owned(),
        name,
        arn,
        attribute_types: [(key.clone(), attribute_type.to_owned())].into(),
        key: KeySchema {
            hash: key,
            range: None,
        },
        ttl_attribute: None,
        billing_mode: billing.to_owned(),
        throughput,
        indexes: Vec::new(),
        settings: TableSettings {
            kms_key: kms_key(fields),
            recovery_days: recovery_days(fields),
            tags: fields.text_map("Tags"),
            ..TableSettings::default()
        },
    });
    identity
}

/// The key attribute and its type: a string named `id` where the template names none.
fn primary_key(fields: &Fields<'_>) -> (String, &'static str) {
    let Some(key) = fields.object("PrimaryKey") else {
        return ("id".to_owned(), "S");
    };
    key.required("Type");
    let attribute_type = match key
        .choice("Type", &["String", "Number", "Binary"])
        .as_deref()
    {
        Some("Number") => "N",
        Some("Binary") => "B",
        _ => "S",
    };
    let name = key.text("Name").unwrap_or_else(|| "id".to_owned());
    (name, attribute_type)
}
