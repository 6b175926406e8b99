//! From an accepted event to its targets: attempts, retries, dead letters (semantics 3.4), and the same for what
//! functions gave up.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::eventbridge::BusEvent;
use super::lambda::{Next, Rejection, Started};
use super::meddler::{DeliveryStep, DeliveryVerdict};
use super::record::Record;
use super::sqs::{MessageAttribute, NewMessage};
use super::template::{RetryPolicy, Rule, Target};
use super::transform::{TransformContext, payload};
use super::{Cloud, Task, delta};

/// One event on its way to one target of one rule.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    event: BusEvent,
    rule: Rule,
    target: Target,
    accepted: DateTime<Utc>,
    attempt: u32,
    is_duplicate: bool,
}

/// Why a target did not take what it was given.
pub(super) struct TargetError {
    pub code: &'static str,
    pub message: String,
    pub is_retryable: bool,
}

impl TargetError {
    pub fn final_error(code: &'static str, message: String) -> Self {
        Self { code, message, is_retryable: false }
    }
}

impl Cloud {
    /// Gives an accepted event to every rule that matches.
    pub(super) fn spread(&mut self, now: DateTime<Utc>, event: BusEvent) {
        let rules = self.eventbridge.matching(&event);
        self.records.push(Record::EventPut {
            bus: event.bus.clone(),
            id: event.id.clone(),
            source: event.source.clone(),
            detail_type: event.detail_type.clone(),
            detail: event.detail.clone(),
            matched: rules.iter().map(|rule| rule.name.clone()).collect(),
            replay: event.replay.clone(),
        });
        self.eventbridge.archive(now, &event, delta(self.knobs.archive_delay));
        for rule in rules {
            self.spread_to(now, &rule, &event);
        }
    }

    pub(super) fn spread_to(&mut self, now: DateTime<Utc>, rule: &Rule, event: &BusEvent) {
        for target in &rule.targets {
            let latency = self.knobs.delivery_latency.draw(&mut self.rng);
            let delivery = Delivery {
                event: event.clone(),
                rule: rule.clone(),
                target: target.clone(),
                accepted: now,
                attempt: 1,
                is_duplicate: false,
            };
            if self.knobs.duplicates_per_mille > 0 && self.rng.u32(0..1000) < self.knobs.duplicates_per_mille {
                let again = self.knobs.delivery_latency.draw(&mut self.rng);
                let copy = Delivery { is_duplicate: true, ..delivery.clone() };
                self.agenda.put(now + delta(again), Task::Deliver(Box::new(copy)));
            }
            self.agenda.put(now + delta(latency), Task::Deliver(Box::new(delivery)));
        }
    }

    /// Makes one attempt, unless a fault decides otherwise.
    pub(super) fn deliver(&mut self, now: DateTime<Utc>, mut delivery: Delivery) {
        let step = DeliveryStep {
            detail_type: &delivery.event.detail_type,
            rule: &delivery.rule.name,
            target: &delivery.target.id,
            attempt: delivery.attempt,
        };
        let verdict = if delivery.is_duplicate { DeliveryVerdict::Pass } else { self.meddler.on_delivery(&step) };
        let mut failure = None;
        match verdict {
            DeliveryVerdict::Pass => {}
            DeliveryVerdict::Delay(wait) => {
                // Decided once: the delayed attempt passes.
                delivery.is_duplicate = true;
                self.agenda.put(now + delta(wait), Task::Deliver(Box::new(delivery)));
                return;
            }
            DeliveryVerdict::Duplicate(wait) => {
                let copy = Delivery { is_duplicate: true, ..delivery.clone() };
                self.agenda.put(now + delta(wait), Task::Deliver(Box::new(copy)));
            }
            DeliveryVerdict::Fail(code) => {
                failure = Some(TargetError { code, message: "Injected by the run.".to_owned(), is_retryable: true });
            }
        }
        let outcome = match failure {
            Some(error) => Err(error),
            None => self.hand_over(now, &delivery),
        };
        self.records.push(Record::Delivery {
            event: delivery.event.id.clone(),
            detail_type: delivery.event.detail_type.clone(),
            rule: delivery.rule.name.clone(),
            target: delivery.target.id.clone(),
            attempt: delivery.attempt,
            outcome: outcome.as_ref().map_or_else(|error| error.code, |()| "delivered").to_owned(),
        });
        if let Err(error) = outcome {
            self.not_delivered(now, delivery, &error);
        }
    }

