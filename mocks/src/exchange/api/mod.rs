//! The REST surface: authentication, rate limit, routing. One file a resource.

mod account;
mod assets;
mod bars;
mod endpoints;
mod feed;
mod history;
mod latest;
mod order_body;
mod orders;
mod positions;
mod query;
mod reply;
mod time;
mod words;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderValue, Request, Response};

use super::Exchange;
use super::refusal::Refusal;
use super::report::Report;
use super::service::Service;
use super::text::percent_decoded;
use endpoints::{route, service_of};
use reply::Reply;

/// Answers one request: keys first, then the rate limit, then the resource.
pub(super) fn answer(
    exchange: &mut Exchange,
    now: DateTime<Utc>,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    let path = percent_decoded(request.uri().path());
    let service = service_of(&path);
    let reply = if is_authorized(exchange, request) {
        within_limit(exchange, now, service).and_then(|()| route(exchange, now, request, &path))
    } else {
        Err(match service {
            Service::Trading => Refusal::unauthorized(),
            Service::Data => Refusal::data(403, "forbidden."),
        })
    };
    let reply = reply.unwrap_or_else(|refusal| Reply::json(refusal.status, &refusal.json()));
    let mut response = reply.response();
    add_headers(exchange, now, service, response.headers_mut());
    response
}

fn is_authorized(exchange: &Exchange, request: &Request<Bytes>) -> bool {
    let carries = |name: &str, value: &str| {
        request
            .headers()
            .get(name)
            .is_some_and(|header| header.as_bytes() == value.as_bytes())
    };
    carries("APCA-API-KEY-ID", &exchange.setup.key_id)
        && carries("APCA-API-SECRET-KEY", &exchange.setup.secret_key)
}

fn within_limit(
    exchange: &mut Exchange,
    now: DateTime<Utc>,
    service: Service,
) -> Result<(), Refusal> {
    let limit = match service {
        Service::Trading => &mut exchange.trading_limit,
        Service::Data => &mut exchange.data_limit,
    };
    if limit.take(now) {
        return Ok(());
    }
    exchange
        .reports
        .push(Report::RateLimited { at: now, service });
    Err(Refusal::too_many(service))
}

fn add_headers(
    exchange: &mut Exchange,
    now: DateTime<Utc>,
    service: Service,
    headers: &mut http::HeaderMap,
) {
    let request_id = exchange.new_id("request").simple().to_string();
    let limit = match service {
        Service::Trading => &exchange.trading_limit,
        Service::Data => &exchange.data_limit,
    };
    let fields = [
        ("x-request-id", request_id),
        ("x-ratelimit-limit", limit.most().to_string()),
        ("x-ratelimit-remaining", limit.remaining().to_string()),
        ("x-ratelimit-reset", limit.resets_at(now).to_string()),
    ];
    for (name, value) in fields {
        headers.insert(
            name,
            HeaderValue::from_str(&value).expect("digits and hexadecimals are valid in a header"),
        );
    }
}
