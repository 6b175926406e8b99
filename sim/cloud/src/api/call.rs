use serde_json::Value;

use super::error::ServiceError;
use super::service::Service;

/// What a request asks for.
#[derive(Clone, Debug)]
pub struct Call {
    /// The service.
    pub service: Service,
    /// The operation, such as `PutEvents`; it may be one that is not simulated.
    pub operation: String,
    /// The parameters by the names of the service's model, or why they cannot be read.
    pub parameters: Result<Value, ServiceError>,
}
