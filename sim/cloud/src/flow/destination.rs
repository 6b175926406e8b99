//! Where the record of an invocation goes, and what Lambda gave up (`lambda` of semantics.md).

use chrono::{DateTime, Utc};
use seeded_dice::Key;
use serde_json::Value;

use super::dead_letter::{DeadLetter, dead_letter, loss_reason, record_dead_letter, record_lost};
use super::target::{BusInput, Parcel, Sender, hand_over};
use crate::api::Service;
use crate::cloud_event::{LossCause, Origin};
use crate::lambda::{GivenUp, Succeeded};
use crate::sqs::MessageAttribute;
use crate::state::CloudState;

/// The condition of a record about an invocation that succeeded.
const SUCCESS: &str = "Success";

/// Sends the record of an invocation that succeeded.
pub(crate) fn succeed(state: &mut CloudState, now: DateTime<Utc>, succeeded: &Succeeded) {
    let Succeeded {
        function,
        destination,
        record,
        cause,
    } = succeeded;
    send(state, now, function, destination, SUCCESS, record, *cause);
}

/// Destination and dead-letter queue both get what was given up; without either it is lost.
pub(crate) fn give_up(state: &mut CloudState, now: DateTime<Utc>, given_up: GivenUp) {
    let function = given_up.function.as_str();
    let from = Origin::Function(function.to_owned());
    let dimensions = [("FunctionName", function)];
    // Counted also where the event goes to a queue then.
    state.count(now, "AWS/Lambda", "AsyncEventsDropped", &dimensions, 1.0);
    let (condition, cause) = (given_up.condition.as_str(), given_up.cause);
    if given_up.destination.is_none() && given_up.dead_letter.is_none() {
        let (reason, payload) = (condition, &given_up.payload);
        record_lost(
            state,
            from.clone(),
            LossCause::NoQueue,
            reason,
            payload,
            None,
        );
    }
    if let Some((arn, record)) = &given_up.destination {
        send(state, now, function, arn, condition, record, cause);
    }
    let Some((arn, payload, message)) = given_up.dead_letter else {
        return;
    };
    let mut letter = DeadLetter::new(from, condition, payload).with([
        ("RequestID", given_up.request_id),
        ("ErrorMessage", message),
    ]);
    letter
        .attributes
        .insert("ErrorCode".to_owned(), MessageAttribute::number(200));
    let sender = Sender::Function { name: function };
    let denied = "the function's role may not send to its dead-letter queue";
    if !dead_letter(state, now, sender, &arn, letter, denied) {
        state.count(now, "AWS/Lambda", "DeadLetterErrors", &dimensions, 1.0);
    }
}

/// Hands a record to a destination, if the function's role may do that.
pub(crate) fn send(
    state: &mut CloudState,
    now: DateTime<Utc>,
    function: &str,
    arn: &str,
    condition: &str,
    record: &Value,
    cause: Key,
) {
    let from = Origin::Function(function.to_owned());
    let is_success = condition == SUCCESS;
    let result = if is_success { "Success" } else { "Failure" };
    let context = &record["requestContext"];
    let invoked = context["functionArn"].as_str().unwrap_or_default();
    let body = record.to_string();
    let mut parcel = Parcel::new(Sender::Function { name: function }, body.as_str());
    parcel.cause = Some(cause.text("destination"));
    parcel.bus_input = BusInput::OfService {
        source: "lambda",
        detail_type: format!("Lambda Function Invocation Result - {result}"),
        resources: vec![arn.to_owned(), invoked.to_owned()],
    };
    match hand_over(state, now, arn, parcel) {
        Ok(()) if !is_success && Service::of_arn(arn) == Some(Service::Sqs) => {
            let letter = DeadLetter::new(from, condition, body);
            record_dead_letter(state, now, arn, letter);
        }
        Ok(()) => {}
        Err(error) => {
            let which = result.to_ascii_lowercase();
            let denied = format!("the function's role may not send to its {which} destination");
            let lost = match record.get("requestPayload") {
                Some(payload) if error.is_denied() => payload.to_string(),
                _ => body,
            };
            let reason = match Service::of_arn(arn) {
                Some(Service::Sqs) => loss_reason(&error, &denied),
                _ if error.is_denied() => &denied,
                _ => &error.message,
            };
            record_lost(state, from, LossCause::QueueRefused, reason, &lost, None);
            let metric = "DestinationDeliveryFailures";
            let dimensions = [("FunctionName", function)];
            state.count(now, "AWS/Lambda", metric, &dimensions, 1.0);
        }
    }
}
