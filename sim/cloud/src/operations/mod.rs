//! The operations of all services: one table each, of one form, whatever protocol a client speaks.

mod dynamodb;
mod eventbridge;
mod lambda;
mod scheduler;
mod sns;

pub(crate) use self::eventbridge::OPERATIONS as EVENTBRIDGE;
pub(crate) use self::lambda::OPERATIONS as LAMBDA;
pub(crate) use self::scheduler::OPERATIONS as SCHEDULER;
pub(crate) use self::sns::OPERATIONS as SNS;

use crate::api::operation::{OperationFacts, facts};
use crate::api::{Call, Service};
use crate::sqs;

/// What is known about the operation of a call; nothing for one that is not simulated.
#[must_use]
pub fn facts_of(call: &Call) -> Option<&'static OperationFacts> {
    let name = call.operation.as_str();
    match call.service {
        Service::EventBridge => facts(&EVENTBRIDGE, name),
        Service::Sqs => facts(&sqs::OPERATIONS, name),
        Service::Sns => facts(&SNS, name),
        Service::DynamoDb => dynamodb::OPERATIONS.iter().find(|facts| facts.name == name),
        Service::Scheduler => facts(&SCHEDULER, name),
        Service::Lambda => facts(&LAMBDA, name),
    }
}
