//! The changes that a scenario makes to the template.

use std::sync::Arc;

use super::{Mistake, Pointer, Topology};
use simulated_cloud::stack::Stack;
use suggestion::unknown;

/// The names that there are, where a scenario names another one.
struct KnownNames(Vec<String>);

/// Makes the changes. A name that is not there is a mistake, and changes nothing.
pub fn change(stack: &mut Arc<Stack>, topology: &Topology) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let place = Pointer::to("given").key("topology");
    let mut each = |key: &str,
                    kind: &str,
                    names: &[String],
                    one: &mut dyn FnMut(&str) -> Result<(), KnownNames>| {
        for (index, name) in names.iter().enumerate() {
            if let Err(KnownNames(allowed)) = one(name) {
                let words = unknown(kind, name, allowed.iter().map(String::as_str));
                mistakes.push(Mistake::of_value(place.key(key).item(index), words));
            }
        }
    };
    each(
        "without",
        "rule, permission, queue, queue policy, schedule or archive",
        &topology.without,
        &mut |id| remove(Arc::make_mut(stack), id),
    );
    each(
        "without_statements",
        "statement in the template's roles",
        &topology.without_statements,
        &mut |sid| remove_statement(Arc::make_mut(stack), sid),
    );
    each(
        "disabled",
        "rule or schedule",
        &topology.disabled,
        &mut |id| disable(Arc::make_mut(stack), id),
    );
    each(
        "untransformed",
        "rule",
        &topology.untransformed,
        &mut |id| take_transformer(Arc::make_mut(stack), id),
    );
    mistakes
}

/// Leaves out a resource; the ids that it could have, where it is none of them.
fn remove(stack: &mut Stack, id: &str) -> Result<(), KnownNames> {
    let ids = ids_that_can_be_missing(stack);
    if !ids.iter().any(|known| known == id) {
        return Err(KnownNames(ids));
    }
    stack.rules.retain(|rule| rule.logical_id != id);
    stack
        .permissions
        .retain(|permission| permission.logical_id != id);
    stack.queues.retain(|queue| queue.logical_id != id);
    stack
        .queue_policies
        .retain(|policy| policy.logical_id != id);
    stack.schedules.retain(|schedule| schedule.logical_id != id);
    stack.archives.retain(|archive| archive.logical_id != id);
    Ok(())
}

fn ids_that_can_be_missing(stack: &Stack) -> Vec<String> {
    let rules = stack.rules.iter().map(|rule| &rule.logical_id);
    let permissions = stack
        .permissions
        .iter()
        .map(|permission| &permission.logical_id);
    let queues = stack.queues.iter().map(|queue| &queue.logical_id);
    let policies = stack.queue_policies.iter().map(|policy| &policy.logical_id);
    let schedules = stack.schedules.iter().map(|schedule| &schedule.logical_id);
    let archives = stack.archives.iter().map(|archive| &archive.logical_id);
    rules
        .chain(permissions)
        .chain(queues)
        .chain(policies)
        .chain(schedules)
        .chain(archives)
        .cloned()
        .collect()
}

fn remove_statement(stack: &mut Stack, sid: &str) -> Result<(), KnownNames> {
    let mut sids = Vec::new();
    for policy in stack.roles.iter_mut().flat_map(|role| &mut role.policies) {
        sids.extend(
            policy
                .document
                .statements
                .iter()
                .filter_map(|statement| statement.sid.clone()),
        );
        policy
            .document
            .statements
            .retain(|statement| statement.sid.as_deref() != Some(sid));
    }
    if sids.iter().any(|known| known == sid) {
        Ok(())
    } else {
        Err(KnownNames(sids))
    }
}

fn disable(stack: &mut Stack, id: &str) -> Result<(), KnownNames> {
    let rules = stack
        .rules
        .iter_mut()
        .map(|rule| (&rule.logical_id, &mut rule.enabled));
    let schedules = stack
        .schedules
        .iter_mut()
        .map(|schedule| (&schedule.logical_id, &mut schedule.enabled));
    let mut ids = Vec::new();
    for (known, enabled) in rules.chain(schedules) {
        if known == id {
            *enabled = false;
            return Ok(());
        }
        ids.push(known.clone());
    }
    Err(KnownNames(ids))
}

fn take_transformer(stack: &mut Stack, id: &str) -> Result<(), KnownNames> {
    let ids: Vec<String> = stack
        .rules
        .iter()
        .map(|rule| rule.logical_id.clone())
        .collect();
    let rule = stack
        .rules
        .iter_mut()
        .find(|rule| rule.logical_id == id)
        .ok_or(KnownNames(ids))?;
    for target in &mut rule.targets {
        target.input_transformer = None;
    }
    Ok(())
}
