use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::Value;

use super::hand::{self, UnnamedOrder};
use crate::scenario::{Action, Moment};
use crate::trading::Broker;
use harness::world::{Backend, WorldError};
use simulated_cloud::stack::Stack;

/// Runs the actions of a scenario, one after another, in a world with this topology.
pub(super) struct ActionRunner {
    stack: Arc<Stack>,
    broker: Broker,
}

/// Why an action cannot be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum ActionError {
    #[error(transparent)]
    World(#[from] WorldError),
    #[error(transparent)]
    Order(#[from] UnnamedOrder),
    #[error("{moment} is in the past: the clock shows {now} by then")]
    Past { moment: Moment, now: Moment },
    #[error("the template has no function")]
    NoFunction,
    #[error("there is no rule {name:?}; there are {known}")]
    UnknownRule { name: String, known: String },
    #[error("no rule has a dead-letter queue")]
    NoDeadLetterQueue,
    #[error("a dead letter is not JSON: {0}")]
    DeadLetter(#[from] serde_json::Error),
}

impl ActionError {
    /// The key of the action that is wrong; none where all of it is.
    pub(super) fn key(&self) -> Option<&'static str> {
        match self {
            Self::Past { .. } => Some("advance_to"),
            _ => None,
        }
    }
}

impl ActionRunner {
    pub(super) fn new(stack: Arc<Stack>, broker: Broker) -> Self {
        Self { stack, broker }
    }

    fn function(&self) -> Result<&str, ActionError> {
        self.stack
            .functions
            .first()
            .map(|function| function.name.as_str())
            .ok_or(ActionError::NoFunction)
    }

    fn bus(&self) -> &str {
        self.stack
            .buses
            .first()
            .map_or("default", |bus| bus.name.as_str())
    }

    /// Runs one action.
    pub(super) async fn run(
        &self,
        world: &mut dyn Backend,
        action: &Action,
    ) -> Result<(), ActionError> {
        match action {
            Action::Advance(span) => {
                world
                    .advance(TimeDelta::from_std(span.0).unwrap_or(TimeDelta::MAX))
                    .await?
            }
            Action::AdvanceTo(moment) => {
                let by = moment.0 - world.now();
                if by < TimeDelta::zero() {
                    return Err(ActionError::Past {
                        moment: *moment,
                        now: Moment(world.now()),
                    });
                }
                world.advance(by).await?;
            }
            Action::Settle => world.settle().await?,
            Action::Fire(name) => {
                let schedule = self
                    .stack
                    .schedules
                    .iter()
                    .find(|schedule| schedule.logical_id == *name)
                    .map_or(name, |schedule| &schedule.name);
                world.note(format!("fire {name}"));
                world.fire_schedule(schedule)?;
            }
            Action::Invoke(payload) => {
                world.note("invoke".to_owned());
                world.invoke(self.function()?, payload)?;
            }
            Action::Put(put) => {
                let bus = put.bus.as_deref().unwrap_or(self.bus());
                let detail = put
                    .detail
                    .as_str()
                    .map_or_else(|| put.detail.to_string(), str::to_owned);
                world.note(format!("put {}", put.detail_type));
                match world
                    .put_event(bus, &put.source, &put.detail_type, &detail)
                    .await
                {
                    Ok(result) => world.note(format!("PutEvents answered {result}")),
                    Err(refusal) => world.note(format!("PutEvents refused: {refusal}")),
                }
            }
            Action::Replay(replay) => {
                world.note("replay".to_owned());
                let name = format!("replay-{}", world.now().timestamp());
                world
                    .replay(self.bus(), replay.from.0, replay.to.0, &name)
                    .await?;
            }
            Action::PowerLoss => world.lose_power(),
            Action::Redrive => self.redrive(world).await?,
            Action::DisableRule(name) => self.set_rule(world, name, false).await?,
            Action::EnableRule(name) => self.set_rule(world, name, true).await?,
            Action::Broker(given) => {
                let (action, words) = hand::action(given)?;
                world.act(&self.broker.action(action, words));
            }
        }
        Ok(())
    }

    async fn set_rule(
        &self,
        world: &mut dyn Backend,
        name: &str,
        enabled: bool,
    ) -> Result<(), ActionError> {
        let rule = self
            .stack
            .rules
            .iter()
            .find(|rule| rule.logical_id == *name || rule.name == *name);
        let rule = rule.ok_or_else(|| ActionError::UnknownRule {
            name: name.to_owned(),
            known: ids(self.stack.rules.iter().map(|rule| &rule.logical_id)),
        })?;
        world.note(format!(
            "{} {}",
            if enabled { "enable" } else { "disable" },
            rule.name
        ));
        Ok(world.set_rule(&rule.bus, &rule.name, enabled).await?)
    }

    /// Sends every dead letter's original event to the function again, as an operator does.
    async fn redrive(&self, world: &mut dyn Backend) -> Result<(), ActionError> {
        let function = self.function()?;
        let queues: Vec<&str> = self
            .stack
            .rules
            .iter()
            .flat_map(|rule| &rule.targets)
            .filter_map(|target| target.dead_letter_arn.as_deref())
            .collect();
        let queue = *queues.first().ok_or(ActionError::NoDeadLetterQueue)?;
        let bodies = world.drain(queue);
        world.note(format!("redrive {} dead letters", bodies.len()));
        for body in bodies {
            let message: Value = serde_json::from_str(&body)?;
            let event = message.get("requestPayload").unwrap_or(&message);
            world.invoke(function, event.get("observe").unwrap_or(event))?;
        }
        Ok(())
    }
}

fn ids<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}
