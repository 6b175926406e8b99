//! Requests of AWS clients to the services that answer them.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use serde_json::{Value, json};

use super::api::error::ServiceError;
use super::api::operation::{Access, not_simulated, run};
use super::api::{self, ApiRequest, Call, Service};
use super::dynamodb::DynamoError;
use super::eventbridge::{Put, put_answer};
use super::iam::{RequiredPermission, required_permissions};
use super::operations::{self, facts_of};
use super::record::Record;
use super::{Cloud, Task};
use seeded_dice::Key;

impl Cloud {
    /// Answers a request of an AWS client, in any protocol. A long poll is answered as a short one,
    /// and a synchronous invocation is refused: both take a driver that waits.
    pub fn handle(&mut self, now: DateTime<Utc>, request: &Request<Bytes>) -> Response<Bytes> {
        self.answer(now, &ApiRequest::read(request))
    }

    /// Answers a request that a function's code sends, which `required` says what it takes: what
    /// the function's role does not allow is refused.
    pub fn answer_function(
        &mut self,
        now: DateTime<Utc>,
        function: &str,
        request: &ApiRequest,
        required: &[RequiredPermission],
    ) -> Response<Bytes> {
        match self.denied(function, required) {
            Some(error) => request.answer(Err(error), &self.next_request_id()),
            None => self.answer(now, request),
        }
    }

    /// What the role of a request's sender must allow.
    #[must_use]
    pub fn required_permissions(&self, request: &ApiRequest) -> Vec<RequiredPermission> {
        match &request.call {
            Ok(call) => required_permissions(call, &self.pseudo),
            Err(_) => Vec::new(),
        }
    }

    fn denied(&self, function: &str, required: &[RequiredPermission]) -> Option<ServiceError> {
        let role = self.role_of(function);
        let RequiredPermission { action, resource } = required.iter().find(|required| {
            !role.is_some_and(|role| role.allows(&required.action, &required.resource))
        })?;
        let session = self.pseudo.global_arn(
            "sts",
            &format!(
                "assumed-role/{}/{function}",
                role.map_or("", |role| &role.name)
            ),
        );
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

    /// Answers a request that was read before.
    pub fn answer(&mut self, now: DateTime<Utc>, request: &ApiRequest) -> Response<Bytes> {
        let request_id = self.next_request_id();
        let call = match &request.call {
            Ok(call) => call,
            Err(error) => return request.answer(Err(error.clone()), &request_id),
        };
        if call.service == Service::DynamoDb {
            let body = String::from_utf8_lossy(&request.body);
            return match self.handle_dynamodb(now, call, &body) {
                Ok(body) => api::answer(200, body, &request_id),
                Err(error) => api::answer(error.status, error.body, &request_id),
            };
        }
        let result = match &call.parameters {
            Ok(input) => self.run(now, call.service, &call.operation, input),
            Err(error) => Err(error.clone()),
        };
        match request.parameters_of(Service::Lambda, "Invoke") {
            Some(input) if result.is_ok() => accepted(input, &request_id),
            _ => request.answer(result, &request_id),
        }
    }

    fn run(
        &mut self,
        now: DateTime<Utc>,
        service: Service,
        operation: &str,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        match service {
            Service::EventBridge => {
                let result = run(&operations::EVENTBRIDGE, self, now, operation, input);
                if operation != "PutEvents" {
                    self.tell_rules();
                }
                result
            }
            Service::Sqs => self.sqs.handle(now, operation, input),
            Service::Scheduler => run(&operations::SCHEDULER, self, now, operation, input),
            Service::Lambda => run(&operations::LAMBDA, self, now, operation, input),
            Service::Sns | Service::DynamoDb => Err(not_simulated(operation)),
        }
    }

    /// How many seconds a receive wants to wait for a message; none for anything else, and for a
    /// short poll.
    #[must_use]
    pub fn long_poll(&self, request: &ApiRequest) -> Option<u32> {
        request
            .parameters_of(Service::Sqs, "ReceiveMessage")
            .map(|input| self.sqs.wait_seconds(input))
            .filter(|seconds| (1..=20).contains(seconds))
    }

    /// When a receive next finds a message, if nobody acts meanwhile.
    #[must_use]
    pub fn next_visible(&self, request: &ApiRequest) -> Option<DateTime<Utc>> {
        let input = request.parameters_of(Service::Sqs, "ReceiveMessage")?;
        let arn = self.sqs.queue_arn(input).ok()?;
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

    /// DynamoDB, with what it does to a caller now and then: it throttles, or it writes and answers
    /// an error.
    fn handle_dynamodb(
        &mut self,
        now: DateTime<Utc>,
        call: &Call,
        body: &str,
    ) -> Result<String, DynamoError> {
        let operation = call.operation.as_str();
        let is_data = operation.ends_with("Item")
            || operation.ends_with("Items")
            || matches!(operation, "Query" | "Scan");
        let (throttles, losses) = (
            self.knobs.dynamodb_throttles_per_mille,
            self.knobs.dynamodb_lost_answers_per_mille,
        );
        let cause = if throttles + losses > 0 {
            self.tally.next(cause_of(call))
        } else {
            Key::default()
        };
        if is_data && self.dice.happens(cause.text("throttled"), throttles) {
            return Err(DynamoError::throttled());
        }
        let answer = self.dynamodb.handle(now, operation, body)?;
        let is_write = matches!(
            operation,
            "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems"
        );
        if is_write && self.dice.happens(cause.text("answer lost"), losses) {
            return Err(DynamoError::internal());
        }
        Ok(answer)
    }

    pub(super) fn delete_rule(
        &mut self,
        _now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.eventbridge.delete_rule(input)?;
        self.agenda
            .retain(|task| !matches!(task, Task::FireRule { arn: planned } if *planned == arn));
        Ok(json!({}))
    }

    pub(super) fn put_rule(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
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

/// What a request does to what is stored; one that is not simulated changes nothing.
#[must_use]
pub fn access(request: &ApiRequest) -> Option<Access> {
    let call = request.call.as_ref().ok()?;
    facts_of(call).map(|facts| facts.access)
}

/// The answer to an asynchronous invocation, and to a dry run: nothing but a status.
fn accepted(input: &Value, request_id: &str) -> Response<Bytes> {
    let status = if input["InvocationType"] == "DryRun" {
        204
    } else {
        202
    };
    api::rest_accepted(status, request_id)
}

/// What a request to DynamoDB is to the dice: the operation, and the keys of the items that it is
/// about.
fn cause_of(call: &Call) -> Key {
    let nothing = Value::Null;
    let input = call.parameters.as_ref().unwrap_or(&nothing);
    let writes = input["TransactItems"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(|item| item.values());
    std::iter::once(input)
        .chain(writes)
        .fold(Key::of(&call.operation), |cause, write| {
            cause
                .text(write["TableName"].as_str().unwrap_or_default())
                .text(&write["Key"].to_string())
        })
}
