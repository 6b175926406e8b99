//! An answer before it is an HTTP response.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;

/// A status and a body.
pub(super) struct Reply {
    status: u16,
    body: Bytes,
}

impl Reply {
    /// A JSON value.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, body.to_string())
    }

    /// JSON text, for numbers that must keep their exact decimals.
    pub(super) fn text(status: u16, body: String) -> Self {
        Self {
            status,
            body: body.into(),
        }
    }

    /// 200 with a JSON value.
    pub(super) fn ok(body: &Value) -> Self {
        Self::json(200, body)
    }

    /// 204 without a body.
    pub(super) fn nothing() -> Self {
        Self {
            status: 204,
            body: Bytes::new(),
        }
    }

    pub(super) fn response(self) -> Response<Bytes> {
        let mut response = Response::new(self.body);
        // A script may ask for any number; one that is no HTTP status becomes 500.
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if !response.body().is_empty() {
            let json = HeaderValue::from_static("application/json; charset=UTF-8");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        response
    }
}
