use std::sync::Arc;
use std::sync::atomic::Ordering;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

use super::doors::Doors;
use super::environment::Context;
use super::shared::Shared;
use crate::fault::{CallEffect, CallVerdict, Phase, Site};
use crate::journal::{CallOutcome, Fact};
use simulated_cloud::record::{accepted, unaccepted};
use simulated_cloud::wire::call_of;

/// The transport under the SDK and the broker's client: real requests in, real answers out, no
/// socket.
#[derive(Debug)]
pub(super) struct WorldConnector {
    shared: Arc<Shared>,
    context: Arc<Context>,
}

/// Whom a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Party {
    Cloud,
    Exchange,
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
            let request = plain(request).map_err(|reason| ConnectorError::user(reason.into()))?;
            let response = carry(&shared, &context, request).await?;
            HttpResponse::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Carries a request to whom it is for, with latency and faults, and the answer back.
pub(super) async fn carry(
    shared: &Arc<Shared>,
    context: &Arc<Context>,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, ConnectorError> {
    let started = shared.now();
    let (party, site) = name(shared, context, &request);
    let (invocation, attempt) = context.with(|current| (current.invocation, current.attempt));
    let (sdk_try, cause) = (sdk_try(&request), context.next_try(&site));
    let verdict = shared.with_faults(|faults| faults.on_call(shared.now(), &site, attempt, cause));
    tokio::time::sleep(shared.latency(cause.text("there"))).await;
    shared.meanwhile(invocation, attempt, &site, Phase::Before);
    let work = async || {
        let response = work(shared, context, party, &request).await;
        shared.meanwhile(invocation, attempt, &site, Phase::After);
        response
    };
    let outcome = match verdict {
        Some(CallVerdict {
            phase: Phase::Before,
            effect,
        }) => {
            note_fault(shared, invocation, &site, Phase::Before, &effect);
            match apply(context, &effect, party).await {
                Some(outcome) => outcome,
                None => work().await,
            }
        }
        Some(CallVerdict {
            phase: Phase::After,
            effect,
        }) => {
            let response = work().await;
            note_fault(shared, invocation, &site, Phase::After, &effect);
            apply(context, &effect, party).await.unwrap_or(response)
        }
        None => work().await,
    };
    tokio::time::sleep(shared.latency(cause.text("back"))).await;
    let shown = match &outcome {
        Ok(response) => CallOutcome::Answered(response.status().as_u16()),
        Err(error) => {
            let text = format!("{error:?}");
            CallOutcome::Unanswered(text.split('{').next().unwrap_or_default().trim().to_owned())
        }
    };
    for fact in unpublished(&request, outcome.as_ref().ok()) {
        shared.push(Some(invocation), fact);
    }
    let duration_ms =
        u64::try_from((shared.now() - started).num_milliseconds()).unwrap_or(u64::MAX);
    let needs = shared.with(|state| state.cloud.needs(&request));
    shared.push(
        Some(invocation),
        Fact::Call {
            site,
            attempt: sdk_try,
            outcome: shown,
            duration_ms,
            needs,
        },
    );
    outcome
}

fn note_fault(shared: &Shared, invocation: u64, site: &Site, phase: Phase, effect: &CallEffect) {
    shared.push(
        Some(invocation),
        Fact::Fault {
            site: site.clone(),
            phase,
            effect: effect.clone(),
        },
    );
}

/// Lets the other side do its work.
async fn work(
    shared: &Arc<Shared>,
    context: &Context,
    party: Party,
    request: &Request<Bytes>,
) -> Result<Response<Bytes>, ConnectorError> {
    let invocation = context.invocation();
    match (&shared.doors, party) {
        (Doors::Inside, _) => Ok(hand_in(shared, context, request)),
        (Doors::Gateways(sockets), _) => match context.gateway() {
            Some(gateway) => {
                sockets
                    .forward(&format!("http://{}", gateway.http), request)
                    .await
            }
            None => Err(ConnectorError::other(
                "the execution environment has no gateway".into(),
                None,
            )),
        },
        (Doors::Outside(outside), Party::Exchange) => {
            let call = outside.broker_call.lock().await;
            outside
                .broker_now
                .store(shared.now().timestamp_millis(), Ordering::Relaxed);
            let response = outside.sockets.forward(&outside.broker, request).await;
            shared.collect_from_broker(Some(invocation));
            drop(call);
            shared.collect(Some(invocation));
            shared.wake();
            response
        }
        (Doors::Outside(outside), Party::Cloud) => {
            let response = outside.sockets.forward(&outside.aws, request).await;
            if let Ok(response) = &response {
                note_accepted(shared, invocation, request, response);
            }
            shared.wake();
            response
        }
    }
}

/// Hands a function's request in to the world's own cloud or broker.
pub(super) fn hand_in(
    shared: &Shared,
    context: &Context,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    let (now, invocation) = (shared.now(), context.invocation());
    let response = match call_of(request) {
        Some(_) => shared.with(|state| state.cloud.handle_for(now, &context.function, request)),
        None => shared.exchange(|exchange| exchange.handle(now, request)),
    };
    shared.collect(Some(invocation));
    shared.wake();
    response
}

/// The events of a request of PutEvents that its answer, if any came, does not say to be accepted.
fn unpublished(request: &Request<Bytes>, response: Option<&Response<Bytes>>) -> Vec<Fact> {
    if call_of(request).is_none_or(|call| call.operation != "PutEvents") {
        return Vec::new();
    }
    let read = |bytes: &Bytes| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let answer = response
        .filter(|response| response.status().is_success())
        .map(|response| read(response.body()))
        .unwrap_or_default();
    let lost = unaccepted(&read(request.body()), &answer).into_iter();
    lost.map(|(detail_type, event_id)| Fact::Unpublished {
        event_id,
        detail_type,
    })
    .collect()
}

/// An endpoint outside tells of no event: what it accepted shows in its answer.
fn note_accepted(
    shared: &Shared,
    invocation: u64,
    request: &Request<Bytes>,
    response: &Response<Bytes>,
) {
    if call_of(request).is_none_or(|call| call.operation != "PutEvents") {
        return;
    }
    let read = |bytes: &Bytes| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    for record in accepted(shared.now(), &read(request.body()), &read(response.body())) {
        shared.push(Some(invocation), Fact::Cloud { record });
    }
}

/// Does what a fault does; none where the call goes on.
async fn apply(
    context: &Context,
    effect: &CallEffect,
    party: Party,
) -> Option<Result<Response<Bytes>, ConnectorError>> {
    match effect {
        CallEffect::Status(status) => Some(Ok(failure(*status, party))),
        CallEffect::Reset => Some(Err(ConnectorError::io("connection reset by peer".into()))),
        CallEffect::Delay(by) => {
            tokio::time::sleep(*by).await;
            None
        }
        CallEffect::Hang => std::future::pending().await,
        CallEffect::Crash => {
            context.crash.notify_one();
            std::future::pending().await
        }
        CallEffect::Freeze => {
            context.freeze.notify_one();
            std::future::pending().await
        }
    }
}

/// An error answer in the party's own shape.
fn failure(status: u16, party: Party) -> Response<Bytes> {
    let body = match (party, status) {
        (Party::Exchange, 429) => r#"{"code":42910000,"message":"rate limit exceeded"}"#,
        (Party::Exchange, _) => r#"{"message":"the service is temporarily unavailable"}"#,
        (Party::Cloud, 400 | 429) => {
            r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#
        }
        (Party::Cloud, _) => {
            r#"{"__type":"InternalServerError","message":"The request processing has failed because of an unknown error."}"#
        }
    };
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Bytes::from_static(body.as_bytes()))
        .expect("a plain answer")
}