    fn hand_over(&mut self, now: DateTime<Utc>, delivery: &Delivery) -> Result<(), TargetError> {
        let ingestion = delivery.accepted.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let context = TransformContext { rule_arn: &delivery.rule.arn, rule_name: &delivery.rule.name, ingestion_time: &ingestion };
        // A template that makes no valid JSON is silently not delivered (semantics 3.3).
        let Some(payload) = payload(&delivery.target, &delivery.event.envelope, &context) else { return Ok(()) };
        let arn = delivery.target.arn.as_str();
        match service_of(arn) {
            "lambda" => {
                self.lambda.may_invoke("events.amazonaws.com", arn, &delivery.rule.arn).map_err(|rejection| rejected(rejection, arn))?;
                self.accept_invocation(now, arn, &payload);
                Ok(())
            }
            "sqs" => self.send_as("events.amazonaws.com", now, arn, &delivery.rule.arn, payload, &delivery.target.message_group_id),
            other => Err(TargetError::final_error("INVALID_PARAMETER", format!("targets of type {other} are not simulated"))),
        }
    }

    fn send_as(
        &mut self,
        service: &str,
        now: DateTime<Utc>,
        queue_arn: &str,
        source_arn: &str,
        body: String,
        group: &Option<String>,
    ) -> Result<(), TargetError> {
        if !self.sqs.exists(queue_arn) {
            return Err(TargetError::final_error("NO_RESOURCE", format!("The specified queue does not exist: {queue_arn}")));
        }
        if !self.may_send(service, queue_arn, source_arn) {
            return Err(TargetError::final_error("NO_PERMISSIONS", format!("{service} may not send to {queue_arn}")));
        }
        let message = NewMessage { body, group_id: group.clone(), ..NewMessage::default() };
        self.sqs.send(now, queue_arn, message).map(|_| ()).map_err(|error| TargetError::final_error("INVALID_PARAMETER", error.message))
    }

    fn may_send(&self, service: &str, queue_arn: &str, source_arn: &str) -> bool {
        self.queue_policies.iter().any(|policy| policy.allows(service, "sqs:SendMessage", queue_arn, source_arn))
            || self.sqs.may_send(service, queue_arn, source_arn)
    }

    fn not_delivered(&mut self, now: DateTime<Utc>, mut delivery: Delivery, error: &TargetError) {
        let exhausted = if error.is_retryable {
            let wait = self.backoff(delivery.attempt);
            match exhausted(delivery.target.retry_policy, delivery.attempt, now + wait - delivery.accepted) {
                None => {
                    delivery.attempt += 1;
                    self.agenda.put(now + wait, Task::Deliver(Box::new(delivery)));
                    return;
                }
                condition => condition,
            }
        } else {
            None
        };
        self.count(now, "AWS/Events", "FailedInvocations", &[("EventBusName", &delivery.rule.bus), ("RuleName", &delivery.rule.name)], 1.0);
        let from = format!("rule {}", delivery.rule.name);
        let body = delivery.event.envelope.clone();
        let Some(queue) = &delivery.target.dead_letter_arn else {
            return self.lose(from, error.code, &body);
        };
        if !self.may_send("events.amazonaws.com", queue, &delivery.rule.arn) {
            let name = delivery.rule.name.clone();
            self.count(
                now,
                "AWS/Events",
                "InvocationsFailedToBeSentToDlq",
                &[("EventBusName", &delivery.rule.bus), ("RuleName", &name)],
                1.0,
            );
            return self.lose(from, "the dead-letter queue's policy does not allow it", &body);
        }
        let mut attributes = vec![
            ("RULE_ARN", delivery.rule.arn.clone()),
            ("TARGET_ARN", delivery.target.arn.clone()),
            ("ERROR_CODE", error.code.to_owned()),
            ("ERROR_MESSAGE", error.message.clone()),
            ("RETRY_ATTEMPTS", (delivery.attempt - 1).to_string()),
        ];
        attributes.extend(exhausted.map(|condition| ("EXHAUSTED_RETRY_CONDITION", condition.to_owned())));
        self.bury(now, queue, from, error.code, body, &attributes);
    }

