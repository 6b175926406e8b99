//! The one hand-over to a target: whatever a rule, a schedule, a function or a topic has for
//! something with an ARN goes through [`hand_over`].

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use seeded_dice::Key;
use serde_json::json;

use super::invocation;
use super::publication::publish;
use super::put_events::put;
use super::route::route_event;
use crate::api::Service;
use crate::eventbridge::{BusEvent, Entry, Put};
use crate::sns::Publication;
use crate::sqs::{MessageAttribute, NewMessage};
use crate::state::CloudState;

/// Who hands something over, and by which right.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sender<'a> {
    /// A rule: the receiver's own policy decides; the target's role for a bus.
    Rule {
        arn: &'a str,
        role_arn: Option<&'a str>,
    },
    /// A schedule: the role of its target decides.
    Schedule { arn: &'a str, role_arn: &'a str },
    /// A function: its role decides.
    Function { name: &'a str },
    /// A topic, for one of its subscriptions: the receiver's own policy decides.
    Topic { arn: &'a str },
    /// An alarm: the receiver's own policy decides.
    Alarm { arn: &'a str },
}

/// What a bus gets.
#[derive(Debug)]
pub(crate) enum BusInput<'a> {
    /// An event of another bus, under the same id.
    Forwarded(&'a Arc<BusEvent>),
    /// A new event that somebody puts as a client does; the body is its detail.
    Put {
        source: &'a str,
        detail_type: &'a str,
        resource: &'a str,
    },
    /// A new event of a service; the body is its detail.
    OfService {
        source: &'a str,
        detail_type: String,
        resources: Vec<String>,
    },
    /// There is none: the sender has nothing that says what the event should be.
    Missing,
}

/// Something for a target.
#[derive(Debug)]
pub(crate) struct Parcel<'a> {
    pub sender: Sender<'a>,
    /// The text that the target gets.
    pub body: Arc<str>,
    /// The subject, where the target is a topic.
    pub subject: Option<String>,
    /// The attributes of the message, where the target is a queue.
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// The message group, where the target is a FIFO queue or topic.
    pub group_id: Option<String>,
    /// What makes the message the same as another one, where the target is a FIFO queue.
    pub deduplication_id: Option<String>,
    /// What the target gets where it is a bus.
    pub bus_input: BusInput<'a>,
    /// What it is to the dice; a dead letter is nothing to them.
    pub cause: Option<Key>,
}

impl<'a> Parcel<'a> {
    /// A parcel with this body and nothing else.
    pub fn new(sender: Sender<'a>, body: impl Into<Arc<str>>) -> Self {
        Self {
            sender,
            body: body.into(),
            subject: None,
            attributes: BTreeMap::new(),
            group_id: None,
            deduplication_id: None,
            bus_input: BusInput::Missing,
            cause: None,
        }
    }
}

/// Why a target did not take what it was given.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct TargetError {
    /// EventBridge's code.
    pub code: &'static str,
    pub message: String,
    pub is_retryable: bool,
}

impl TargetError {
    pub fn is_final(code: &'static str, message: String) -> Self {
        Self {
            code,
            message,
            is_retryable: false,
        }
    }

    /// Whether the sender was not allowed to.
    pub fn is_denied(&self) -> bool {
        ["NO_PERMISSIONS", "FAILED_TO_ASSUME_ROLE"].contains(&self.code)
    }

    /// A failure that fault injection asks for.
    pub fn injected(code: &'static str) -> Self {
        Self {
            code,
            message: "Injected by the run.".to_owned(),
            is_retryable: true,
        }
    }
}

/// Hands a parcel over to what has that ARN.
///
/// # Errors
/// What is not there, what the sender may not do, and what the target refuses.
pub(crate) fn hand_over(
    state: &mut CloudState,
    now: DateTime<Utc>,
    arn: &str,
    parcel: Parcel<'_>,
) -> Result<(), TargetError> {
    match Service::of_arn(arn) {
        Some(Service::Lambda) => to_function(state, now, arn, &parcel),
        Some(Service::Sqs) => to_queue(state, now, arn, parcel),
        Some(Service::EventBridge) => to_bus(state, now, arn, parcel),
        Some(Service::Sns) => to_topic(state, now, arn, parcel),
        _ => Err(TargetError::is_final(
            "INVALID_PARAMETER",
            format!("The target {arn} is of a kind that is not simulated."),
        )),
    }
}

