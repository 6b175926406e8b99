//! From an accepted event to its targets: attempts, retries, dead letters (semantics 3.4).

use chrono::{DateTime, TimeDelta, Utc};

use super::dead_letter::DeadLetter;
use super::eventbridge::BusEvent;
use super::lambda::Rejection;
use super::meddler::{DeliveryStep, DeliveryVerdict};
use super::record::{DeliveryId, DeliveryOutcome, Disturbance, LossCause, Origin, Record};
use super::sqs::NewMessage;
use super::template::{RetryPolicy, Role, Rule, Target};
use super::transform::{TransformContext, payload};
use super::{Cloud, Task, delta};
use seeded_dice::Key;

/// One event on its way to one target of one rule.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    event: BusEvent,
    rule: Rule,
    target: Target,
    accepted: DateTime<Utc>,
    attempt: u32,
    is_duplicate: bool,
    /// What it is to the dice; a copy is another cause.
    cause: Key,
    /// Numbers the copies of a delivery; 0 is the delivery itself.
    copy: u32,
}

impl Delivery {
    pub(super) fn event(&self) -> &BusEvent {
        &self.event
    }

    fn id(&self) -> DeliveryId {
        DeliveryId {
            event: self.event.id.clone(),
            replay: self.event.replay.clone(),
            bus: self.rule.bus.clone(),
            rule: self.rule.name.clone(),
            target: self.target.id.clone(),
            copy: self.copy,
        }
    }

    fn origin(&self) -> Origin {
        Origin::Rule {
            bus: self.rule.bus.clone(),
            name: self.rule.name.clone(),
        }
    }
}

/// Why a target did not take what it was given.
pub(super) struct TargetError {
    pub code: &'static str,
    pub message: String,
    pub is_retryable: bool,
}

impl TargetError {
    pub fn final_error(code: &'static str, message: String) -> Self {
        Self {
            code,
            message,
            is_retryable: false,
        }
    }
}

impl Cloud {
    /// Gives an accepted event to every rule that matches.
    pub(super) fn spread_put(&mut self, now: DateTime<Utc>, event: BusEvent) {
        let cause = self.tally.next(event.cause());
        self.spread(now, event, cause);
    }

    /// The same for an event that a service put; `cause` is what it is to the dice.
    pub(super) fn spread(&mut self, now: DateTime<Utc>, event: BusEvent, cause: Key) {
        let rules = self.eventbridge.matching(&event);
        self.records.push(Record::EventPut {
            bus: event.bus.clone(),
            id: event.id.clone(),
            source: event.source.clone(),
            detail_type: event.detail_type.clone(),
            time: event.time,
            resources: event.resources(),
            detail: event.detail.clone(),
            matched: rules.iter().map(|rule| rule.name.clone()).collect(),
            replay: event.replay.clone(),
        });
        self.eventbridge
            .archive(now, &event, delta(self.knobs.archive_delay));
        for rule in rules {
            self.spread_to(now, &rule, &event, cause);
        }
    }

