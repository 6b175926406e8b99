use std::collections::BTreeSet;
use std::fs;

use super::{messages, read, stack};
use crate::stack::Stack;

/// The project's own template.
fn template() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml"))
        .expect("the project's template stands at its root")
}

fn dev() -> Stack {
    stack(&template(), &[])
}

#[test]
fn every_resource_of_the_project_is_read() {
    let stack = dev();
    let counts = [
        ("buses", stack.buses.len()),
        ("archives", stack.archives.len()),
        ("rules", stack.rules.len()),
        ("queues", stack.queues.len()),
        ("queue policies", stack.queue_policies.len()),
        ("functions", stack.functions.len()),
        ("permissions", stack.permissions.len()),
        ("tables", stack.tables.len()),
        ("schedules", stack.schedules.len()),
        ("topics", stack.topics.len()),
        ("subscriptions", stack.subscriptions.len()),
        ("alarms", stack.alarms.len()),
        ("roles", stack.roles.len()),
        ("inert", stack.inert.len()),
    ];
    let expected = [
        ("buses", 1),
        ("archives", 1),
        ("rules", 8),
        ("queues", 2),
        ("queue policies", 2),
        ("functions", 1),
        ("permissions", 7),
        ("tables", 2),
        ("schedules", 2),
        ("topics", 1),
        ("subscriptions", 0),
        ("alarms", 28),
        ("roles", 2),
        ("inert", 15),
    ];
    assert_eq!(counts, expected);
}

#[test]
fn every_rule_may_reach_its_target_and_its_dead_letter_queue() {
    let stack = dev();
    for rule in &stack.rules {
        assert_eq!(rule.bus, "alchemiser-trading-events-dev");
        assert!(rule.enabled, "{}", rule.name);
        for target in &rule.targets {
            let into_queue = |queue: &str| {
                stack.queue_policies.iter().any(|policy| {
                    policy.allows("events.amazonaws.com", "sqs:SendMessage", queue, &rule.arn)
                })
            };
            let invoked = stack.permissions.iter().any(|permission| {
                permission.allows("events.amazonaws.com", &target.arn, &rule.arn)
            });
            assert!(
                invoked || into_queue(&target.arn),
                "{} cannot reach {}",
                rule.name,
                target.arn
            );
            let dead_letters = target
                .dead_letter_arn
                .as_deref()
                .expect("a dead-letter queue");
            assert!(
                into_queue(dead_letters),
                "{} cannot send dead letters",
                rule.name
            );
            assert_eq!(
                (
                    target.retry_policy.maximum_retry_attempts,
                    target.retry_policy.maximum_event_age_seconds
                ),
                (3, 3600)
            );
        }
    }
}

#[test]
fn names_and_arns_are_those_of_a_deployment() {
    let stack = dev();
    let rule = stack
        .rules
        .iter()
        .find(|rule| rule.logical_id == "HighValueRebalanceRule")
        .expect("the high-value rule");
    assert_eq!(
        rule.arn,
        "arn:aws:events:us-east-1:123456789012:rule/alchemiser-trading-events-dev/alchemiser-high-value-rebalance-dev"
    );
    let pattern = r#"{"source":["alchemiser.portfolio"],"detail-type":["RebalancePlanned"],"detail":{"total_trade_value_cents":[{"numeric":[">",1000000]}]}}"#;
    assert_eq!(rule.pattern.as_deref(), Some(pattern));
    let queue = stack
        .queues
        .iter()
        .find(|queue| queue.logical_id == "EventDeadLetterQueue")
        .expect("the dead-letter queue");
    assert_eq!(
        queue.url,
        "https://sqs.us-east-1.amazonaws.com/123456789012/alchemiser-event-dlq-dev"
    );
    assert_eq!(
        (
            queue.retention_seconds,
            queue.visibility_timeout_seconds,
            queue.managed_encryption
        ),
        (1_209_600, 60, true)
    );
    let catch_all = stack
        .rules
        .iter()
        .find(|rule| rule.logical_id == "AllEventsRule")
        .expect("the catch-all rule");
    let transformer = catch_all.targets[0]
        .input_transformer
        .as_ref()
        .expect("a transformer");
    assert_eq!(
        transformer.template,
        r#"{"observe": <aws.events.event.json>}"#
    );
}

#[test]
fn the_function_gets_its_environment_and_its_rights() {
    let stack = dev();
    let function = &stack.functions[0];
    let role = stack
        .roles
        .iter()
        .find(|role| role.arn == function.role_arn)
        .expect("the function's role");
    assert_eq!(function.name, "the-alchemiser-v2-lambda-dev");
    assert_eq!(
        function.environment["ALPACA__ENDPOINT"],
        "https://paper-api.alpaca.markets"
    );
    assert_eq!(
        function.environment["IDEMPOTENCY_TABLE_NAME"],
        "alchemiser-idempotency-dev"
    );
    let key = &function.secrets["ALPACA__KEY"];
    assert_eq!(
        (key.service(), key.path()),
        ("secretsmanager", "alchemiser/dev/alpaca:SecretString:key")
    );
    assert_eq!(function.invoke_config.maximum_event_age_seconds, 3600);
    let destination = function
        .invoke_config
        .on_failure
        .as_deref()
        .expect("a destination");
    assert!(role.allows("sqs:SendMessage", destination));
    assert!(role.allows("events:PutEvents", &stack.buses[0].arn));
    for table in &stack.tables {
        assert!(role.allows("dynamodb:UpdateItem", &table.arn));
        assert!(!role.allows("dynamodb:DeleteTable", &table.arn));
    }
    assert!(role.may_be_assumed_by("lambda.amazonaws.com", &function.arn));
    assert!(!role.may_be_assumed_by("scheduler.amazonaws.com", &function.arn));
}