fn to_function(
    state: &mut CloudState,
    now: DateTime<Utc>,
    arn: &str,
    parcel: &Parcel<'_>,
) -> Result<(), TargetError> {
    if !state.lambda.exists(arn) {
        return Err(no_resource(format!("{arn} does not exist")));
    }
    let (lambda, sender) = (&state.lambda, parcel.sender);
    sender.check(state, "lambda:InvokeFunction", arn, |service, source| {
        lambda.may_invoke(service, arn, source)
    })?;
    invocation::accept(
        state,
        now,
        arn,
        &parcel.body,
        parcel.cause.unwrap_or_default(),
    );
    Ok(())
}

fn to_queue(
    state: &mut CloudState,
    now: DateTime<Utc>,
    arn: &str,
    parcel: Parcel<'_>,
) -> Result<(), TargetError> {
    if !state.sqs.exists(arn) {
        let message = format!("The specified queue does not exist: {arn}");
        return Err(no_resource(message));
    }
    let sender = parcel.sender;
    sender.check(state, "sqs:SendMessage", arn, |service, source| {
        let by_template = state
            .queue_policies
            .iter()
            .any(|policy| policy.allows(service, "sqs:SendMessage", arn, source));
        by_template || state.sqs.may_send(service, arn, source)
    })?;
    let message = NewMessage {
        body: parcel.body,
        attributes: parcel.attributes,
        group_id: parcel.group_id,
        deduplication_id: parcel.deduplication_id,
        cause: parcel.cause,
        ..NewMessage::default()
    };
    match state.sqs.send(now, arn, message) {
        Ok(_) => Ok(()),
        Err(error) => Err(invalid(error.message)),
    }
}

fn to_bus(
    state: &mut CloudState,
    now: DateTime<Utc>,
    arn: &str,
    parcel: Parcel<'_>,
) -> Result<(), TargetError> {
    if !state.eventbridge.has_bus(arn) {
        return Err(no_resource(format!("Event bus {arn} does not exist.")));
    }
    let sender = parcel.sender;
    match sender {
        Sender::Rule {
            arn: rule,
            role_arn: Some(role),
        } => check_role(
            state,
            ("events.amazonaws.com", rule),
            role,
            "events:PutEvents",
            arn,
        )?,
        // Within the account a bus needs no policy.
        _ => sender.check(state, "events:PutEvents", arn, |_, _| true)?,
    }
    match parcel.bus_input {
        BusInput::Forwarded(event) => {
            // An event goes one hop only.
            let Some(event) = state.eventbridge.forwarded(event, arn) else {
                let message = "The event was forwarded before.".to_owned();
                return Err(TargetError::is_final("THIRD_ACCOUNT_HOP_DETECTED", message));
            };
            route_event(state, now, event, parcel.cause.unwrap_or_default());
        }
        BusInput::OfService {
            source,
            detail_type,
            resources,
        } => {
            let event = state.eventbridge.event_of(Entry {
                bus: arn.to_owned(),
                id: String::new(),
                source: source.to_owned(),
                detail_type,
                time: now,
                resources,
                detail: parcel.body.to_string(),
                replay: None,
            });
            route_event(state, now, event, parcel.cause.unwrap_or_default());
        }
        BusInput::Put {
            source,
            detail_type,
            resource,
        } => {
            let entry = json!({
                "EventBusName": arn,
                "Source": source,
                "DetailType": detail_type,
                "Detail": &*parcel.body,
                "Resources": [resource],
            });
            let results = put(state, now, &json!({ "Entries": [entry] }))
                .map_err(|error| invalid(error.message))?;
            if let Some(Put::Refused { message, .. }) = results.into_iter().next() {
                return Err(invalid(message));
            }
        }
        BusInput::Missing => {
            return Err(invalid("EventBridgeParameters are missing".to_owned()));
        }
    }
    Ok(())
}

