use std::slice;

use crate::stack::{
    Effect, EventSourceMapping, Function, Permission, PolicyCondition, PolicyDocument,
    PolicyOperator, Principal, Queue, QueuePolicy, RetryPolicy, Role, RolePolicy, Rule, Schedule,
    ScheduleTarget, Statement, Subscription, Target,
};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::reader::node::{Entry, Node};
use crate::template::resource::managed_policy;
use crate::template::resource::serverless_role::{one_statement, sending_policy, trust};

const TYPES: [&str; 7] = [
    "CloudWatchEvent",
    "DynamoDB",
    "EventBridgeRule",
    "SNS",
    "SQS",
    "Schedule",
    "ScheduleV2",
];

/// The logical ids of what SAM generates for one event of a function and other resources may refer
/// to: `id` itself (rule, schedule or mapping), a schedule's role, a dead-letter queue.
pub(in crate::template) fn generated_ids(id: &str, event: &Node) -> Vec<String> {
    let property = |name| {
        event
            .get("Properties")
            .and_then(|properties| properties.get(name))
    };
    let mut ids = vec![id.to_owned()];
    let schedule = event.get("Type").and_then(Node::scalar).as_deref() == Some("ScheduleV2");
    if schedule && property("RoleArn").is_none() {
        ids.push(format!("{id}Role"));
    }
    if let Some(config) = property("DeadLetterConfig").filter(|config| config.get("Type").is_some())
    {
        let named = config.get("QueueLogicalId").and_then(Node::scalar);
        ids.push(named.unwrap_or_else(|| format!("{id}Queue")));
    }
    ids
}

/// Reads the `Events` of a function and generates their resources. Gives what SAM lets the role of
/// the function do for them.
pub(in crate::template) fn read_all(
    events: &Fields<'_>,
    context: &mut Context<'_>,
    function: &mut Function,
) -> Vec<RolePolicy> {
    let mut policies = Vec::new();
    for entry in events.every_entry() {
        for policy in read(entry, events, context, function) {
            if !policies.contains(&policy) {
                policies.push(policy);
            }
        }
    }
    policies
}

fn read(
    entry: &Entry,
    events: &Fields<'_>,
    context: &mut Context<'_>,
    function: &mut Function,
) -> Vec<RolePolicy> {
    let fields = events.below(&entry.key, &entry.value);
    fields.required("Type");
    let kind = fields.choice("Type", &TYPES);
    let id = format!("{}{}", context.id, entry.key);
    let Some(properties) = fields.required_object("Properties") else {
        return Vec::new();
    };
    let Some(kind) = kind else {
        properties.accept_everything();
        return Vec::new();
    };
    let mut context = context.generated(&id, entry.position);
    match kind.as_str() {
        "SQS" => {
            let mapping = EventSourceMapping::read_queue_event(&properties, &context);
            add_mapping(&mut context, function, mapping);
            return polling_policies("AWSLambdaSQSQueueExecutionRole");
        }
        "DynamoDB" => {
            let mapping = EventSourceMapping::read_stream_event(&properties, &context);
            add_mapping(&mut context, function, mapping);
            let mut policies = polling_policies("AWSLambdaDynamoDBExecutionRole");
            policies.extend(failure_policy(&properties));
            return policies;
        }
        "SNS" => read_subscription(&properties, &mut context, function),
        "ScheduleV2" => read_schedule(&properties, &mut context, function),
        kind => read_rule(kind, &properties, &mut context, function),
    }
    Vec::new()
}

fn add_mapping(context: &mut Context<'_>, function: &mut Function, mapping: EventSourceMapping) {
    function.event_source_mappings.push(mapping);
    let identity = Identity::new(context.generated_name(36), []);
    context.identify(context.id.to_owned().as_str(), identity);
}

fn polling_policies(managed: &str) -> Vec<RolePolicy> {
    managed_policy::by_name(managed).into_iter().collect()
}

/// SAM lets the function send to the destination of discarded records where `Type` is given.
fn failure_policy(fields: &Fields<'_>) -> Option<RolePolicy> {
    let destination = fields.object("DestinationConfig")?.object("OnFailure")?;
    let arn = destination.required_text("Destination");
    destination.text("Type").and_then(|_| sending_policy(&arn))
}

/// `SNS`: a subscription of a topic, and a permission.
fn read_subscription(fields: &Fields<'_>, context: &mut Context<'_>, function: &Function) {
    let topic = fields.required_text("Topic");
    let subscription = Subscription::of_function(fields, context, &topic, &function.arn);
    let permission = Permission {
        logical_id: format!("{}Permission", context.id),
        function_arn: function.arn.clone(),
        action: "lambda:InvokeFunction".to_owned(),
        principal: "sns.amazonaws.com".to_owned(),
        source_arn: Some(topic),
        source_account: None,
    };
    context.stack.permissions.push(permission);
    let identity = Identity::new(&subscription.arn, []);
    context.stack.subscriptions.push(subscription);
    context.identify(context.id.to_owned().as_str(), identity);
}