#[test]
fn schedules_may_call_the_function() {
    let stack = dev();
    for schedule in &stack.schedules {
        let role = stack
            .roles
            .iter()
            .find(|role| role.arn == schedule.target.role_arn)
            .expect("the scheduler's role");
        assert!(role.may_be_assumed_by("scheduler.amazonaws.com", &schedule.arn));
        assert!(role.allows("lambda:InvokeFunction", &schedule.target.arn));
        assert!(
            role.allows(
                "sqs:SendMessage",
                schedule
                    .target
                    .dead_letter_arn
                    .as_deref()
                    .expect("a dead-letter queue")
            )
        );
        assert_eq!(
            (schedule.timezone.as_str(), schedule.enabled),
            ("America/New_York", true)
        );
    }
    let trading = stack
        .schedules
        .iter()
        .find(|schedule| schedule.logical_id == "DailyTradingSchedule")
        .expect("the trading schedule");
    assert_eq!(trading.expression, "cron(35 9 ? * MON-FRI *)");
    let input = r#"{"mode":"trade","correlation_id":"daily-trading-dev@<aws.scheduler.scheduled-time>","scheduled_time":"<aws.scheduler.scheduled-time>"}"#;
    assert_eq!(trading.target.input.as_deref(), Some(input));
}

#[test]
fn parameters_change_what_conditions_choose() {
    let ephemeral = stack(
        &template(),
        &[
            ("Stage", "ephemeral"),
            ("AlarmEmail", "someone@example.com"),
        ],
    );
    assert!(
        !ephemeral
            .schedules
            .iter()
            .find(|schedule| schedule.logical_id == "DailyTradingSchedule")
            .expect("the schedule")
            .enabled
    );
    assert_eq!(ephemeral.subscriptions[0].endpoint, "someone@example.com");
    let live = stack(&template(), &[("Stage", "prod"), ("TradingMode", "live")]);
    assert_eq!(
        live.functions[0].environment["ALPACA__ENDPOINT"],
        "https://api.alpaca.markets"
    );
}

#[test]
fn live_money_outside_production_is_refused() {
    let errors = read(&template(), &[("TradingMode", "live")]).expect_err("an assertion fails");
    assert_eq!(messages(&errors).len(), 1);
    assert!(
        messages(&errors)[0]
            .ends_with("rule \"LiveMoneyOnlyInProduction\" does not hold: TradingMode live is allowed for Stage prod only.")
    );
}

#[test]
fn one_wrong_property_name_in_the_project_is_found() {
    let broken = template().replacen(
        "            MaximumEventAgeInSeconds: 3600",
        "            MaximumEventAge: 3600",
        1,
    );
    let line = broken
        .lines()
        .position(|line| line == "            MaximumEventAge: 3600")
        .expect("the broken line")
        + 1;
    let errors = read(&broken, &[]).expect_err("an unknown property");
    let expected = format!(
        "template.yaml:{line}:13: unknown property \"MaximumEventAge\" in AWS::Events::Rule.Targets.RetryPolicy (did you mean \"MaximumEventAgeInSeconds\"?); allowed: MaximumEventAgeInSeconds, MaximumRetryAttempts"
    );
    assert_eq!(messages(&errors), [expected]);
}

/// Misspells each key of the template, one of a kind in turn. Only names that the template itself
/// may choose go unnoticed.
#[test]
fn no_key_of_the_project_can_be_misspelt_unnoticed() {
    let text = template();
    let lines: Vec<&str> = text.lines().collect();
    let mut tried = BTreeSet::new();
    let mut unnoticed = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let path = path(&lines, index);
        let Some((key, above)) = path.split_last() else {
            continue;
        };
        let free = ["EventPattern", "Metadata", "Variables", "Action"]
            .iter()
            .any(|name| above.contains(name));
        let logical_id = path.len() == 2;
        let kind: Vec<&str> = path.iter().skip(2).copied().collect();
        if free || logical_id || !tried.insert(kind) {
            continue;
        }
        let broken = line.replacen(&format!("{key}:"), &format!("{key}X:"), 1);
        let mut changed = lines.clone();
        changed[index] = &broken;
        if read(&changed.join("\n"), &[]).is_ok() {
            unnoticed.push(format!("{}: {}", index + 1, path.join(".")));
        }
    }
    assert_eq!(unnoticed, Vec::<String>::new());
    assert!(tried.len() > 80, "{} kinds of keys", tried.len());
}

/// The keys above a line by their indentation, and its own; empty if the line is no key of YAML.
fn path<'a>(lines: &[&'a str], index: usize) -> Vec<&'a str> {
    let mut path = Vec::new();
    let mut limit = usize::MAX;
    for line in lines[..=index].iter().rev() {
        let start = line.trim_start().trim_start_matches("- ");
        let indent = line.len() - start.len();
        let is_name = |key: &str| {
            !key.is_empty()
                && key
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || "_-:".contains(letter))
        };
        let key = start
            .split_once(": ")
            .map(|(key, _)| key)
            .or_else(|| start.strip_suffix(':'))
            .filter(|key| is_name(key));
        match key {
            Some(key) if indent < limit => {
                path.push(key);
                limit = indent;
            }
            None if limit == usize::MAX => return Vec::new(),
            _ => {}
        }
    }
    path.reverse();
    path
}
