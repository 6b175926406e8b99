//! Requests of AWS clients to the services that answer them.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use serde_json::{Value, json};

use super::dynamodb::DynamoError;
use super::error::ServiceError;
use super::eventbridge::Put;
use super::eventbridge::put_answer;
use super::pattern::{FlatEvent, Pattern, validate_test_event};
use super::record::Record;
use super::wire::{Service, answer, call_of, error_answer, input_of};
use super::{Cloud, Task};

impl Cloud {
    /// Answers a request of an AWS client.
    pub fn handle(&mut self, now: DateTime<Utc>, request: &Request<Bytes>) -> Response<Bytes> {
        self.requests += 1;
        let request_id = super::derive_id(self.seed, "answer", self.requests);
        let Some(call) = call_of(request) else {
            let error = ServiceError::client("UnknownOperationException", "the request names no operation in X-Amz-Target");
            return error_answer(&error, &request_id);
        };
        if call.service == Service::DynamoDb {
            let body = String::from_utf8_lossy(request.body());
            return match self.handle_dynamodb(now, &call.operation, &body) {
                Ok(body) => answer(200, body, &request_id),
                Err(error) => answer(error.status, error.body, &request_id),
            };
        }
        let result = input_of(request).and_then(|input| match call.service {
            Service::EventBridge => self.events(now, &call.operation, &input),
            _ => self.sqs.handle(now, &call.operation, &input),
        });
        match result {
            Ok(output) => answer(200, output.to_string(), &request_id),
            Err(error) => error_answer(&error, &request_id),
        }
    }

    fn events(&mut self, now: DateTime<Utc>, operation: &str, input: &Value) -> Result<Value, ServiceError> {
        match operation {
            "PutEvents" => self.put_events(now, input),
            "EnableRule" => self.set_rule_state(now, input, true).map(|()| json!({})),
            "DisableRule" => self.set_rule_state(now, input, false).map(|()| json!({})),
            "PutRule" => self.put_rule(now, input),
            "StartReplay" => self.start_replay(now, input),
            "TestEventPattern" => test_event_pattern(input),
            other => {
                let managed = self.eventbridge.manage(other, input).or_else(|| self.eventbridge.manage_archives(now, other, input));
                managed.unwrap_or_else(|| Err(ServiceError::client("UnknownOperationException", format!("{other} is not simulated"))))
            }
        }
    }

    /// DynamoDB, with what it does to a caller now and then: it throttles, or it writes and answers an error.
    fn handle_dynamodb(&mut self, now: DateTime<Utc>, operation: &str, input: &str) -> Result<String, DynamoError> {
        let is_data = operation.ends_with("Item") || operation.ends_with("Items") || matches!(operation, "Query" | "Scan");
        if is_data && self.happens(self.knobs.dynamodb_throttles_per_mille) {
            return Err(DynamoError::throttled());
        }
        let answer = self.dynamodb.handle(now, operation, input)?;
        let is_write = matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems");
        if is_write && self.happens(self.knobs.dynamodb_lost_answers_per_mille) {
            return Err(DynamoError::internal());
        }
        Ok(answer)
    }

    fn put_rule(&mut self, now: DateTime<Utc>, input: &Value) -> Result<Value, ServiceError> {
        let arn = self.eventbridge.put_rule(input)?;
        self.agenda.retain(|task| !matches!(task, Task::FireRule { arn: planned } if *planned == arn));
        self.plan_rule(&arn, now, now).map_err(ServiceError::validation)?;
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
                *result = Put::Refused { code, message: message.to_owned(), source, detail_type };
            }
        }
        for result in &results {
            match result {
                Put::Accepted(event) => self.spread(now, event.clone()),
                Put::Vanished { bus, detail_type, .. } => {
                    self.records.push(Record::EventVanished { bus: bus.clone(), detail_type: detail_type.clone() });
                }
                Put::Refused { code, message, source, detail_type } => self.records.push(Record::EventRefused {
                    source: source.clone(),
                    detail_type: detail_type.clone(),
                    code: (*code).to_owned(),
                    message: message.clone(),
                }),
            }
        }
        Ok(put_answer(&results))
    }
}

fn test_event_pattern(input: &Value) -> Result<Value, ServiceError> {
    let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
    let pattern =
        Pattern::parse(text("EventPattern")).map_err(|error| ServiceError::client("InvalidEventPatternException", error.message()))?;
    validate_test_event(text("Event")).map_err(|error| ServiceError::validation(error.to_string()))?;
    let event = FlatEvent::parse(text("Event")).map_err(|error| ServiceError::validation(error.to_string()))?;
    Ok(json!({ "Result": pattern.matches(&event) }))
}
