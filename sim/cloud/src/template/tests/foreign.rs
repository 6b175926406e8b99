//! A system that is not ours: SAM's short forms, implicit roles, inline events.

use super::stack;
use crate::stack::{Function, Stack};

fn shop() -> Stack {
    stack(include_str!("foreign.yaml"), &[])
}

fn function<'a>(stack: &'a Stack, id: &str) -> &'a Function {
    stack
        .functions
        .iter()
        .find(|function| function.logical_id == id)
        .expect(id)
}

#[test]
fn sam_events_become_rules_with_permissions() {
    let stack = shop();
    let accept = function(&stack, "Accept");
    let rule = stack
        .rules
        .iter()
        .find(|rule| rule.logical_id == "AcceptPlaced")
        .expect("the rule of the event");
    let target = &rule.targets[0];
    assert_eq!(rule.bus, "orders");
    assert_eq!(
        rule.pattern.as_deref(),
        Some(
            r#"{"source":["shop"],"detail-type":["OrderPlaced"],"detail":{"total":[{"numeric":[">",0.50]}]}}"#
        )
    );
    assert_eq!(
        (target.id.as_str(), target.arn.as_str()),
        ("AcceptPlacedLambdaTarget", accept.arn.as_str())
    );
    assert_eq!(
        (
            target.retry_policy.maximum_retry_attempts,
            target.retry_policy.maximum_event_age_seconds
        ),
        (5, 86_400)
    );
    assert_eq!(target.input_path.as_deref(), Some("$.detail"));
    assert!(stack.permissions.iter().any(|permission| permission.allows(
        "events.amazonaws.com",
        &accept.arn,
        &rule.arn
    )));
    let dead_letters = stack
        .queues
        .iter()
        .find(|queue| queue.logical_id == "PlacedDeadLetters")
        .expect("the generated queue");
    assert_eq!(target.dead_letter_arn.as_ref(), Some(&dead_letters.arn));
    assert!(stack.queue_policies.iter().any(|policy| policy.allows(
        "events.amazonaws.com",
        "sqs:SendMessage",
        &dead_letters.arn,
        &rule.arn
    )));
    let tick = stack
        .rules
        .iter()
        .find(|rule| rule.logical_id == "AcceptTick")
        .expect("the scheduled rule");
    assert_eq!(
        (
            tick.schedule_expression.as_deref(),
            tick.enabled,
            tick.bus.as_str()
        ),
        (Some("rate(5 minutes)"), false, "default")
    );
}

#[test]
fn sam_schedules_get_a_role() {
    let stack = shop();
    let schedule = &stack.schedules[0];
    assert_eq!(
        (schedule.name.as_str(), schedule.flexible_window_minutes),
        ("AcceptNightly", Some(15))
    );
    let role = stack
        .roles
        .iter()
        .find(|role| role.arn == schedule.target.role_arn)
        .expect("the generated role");
    assert!(role.may_be_assumed_by("scheduler.amazonaws.com", &schedule.arn));
    assert!(role.allows("lambda:InvokeFunction", &schedule.target.arn));
    assert!(!role.allows(
        "lambda:InvokeFunction",
        "arn:aws:lambda:us-east-1:123456789012:function:other"
    ));
}

#[test]
fn globals_are_merged_below_the_functions_own_values() {
    let stack = shop();
    let accept = function(&stack, "Accept");
    assert_eq!((accept.timeout_seconds, accept.memory_mb), (10, 256));
    assert_eq!(accept.environment["STAGE"], "accept");
    assert_eq!(accept.environment["BUS"], "orders");
    assert_eq!(function(&stack, "Mail").environment["STAGE"], "test");
}

#[test]
fn implicit_roles_follow_policies_destinations_and_sources() {
    let stack = shop();
    let accept = function(&stack, "Accept");
    let role = stack
        .roles
        .iter()
        .find(|role| role.arn == accept.role_arn)
        .expect("the implicit role");
    assert!(role.allows("dynamodb:UpdateItem", &stack.tables[0].arn));
    assert!(role.allows("events:PutEvents", &stack.buses[0].arn));
    assert!(
        role.allows(
            "sqs:SendMessage",
            accept
                .invoke_config
                .on_failure
                .as_deref()
                .expect("a destination")
        )
    );
    assert!(!role.allows("sns:Publish", "arn:aws:sns:us-east-1:123456789012:any"));
    let mail = function(&stack, "Mail");
    let role = stack
        .roles
        .iter()
        .find(|role| role.arn == mail.role_arn)
        .expect("the implicit role");
    assert!(role.allows(
        "sqs:ReceiveMessage",
        &mail.event_source_mappings[0].source_arn
    ));
    assert!(mail.event_source_mappings[0].report_batch_item_failures);
}

