use crate::stack::{Function, InvokeConfig, Role, RolePolicy};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::resource::managed_policy;
use crate::template::resource::serverless_event;
use crate::template::resource::serverless_policy;
use crate::template::resource::serverless_role::{sending_policy, trust};

/// Reads an `AWS::Serverless::Function` and generates what SAM generates: the role, and for each
/// event the rule, the permission, the schedule or the mapping.
pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
    let mut function = Function::common(fields, context);
    fields.accept(&["CodeUri", "InlineCode", "ImageUri"]);
    fields.choice("Tracing", &["Active", "PassThrough", "Disabled"]);
    if let Some(config) = fields.object("EventInvokeConfig") {
        function.invoke_config = InvokeConfig::read(&config, true);
    }
    function.dead_letter_arn = fields.object("DeadLetterQueue").map(|queue| {
        queue.required("Type");
        queue.choice("Type", &["SQS", "SNS"]);
        queue.required_text("TargetArn")
    });
    let policies = serverless_policy::read_all(fields, context.account);
    let explicit = fields.text("Role");
    let mut needs = Vec::new();
    if let Some(events) = fields.object("Events") {
        needs = serverless_event::read_all(&events, context, &mut function);
    }
    needs.extend(policies);
    match explicit {
        Some(role) => function.role_arn = role,
        None => function.role_arn = generate_role(&function, needs, context),
    }
    function.add(context)
}

/// The role `<function>Role` that SAM makes where the template names none.
fn generate_role(
    function: &Function,
    mut policies: Vec<RolePolicy>,
    context: &mut Context<'_>,
) -> String {
    let id = format!("{}Role", context.id);
    let position = context.position;
    let mut context = context.generated(&id, position);
    let mut role = Role::named(&context, context.generated_name(64), "/");
    role.trust = trust("lambda.amazonaws.com");
    role.policies = managed_policy::by_name("AWSLambdaBasicExecutionRole")
        .into_iter()
        .collect();
    role.policies.append(&mut policies);
    let receivers = function
        .invoke_config
        .destinations()
        .chain(&function.dead_letter_arn);
    role.policies
        .extend(receivers.filter_map(|arn| sending_policy(arn)));
    let arn = role.arn.clone();
    let identity = role.add(&mut context);
    context.identify(&id, identity);
    arn
}