/// `EventBridgeRule`, `CloudWatchEvent` (pattern) and `Schedule` (a scheduled rule): a rule and a
/// permission.
fn read_rule(kind: &str, fields: &Fields<'_>, context: &mut Context<'_>, function: &Function) {
    let scheduled = kind == "Schedule";
    let mut rule = if scheduled {
        fields.text("Description");
        Rule::scheduled(fields, context)
    } else {
        fields.required("Pattern");
        Rule::matching(fields, context)
    };
    let target_id = fields
        .object("Target")
        .map(|target| target.required_text("Id"));
    let target_id = target_id.unwrap_or_else(|| format!("{}LambdaTarget", context.id));
    let mut target = Target::shaped(fields, target_id, function.arn.clone());
    target.dead_letter_arn = fields
        .object("DeadLetterConfig")
        .and_then(|config| dead_letter_queue(&config, &rule.arn, context));
    rule.targets = vec![target];
    let permission = Permission {
        logical_id: format!("{}Permission", context.id),
        function_arn: function.arn.clone(),
        action: "lambda:InvokeFunction".to_owned(),
        principal: "events.amazonaws.com".to_owned(),
        source_arn: Some(rule.arn.clone()),
        source_account: None,
    };
    context.stack.permissions.push(permission);
    let identity = rule.add(context);
    context.identify(context.id.to_owned().as_str(), identity);
}

/// `ScheduleV2`: a schedule and, unless the template names one, its role.
fn read_schedule(fields: &Fields<'_>, context: &mut Context<'_>, function: &Function) {
    let name = fields
        .name("Name", 64, ".-_")
        .unwrap_or_else(|| context.id.to_owned());
    fields.accept(&["OmitName", "PermissionsBoundary", "KmsKeyArn"]);
    let dead_letter = fields
        .object("DeadLetterConfig")
        .and_then(|config| dead_letter_queue(&config, "", context));
    let target = ScheduleTarget {
        arn: function.arn.clone(),
        role_arn: fields
            .text("RoleArn")
            .unwrap_or_else(|| schedule_role(context, function, dead_letter.as_ref())),
        input: fields.text("Input"),
        retry_policy: RetryPolicy::read(fields),
        dead_letter_arn: dead_letter,
        event: None,
        message_group_id: None,
    };
    let schedule = Schedule::timed(fields, context, name, target);
    let identity = schedule.add(context);
    context.identify(context.id.to_owned().as_str(), identity);
}

fn schedule_role(
    context: &mut Context<'_>,
    function: &Function,
    dead_letter: Option<&String>,
) -> String {
    let id = format!("{}Role", context.id);
    let position = context.position;
    let mut context = context.generated(&id, position);
    let mut role = Role::named(&context, context.generated_name(64), "/");
    role.trust = trust("scheduler.amazonaws.com");
    let invoke = Statement::allow(&["lambda:InvokeFunction"], slice::from_ref(&function.arn));
    role.policies.push(one_statement("Invoke", invoke));
    role.policies.extend(dead_letter.map(|arn| {
        one_statement(
            "DeadLetter",
            Statement::allow(&["sqs:SendMessage"], slice::from_ref(arn)),
        )
    }));
    let arn = role.arn.clone();
    let identity = role.add(&mut context);
    context.identify(&id, identity);
    arn
}

/// `DeadLetterConfig`: a queue of the template, or one that SAM makes, with its policy.
fn dead_letter_queue(
    fields: &Fields<'_>,
    source_arn: &str,
    context: &mut Context<'_>,
) -> Option<String> {
    fields.choose("exactly one", &["Arn", "Type"]);
    fields.choice("Type", &["SQS"]);
    let named = fields.text("QueueLogicalId");
    if fields.node("Type").is_none() {
        return fields.text("Arn");
    }
    let id = named.unwrap_or_else(|| format!("{}Queue", context.id));
    let policy_id = format!("{id}Policy");
    let mut context = context.generated(&id, fields.position());
    let queue = Queue::plain(&context, context.generated_name(80));
    let arn = queue.arn.clone();
    let identity = queue.add(&mut context);
    context.identify(&id, identity);
    if !source_arn.is_empty() {
        let document = sending_document(&arn, source_arn);
        let policy = QueuePolicy {
            logical_id: policy_id,
            queue_arns: vec![arn.clone()],
            document,
        };
        context.stack.queue_policies.push(policy);
    }
    Some(arn)
}

fn sending_document(queue_arn: &str, source_arn: &str) -> PolicyDocument {
    let condition = PolicyCondition {
        operator: PolicyOperator::ArnLike,
        if_exists: false,
        key: "aws:SourceArn".to_owned(),
        values: vec![source_arn.to_owned()],
    };
    let statement = Statement {
        sid: None,
        effect: Effect::Allow,
        principals: vec![Principal::Service("events.amazonaws.com".to_owned())],
        actions: vec!["sqs:SendMessage".to_owned()],
        resources: vec![queue_arn.to_owned()],
        conditions: vec![condition],
    };
    PolicyDocument {
        statements: vec![statement],
    }
}
