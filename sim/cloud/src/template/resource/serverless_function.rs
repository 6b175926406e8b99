use crate::stack::{
    Effect, Function, InvokeConfig, PolicyDocument, Principal, Role, RolePolicy, Statement,
};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::resource::managed_policy;
use crate::template::resource::policy::Parts;
use crate::template::resource::serverless_event;
use crate::template::resource::serverless_policy;

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

/// What SAM lets a function do with its own destination or dead-letter queue.
pub(in crate::template) fn sending_policy(arn: &str) -> Option<RolePolicy> {
    let action = match arn.split(':').nth(2)? {
        "sqs" => "sqs:SendMessage",
        "sns" => "sns:Publish",
        "lambda" => "lambda:InvokeFunction",
        "events" => "events:PutEvents",
        _ => return None,
    };
    Some(one_statement(
        "Destination",
        Statement::allow(&[action], &[arn.to_owned()]),
    ))
}

/// A policy of one statement.
pub(in crate::template) fn one_statement(name: &str, statement: Statement) -> RolePolicy {
    RolePolicy {
        name: name.to_owned(),
        document: PolicyDocument {
            statements: vec![statement],
        },
    }
}

/// A trust policy for one service.
pub(in crate::template) fn trust(service: &str) -> PolicyDocument {
    let statement = Statement {
        sid: None,
        effect: Effect::Allow,
        principals: vec![Principal::Service(service.to_owned())],
        actions: vec!["sts:AssumeRole".to_owned()],
        resources: Vec::new(),
        conditions: Vec::new(),
    };
    PolicyDocument {
        statements: vec![statement],
    }
}

/// An inline policy document of `Policies`.
pub(in crate::template) fn inline_policy(fields: &Fields<'_>) -> RolePolicy {
    RolePolicy {
        name: "Inline".to_owned(),
        document: PolicyDocument::read(fields, Parts::Identity),
    }
}
