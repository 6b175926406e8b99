//! The function's role allows what the function does, and nothing else: the calls in the journals
//! of all scenarios against the role's policy in template.yaml, in both directions.

use std::collections::BTreeSet;
use std::sync::Arc;

use harness::journal::JournalEvent;
use simulated_cloud::cloud_event::{CloudEvent, Origin};
use simulated_cloud::iam::RequiredPermission;
use simulated_cloud::stack::{Effect, Role, Stack};

use super::{runs, stack};

/// Permissions that no call in a journal shows, each with its reason.
const UNSEEN: [(&str, &str); 2] = [
    (
        "logs:CreateLogStream",
        "Lambda opens the log stream of an execution environment itself",
    ),
    (
        "logs:PutLogEvents",
        "Lambda writes the function's output to the log itself",
    ),
];

#[test]
fn every_call_of_every_scenario_is_allowed() {
    let stack = stack();
    let refused: Vec<String> = used(&stack)
        .iter()
        .filter(|need| !allows(role(&stack), need))
        .map(shown)
        .collect();
    assert_eq!(
        refused,
        Vec::<String>::new(),
        "calls that the function's role does not allow"
    );
}

#[test]
fn every_permission_is_used() {
    let stack = stack();
    let used = used(&stack);
    let is_excused =
        |need: &RequiredPermission| UNSEEN.iter().any(|(action, _)| *action == need.action);
    let unused: Vec<String> = granted(role(&stack))
        .iter()
        .filter(|need| !used.contains(need) && !is_excused(need))
        .map(shown)
        .collect();
    assert_eq!(
        unused,
        Vec::<String>::new(),
        "permissions of the function's role that no scenario uses"
    );
    for (action, reason) in UNSEEN {
        assert!(
            granted(role(&stack))
                .iter()
                .any(|need| need.action == action),
            "{action} is excused ({reason}) and not granted"
        );
    }
}

#[test]
fn nothing_is_granted_by_a_wildcard() {
    let stack = stack();
    for need in stack.roles.iter().flat_map(granted) {
        // CloudWatch Logs itself ends the ARN of a log group with `:*`, which stands for its
        // streams.
        let resource = if need.action.starts_with("logs:") {
            need.resource.trim_end_matches(":*")
        } else {
            need.resource.as_str()
        };
        assert!(
            !need.action.contains(['*', '?']) && !resource.contains(['*', '?']),
            "{}",
            shown(&need)
        );
    }
}

#[test]
fn a_permission_too_few_and_one_too_many_are_found() {
    let mut stack = Arc::unwrap_or_clone(stack());
    let function_role = stack.functions[0].role_arn.clone();
    let role = stack
        .roles
        .iter_mut()
        .find(|role| role.arn == function_role)
        .expect("the function's role");
    let statements = &mut role.policies[0].document.statements;
    let publish = statements
        .iter_mut()
        .find(|statement| statement.actions == ["events:PutEvents"])
        .expect("it may publish");
    publish.actions = vec!["events:PutRule".to_owned()];
    let (used, granted) = (used(&stack), granted(role_of(&stack, &function_role)));
    assert!(
        used.iter().any(|need| need.action == "events:PutEvents"
            && !allows(role_of(&stack, &function_role), need))
    );
    assert!(
        granted
            .iter()
            .any(|need| need.action == "events:PutRule" && !used.contains(need))
    );
}

fn role(stack: &Stack) -> &Role {
    role_of(stack, &stack.functions[0].role_arn)
}

fn role_of<'a>(stack: &'a Stack, arn: &str) -> &'a Role {
    stack
        .roles
        .iter()
        .find(|role| role.arn == arn)
        .expect("the function has a role")
}

fn allows(role: &Role, need: &RequiredPermission) -> bool {
    role.allows(&need.action, &need.resource)
}

fn shown(need: &RequiredPermission) -> String {
    format!("{} on {}", need.action, need.resource)
}

/// Every pair of action and resource that the role's statements allow.
fn granted(role: &Role) -> BTreeSet<RequiredPermission> {
    let statements = role
        .policies
        .iter()
        .flat_map(|policy| &policy.document.statements);
    let pairs = statements
        .filter(|statement| statement.effect == Effect::Allow)
        .flat_map(|statement| {
            statement.actions.iter().flat_map(|action| {
                statement
                    .resources
                    .iter()
                    .map(|resource| RequiredPermission {
                        action: action.clone(),
                        resource: resource.clone(),
                    })
            })
        });
    pairs.collect()
}

/// What the function's role was needed for: the calls of its code, and what Lambda sends on its
/// behalf.
fn used(stack: &Stack) -> BTreeSet<RequiredPermission> {
    let function = &stack.functions[0].name;
    let mut used = BTreeSet::new();
    for entry in runs().iter().flat_map(|run| run.journal.entries()) {
        match &entry.fact {
            JournalEvent::Call { needs, .. } => used.extend(needs.iter().cloned()),
            JournalEvent::Cloud {
                record: CloudEvent::DeadLettered { queue, from, .. },
            } if *from == Origin::Function(function.clone()) => {
                let arn = stack
                    .queues
                    .iter()
                    .find(|known| known.name == *queue)
                    .map(|known| known.arn.clone());
                used.extend(arn.map(|resource| RequiredPermission {
                    action: "sqs:SendMessage".to_owned(),
                    resource,
                }));
            }
            _ => {}
        }
    }
    used
}
