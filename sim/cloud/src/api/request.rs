use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::Value;

use super::call::Call;
use super::error::ServiceError;
use super::operation::unknown_operation;
use super::scope::CredentialScope;
use super::service::Service;
use super::{json, query, rest};

/// How a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `X-Amz-Target`, JSON in and out.
    Json,
    /// Method and path, JSON in and out.
    Rest,
    /// A form in, XML out: SNS, and SQS as older clients speak it.
    Query,
}

/// A request of an AWS client, read once.
#[derive(Debug)]
pub struct ApiRequest {
    /// How the client speaks.
    pub protocol: Protocol,
    /// What it asks for, or why that cannot be told.
    pub call: Result<Call, ServiceError>,
    /// Who signed it, for which region and service.
    pub scope: Option<CredentialScope>,
    /// The body as it came.
    pub body: Bytes,
    /// Whether a web page could have sent it: a GET without a header that only programs set.
    pub is_plain_get: bool,
}

impl ApiRequest {
    /// Reads a request of any protocol.
    #[must_use]
    pub fn read(request: &Request<Bytes>) -> Self {
        let scope = CredentialScope::read(request.headers());
        let (protocol, call) = read_call(request, scope.as_ref());
        let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
        let is_of_a_program = ["authorization", "x-amz-target"]
            .iter()
            .any(|name| request.headers().contains_key(*name));
        Self {
            protocol,
            call,
            scope,
            body: request.body().clone(),
            is_plain_get: is_get && !is_of_a_program,
        }
    }

    /// Whether a request is meant for AWS: it names an operation in a header, or is signed as AWS
    /// demands.
    #[must_use]
    pub fn is_for_aws(request: &Request<Bytes>) -> bool {
        let headers = request.headers();
        headers.contains_key("x-amz-target") || CredentialScope::read(headers).is_some()
    }

    /// The parameters, if the request asks for just this operation.
    #[must_use]
    pub fn parameters_of(&self, service: Service, operation: &str) -> Option<&Value> {
        let call = self.call.as_ref().ok()?;
        let is_asked = call.service == service && call.operation == operation;
        call.parameters.as_ref().ok().filter(|_| is_asked)
    }

    /// The answer in the client's protocol.
    #[must_use]
    pub fn answer(&self, result: Result<Value, ServiceError>, request_id: &str) -> Response<Bytes> {
        let call = self.call.as_ref().ok();
        match (self.protocol, result) {
            (Protocol::Query, result) => query::answer(call, result, request_id),
            (Protocol::Rest, Ok(output)) => rest::answer(200, output.to_string(), request_id),
            (Protocol::Rest, Err(error)) => rest::error_answer(&error, request_id),
            (Protocol::Json, Ok(output)) => json::answer(200, output.to_string(), request_id),
            (Protocol::Json, Err(error)) => match call.map(|call| call.service) {
                Some(Service::Sqs) => json::sqs_error_answer(&error, request_id),
                _ => json::error_answer(&error, request_id),
            },
        }
    }
}

fn read_call(
    request: &Request<Bytes>,
    scope: Option<&CredentialScope>,
) -> (Protocol, Result<Call, ServiceError>) {
    if let Some(target) = request.headers().get("x-amz-target") {
        let named = target
            .to_str()
            .ok()
            .and_then(|target| target.split_once('.'))
            .and_then(|(prefix, name)| Some((Service::of_target(prefix)?, name)));
        let call = match named {
            Some((service, operation)) => Ok(Call {
                service,
                operation: operation.to_owned(),
                parameters: json::object(request.body()),
            }),
            None => Err(unknown_operation(
                "the header X-Amz-Target names no simulated service and operation",
            )),
        };
        return (Protocol::Json, call);
    }
    if let Some(call) = rest::read(request) {
        return (Protocol::Rest, call);
    }
    if let Some(call) = query::read(request, scope) {
        return (Protocol::Query, call);
    }
    let error = unknown_operation("the request names no operation of a simulated service");
    (Protocol::Json, Err(error))
}
