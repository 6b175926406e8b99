//! Requests of AWS clients to the services that answer them.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use dynamodb_engine::{Call, Error as DynamoError, Place, ReadView};
use http::{Request, Response};
use serde_json::{Value, json};

use super::error::ServiceError;
use super::eventbridge::Put;
use super::eventbridge::{put_answer, test_event_pattern};
use super::need::Need;
use super::record::Record;
use super::wire::{Heard, Service, answer, hear, unknown_operation};
use super::{Cloud, Task, delta};
use seeded_dice::Key;

impl Cloud {
    /// Answers a request of an AWS client, in any protocol. A long poll is answered as a short one,
    /// and a synchronous invocation is refused: both take a driver that waits.
    pub fn handle(&mut self, now: DateTime<Utc>, request: &Request<Bytes>) -> Response<Bytes> {
        let heard = hear(request);
        self.handle_heard(now, request, &heard)
    }

    /// The same for a request that a function's code sends, with the function's role: what the role
    /// does not allow is refused.
    pub fn handle_for(
        &mut self,
        now: DateTime<Utc>,
        function: &str,
        request: &Request<Bytes>,
    ) -> Response<Bytes> {
        let heard = hear(request);
        match self.denied(function, request) {
            Some(error) => heard.answer(Err(error), &self.next_request_id()),
            None => self.handle_heard(now, request, &heard),
        }
    }

    fn denied(&self, function: &str, request: &Request<Bytes>) -> Option<ServiceError> {
        let role = self.role_of(function);
        let need = self
            .needs(request)
            .into_iter()
            .find(|need| !role.is_some_and(|role| role.allows(&need.action, &need.resource)))?;
        let session = self.pseudo.global_arn(
            "sts",
            &format!(
                "assumed-role/{}/{function}",
                role.map_or("", |role| &role.name)
            ),
        );
        let Need { action, resource } = need;
        let code = if action.starts_with("dynamodb:") {
            "com.amazon.coral.service#AccessDeniedException"
        } else {
            "AccessDeniedException"
        };
        Some(ServiceError::client(
            code,
            format!(
                "User: {session} is not authorized to perform: {action} on resource: {resource} because no identity-based policy \
                 allows the {action} action"
            ),
        ))
    }

    /// The same for a request that was read before.
    pub fn handle_heard(
        &mut self,
        now: DateTime<Utc>,
        request: &Request<Bytes>,
        heard: &Heard,
    ) -> Response<Bytes> {
        let request_id = self.next_request_id();
        let (call, input) = match &heard.asked {
            Ok((call, input)) => (call, input),
            Err(error) => return heard.answer(Err(error.clone()), &request_id),
        };
        let result = match call.service {
            Service::DynamoDb => {
                let body = String::from_utf8_lossy(request.body());
                let place = self.dynamodb.place_of(request);
                return match self.handle_dynamodb(now, &place, &call.operation, &body) {
                    Ok(body) => answer(200, body, &request_id),
                    Err(error) => answer(error.status(), error.body(), &request_id),
                };
            }
            Service::Lambda if call.operation == "Invoke" => {
                return self.invoke_asynchronously(now, heard, input, &request_id);
            }
            Service::Lambda => self.functions(&call.operation, input),
            Service::Scheduler => self.schedules(now, &call.operation, input),
            Service::EventBridge => {
                let result = self.events(now, &call.operation, input);
                if call.operation != "PutEvents" {
                    self.tell_rules();
                }
                result
            }
            Service::Sqs => self.sqs.handle(now, &call.operation, input),
        };
        heard.answer(result, &request_id)
    }

    /// How many seconds a receive wants to wait for a message; none for anything else, and for a
    /// short poll.
    #[must_use]
    pub fn long_poll(&self, heard: &Heard) -> Option<u32> {
        sqs_receive(heard)
            .map(|input| self.sqs.wait_seconds(input))
            .filter(|seconds| (1..=20).contains(seconds))
    }

    /// When a receive next finds a message, if nobody acts meanwhile.
    #[must_use]
    pub fn next_visible(&self, heard: &Heard) -> Option<DateTime<Utc>> {
        let arn = self.sqs.queue_arn(sqs_receive(heard)?).ok()?;
        self.sqs.next_visible(&arn)
    }

    /// Makes the URLs of queues begin with `endpoint`, where the clients of a socket find them.
    pub fn set_queue_endpoint(&mut self, endpoint: &str) {
        self.sqs.set_endpoint(endpoint);
    }

    pub(super) fn next_request_id(&mut self) -> String {
        self.requests += 1;
        super::derive_id(self.seed, "answer", self.requests)
    }

