//! Asynchronous invocations: from acceptance to the start, and what follows from the end (semantics
//! 6).

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::dead_letter::DeadLetter;
use super::deliver::service_of;
use super::eventbridge::Entry;
use super::lambda::{GivenUp, Next, Started};
use super::record::{LossCause, Origin, Record, trigger_of};
use super::sqs::{MessageAttribute, NewMessage};
use super::template::Role;
use super::{Cloud, Task, delta};
use seeded_dice::Key;

impl Cloud {
    /// Takes an event for a function. `cause` is what this invocation is to the dice: no other has
    /// it.
    pub(super) fn accept_invocation(
        &mut self,
        now: DateTime<Utc>,
        arn: &str,
        payload: &str,
        cause: Key,
    ) {
        let ticket = self.lambda.accept(now, arn, payload, cause);
        self.plan_invocation(now, ticket, cause);
        let copy = cause.text("queued twice");
        if self
            .dice
            .happens(copy, self.knobs.async_duplicates_per_mille)
            && let Some(ticket) = self.lambda.duplicate(ticket, copy)
        {
            self.plan_invocation(now, ticket, copy);
        }
    }

    pub(super) fn plan_invocation(&mut self, now: DateTime<Utc>, ticket: u64, cause: Key) {
        let latency = self
            .knobs
            .invocation_latency
            .draw(self.dice, cause.text("latency"));
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
            Started::Throttled(function, again) => {
                self.count_throttle(now, &function);
                self.agenda.put(again, Task::Invoke(ticket));
            }
            Started::GivenUp(given_up) => {
                self.count_throttle(now, &given_up.function);
                self.give_up(now, *given_up);
            }
            Started::Returned(function) => self.count_throttle(now, &function),
            Started::Gone => {}
        }
    }

    fn count_throttle(&mut self, now: DateTime<Utc>, function: &str) {
        self.count(
            now,
            "AWS/Lambda",
            "Throttles",
            &[("FunctionName", function)],
            1.0,
        );
    }

    /// What follows from the end of an invocation.
    pub(super) fn follow_up(&mut self, now: DateTime<Utc>, next: Next) {
        match next {
            Next::Done => {}
            Next::Retry(ticket, at) => self.agenda.put(at, Task::Invoke(ticket)),
            Next::Succeeded {
                function,
                destination,
                record,
                cause,
            } => {
                self.send_to_destination(now, &function, &destination, "Success", record, cause);
            }
            Next::GivenUp(given_up) => self.give_up(now, *given_up),
            Next::Polled(batch, response) => self.end_batch(now, &batch, response.as_ref()),
        }
    }

    /// Destination and dead-letter queue both get what was given up; without either it is lost.
    fn give_up(&mut self, now: DateTime<Utc>, given_up: GivenUp) {
        let from = Origin::Function(given_up.function.clone());
        // Counted also where the event goes to a queue then.
        self.count(
            now,
            "AWS/Lambda",
            "AsyncEventsDropped",
            &[("FunctionName", &given_up.function)],
            1.0,
        );
        if given_up.destination.is_none() && given_up.dead_letter.is_none() {
            self.lose(
                from.clone(),
                LossCause::NoQueue,
                &given_up.condition,
                &given_up.payload,
                None,
            );
        }
        if let Some((arn, record)) = given_up.destination {
            self.send_to_destination(
                now,
                &given_up.function,
                &arn,
                &given_up.condition,
                record,
                given_up.cause,
            );
        }
        let Some((arn, payload, message)) = given_up.dead_letter else {
            return;
        };
        let mut letter = DeadLetter::new(from.clone(), &given_up.condition, payload.clone());
        letter = letter.with([
            ("RequestID", given_up.request_id),
            ("ErrorMessage", message),
        ]);
        letter
            .attributes
            .insert("ErrorCode".to_owned(), MessageAttribute::number(200));
        let allowed = self.function_may(&given_up.function, "sqs:SendMessage", &arn);
        if !allowed {
            self.lose(
                from,
                LossCause::QueueRefused,
                "the function's role may not send to its dead-letter queue",
                &payload,
                None,
            );
        }
        if !allowed || !self.bury(now, &arn, letter) {
            self.count(
                now,
                "AWS/Lambda",
                "DeadLetterErrors",
                &[("FunctionName", &given_up.function)],
                1.0,
            );
        }
    }

    /// Hands a record to a queue, a function or a bus, if the function's role may do that.
    fn send_to_destination(
        &mut self,
        now: DateTime<Utc>,
        function: &str,
        arn: &str,
        condition: &str,
        record: Value,
        cause: Key,
    ) {
        let from = Origin::Function(function.to_owned());
        let action = match service_of(arn) {
            "lambda" => "lambda:InvokeFunction",
            "events" => "events:PutEvents",
            "sns" => "sns:Publish",
            _ => "sqs:SendMessage",
        };
        let delivered = if self.function_may(function, action, arn) {
            self.deliver_to_destination(
                now,
                from,
                arn,
                condition,
                &record,
                cause.text("destination"),
            )
        } else {
            let which = if condition == "Success" {
                "success"
            } else {
                "failure"
            };
            let reason = format!("the function's role may not send to its {which} destination");
            self.lose(
                from,
                LossCause::QueueRefused,
                &reason,
                &record["requestPayload"].to_string(),
                None,
            );
            false
        };
        if !delivered {
            self.count(
                now,
                "AWS/Lambda",
                "DestinationDeliveryFailures",
                &[("FunctionName", function)],
                1.0,
            );
        }
    }

    fn deliver_to_destination(
        &mut self,
        now: DateTime<Utc>,
        from: Origin,
        arn: &str,
        condition: &str,
        record: &Value,
        cause: Key,
    ) -> bool {
        match service_of(arn) {
            "sqs" if condition == "Success" => {
                let sent = self.sqs.send(
                    now,
                    arn,
                    NewMessage {
                        body: record.to_string(),
                        ..NewMessage::default()
                    },
                );
                sent.map_err(|error| {
                    self.lose(
                        from,
                        LossCause::QueueRefused,
                        &error.message,
                        &record.to_string(),
                        None,
                    )
                })
                .is_ok()
            }
            "sqs" => self.bury(
                now,
                arn,
                DeadLetter::new(from, condition, record.to_string()),
            ),
            "lambda" if self.lambda.function(arn).is_some() => {
                self.accept_invocation(now, arn, &record.to_string(), cause);
                true
            }
            "events" if self.eventbridge.has_bus(arn) => {
                let result = if condition == "Success" {
                    "Success"
                } else {
                    "Failure"
                };
                let function = record["requestContext"]["functionArn"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                let event = self.eventbridge.event_of(Entry {
                    bus: arn.to_owned(),
                    id: String::new(),
                    source: "lambda".to_owned(),
                    detail_type: format!("Lambda Function Invocation Result - {result}"),
                    time: now,
                    resources: vec![arn.to_owned(), function],
                    detail: record.to_string(),
                    replay: None,
                });
                self.spread(now, event, cause);
                true
            }
            _ => {
                let reason = format!("the destination {arn} does not exist or is not simulated");
                self.lose(
                    from,
                    LossCause::QueueRefused,
                    &reason,
                    &record.to_string(),
                    None,
                );
                false
            }
        }
    }

    fn function_may(&self, function: &str, action: &str, resource: &str) -> bool {
        self.role_of(function)
            .is_some_and(|role| role.allows(action, resource))
    }

    /// The role that the template gives a function.
    pub(super) fn role_of(&self, function: &str) -> Option<&Role> {
        let arn = &self.lambda.function(function)?.role_arn;
        self.roles.iter().find(|known| known.arn == *arn)
    }
}

/// What an invocation with this payload is to the dice: the event's own id where its maker gave it
/// one, so that the same event is the same cause whenever it comes.
pub(super) fn cause_of(function_arn: &str, payload: &str) -> Key {
    let function = Key::of("invoke").text(function_arn);
    let value: Value = serde_json::from_str(payload).unwrap_or_default();
    match value
        .pointer("/detail/event_id")
        .or_else(|| value.pointer("/observe/detail/event_id"))
        .and_then(Value::as_str)
    {
        Some(id) => function.text(&trigger_of(&value)).text(id),
        None => function.text(payload),
    }
}
