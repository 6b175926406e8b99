//! The operations of Lambda: what the template's functions are.

use bytes::Bytes;
use http::{HeaderValue, Response};
use serde_json::{Value, json};

use super::{Invocation, InvocationResult, Lambda, response_of};
use crate::api::error::ServiceError;
use crate::api::parameters::{page, required, text};
use crate::api::rest_answer;
use crate::stack::{Function, Permission};

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

impl Lambda {
    pub(crate) fn list_functions(&self, input: &Value) -> Result<Value, ServiceError> {
        page(
            input,
            "MaxItems",
            "Functions",
            self.functions().map(show).collect(),
        )
    }

    pub(crate) fn get_function(&self, input: &Value) -> Result<Value, ServiceError> {
        let function = self.function_of(input)?;
        Ok(json!({ "Configuration": show(function), "Tags": {} }))
    }

    pub(crate) fn get_function_configuration(&self, input: &Value) -> Result<Value, ServiceError> {
        self.function_of(input).map(show)
    }

    /// The function that a request names by name, ARN or partial ARN, with or without a version.
    pub(crate) fn function_of(&self, input: &Value) -> Result<&Function, ServiceError> {
        let asked = required(input, "FunctionName")?;
        let name = asked
            .split_once(":function:")
            .or_else(|| asked.split_once("function:"))
            .map_or(asked, |(_, name)| name);
        let name = name.split(':').next().unwrap_or(name);
        self.function(name).ok_or_else(|| {
            let arn = self.account.arn("lambda", &format!("function:{name}"));
            ServiceError {
                status: 404,
                ..ServiceError::client(
                    "ResourceNotFoundException",
                    format!("Function not found: {arn}"),
                )
            }
        })
    }

    pub(crate) fn add_permission(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let function_arn = self.function_of(input)?.arn.clone();
        let permission = Permission {
            logical_id: required(input, "StatementId")?.to_owned(),
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
        self.permit(permission);
        Ok(json!({ "Statement": statement.to_string() }))
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