    pub(super) fn spread_to(
        &mut self,
        now: DateTime<Utc>,
        rule: &Rule,
        event: &BusEvent,
        cause: Key,
    ) {
        for target in &rule.targets {
            let (dice, cause) = (self.dice, cause.text(&rule.arn).text(&target.id));
            let mut latency = self
                .knobs
                .delivery_latency
                .draw(dice, cause.text("latency"));
            if dice.happens(cause.text("reordered"), self.knobs.reordered_per_mille) {
                latency += self
                    .knobs
                    .reorder_window
                    .draw(dice, cause.text("reordered by"));
            }
            if dice.happens(cause.text("throttled"), self.knobs.throttled_per_mille) {
                latency += self.knobs.throttle_delay;
                self.count(
                    now,
                    "AWS/Events",
                    "ThrottledRules",
                    &[("EventBusName", &rule.bus), ("RuleName", &rule.name)],
                    1.0,
                );
            }
            let delivery = Delivery {
                event: event.clone(),
                rule: rule.clone(),
                target: target.clone(),
                accepted: now,
                attempt: 1,
                is_duplicate: false,
                cause,
                copy: 0,
            };
            let cause = cause.text("copy");
            if dice.happens(cause, self.knobs.duplicates_per_mille) {
                let again = self
                    .knobs
                    .delivery_latency
                    .draw(dice, cause.text("latency"));
                let copy = Delivery {
                    is_duplicate: true,
                    cause,
                    copy: 1,
                    ..delivery.clone()
                };
                self.agenda
                    .put(now + delta(again), Task::Deliver(Box::new(copy)));
            }
            self.agenda
                .put(now + delta(latency), Task::Deliver(Box::new(delivery)));
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
        let verdict = if delivery.is_duplicate {
            DeliveryVerdict::Pass
        } else {
            self.meddler.on_delivery(&step)
        };
        self.records
            .extend(
                Disturbance::of(&verdict).map(|disturbance| Record::DeliveryDisturbed {
                    detail_type: delivery.event.detail_type.clone(),
                    rule: delivery.rule.name.clone(),
                    attempt: delivery.attempt,
                    disturbance,
                }),
            );
        let mut failure = None;
        match verdict {
            DeliveryVerdict::Pass => {}
            DeliveryVerdict::Delay(wait) => {
                // Decided once: the delayed attempt passes.
                delivery.is_duplicate = true;
                self.agenda
                    .put(now + delta(wait), Task::Deliver(Box::new(delivery)));
                return;
            }
            DeliveryVerdict::Duplicate(wait) => {
                let cause = delivery
                    .cause
                    .text("scripted copy")
                    .number(u64::from(delivery.attempt));
                let copy = Delivery {
                    is_duplicate: true,
                    cause,
                    copy: 1 + delivery.attempt,
                    ..delivery.clone()
                };
                self.agenda
                    .put(now + delta(wait), Task::Deliver(Box::new(copy)));
            }
            DeliveryVerdict::Fail(code) => {
                failure = Some(TargetError {
                    code,
                    message: "Injected by the run.".to_owned(),
                    is_retryable: true,
                });
            }
        }
        let Some(payload) = shaped(&delivery) else {
            return self.shapeless(&delivery);
        };
        let outcome = match failure {
            Some(error) => Err(error),
            None => self.hand_over(now, &delivery, payload),
        };
        let shown = outcome.as_ref().map_or_else(
            |error| DeliveryOutcome::Failed(error.code.to_owned()),
            |()| DeliveryOutcome::Delivered,
        );
        self.note_delivery(&delivery, shown);
        if let Err(error) = outcome {
            self.not_delivered(now, delivery, &error);
        }
    }

    fn note_delivery(&mut self, delivery: &Delivery, outcome: DeliveryOutcome) {
        self.records.push(Record::Delivery {
            delivery: delivery.id(),
            detail_type: delivery.event.detail_type.clone(),
            attempt: delivery.attempt,
            outcome,
        });
    }

    /// An event from which the target's input cannot be made is silently dropped by AWS, without a
    /// dead letter.
    fn shapeless(&mut self, delivery: &Delivery) {
        self.note_delivery(delivery, DeliveryOutcome::NoInput);
        let reason = "the target's input transformer or path makes no JSON of this event";
        self.lose(
            delivery.origin(),
            LossCause::NoInput,
            reason,
            &delivery.event.envelope,
            Some(delivery.id()),
        );
    }

    fn hand_over(
        &mut self,
        now: DateTime<Utc>,
        delivery: &Delivery,
        payload: String,
    ) -> Result<(), TargetError> {
        let arn = delivery.target.arn.as_str();
        match service_of(arn) {
            "lambda" => {
                self.lambda
                    .may_invoke("events.amazonaws.com", arn, &delivery.rule.arn)
                    .map_err(|rejection| rejected(rejection, arn))?;
                self.accept_invocation(now, arn, &payload, delivery.cause);
                Ok(())
            }
            "sqs" => self.send_as("events.amazonaws.com", now, delivery, payload),
            "events" => self.forward(now, delivery),
            other => Err(TargetError::final_error(
                "INVALID_PARAMETER",
                format!("targets of type {other} are not simulated"),
            )),
        }
    }

    /// From bus to bus: the event keeps its id, and goes one hop only.
    fn forward(&mut self, now: DateTime<Utc>, delivery: &Delivery) -> Result<(), TargetError> {
        let (arn, target) = (delivery.target.arn.as_str(), &delivery.target);
        if !self.eventbridge.has_bus(arn) {
            return Err(TargetError::final_error(
                "NO_RESOURCE",
                format!("Event bus {arn} does not exist."),
            ));
        }
        let role = target
            .role_arn
            .as_ref()
            .and_then(|arn| self.roles.iter().find(|role| role.arn == *arn));
        let may = |role: &Role| {
            role.may_be_assumed_by("events.amazonaws.com", &delivery.rule.arn)
                && role.allows("events:PutEvents", arn)
        };
        match (&target.role_arn, role) {
            (Some(role), None) if !self.knobs.unknown_roles_may_everything => {
                return Err(TargetError::final_error(
                    "FAILED_TO_ASSUME_ROLE",
                    format!("{role} cannot be assumed"),
                ));
            }
            (Some(role), Some(known)) if !may(known) => {
                return Err(TargetError::final_error(
                    "NO_PERMISSIONS",
                    format!("{role} may not put events on {arn}"),
                ));
            }
            _ => {}
        }
        let Some(event) = self.eventbridge.forwarded(&delivery.event, arn) else {
            return Err(TargetError::final_error(
                "THIRD_ACCOUNT_HOP_DETECTED",
                "The event was forwarded before.".to_owned(),
            ));
        };
        self.spread(now, event, delivery.cause);
        Ok(())
    }

    fn send_as(
        &mut self,
        service: &str,
        now: DateTime<Utc>,
        delivery: &Delivery,
        body: String,
    ) -> Result<(), TargetError> {
        let (queue_arn, source_arn) = (delivery.target.arn.as_str(), delivery.rule.arn.as_str());
        if !self.sqs.exists(queue_arn) {
            return Err(TargetError::final_error(
                "NO_RESOURCE",
                format!("The specified queue does not exist: {queue_arn}"),
            ));
        }
        if !self.may_send(service, queue_arn, source_arn) {
            return Err(TargetError::final_error(
                "NO_PERMISSIONS",
                format!("{service} may not send to {queue_arn}"),
            ));
        }
        let message = NewMessage {
            body,
            group_id: delivery.target.message_group_id.clone(),
            cause: Some(delivery.cause),
            ..NewMessage::default()
        };
        self.sqs
            .send(now, queue_arn, message)
            .map(|_| ())
            .map_err(|error| TargetError::final_error("INVALID_PARAMETER", error.message))
    }

    fn may_send(&self, service: &str, queue_arn: &str, source_arn: &str) -> bool {
        self.queue_policies
            .iter()
            .any(|policy| policy.allows(service, "sqs:SendMessage", queue_arn, source_arn))
            || self.sqs.may_send(service, queue_arn, source_arn)
    }

    fn not_delivered(&mut self, now: DateTime<Utc>, mut delivery: Delivery, error: &TargetError) {
        let exhausted = if error.is_retryable {
            let wait = self.backoff(delivery.attempt, delivery.cause);
            match exhausted(
                delivery.target.retry_policy,
                delivery.attempt,
                now + wait - delivery.accepted,
            ) {
                None => {
                    delivery.attempt += 1;
                    self.agenda
                        .put(now + wait, Task::Deliver(Box::new(delivery)));
                    return;
                }
                condition => condition,
            }
        } else {
            None
        };
        self.count(
            now,
            "AWS/Events",
            "FailedInvocations",
            &[
                ("EventBusName", &delivery.rule.bus),
                ("RuleName", &delivery.rule.name),
            ],
            1.0,
        );
        let (from, id) = (delivery.origin(), delivery.id());
        let body = delivery.event.envelope.clone();
        let Some(queue) = &delivery.target.dead_letter_arn else {
            return self.lose(from, LossCause::NoQueue, error.code, &body, Some(id));
        };
        let attributes = [
            ("RULE_ARN", delivery.rule.arn.clone()),
            ("TARGET_ARN", delivery.target.arn.clone()),
            ("ERROR_CODE", error.code.to_owned()),
            ("ERROR_MESSAGE", error.message.clone()),
            ("RETRY_ATTEMPTS", (delivery.attempt - 1).to_string()),
        ];
        let condition =
            exhausted.map(|condition| ("EXHAUSTED_RETRY_CONDITION", condition.to_owned()));
        let allowed = self.may_send("events.amazonaws.com", queue, &delivery.rule.arn);
        let buried = if allowed {
            self.bury(
                now,
                queue,
                DeadLetter::new(from, error.code, body)
                    .of(id)
                    .with(attributes)
                    .with(condition),
            )
        } else {
            self.lose(
                from,
                LossCause::QueueRefused,
                "the dead-letter queue's policy does not allow it",
                &body,
                Some(id),
            );
            false
        };
        if !buried {
            let dimensions = [
                ("EventBusName", delivery.rule.bus.as_str()),
                ("RuleName", &delivery.rule.name),
            ];
            self.count(
                now,
                "AWS/Events",
                "InvocationsFailedToBeSentToDlq",
                &dimensions,
                1.0,
            );
        }
    }

    /// Exponential, with half of it jitter, below the cap: the shape is not published by AWS.
    pub(super) fn backoff(&self, attempt: u32, cause: Key) -> TimeDelta {
        let base = u64::try_from(self.knobs.retry_backoff_base.as_millis()).unwrap_or(u64::MAX);
        let cap = u64::try_from(self.knobs.retry_backoff_cap.as_millis()).unwrap_or(u64::MAX);
        let full = base
            .saturating_mul(2_u64.saturating_pow(attempt.saturating_sub(1)))
            .min(cap);
        let jitter = self.dice.between(
            cause.text("backoff").number(u64::from(attempt)),
            0,
            full / 2,
        );
        TimeDelta::milliseconds(i64::try_from(full / 2 + jitter).unwrap_or(i64::MAX))
    }
}

/// What the target gets of the event; nothing where its input cannot be made.
fn shaped(delivery: &Delivery) -> Option<String> {
    let ingestion = delivery.accepted.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let context = TransformContext {
        rule_arn: &delivery.rule.arn,
        rule_name: &delivery.rule.name,
        ingestion_time: &ingestion,
    };
    payload(&delivery.target, &delivery.event.envelope, &context)
}

pub(super) fn service_of(arn: &str) -> &str {
    arn.split(':').nth(2).unwrap_or_default()
}

pub(super) fn rejected(rejection: Rejection, arn: &str) -> TargetError {
    match rejection {
        Rejection::NoPermissions => {
            TargetError::final_error("NO_PERMISSIONS", format!("not authorized to invoke {arn}"))
        }
        Rejection::NoResource => {
            TargetError::final_error("NO_RESOURCE", format!("{arn} does not exist"))
        }
    }
}

/// Which bound of the retry policy the next attempt would break, if any.
pub(super) fn exhausted(policy: RetryPolicy, attempt: u32, age: TimeDelta) -> Option<&'static str> {
    if attempt > policy.maximum_retry_attempts {
        return Some("MaximumRetryAttempts");
    }
    (age > TimeDelta::seconds(i64::from(policy.maximum_event_age_seconds)))
        .then_some("MaximumEventAgeInSeconds")
}