fn to_topic(
    state: &mut CloudState,
    now: DateTime<Utc>,
    arn: &str,
    parcel: Parcel<'_>,
) -> Result<(), TargetError> {
    if !state.sns.exists(arn) {
        return Err(no_resource(format!("Topic does not exist: {arn}")));
    }
    let sender = parcel.sender;
    sender.check(state, "sns:Publish", arn, |service, source| {
        // The policy that a topic has from the start lets alarms of the account publish.
        let is_alarm = matches!(sender, Sender::Alarm { .. });
        let by_default = is_alarm && !state.sns.has_policy(arn);
        by_default || state.sns.may_publish(service, arn, source)
    })?;
    let publication = Publication {
        message: parcel.body,
        subject: parcel.subject,
        group_id: parcel.group_id,
        ..Publication::default()
    };
    match publish(state, now, arn, publication, parcel.cause) {
        Ok(_) => Ok(()),
        Err(error) => Err(invalid(error.message)),
    }
}

impl Sender<'_> {
    /// Whether the sender may do `action` with what has that ARN. `by_policy` says whether the
    /// receiver's own policy lets a service do it for a resource.
    fn check(
        self,
        state: &CloudState,
        action: &str,
        arn: &str,
        by_policy: impl FnOnce(&str, &str) -> bool,
    ) -> Result<(), TargetError> {
        let service = match self {
            Self::Rule { arn: rule, .. } => ("events.amazonaws.com", rule),
            Self::Schedule {
                arn: schedule,
                role_arn,
            } => {
                let service = ("scheduler.amazonaws.com", schedule);
                let checked = check_role(state, service, role_arn, action, arn);
                return checked.map_err(|error| TargetError {
                    code: "NO_PERMISSIONS",
                    ..error
                });
            }
            Self::Topic { arn: topic } => ("sns.amazonaws.com", topic),
            Self::Alarm { arn: alarm } => ("cloudwatch.amazonaws.com", alarm),
            Self::Function { name } => {
                let is_allowed = state
                    .role_of(name)
                    .is_some_and(|role| role.allows(action, arn));
                return allowed(is_allowed, &format!("The role of {name}"), action, arn);
            }
        };
        let (principal, source) = service;
        allowed(by_policy(principal, source), principal, action, arn)
    }
}

/// Whether a sender may do `action` with `arn` by its role alone.
///
/// # Errors
/// `NO_PERMISSIONS`.
pub(crate) fn check(
    state: &CloudState,
    sender: Sender<'_>,
    action: &str,
    arn: &str,
) -> Result<(), TargetError> {
    sender.check(state, action, arn, |_, _| false)
}

/// Whether a role that a service assumes for a resource may do `action`. A role that the template
/// does not declare is asked of the knobs.
fn check_role(
    state: &CloudState,
    (service, source): (&str, &str),
    role_arn: &str,
    action: &str,
    arn: &str,
) -> Result<(), TargetError> {
    match state.role(role_arn) {
        Some(role) => {
            let may = role.may_be_assumed_by(service, source) && role.allows(action, arn);
            allowed(may, role_arn, action, arn)
        }
        None if state.knobs.unknown_roles_may_everything => Ok(()),
        None => Err(TargetError::is_final(
            "FAILED_TO_ASSUME_ROLE",
            format!("{role_arn} cannot be assumed"),
        )),
    }
}

fn allowed(is_allowed: bool, who: &str, action: &str, arn: &str) -> Result<(), TargetError> {
    if is_allowed {
        return Ok(());
    }
    let message = format!("{who} is not authorized to perform {action} on {arn}");
    Err(TargetError::is_final("NO_PERMISSIONS", message))
}

fn no_resource(message: String) -> TargetError {
    TargetError::is_final("NO_RESOURCE", message)
}

fn invalid(message: String) -> TargetError {
    TargetError::is_final("INVALID_PARAMETER", message)
}
