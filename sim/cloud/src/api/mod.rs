//! Requests of AWS clients, each read once, and answers in the client's protocol.
//!
//! [`ApiRequest::read`] finds service, operation, parameters and credential scope in a request of
//! any protocol. What it gives is all that dispatch, permissions and fault injection go by.

mod call;
pub mod error;
mod form;
mod json;
pub mod operation;
pub(crate) mod parameters;
mod query;
mod request;
mod rest;
mod scope;
mod service;
mod xml;

pub use call::Call;
pub use json::{answer, error_answer, object};
pub use request::{ApiRequest, Protocol};
pub(crate) use rest::{accepted as rest_accepted, answer as rest_answer};
pub use scope::CredentialScope;
pub use service::Service;

use bytes::Bytes;
use http::Response;

fn with_body(
    status: u16,
    content_type: &str,
    body: String,
    request_id: &str,
    headers: &[(&str, &str)],
) -> Response<Bytes> {
    let mut response = Response::builder()
        .status(status)
        .header("content-type", content_type)
        .header("x-amzn-requestid", request_id)
        .header("content-length", body.len());
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response
        .body(Bytes::from(body))
        .expect("the parts of an answer are well formed")
}
