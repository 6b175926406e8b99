//! What can be asked: the endpoints that are simulated, and those that Alpaca has besides.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Request;

use super::query::Query;
use super::reply::Reply;
use super::{account, assets, bars, history, latest, orders, positions, time};
use crate::exchange::Exchange;
use crate::exchange::refusal::Refusal;
use crate::exchange::service::Service;

/// One request, taken apart.
pub(super) struct Call<'a> {
    pub(super) now: DateTime<Utc>,
    pub(super) query: Query,
    pub(super) body: &'a [u8],
    /// What the path has in the places of the endpoint's braces.
    pub(super) names: Vec<&'a str>,
}

type Answer = fn(&mut Exchange, &Call<'_>) -> Result<Reply, Refusal>;

/// What is simulated: method, path, and who answers. The first that fits counts.
const SIMULATED: &[(&str, &str, Answer)] = &[
    ("GET", "/v2/account", |exchange, call| {
        account::show(exchange, call.now)
    }),
    ("GET", "/v2/account/portfolio/history", |exchange, call| {
        history::show(exchange, call.now, &call.query)
    }),
    ("GET", "/v2/assets", |exchange, call| {
        assets::list(exchange, &call.query)
    }),
    ("GET", "/v2/assets/{symbol}", |exchange, call| {
        assets::show(exchange, call.names[0])
    }),
    // A coin's pair, whose slash is decoded already.
    ("GET", "/v2/assets/{base}/{quote}", |exchange, call| {
        assets::show(exchange, &call.names.join("/"))
    }),
    ("GET", "/v2/calendar", |exchange, call| {
        time::calendar(exchange.market.hours(), call.now, &call.query)
    }),
    ("GET", "/v2/clock", |exchange, call| {
        time::clock(exchange.market.hours(), call.now)
    }),
    ("GET", "/v2/orders", |exchange, call| {
        orders::list(exchange, call.now, &call.query)
    }),
    ("POST", "/v2/orders", |exchange, call| {
        orders::place(exchange, call.now, call.body)
    }),
    ("DELETE", "/v2/orders", |exchange, call| {
        orders::cancel_all(exchange, call.now)
    }),
    ("GET", "/v2/orders:by_client_order_id", |exchange, call| {
        orders::by_client_order_id(exchange, call.now, &call.query)
    }),
    ("GET", "/v2/orders/{order_id}", |exchange, call| {
        orders::by_id(exchange, call.now, call.names[0])
    }),
    ("PATCH", "/v2/orders/{order_id}", |exchange, call| {
        orders::replace(exchange, call.now, call.names[0], call.body)
    }),
    ("DELETE", "/v2/orders/{order_id}", |exchange, call| {
        orders::cancel(exchange, call.now, call.names[0])
    }),
    ("GET", "/v2/positions", |exchange, call| {
        positions::list(exchange, call.now)
    }),
    ("DELETE", "/v2/positions", |exchange, call| {
        positions::close_all(exchange, call.now, &call.query)
    }),
    ("GET", "/v2/positions/{symbol}", |exchange, call| {
        positions::show(exchange, call.now, call.names[0])
    }),
    ("DELETE", "/v2/positions/{symbol}", |exchange, call| {
        positions::close(exchange, call.now, call.names[0], &call.query)
    }),
    ("GET", "/v2/stocks/bars", |exchange, call| {
        bars::list(exchange, call.now, &call.query)
    }),
    ("GET", "/v2/stocks/quotes/latest", |exchange, call| {
        latest::quotes(exchange, call.now, &call.query)
    }),
    ("GET", "/v2/stocks/trades/latest", |exchange, call| {
        latest::trades(exchange, call.now, &call.query)
    }),
    ("GET", "/v2/stocks/{symbol}/bars", |exchange, call| {
        bars::one(exchange, call.now, call.names[0], &call.query)
    }),
    (
        "GET",
        "/v2/stocks/{symbol}/quotes/latest",
        |exchange, call| latest::one_quote(exchange, call.now, call.names[0], &call.query),
    ),
    (
        "GET",
        "/v2/stocks/{symbol}/trades/latest",
        |exchange, call| latest::one_trade(exchange, call.now, call.names[0], &call.query),
    ),
];

/// What Alpaca has besides (its OpenAPI descriptions of the trading API and of the market data
/// API). `*` stands for any method, and at the end of a path for all below it.
const KNOWN: &[(&str, &str)] = &[
    ("GET", "/v2/account/activities"),
    ("GET", "/v2/account/activities/{activity_type}"),
    ("GET", "/v2/account/configurations"),
    ("PATCH", "/v2/account/configurations"),
    ("GET", "/v2/assets/fixed_income/{kind}"),
    ("GET", "/v2/corporate_actions/announcements"),
    ("GET", "/v2/corporate_actions/announcements/{id}"),
    ("GET", "/v2/options/contracts"),
    ("GET", "/v2/options/contracts/{symbol}"),
    ("POST", "/v2/positions/{symbol}/exercise"),
    ("POST", "/v2/positions/{symbol}/do-not-exercise"),
    ("*", "/v2/watchlists"),
    ("*", "/v2/watchlists/*"),
    ("*", "/v2/watchlists:by_name"),
    ("*", "/v2/wallets"),
    ("*", "/v2/wallets/*"),
    ("*", "/v2/perpetuals/*"),
    ("*", "/v2/tokenization/*"),
    ("GET", "/v2beta1/events/*"),
    ("*", "/v1/locates"),
    ("*", "/v1/locates/*"),
    ("GET", "/v3/calendar/{market}"),
    ("GET", "/v3/clock"),
    ("GET", "/v2/stocks/auctions"),
    ("GET", "/v2/stocks/bars/latest"),
    ("GET", "/v2/stocks/meta/*"),
    ("GET", "/v2/stocks/quotes"),
    ("GET", "/v2/stocks/snapshots"),
    ("GET", "/v2/stocks/trades"),
    ("GET", "/v2/stocks/{symbol}/auctions"),
    ("GET", "/v2/stocks/{symbol}/bars/latest"),
    ("GET", "/v2/stocks/{symbol}/quotes"),
    ("GET", "/v2/stocks/{symbol}/snapshot"),
    ("GET", "/v2/stocks/{symbol}/trades"),
    ("GET", "/v1/corporate-actions"),
    ("GET", "/v1beta1/corporate-actions"),
    ("GET", "/v1beta1/crypto-perps/*"),
    ("GET", "/v1beta1/fixed_income/*"),
    ("GET", "/v1beta1/forex/*"),
    ("GET", "/v1beta1/indices/*"),
    ("GET", "/v1beta1/logos/{symbol}"),
    ("GET", "/v1beta1/news"),
    ("GET", "/v1beta1/options/*"),
    ("GET", "/v1beta1/screener/*"),
    ("GET", "/v1beta3/crypto/*"),
];

/// The service that a path belongs to: the data API has its versions in front of what it knows but
/// for shares.
pub(super) fn service_of(path: &str) -> Service {
    match ["/v2/stocks", "/v1/corporate-actions", "/v1beta"]
        .iter()
        .any(|data| path.starts_with(data))
    {
        true => Service::Data,
        false => Service::Trading,
    }
}

/// Answers a request for `path`, which is decoded.
pub(super) fn route(
    exchange: &mut Exchange,
    now: DateTime<Utc>,
    request: &Request<Bytes>,
    path: &str,
) -> Result<Reply, Refusal> {
    let method = request.method().as_str();
    let service = service_of(path);
    if KNOWN.iter().any(|(its_method, pattern)| {
        ["*", method].contains(its_method) && names(pattern, path).is_some()
    }) {
        return Err(Refusal::not_simulated(
            service,
            &format!("{method} {path}"),
            &simulated(service),
        ));
    }
    for (its_method, pattern, answer) in SIMULATED {
        if let Some(names) = names(pattern, path).filter(|_| *its_method == method) {
            let call = Call {
                now,
                query: Query::of(request.uri()),
                body: request.body(),
                names,
            };
            return answer(exchange, &call);
        }
    }
    Err(match service {
        Service::Trading => Refusal::not_found("endpoint not found."),
        Service::Data => Refusal::data(404, "endpoint not found."),
    })
}

/// What stands in the places of the pattern's braces, where the path fits it.
fn names<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    // Nearly all patterns differ from a path before anything in them is open.
    let mut both = pattern.bytes().zip(path.bytes());
    if both
        .find(|(wanted, byte)| wanted != byte)
        .is_some_and(|(wanted, byte)| !b"{*/".contains(&wanted) && byte != b'/')
    {
        return None;
    }
    let mut parts = path.trim_matches('/').split('/');
    let mut names = Vec::new();
    for wanted in pattern.trim_start_matches('/').split('/') {
        let part = parts.next()?;
        match wanted {
            "*" => return Some(names),
            _ if wanted.starts_with('{') => names.push(part),
            _ if wanted == part => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(names)
}

fn simulated(service: Service) -> String {
    let own = SIMULATED
        .iter()
        .filter(|(_, path, _)| service_of(path) == service);
    own.map(|(method, path, _)| format!("{method} {path}"))
        .collect::<Vec<_>>()
        .join(", ")
}
