use std::sync::Arc;
use std::sync::atomic::Ordering;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

use super::addresses::Addresses;
use super::context::{Context, Shown};
use super::late;
use super::put_events::{accepted, unaccepted};
use super::shared::Shared;
use super::transport::{Outside, OutsideParty, Transport};
use crate::fault::{CallEffect, CallVerdict, Phase, Site};
use crate::journal::{CallOutcome, JournalEvent};
use crate::system::System;
use simulated_cloud::api::{ApiRequest, Service};
use simulated_cloud::iam::RequiredPermission;

/// The transport under the SDK and every other HTTP client of a function: real requests in, real
/// answers out, no socket.
#[derive(Debug)]
pub(super) struct WorldConnector {
    shared: Arc<Shared>,
    context: Arc<Context>,
}

impl WorldConnector {
    pub fn new(shared: Arc<Shared>, context: Arc<Context>) -> Self {
        Self { shared, context }
    }
}

impl HttpConnector for WorldConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let shared = Arc::clone(&self.shared);
        let context = Arc::clone(&self.context);
        HttpConnectorFuture::new(async move {
            let request = plain(request).map_err(ConnectorError::user)?;
            let response = carry(&shared, &context, request).await?;
            HttpResponse::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// A request on its way, read once.
#[derive(Debug)]
pub(super) struct Outgoing {
    http: Request<Bytes>,
    addressee: Addressee,
    /// What the function's role must allow.
    required: Vec<RequiredPermission>,
}

/// Whom a request is for.
#[derive(Debug)]
enum Addressee {
    /// AWS, of which it asks this.
    Cloud(Box<ApiRequest>),
    /// The counterparty in this place of the world's.
    Party(usize),
}

impl Outgoing {
    /// Reads a request: it is for AWS, or for the first counterparty that accepts it.
    pub fn new(shared: &Shared, http: Request<Bytes>) -> Result<Self, ConnectorError> {
        if ApiRequest::is_for_aws(&http) {
            let api = ApiRequest::read(&http);
            let required = shared.with(|state| state.cloud.required_permissions(&api));
            return Ok(Self {
                http,
                addressee: Addressee::Cloud(Box::new(api)),
                required,
            });
        }
        let mut parties = shared.parties.iter();
        let party = parties
            .position(|party| party.accepts(http.uri()))
            .ok_or_else(|| {
                let reason = format!("nobody in this world serves {}", http.uri());
                ConnectorError::io(reason.into())
            })?;
        Ok(Self {
            http,
            addressee: Addressee::Party(party),
            required: Vec::new(),
        })
    }

    /// The operation as sites name it.
    fn operation(&self, shared: &Shared) -> String {
        let (method, path) = (self.http.method(), self.http.uri().path());
        match &self.addressee {
            Addressee::Party(party) => {
                let party = &shared.parties[*party];
                format!("{} {}", party.name(), party.operation(&self.http))
            }
            Addressee::Cloud(api) => match &api.call {
                Ok(call) => format!("{} {}", call.service.name(), call.operation),
                Err(_) => format!("aws {method} {path}"),
            },
        }
    }

    /// What makes repeated calls one, if something does.
    fn key(&self, shared: &Shared) -> Option<String> {
        match &self.addressee {
            Addressee::Party(party) => shared.parties[*party].call_key(&self.http),
            Addressee::Cloud(_) => None,
        }
    }

    /// The parameters, if it puts events.
    fn put_events(&self) -> Option<&Value> {
        match &self.addressee {
            Addressee::Cloud(api) => api.parameters_of(Service::EventBridge, "PutEvents"),
            Addressee::Party(_) => None,
        }
    }
}

/// Carries a request to whom it is for, with latency and faults, and the answer back.
pub(super) async fn carry(
    shared: &Arc<Shared>,
    context: &Arc<Context>,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, ConnectorError> {
    let started = shared.now();
    let request = Arc::new(Outgoing::new(shared, request)?);
    let site = name(shared, context, &request);
    let (invocation, attempt) = context.with(|current| (current.invocation, current.attempt));
    let (sdk_try, cause) = (sdk_try(&request.http), context.next_try(&site));
    let verdict = shared.with_faults(|faults| faults.on_call(shared.now(), &site, attempt, cause));
    tokio::time::sleep(context.latency(shared, cause.text("there"))).await;
    shared.meanwhile(invocation, attempt, &site, Phase::Before);
    let work = async || {
        let response = work(shared, &Sender::of(context), &request).await;
        shared.meanwhile(invocation, attempt, &site, Phase::After);
        response
    };
    let outcome = match verdict {
        Some(CallVerdict {
            phase: Phase::Before,
            effect,
        }) => {
            note_fault(shared, invocation, &site, (Phase::Before, &effect), None);
            if let CallEffect::Late(by) = effect {
                let request = Arc::clone(&request);
                shared.hold_back(late::arrive(shared, context, request, site.clone(), by));
            }
            match apply(shared, context, &effect, &request.addressee).await {
                Some(outcome) => outcome,
                None => work().await,
            }
        }
        Some(CallVerdict {
            phase: Phase::After,
            effect,
        }) => {
            let response = work().await;
            let answered = Some(shown(&response));
            note_fault(shared, invocation, &site, (Phase::After, &effect), answered);
            apply(shared, context, &effect, &request.addressee)
                .await
                .unwrap_or(response)
        }
        None => work().await,
    };
    tokio::time::sleep(context.latency(shared, cause.text("back"))).await;
    for fact in unpublished(shared.system.as_ref(), &request, outcome.as_ref().ok()) {
        shared.push(Some(invocation), fact);
    }
    let duration_ms =
        u64::try_from((shared.now() - started).num_milliseconds()).unwrap_or(u64::MAX);
    shared.push(
        Some(invocation),
        JournalEvent::Call {
            site,
            attempt: sdk_try,
            outcome: shown(&outcome),
            duration_ms,
            needs: match Arc::try_unwrap(request) {
                Ok(request) => request.required,
                Err(held_back) => held_back.required.clone(),
            },
        },
    );
    outcome
}

/// How a call came back, as the journal says it.
pub(super) fn shown(outcome: &Result<Response<Bytes>, ConnectorError>) -> CallOutcome {
    match outcome {
        Ok(response) => CallOutcome::Answered(response.status().as_u16()),
        Err(error) => {
            let text = format!("{error:?}");
            CallOutcome::Unanswered(text.split('{').next().unwrap_or_default().trim().to_owned())
        }
    }
}

fn note_fault(
    shared: &Shared,
    invocation: u64,
    site: &Site,
    (phase, effect): (Phase, &CallEffect),
    answered: Option<CallOutcome>,
) {
    shared.push(
        Some(invocation),
        JournalEvent::Fault {
            site: site.clone(),
            phase,
            effect: effect.clone(),
            answered,
        },
    );
}

/// Who sends a request.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub invocation: u64,
    function: String,
    /// Where it reaches the world, if over sockets.
    gateway: Option<Addresses>,
}

impl Sender {
    /// The invocation that an execution environment works on.
    pub fn of(context: &Context) -> Self {
        Self {
            invocation: context.invocation(),
            function: context.function.clone(),
            gateway: context.gateway().cloned(),
        }
    }
}

/// Lets the other side do its work.
pub(super) async fn work(
    shared: &Arc<Shared>,
    sender: &Sender,
    request: &Outgoing,
) -> Result<Response<Bytes>, ConnectorError> {
    match (&shared.transport, &request.addressee) {
        (Transport::InMemory, _) => Ok(hand_in(shared, sender, request)),
        (Transport::Loopback(sockets), _) => match &sender.gateway {
            Some(gateway) => {
                sockets
                    .forward(&format!("http://{}", gateway.http), &request.http)
                    .await
            }
            None => Err(ConnectorError::other(
                "the execution environment has no gateway".into(),
                None,
            )),
        },
        (Transport::External(outside), _) => {
            send_outside(shared, outside, sender, request, |_| ()).await
        }
    }
}

/// Sends a request to whom it is for outside. `note` is told how it came back before the journal is
/// told what it led to.
pub(super) async fn send_outside(
    shared: &Shared,
    outside: &Outside,
    sender: &Sender,
    request: &Outgoing,
    note: impl FnOnce(&Result<Response<Bytes>, ConnectorError>),
) -> Result<Response<Bytes>, ConnectorError> {
    let invocation = sender.invocation;
    let response = match &request.addressee {
        Addressee::Party(party) => {
            let OutsideParty { http, call } = &outside.parties[*party];
            let base = http.as_deref().ok_or_else(|| {
                ConnectorError::other("the counterparty serves no HTTP".into(), None)
            })?;
            let call = call.lock().await;
            outside
                .now
                .store(shared.now().timestamp_millis(), Ordering::Relaxed);
            let response = outside.sockets.forward(base, &request.http).await;
            note(&response);
            shared.collect_from(*party, Some(invocation));
            drop(call);
            shared.collect(Some(invocation));
            response
        }
        Addressee::Cloud(_) => {
            let response = outside.sockets.forward(&outside.aws, &request.http).await;
            note(&response);
            if let Ok(response) = &response {
                note_accepted(shared, invocation, request, response);
            }
            response
        }
    };
    shared.wake();
    response
}

/// Hands a function's request in to the world's own cloud or counterparty.
pub(super) fn hand_in(shared: &Shared, sender: &Sender, request: &Outgoing) -> Response<Bytes> {
    let response = answer(shared, sender, request);
    shared.collect(Some(sender.invocation));
    shared.wake();
    response
}

/// What the world's own cloud or counterparty answers.
pub(super) fn answer(shared: &Shared, sender: &Sender, request: &Outgoing) -> Response<Bytes> {
    let now = shared.now();
    match &request.addressee {
        Addressee::Party(party) => shared.parties[*party].handle(now, &request.http),
        Addressee::Cloud(api) => shared.with(|state| {
            let (cloud, required) = (&mut state.cloud, &request.required);
            cloud.answer_function(now, &sender.function, api, required)
        }),
    }
}

/// The events of a request of PutEvents that its answer, if any came, does not say to be accepted.
fn unpublished(
    system: &dyn System,
    request: &Outgoing,
    response: Option<&Response<Bytes>>,
) -> Vec<JournalEvent> {
    let Some(input) = request.put_events() else {
        return Vec::new();
    };
    let answer = response
        .filter(|response| response.status().is_success())
        .and_then(|response| serde_json::from_slice(response.body()).ok())
        .unwrap_or_default();
    let lost = unaccepted(system, input, &answer).into_iter();
    lost.map(|(detail_type, event_id)| JournalEvent::Unpublished {
        event_id,
        detail_type,
    })
    .collect()
}

/// An endpoint outside tells of no event: what it accepted shows in its answer.
fn note_accepted(shared: &Shared, invocation: u64, request: &Outgoing, response: &Response<Bytes>) {
    let Some(input) = request.put_events() else {
        return;
    };
    let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    for record in accepted(shared.now(), input, &answer) {
        shared.push(Some(invocation), JournalEvent::Cloud { record });
    }
}

/// Does what a fault does; none where the call goes on.
async fn apply(
    shared: &Shared,
    context: &Context,
    effect: &CallEffect,
    addressee: &Addressee,
) -> Option<Result<Response<Bytes>, ConnectorError>> {
    Some(match context.suffer(shared, effect).await? {
        Shown::Status(status) => Ok(failure(shared, status, addressee)),
        Shown::Reset => Err(ConnectorError::io("connection reset by peer".into())),
    })
}

/// An error answer in the shape of who answers.
fn failure(shared: &Shared, status: u16, addressee: &Addressee) -> Response<Bytes> {
    let body = match (addressee, status) {
        (Addressee::Party(party), _) => return shared.parties[*party].failure(status),
        (Addressee::Cloud(_), 400 | 429) => {
            r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#
        }
        (Addressee::Cloud(_), _) => {
            r#"{"__type":"InternalServerError","message":"The request processing has failed because of an unknown error."}"#
        }
    };
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Bytes::from_static(body.as_bytes()))
        .expect("a plain answer")
}

/// Names a call as faults do. A try that the SDK repeats keeps its number; a call with a key of its
/// own keeps its number whatever is tried again.
fn name(shared: &Shared, context: &Context, request: &Outgoing) -> Site {
    let (operation, key) = (request.operation(shared), request.key(shared));
    let sdk_call = request
        .http
        .headers()
        .get("amz-sdk-invocation-id")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    context.with(|current| {
        let number = match key {
            Some(key) => {
                let place = (current.step.clone(), operation.clone());
                shared.with(|state| number_of(state.keyed_calls.entry(place).or_default(), key))
            }
            None => current.number_of_call(&operation, sdk_call),
        };
        Site {
            trigger: current.trigger.clone(),
            operation,
            number,
        }
    })
}

/// The place of a key among those that came before it, from 1.
fn number_of(keys: &mut Vec<String>, key: String) -> u32 {
    let known = keys.iter().position(|known| *known == key);
    let place = known.unwrap_or_else(|| {
        keys.push(key);
        keys.len() - 1
    });
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

fn sdk_try(request: &Request<Bytes>) -> u32 {
    let header = request
        .headers()
        .get("amz-sdk-request")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    header
        .split(';')
        .find_map(|part| part.trim().strip_prefix("attempt="))
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(1)
}

/// The SDK's request with its body in memory.
fn plain(request: HttpRequest) -> Result<Request<Bytes>, BoxError> {
    let request = request.try_into_http1x()?;
    let (parts, body) = request.into_parts();
    let bytes = body
        .bytes()
        .map(Bytes::copy_from_slice)
        .ok_or("streaming bodies are not supported")?;
    Ok(Request::from_parts(parts, bytes))
}
