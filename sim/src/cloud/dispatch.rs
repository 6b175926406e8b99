//! Requests of AWS clients to the services that answer them.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use serde_json::Value;

use super::Cloud;
use super::error::ServiceError;
use super::eventbridge::Put;
use super::eventbridge::{put_answer, test_event_pattern};
use super::record::Record;
use super::wire::{Service, answer, call_of, error_answer, input_of};

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
            return match self.dynamodb.handle(now, &call.operation, &body) {
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
            "EnableRule" => self.eventbridge.set_rule_state(input, true),
            "DisableRule" => self.eventbridge.set_rule_state(input, false),
            "DescribeRule" => self.eventbridge.describe_rule(input),
            "ListRules" => self.eventbridge.list_rules(input),
            "StartReplay" => self.start_replay(now, input),
            "DescribeReplay" => self.eventbridge.describe_replay(input),
            "TestEventPattern" => test_event_pattern(input),
            other => Err(ServiceError::client("UnknownOperationException", format!("{other} is not simulated"))),
        }
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
