//! The operations of Lambda: what the template's functions are, and their invocation.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderValue, Response};
use serde_json::{Value, json};

use super::Cloud;
use super::error::ServiceError;
use super::input::{choice, page, required, text};
use super::invoking::cause_of;
use super::lambda::{Invocation, InvocationResult, response_of};
use super::record::Record;
use super::template::{Function, Permission};
use super::wire::{Heard, Service, rest_accepted, rest_answer, unknown_operation};

/// What became of a request for a synchronous invocation.
#[derive(Debug)]
pub enum Begun {
    /// It asks for something else.
    NotAsked,
    /// To be carried out.
    Running(Invocation),
    /// The answer where it cannot begin.
    Refused(Response<Bytes>),
}

impl Cloud {
    pub(super) fn functions(
        &mut self,
        operation: &str,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        match operation {
            "ListFunctions" => page(
                input,
                "MaxItems",
                "Functions",
                self.lambda.functions().map(show).collect(),
            ),
            "GetFunction" => {
                let function = self.function_of(input)?;
                Ok(json!({ "Configuration": show(function), "Tags": {} }))
            }
            "GetFunctionConfiguration" => self.function_of(input).map(show),
            "AddPermission" => self.add_permission(input),
            other => Err(unknown_operation(format!("{other} is not simulated"))),
        }
    }

    /// The function that a request names by name, ARN or partial ARN, with or without a version.
    fn function_of(&self, input: &Value) -> Result<&Function, ServiceError> {
        let asked = required(input, "FunctionName")?;
        let name = asked
            .split_once(":function:")
            .or_else(|| asked.split_once("function:"))
            .map_or(asked, |(_, name)| name);
        let name = name.split(':').next().unwrap_or(name);
        self.lambda.function(name).ok_or_else(|| {
            let arn = self.pseudo.arn("lambda", &format!("function:{name}"));
            ServiceError {
                status: 404,
                ..ServiceError::client(
                    "ResourceNotFoundException",
                    format!("Function not found: {arn}"),
                )
            }
        })
    }

    fn add_permission(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let function_arn = self.function_of(input)?.arn.clone();
        let permission = Permission {
            logical_id: required(input, "StatementId")?.to_owned(),
            position: Default::default(),
            action: required(input, "Action")?.to_owned(),
            principal: required(input, "Principal")?.to_owned(),
            source_arn: text(input, "SourceArn").map(str::to_owned),
            source_account: text(input, "SourceAccount").map(str::to_owned),
            function_arn,
        };
        let statement = json!({
            "Sid": permission.logical_id,
            "Effect": "Allow",
            "Principal": { "Service": permission.principal },
            "Action": permission.action,
            "Resource": permission.function_arn,
        });
        self.lambda.permit(permission);
        Ok(json!({ "Statement": statement.to_string() }))
    }

    pub(super) fn invoke_asynchronously(
        &mut self,
        now: DateTime<Utc>,
        heard: &Heard,
        input: &Value,
        request_id: &str,
    ) -> Response<Bytes> {
        let arn = match self.function_of(input) {
            Ok(function) => function.arn.clone(),
            Err(error) => return heard.answer(Err(error), request_id),
        };
        match choice(
            input,
            "InvocationType",
            &["Event", "RequestResponse", "DryRun"],
        ) {
            Ok(Some("Event")) => {
                let payload = text(input, "Payload").unwrap_or("{}");
                let cause = self.tally.next(cause_of(&arn, payload));
                self.accept_invocation(now, &arn, payload, cause);
                rest_accepted(202, request_id)
            }
            Ok(Some("DryRun")) => rest_accepted(204, request_id),
            Ok(_) => {
                let error = ServiceError::client(
                    "ServiceException",
                    "Nobody waits here for the answer of a synchronous invocation.",
                );
                heard.answer(
                    Err(ServiceError {
                        status: 500,
                        ..error
                    }),
                    request_id,
                )
            }
            Err(error) => heard.answer(Err(error), request_id),
        }
    }

    /// Begins the synchronous invocation that a request asks for, if it does. The driver carries it
    /// out, tells [`Cloud::finished`], and answers with [`invocation_answer`].
    pub fn begin_invocation(&mut self, heard: &Heard) -> Begun {
        let Ok((call, input)) = &heard.asked else {
            return Begun::NotAsked;
        };
        if call.service != Service::Lambda
            || call.operation != "Invoke"
            || input["InvocationType"] != "RequestResponse"
        {
            return Begun::NotAsked;
        }
        let started = self
            .function_of(input)
            .map(|function| function.arn.clone())
            .and_then(|arn| {
                let payload = text(input, "Payload").unwrap_or("{}");
                let cause = self.tally.next(cause_of(&arn, payload));
                self.lambda
                    .start_direct(&arn, payload, cause)
                    .ok_or_else(|| {
                        let error =
                            ServiceError::client("TooManyRequestsException", "Rate Exceeded.");
                        ServiceError {
                            status: 429,
                            ..error
                        }
                        .with(
                            "Reason",
                            "ReservedFunctionConcurrentInvocationLimitExceeded".into(),
                        )
                    })
            });
        match started {
            Ok(invocation) => {
                self.records.push(Record::InvocationStarted {
                    invocation: invocation.number,
                    function: invocation.function.clone(),
                    request_id: invocation.request_id.clone(),
                    attempt: 1,
                    payload: serde_json::from_str(&invocation.payload).unwrap_or(Value::Null),
                });
                Begun::Running(invocation)
            }
            Err(error) => {
                let request_id = self.next_request_id();
                Begun::Refused(heard.answer(Err(error), &request_id))
            }
        }
    }
}

/// What the caller of a synchronous invocation gets.
#[must_use]
pub fn invocation_answer(invocation: &Invocation, result: &InvocationResult) -> Response<Bytes> {
    let timeout = u32::try_from(invocation.timeout.as_secs()).unwrap_or(u32::MAX);
    let body = response_of(result, &invocation.request_id, timeout).to_string();
    let mut response = rest_answer(200, body, &invocation.request_id);
    response.headers_mut().insert(
        "x-amz-executed-version",
        HeaderValue::from_static("$LATEST"),
    );
    if !matches!(result, InvocationResult::Success(_)) {
        response.headers_mut().insert(
            "x-amz-function-error",
            HeaderValue::from_static("Unhandled"),
        );
    }
    response
}

fn show(function: &Function) -> Value {
    let mut shown = json!({
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Role": function.role_arn,
        "Timeout": function.timeout_seconds,
        "MemorySize": function.memory_mb,
        "Version": "$LATEST",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": if function.runtime.is_some() { "Zip" } else { "Image" },
        "Environment": { "Variables": function.environment },
    });
    for (name, value) in [
        ("Runtime", &function.runtime),
        ("Handler", &function.handler),
    ] {
        if let Some(value) = value {
            shown[name] = value.as_str().into();
        }
    }
    shown
}