#[test]
fn conditions_of_a_queue_policy_are_asked() {
    let stack = shop();
    let policy = stack
        .queue_policies
        .iter()
        .find(|policy| policy.logical_id == "MailQueuePolicy")
        .expect("the policy");
    let queue = stack
        .queues
        .iter()
        .find(|queue| queue.logical_id == "MailQueue")
        .expect("the queue");
    let asks = |service: &str, action: &str, source: &str| {
        policy.allows(service, action, &queue.arn, source)
    };
    let ours = "arn:aws:events:us-east-1:123456789012:rule/orders/x";
    assert!(asks("events.amazonaws.com", "sqs:SendMessage", ours));
    assert!(!asks("sns.amazonaws.com", "sqs:SendMessage", ours));
    assert!(!asks("events.amazonaws.com", "sqs:ReceiveMessage", ours));
    assert!(!asks(
        "events.amazonaws.com",
        "sqs:SendMessage",
        "arn:aws:events:us-east-1:999999999999:rule/orders/x"
    ));
    assert!(!asks(
        "events.amazonaws.com",
        "sqs:SendMessage",
        "arn:aws:events:us-east-1:123456789012:rule/other/x"
    ));
}

#[test]
fn separate_resources_are_attached() {
    let stack = shop();
    let archiver = function(&stack, "Archiver");
    assert_eq!(
        (
            archiver.invoke_config.maximum_event_age_seconds,
            archiver.invoke_config.maximum_retry_attempts
        ),
        (120, 2)
    );
    assert_eq!(archiver.reserved_concurrency, Some(2));
    let role = stack
        .roles
        .iter()
        .find(|role| role.name == "archiver")
        .expect("the role");
    assert!(role.allows("dynamodb:GetItem", &stack.tables[0].arn));
    assert!(!role.allows("dynamodb:DeleteItem", &stack.tables[0].arn));
}

#[test]
fn a_simple_table_has_one_key_and_what_all_simple_tables_share() {
    let stack = shop();
    let table = |id: &str| {
        let found = stack.tables.iter().find(|table| table.logical_id == id);
        found.expect(id)
    };
    let customers = table("Customers");
    assert_eq!(customers.key.hash, "id");
    assert_eq!(customers.attribute_types["id"], "S");
    assert_eq!(customers.billing_mode, "PAY_PER_REQUEST");
    assert_eq!(customers.settings.kms_key.as_deref(), Some(""));
    let prices = table("Prices");
    assert_eq!(
        (prices.name.as_str(), prices.key.hash.as_str()),
        ("prices", "article")
    );
    assert_eq!(prices.attribute_types["article"], "N");
    let units = prices.throughput.map(|units| (units.read, units.write));
    assert_eq!(units, Some((5, 2)));
    assert_eq!(prices.settings.recovery_days, Some(35));
    assert_eq!(prices.settings.tags["team"], "shop");
}

#[test]
fn names_are_generated_the_same_way_every_time() {
    let (first, second) = (shop(), shop());
    assert_eq!(first, second);
    let queue = first
        .queues
        .iter()
        .find(|queue| queue.logical_id == "MailDeadLetters")
        .expect("the queue");
    assert!(
        queue.name.starts_with("shop-MailDeadLetters-"),
        "{}",
        queue.name
    );
    assert_eq!(
        first.outputs["AcceptRole"],
        function(&first, "Accept").role_arn
    );
    assert!(first.outputs["Joined"].starts_with("b/orders|shop-AcceptPlaced-"));
    let escaped = first
        .rules
        .iter()
        .find(|rule| rule.logical_id == "AcceptedRule")
        .expect("the rule");
    assert_eq!(
        escaped.pattern.as_deref(),
        Some(r#"{"source":["shop \" accept"]}"#)
    );
}