    /// Exponential, with half of it jitter, below the cap: the shape is not published by AWS.
    pub(super) fn backoff(&mut self, attempt: u32) -> TimeDelta {
        let base = u64::try_from(self.knobs.retry_backoff_base.as_millis()).unwrap_or(u64::MAX);
        let cap = u64::try_from(self.knobs.retry_backoff_cap.as_millis()).unwrap_or(u64::MAX);
        let full = base.saturating_mul(2_u64.saturating_pow(attempt.saturating_sub(1))).min(cap);
        TimeDelta::milliseconds(i64::try_from(full / 2 + self.rng.u64(0..=full / 2)).unwrap_or(i64::MAX))
    }

    /// Puts what was given up in a dead-letter queue.
    pub(super) fn bury(
        &mut self,
        now: DateTime<Utc>,
        queue_arn: &str,
        from: String,
        reason: &str,
        body: String,
        attributes: &[(&str, String)],
    ) {
        let value = serde_json::from_str(&body).unwrap_or_else(|_| Value::String(body.clone()));
        let attributes: BTreeMap<String, MessageAttribute> =
            attributes.iter().map(|(name, text)| ((*name).to_owned(), MessageAttribute::string(text))).collect();
        let message = NewMessage { body: body.clone(), attributes, ..NewMessage::default() };
        if let Err(error) = self.sqs.send(now, queue_arn, message) {
            return self.lose(from, &error.message, &body);
        }
        let queue = queue_arn.rsplit(':').next().unwrap_or(queue_arn).to_owned();
        self.records.push(Record::DeadLettered { queue: queue.clone(), from, reason: reason.to_owned(), body: value });
        let depth = self.depth(now, &queue).unwrap_or_default();
        self.count(now, "AWS/SQS", "ApproximateNumberOfMessagesVisible", &[("QueueName", &queue)], depth);
    }

    pub(super) fn lose(&mut self, from: String, reason: &str, body: &str) {
        let body = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
        self.records.push(Record::Lost { from, reason: reason.to_owned(), body });
    }

    pub(super) fn accept_invocation(&mut self, now: DateTime<Utc>, arn: &str, payload: &str) {
        let ticket = self.lambda.accept(now, arn, payload);
        let latency = self.knobs.invocation_latency.draw(&mut self.rng);
        self.agenda.put(now + delta(latency), Task::Invoke(ticket));
    }

    pub(super) fn start_invocation(&mut self, now: DateTime<Utc>, ticket: u64) {
        match self.lambda.start(ticket, now) {
            Started::Invoke(invocation) => {
                self.records.push(Record::InvocationStarted {
                    invocation: invocation.number,
                    function: invocation.function.clone(),
                    request_id: invocation.request_id.clone(),
                    attempt: invocation.attempt,
                    payload: serde_json::from_str(&invocation.payload).unwrap_or(Value::Null),
                });
                self.starting.push(invocation);
            }
            Started::Throttled(again) => self.agenda.put(again, Task::Invoke(ticket)),
            Started::Gone => {}
        }
    }

