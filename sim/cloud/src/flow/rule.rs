//! Changes of rules, as far as timers hang on them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::schedule::plan_rule;
use crate::api::error::ServiceError;
use crate::state::CloudState;
use crate::task::Task;
use crate::timer_queue::delta;

/// PutRule: the rule fires by its new schedule only.
pub(crate) fn put_rule(
    state: &mut CloudState,
    now: DateTime<Utc>,
    input: &Value,
) -> Result<Value, ServiceError> {
    let arn = state.eventbridge.put_rule(input)?;
    forget_schedule(state, &arn);
    plan_rule(state, &arn, now, now)
        .map_err(|error| ServiceError::validation(error.to_string()))?;
    Ok(json!({ "RuleArn": arn }))
}

/// DeleteRule.
pub(crate) fn delete_rule(
    state: &mut CloudState,
    _now: DateTime<Utc>,
    input: &Value,
) -> Result<Value, ServiceError> {
    let arn = state.eventbridge.delete_rule(input)?;
    forget_schedule(state, &arn);
    Ok(json!({}))
}

fn forget_schedule(state: &mut CloudState, rule_arn: &str) {
    state
        .timers
        .retain(|task| !matches!(task, Task::FireRule { arn } if arn == rule_arn));
}

/// EnableRule and DisableRule: at once, or after the time that such changes take.
pub(crate) fn set_rule_state(
    state: &mut CloudState,
    now: DateTime<Utc>,
    input: &Value,
    enabled: bool,
) -> Result<Value, ServiceError> {
    let wait = state.knobs.rule_propagation_delay;
    if wait.is_zero() {
        state.eventbridge.set_rule_state(input, enabled)?;
        state.record_rule_changes();
        return Ok(json!({}));
    }
    state.eventbridge.check_rule(input)?;
    let input = input.clone();
    let task = Task::SetRule { input, enabled };
    state.timers.put(now + delta(wait), task);
    Ok(json!({}))
}

/// A change that was asked for before takes effect.
pub(crate) fn apply_rule_state(state: &mut CloudState, input: &Value, enabled: bool) {
    // The rule was there when the change was asked for; one that is gone meanwhile needs no state.
    let _changed = state.eventbridge.set_rule_state(input, enabled);
    state.record_rule_changes();
}