/// Names a call as faults do. A try that the SDK repeats keeps its number; an order keeps its
/// number whatever is tried again.
fn name(shared: &Shared, context: &Context, request: &Request<Bytes>) -> (Party, Site) {
    let (party, operation) = match call_of(request) {
        Some(call) => (
            Party::Cloud,
            format!("{} {}", call.service.name(), call.operation),
        ),
        None => (
            Party::Exchange,
            format!("alpaca {} {}", request.method(), noun(request.uri().path())),
        ),
    };
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let sdk_call = header("amz-sdk-invocation-id");
    let (trigger, number) = context.with(|current| {
        if operation == "alpaca POST orders" {
            let step = current.step.clone();
            return (
                current.trigger.clone(),
                shared.with(|state| {
                    number_of_order(state.orders.entry(step).or_default(), request.body())
                }),
            );
        }
        if let Some(number) = current
            .sdk_calls
            .get(&sdk_call)
            .filter(|_| !sdk_call.is_empty())
        {
            return (current.trigger.clone(), *number);
        }
        let calls = current.calls.entry(operation.clone()).or_default();
        *calls += 1;
        let number = *calls;
        if !sdk_call.is_empty() {
            current.sdk_calls.insert(sdk_call, number);
        }
        (current.trigger.clone(), number)
    });
    (
        party,
        Site {
            trigger,
            operation,
            number,
        },
    )
}

fn number_of_order(orders: &mut Vec<String>, body: &Bytes) -> u32 {
    let id = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|order| order["client_order_id"].as_str().map(str::to_owned))
        .unwrap_or_default();
    let place = orders
        .iter()
        .position(|known| *known == id)
        .unwrap_or_else(|| {
            orders.push(id);
            orders.len() - 1
        });
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

/// The thing that a path of the broker's is about.
fn noun(path: &str) -> &str {
    let rest = path.trim_start_matches("/v2/");
    match rest {
        "stocks/quotes/latest" => "quotes",
        "stocks/bars" => "bars",
        "account/portfolio/history" => "portfolio",
        other => other.split('/').next().unwrap_or(other),
    }
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
fn plain(request: HttpRequest) -> Result<Request<Bytes>, String> {
    let request = request
        .try_into_http1x()
        .map_err(|error| error.to_string())?;
    let (parts, body) = request.into_parts();
    let bytes = body
        .bytes()
        .map(Bytes::copy_from_slice)
        .ok_or("streaming bodies are not supported")?;
    Ok(Request::from_parts(parts, bytes))
}
