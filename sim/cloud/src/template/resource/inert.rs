use crate::stack::{Inert, Statement};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::resource::policy::Parts;

impl Inert {
    /// Puts an inert resource into the stack.
    pub(in crate::template) fn add(resource_type: &str, name: &str, context: &mut Context<'_>) {
        context.stack.inert.push(Self {
            logical_id: context.id.to_owned(),
            resource_type: resource_type.to_owned(),
            name: name.to_owned(),
        });
    }
}

/// `AWS::Logs::LogGroup`.
pub(in crate::template) fn read_log_group(
    fields: &Fields<'_>,
    context: &Context<'_>,
) -> (String, Identity) {
    const DAYS: [&str; 22] = [
        "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545",
        "731", "1096", "1827", "2192", "2557", "2922", "3288", "3653",
    ];
    let name = fields
        .name("LogGroupName", 512, ".-_/#")
        .unwrap_or_else(|| context.generated_name(512));
    fields.choice("RetentionInDays", &DAYS);
    fields.choice(
        "LogGroupClass",
        &["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"],
    );
    fields.text("KmsKeyId");
    fields.tags();
    let arn = context.account.arn("logs", &format!("log-group:{name}:*"));
    let identity = Identity::new(&name, [("Arn", &arn)]);
    (name, identity)
}

/// `AWS::CloudWatch::Dashboard`.
pub(in crate::template) fn read_dashboard(
    fields: &Fields<'_>,
    context: &Context<'_>,
) -> (String, Identity) {
    let name = fields
        .name("DashboardName", 255, "-_")
        .unwrap_or_else(|| context.generated_name(255));
    fields.required("DashboardBody");
    fields.json_object("DashboardBody");
    let identity = Identity::new(&name, []);
    (name, identity)
}

/// `AWS::EventSchemas::Registry`.
pub(in crate::template) fn read_registry(
    fields: &Fields<'_>,
    context: &Context<'_>,
) -> (String, Identity) {
    let name = fields
        .name("RegistryName", 64, ".-_")
        .unwrap_or_else(|| context.generated_name(64));
    fields.text("Description");
    fields.tags();
    let arn = context.account.arn("schemas", &format!("registry/{name}"));
    let identity = Identity::new(&arn, [("RegistryArn", &arn), ("RegistryName", &name)]);
    (name, identity)
}

/// `AWS::EventSchemas::Schema`.
pub(in crate::template) fn read_schema(
    fields: &Fields<'_>,
    context: &Context<'_>,
) -> (String, Identity) {
    let registry = fields.required_text("RegistryName");
    let name = fields
        .name("SchemaName", 385, ".-_@")
        .unwrap_or_else(|| context.generated_name(64));
    fields.required("Type");
    fields.choice("Type", &["OpenApi3", "JSONSchemaDraft4"]);
    fields.required("Content");
    fields.json_object("Content");
    fields.text("Description");
    fields.tags();
    let arn = context
        .account
        .arn("schemas", &format!("schema/{registry}/{name}"));
    let identity = Identity::new(
        &arn,
        [
            ("SchemaArn", &arn),
            ("SchemaName", &name),
            ("SchemaVersion", "1"),
        ],
    );
    (name, identity)
}

/// `AWS::Events::EventBusPolicy`.
pub(in crate::template) fn read_bus_policy(
    fields: &Fields<'_>,
    context: &Context<'_>,
) -> (String, Identity) {
    fields.text("EventBusName");
    let sid = fields.required_text("StatementId");
    fields.required("Statement");
    if let Some(statement) = fields.object("Statement") {
        Statement::read(&statement, Parts::Resource);
    }
    (sid.clone(), Identity::new(context.generated_name(128), []))
}
