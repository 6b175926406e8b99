use crate::stack::{EventSourceMapping, InvokeConfig, Position, RolePolicy, Stack};
use crate::template::reader::report::Report;

/// A resource that belongs into another one, which may not have been read yet.
#[derive(Clone)]
pub(in crate::template) enum Attachment {
    InvokeConfig {
        position: Position,
        function: String,
        config: InvokeConfig,
    },
    EventSourceMapping {
        position: Position,
        function: String,
        mapping: EventSourceMapping,
    },
    RolePolicy {
        position: Position,
        roles: Vec<String>,
        policy: RolePolicy,
    },
}

impl Attachment {
    /// Puts it where it belongs; reports a function or role that the stack does not have.
    pub(in crate::template) fn attach(self, stack: &mut Stack, report: &Report) {
        match self {
            Self::InvokeConfig {
                position,
                function,
                config,
            } => {
                if let Some(index) = function_index(stack, &function, position, report) {
                    stack.functions[index].invoke_config = config;
                }
            }
            Self::EventSourceMapping {
                position,
                function,
                mapping,
            } => {
                if let Some(index) = function_index(stack, &function, position, report) {
                    stack.functions[index].event_source_mappings.push(mapping);
                }
            }
            Self::RolePolicy {
                position,
                roles,
                policy,
            } => attach_policy(stack, report, position, &roles, &policy),
        }
    }
}

fn attach_policy(
    stack: &mut Stack,
    report: &Report,
    position: Position,
    roles: &[String],
    policy: &RolePolicy,
) {
    for name in roles {
        match stack.roles.iter_mut().find(|role| role.name == *name) {
            Some(role) => role.policies.push(policy.clone()),
            None => {
                let known = stack.roles.iter().map(|role| role.name.clone()).collect();
                report.unknown(position, "role", name, "the stack", known);
            }
        }
    }
}

/// A function is named by its name or its ARN; an empty text stands for a reference that is
/// reported already.
fn function_index(
    stack: &Stack,
    name_or_arn: &str,
    position: Position,
    report: &Report,
) -> Option<usize> {
    if name_or_arn.is_empty() {
        return None;
    }
    let index = stack
        .functions
        .iter()
        .position(|function| function.name == name_or_arn || function.arn == name_or_arn);
    if index.is_none() {
        let known = stack
            .functions
            .iter()
            .map(|function| function.name.clone())
            .collect();
        report.unknown(position, "function", name_or_arn, "the stack", known);
    }
    index
}
