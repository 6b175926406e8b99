//! The REST surface: authentication, rate limit, routing. One file a resource.

mod account;
mod assets;
mod data;
mod orders;
mod positions;
mod query;
mod reply;
mod time;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderValue, Method, Request, Response};

use super::Exchange;
use super::refusal::Refusal;
use super::report::{Report, Service};
use super::text::percent_decoded;
use query::Query;
use reply::Reply;

/// Answers one request: keys first, then the rate limit, then the resource.
pub(super) fn answer(exchange: &mut Exchange, now: DateTime<Utc>, request: &Request<Bytes>) -> Response<Bytes> {
    let path = percent_decoded(request.uri().path());
    let service = if path.starts_with("/v2/stocks") { Service::Data } else { Service::Trading };
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
    let carries = |name: &str, value: &str| request.headers().get(name).is_some_and(|header| header.as_bytes() == value.as_bytes());
    carries("APCA-API-KEY-ID", &exchange.setup.key_id) && carries("APCA-API-SECRET-KEY", &exchange.setup.secret_key)
}

fn within_limit(exchange: &mut Exchange, now: DateTime<Utc>, service: Service) -> Result<(), Refusal> {
    let limit = match service {
        Service::Trading => &mut exchange.trading_limit,
        Service::Data => &mut exchange.data_limit,
    };
    if limit.take(now) {
        return Ok(());
    }
    exchange.reports.push(Report::RateLimited { at: now, service });
    Err(Refusal::too_many())
}

fn add_headers(exchange: &mut Exchange, now: DateTime<Utc>, service: Service, headers: &mut http::HeaderMap) {
    let request_id = exchange.new_id("request").simple().to_string();
    let limit = match service {
        Service::Trading => &exchange.trading_limit,
        Service::Data => &exchange.data_limit,
    };
    let reset = limit.resets_at(now).timestamp();
    let fields = [
        ("x-request-id", request_id),
        ("x-ratelimit-limit", limit.most().to_string()),
        ("x-ratelimit-remaining", limit.remaining().to_string()),
        ("x-ratelimit-reset", reset.to_string()),
    ];
    for (name, value) in fields {
        headers.insert(name, HeaderValue::from_str(&value).expect("digits and hexadecimals are valid in a header"));
    }
}

fn route(exchange: &mut Exchange, now: DateTime<Utc>, request: &Request<Bytes>, path: &str) -> Result<Reply, Refusal> {
    let query = Query::of(request.uri());
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let ["v2", resource, rest @ ..] = parts.as_slice() else {
        return Err(Refusal::not_found("endpoint not found."));
    };
    let (get, post, patch, delete) = (&Method::GET, &Method::POST, &Method::PATCH, &Method::DELETE);
    let method = request.method();
    match (*resource, rest) {
        ("orders", []) if method == post => orders::place(exchange, now, request.body()),
        ("orders", []) if method == get => orders::list(exchange, now, &query),
        ("orders", []) if method == delete => orders::cancel_all(exchange, now),
        ("orders:by_client_order_id", []) if method == get => orders::by_client_order_id(exchange, now, &query),
        ("orders", [id]) if method == get => orders::by_id(exchange, now, id),
        ("orders", [id]) if method == patch => orders::replace(exchange, now, id, request.body()),
        ("orders", [id]) if method == delete => orders::cancel(exchange, now, id),
        ("account", []) if method == get => account::show(exchange, now),
        ("account", ["portfolio", "history"]) if method == get => account::history(exchange, now, &query),
        ("positions", []) if method == get => positions::list(exchange, now),
        ("positions", []) if method == delete => positions::close_all(exchange, now, &query),
        ("positions", [symbol]) if method == get => positions::show(exchange, now, symbol),
        ("positions", [symbol]) if method == delete => positions::close(exchange, now, symbol, &query),
        ("assets", [symbol]) if method == get => assets::show(exchange, symbol),
        // A coin's pair, whose slash is decoded already.
        ("assets", [base, quote]) if method == get => assets::show(exchange, &format!("{base}/{quote}")),
        ("clock", []) if method == get => time::clock(exchange.market.hours(), now),
        ("calendar", []) if method == get => time::calendar(exchange.market.hours(), now, &query),
        ("stocks", ["bars"]) if method == get => data::bars(exchange, now, &query),
        ("stocks", ["quotes", "latest"]) if method == get => data::latest_quotes(exchange, now, &query),
        ("stocks", ["trades", "latest"]) if method == get => data::latest_trades(exchange, now, &query),
        _ => Err(Refusal::not_found("endpoint not found.")),
    }
}
