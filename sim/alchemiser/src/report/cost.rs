use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;

use crate::projection::workflow_of;
use harness::journal::Journal;
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::packed_json::Json;

/// The memory of the function in the template.
const MEMORY_MB: u64 = 512;
/// How long the predecessor's first invocation waited for the others.
const BLOCKING_MS: u64 = 300_000;

/// What a run's invocations cost: how long they took, with the memory that they had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Milliseconds of all invocations.
    pub duration_ms: u64,
    /// Milliseconds of each workflow's invocations, by correlation id.
    pub workflows: BTreeMap<String, u64>,
}

impl Cost {
    /// GB-seconds used.
    #[must_use]
    pub fn gb_seconds(&self) -> Decimal {
        gb_seconds(self.duration_ms)
    }
}

fn gb_seconds(duration_ms: u64) -> Decimal {
    (Decimal::from(duration_ms * MEMORY_MB) / Decimal::from(1024 * 1000)).round_dp(2)
}

impl fmt::Display for Cost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} GB-seconds", self.gb_seconds())?;
        let durations = self.workflows.values();
        let (Some(least), Some(most)) = (durations.clone().min(), durations.max()) else {
            return Ok(());
        };
        let blocking = gb_seconds(BLOCKING_MS);
        match (gb_seconds(*least), gb_seconds(*most)) {
            (least, most) if least == most => write!(
                formatter,
                "; a workflow {most}, {blocking} in a design that blocks"
            ),
            (least, most) => write!(
                formatter,
                "; a workflow {least} to {most}, {blocking} in a design that blocks"
            ),
        }
    }
}

/// The cost of a run.
#[must_use]
pub fn cost_of(journal: &Journal) -> Cost {
    let mut cost = Cost::default();
    let mut running: BTreeMap<u64, &str> = BTreeMap::new();
    for (_, record) in journal.records() {
        match record {
            CloudEvent::EventPut {
                detail_type,
                detail,
                replay: None,
                ..
            } if detail_type == "WorkflowStarted" => {
                cost.workflows
                    .entry(correlation_id(detail.view()).unwrap_or_default().to_owned())
                    .or_default();
            }
            CloudEvent::InvocationStarted {
                invocation,
                payload,
                ..
            } => {
                running.extend(workflow_of(payload.view()).map(|id| (*invocation, id)));
            }
            CloudEvent::InvocationEnded {
                invocation,
                duration_ms,
                ..
            } => {
                cost.duration_ms += duration_ms;
                if let Some(workflow) = running
                    .remove(invocation)
                    .and_then(|id| cost.workflows.get_mut(id))
                {
                    *workflow += duration_ms;
                }
            }
            _ => {}
        }
    }
    cost
}

fn correlation_id(detail: Json<'_>) -> Option<&str> {
    detail.at("correlation_id").as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Library;
    use simulated_cloud::stack::Account;

    #[test]
    fn the_memory_is_that_of_the_template() {
        let words = |text: &str| text.to_owned();
        let account = Account {
            stack: words("a"),
            ..Account::default()
        };
        let library = Library::of_this_project().expect("the project's files");
        let stack = library
            .stack(&BTreeMap::new(), &account)
            .expect("a sound template");
        assert!(
            stack
                .functions
                .iter()
                .all(|function| u64::from(function.memory_mb) == MEMORY_MB)
        );
    }
}