    /// What follows from the end of an invocation.
    pub(super) fn follow_up(&mut self, now: DateTime<Utc>, next: Next) {
        match next {
            Next::Done => {}
            Next::Retry(ticket, at) => self.agenda.put(at, Task::Invoke(ticket)),
            Next::Succeeded(arn, record) => {
                if let Err(error) = self.sqs.send(now, &arn, NewMessage { body: record.to_string(), ..NewMessage::default() }) {
                    self.lose("success destination".to_owned(), &error.message, &record.to_string());
                }
            }
            Next::GivenUp(given_up) => {
                let from = format!("function {}", given_up.function);
                if given_up.destination.is_none() && given_up.dead_letter.is_none() {
                    self.lose(from.clone(), &given_up.condition, &given_up.payload);
                }
                if let Some((arn, record)) = given_up.destination {
                    if self.function_may(&given_up.function, "sqs:SendMessage", &arn) {
                        self.bury(now, &arn, from.clone(), &given_up.condition, record.to_string(), &[]);
                    } else {
                        self.count(now, "AWS/Lambda", "DestinationDeliveryFailures", &[("FunctionName", &given_up.function)], 1.0);
                        self.lose(from.clone(), "the function's role may not send to its failure destination", &given_up.payload);
                    }
                }
                if let Some((arn, payload, message)) = given_up.dead_letter {
                    let attributes = [("RequestID", given_up.request_id), ("ErrorCode", "200".to_owned()), ("ErrorMessage", message)];
                    self.bury(now, &arn, from, &given_up.condition, payload, &attributes);
                }
            }
        }
    }

    fn function_may(&self, function: &str, action: &str, resource: &str) -> bool {
        let role = self.lambda.function(function).map(|function| function.role_arn.clone()).unwrap_or_default();
        self.roles.iter().any(|known| known.arn == role && known.allows(action, resource))
    }

    pub(super) fn run_replay(&mut self, now: DateTime<Utc>, name: &str) {
        self.records.push(Record::ReplayChanged { replay: name.to_owned(), state: "RUNNING".to_owned() });
        let mut at = now;
        for mut slice in self.eventbridge.run_replay(name, now) {
            // Unordered within a minute (semantics 4).
            self.rng.shuffle(&mut slice);
            at += TimeDelta::seconds(1);
            self.agenda.put(at, Task::ReplaySlice(slice));
        }
        self.agenda.put(at + TimeDelta::seconds(1), Task::ReplayDone(name.to_owned()));
    }

    /// StartReplay, for the wire and for scenarios.
    ///
    /// # Errors
    /// As AWS does (semantics 4).
    pub fn start_replay(&mut self, now: DateTime<Utc>, input: &Value) -> Result<Value, super::error::ServiceError> {
        let name = self.eventbridge.start_replay(input)?;
        self.agenda.put(now + TimeDelta::seconds(5), Task::Replay(name.clone()));
        let arn = format!("arn:{}:events:{}:{}:replay/{name}", self.pseudo.partition, self.pseudo.region, self.pseudo.account);
        Ok(json!({ "ReplayArn": arn, "State": "STARTING", "ReplayStartTime": now.timestamp() }))
    }
}

pub(super) fn service_of(arn: &str) -> &str {
    arn.split(':').nth(2).unwrap_or_default()
}

pub(super) fn rejected(rejection: Rejection, arn: &str) -> TargetError {
    match rejection {
        Rejection::NoPermissions => TargetError::final_error("NO_PERMISSIONS", format!("not authorized to invoke {arn}")),
        Rejection::NoResource => TargetError::final_error("NO_RESOURCE", format!("{arn} does not exist")),
    }
}

/// Which bound of the retry policy the next attempt would break, if any.
pub(super) fn exhausted(policy: RetryPolicy, attempt: u32, age: TimeDelta) -> Option<&'static str> {
    if attempt > policy.maximum_retry_attempts {
        return Some("MaximumRetryAttempts");
    }
    (age > TimeDelta::seconds(i64::from(policy.maximum_event_age_seconds))).then_some("MaximumEventAgeInSeconds")
}
