//! From an accepted event to the deliveries of the rules that match it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use seeded_dice::Key;

use crate::cloud_event::CloudEvent;
use crate::eventbridge::BusEvent;
use crate::stack::Rule;
use crate::state::CloudState;
use crate::task::{Delivery, Task};
use crate::timer_queue::delta;

/// Gives an accepted event to every rule that matches.
pub(crate) fn route_put(state: &mut CloudState, now: DateTime<Utc>, event: Arc<BusEvent>) {
    let cause = state.tally.next(event.cause());
    route_event(state, now, event, cause);
}

/// The same for an event that a service put; `cause` is what it is to the dice.
pub(crate) fn route_event(
    state: &mut CloudState,
    now: DateTime<Utc>,
    event: Arc<BusEvent>,
    cause: Key,
) {
    let rules = state.eventbridge.matching(&event);
    state.records.push(CloudEvent::EventPut {
        bus: event.bus.clone(),
        id: event.id.clone(),
        source: event.source.clone(),
        detail_type: event.detail_type.clone(),
        time: event.time,
        resources: event.resources.clone(),
        detail: event.detail.clone(),
        matched: rules.iter().map(|rule| rule.name.clone()).collect(),
        replay: event.replay.clone(),
    });
    state
        .eventbridge
        .archive(now, &event, delta(state.knobs.archive_delay));
    for rule in rules {
        fan_out(state, now, &rule, &event, cause);
    }
}

/// Plans one delivery for each target of a rule, and the copies that EventBridge may make.
pub(crate) fn fan_out(
    state: &mut CloudState,
    now: DateTime<Utc>,
    rule: &Arc<Rule>,
    event: &Arc<BusEvent>,
    cause: Key,
) {
    let dice = state.dice;
    for (place, target) in rule.targets.iter().enumerate() {
        let cause = cause.text(&rule.arn).text(&target.id);
        let knobs = &state.knobs;
        let mut latency = knobs.delivery_latency.draw(dice, cause.text("latency"));
        if dice.happens(cause.text("reordered"), knobs.reordered_per_mille) {
            latency += knobs.reorder_window.draw(dice, cause.text("reordered by"));
        }
        if dice.happens(cause.text("throttled"), knobs.throttled_per_mille) {
            latency += knobs.throttle_delay;
            let dimensions = [
                ("EventBusName", rule.bus.as_str()),
                ("RuleName", &rule.name),
            ];
            state.count(now, "AWS/Events", "ThrottledRules", &dimensions, 1.0);
        }
        let delivery = Delivery {
            event: Arc::clone(event),
            rule: Arc::clone(rule),
            place,
            accepted: now,
            attempt: 1,
            is_decided: false,
            cause,
            copy: 0,
        };
        let cause = cause.text("copy");
        if dice.happens(cause, state.knobs.duplicates_per_mille) {
            let spread = state.knobs.delivery_latency;
            let again = spread.draw(dice, cause.text("latency"));
            let copy = Delivery {
                is_decided: true,
                cause,
                copy: 1,
                ..delivery.clone()
            };
            let task = Task::Deliver(Box::new(copy));
            state.timers.put(now + delta(again), task);
        }
        let task = Task::Deliver(Box::new(delivery));
        state.timers.put(now + delta(latency), task);
    }
}