    fn events(
        &mut self,
        now: DateTime<Utc>,
        operation: &str,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let bridge = &mut self.eventbridge;
        match operation {
            "PutEvents" => self.put_events(now, input),
            "TestEventPattern" => test_event_pattern(input),
            "CreateEventBus" => bridge.create_event_bus(input),
            "DeleteEventBus" => bridge.delete_event_bus(input),
            "DescribeEventBus" => bridge.describe_event_bus(input),
            "ListEventBuses" => bridge.list_event_buses(input),
            "PutRule" => self.put_rule(now, input),
            "DeleteRule" => {
                let arn = bridge.delete_rule(input)?;
                self.agenda.retain(
                    |task| !matches!(task, Task::FireRule { arn: planned } if *planned == arn),
                );
                Ok(json!({}))
            }
            "EnableRule" => self.set_rule_state(now, input, true).map(|()| json!({})),
            "DisableRule" => self.set_rule_state(now, input, false).map(|()| json!({})),
            "DescribeRule" => bridge.describe_rule(input),
            "ListRules" => bridge.list_rules(input),
            "ListRuleNamesByTarget" => bridge.list_rule_names_by_target(input),
            "PutTargets" => bridge.put_targets(input),
            "RemoveTargets" => bridge.remove_targets(input),
            "ListTargetsByRule" => bridge.list_targets_by_rule(input),
            "TagResource" => bridge.tag_resource(input),
            "UntagResource" => bridge.untag_resource(input),
            "ListTagsForResource" => bridge.list_tags_for_resource(input),
            "CreateArchive" => bridge.create_archive(now, input),
            "UpdateArchive" => bridge.update_archive(now, input),
            "DeleteArchive" => bridge.delete_archive(input),
            "DescribeArchive" => bridge.describe_archive(now, input),
            "ListArchives" => bridge.list_archives(now, input),
            "StartReplay" => self.start_replay(now, input),
            "DescribeReplay" => bridge.describe_replay(input),
            "CancelReplay" => self.cancel_replay(now, input),
            "ListReplays" => bridge.list_replays(input),
            other => Err(unknown_operation(format!("{other} is not simulated"))),
        }
    }

    /// DynamoDB, with what it does to a caller now and then: it throttles, shows what was there a
    /// while ago, refuses for a transaction, or writes and answers an error.
    fn handle_dynamodb(
        &mut self,
        now: DateTime<Utc>,
        place: &Place,
        operation: &str,
        input: &str,
    ) -> Result<String, DynamoError> {
        let is_data = operation.ends_with("Item")
            || operation.ends_with("Items")
            || matches!(operation, "Query" | "Scan");
        let knobs = &self.knobs;
        let (throttles, losses) = (
            knobs.dynamodb_throttles_per_mille,
            knobs.dynamodb_lost_answers_per_mille,
        );
        let conflicts = knobs.dynamodb_conflicts_per_mille;
        let (stale, lag) = (knobs.dynamodb_stale_reads, knobs.dynamodb_index_lag);
        let has_chance = throttles + losses + conflicts > 0 || !(stale + lag).is_zero();
        let cause = if has_chance {
            self.tally.next(cause_of(operation, input))
        } else {
            Key::default()
        };
        if is_data && self.dice.happens(cause.text("throttled"), throttles) {
            return Err(DynamoError::ThroughputExceeded);
        }
        let is_write = matches!(
            operation,
            "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems"
        );
        let age = |kind: &str, most: Duration| {
            let most = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
            let micros = self.dice.between(cause.text(kind), 0, most);
            delta(Duration::from_micros(micros))
        };
        let conflict = is_write && self.dice.happens(cause.text("conflict"), conflicts);
        let call = Call {
            view: ReadView {
                stale_by: age("stale", stale),
                index_lag: age("index lag", lag),
            },
            conflict: conflict.then_some(0),
            ..Call::new(now, place)
        };
        let answer = self.dynamodb.handle(&call, operation, input)?;
        if is_write && self.dice.happens(cause.text("answer lost"), losses) {
            return Err(DynamoError::Internal);
        }
        Ok(answer)
    }

    fn put_rule(&mut self, now: DateTime<Utc>, input: &Value) -> Result<Value, ServiceError> {
        let arn = self.eventbridge.put_rule(input)?;
        self.agenda
            .retain(|task| !matches!(task, Task::FireRule { arn: planned } if *planned == arn));
        self.plan_rule(&arn, now, now)
            .map_err(ServiceError::validation)?;
        Ok(json!({ "RuleArn": arn }))
    }

    /// PutEvents, for the wire and for scenarios.
    ///
    /// # Errors
    /// Where the whole request is refused.
    pub fn put_events(&mut self, now: DateTime<Utc>, input: &Value) -> Result<Value, ServiceError> {
        let mut results = self.eventbridge.put_events(now, input)?;
        for result in &mut results {
            if let Put::Accepted(event) = result
                && let Some((code, message)) = self.meddler.on_entry(&event.detail_type)
            {
                let (source, detail_type) = (event.source.clone(), event.detail_type.clone());
                *result = Put::Refused {
                    code,
                    message: message.to_owned(),
                    source,
                    detail_type,
                    is_injected: true,
                };
            }
        }
        for result in &results {
            match result {
                Put::Accepted(event) => self.spread_put(now, event.clone()),
                Put::Vanished {
                    bus, detail_type, ..
                } => {
                    self.records.push(Record::EventVanished {
                        bus: bus.clone(),
                        detail_type: detail_type.clone(),
                    });
                }
                Put::Refused {
                    code,
                    message,
                    source,
                    detail_type,
                    is_injected,
                } => self.records.push(Record::EventRefused {
                    source: source.clone(),
                    detail_type: detail_type.clone(),
                    code: (*code).to_owned(),
                    message: message.clone(),
                    is_injected: *is_injected,
                }),
            }
        }
        Ok(put_answer(&results))
    }
}

fn sqs_receive(heard: &Heard) -> Option<&Value> {
    let (call, input) = heard.asked.as_ref().ok()?;
    (call.service == Service::Sqs && call.operation == "ReceiveMessage").then_some(input)
}

/// What a request to DynamoDB is to the dice: the operation, and the keys of the items that it is
/// about.
fn cause_of(operation: &str, input: &str) -> Key {
    let input: Value = serde_json::from_str(input).unwrap_or_default();
    let writes = input["TransactItems"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(|item| item.values());
    std::iter::once(&input)
        .chain(writes)
        .fold(Key::of(operation), |cause, write| {
            cause
                .text(write["TableName"].as_str().unwrap_or_default())
                .text(&write["Key"].to_string())
        })
}
