//! The exchange on a socket, for clients that need one.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Respond, ResponseTemplate};

use super::Exchange;

/// An [`Exchange`] behind a loopback HTTP port, for as long as this lives.
pub struct ExchangeServer {
    server: MockServer,
    exchange: Arc<Mutex<Exchange>>,
}

impl ExchangeServer {
    /// Starts serving `exchange` on a free port of 127.0.0.1. `clock` says what time it is for the
    /// exchange; whoever owns the clock may move it as they like. Answers come at once: what takes
    /// time is in the exchange's own state.
    pub async fn start(
        exchange: Arc<Mutex<Exchange>>,
        clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
    ) -> Self {
        let server = MockServer::start().await;
        let front = Front {
            exchange: Arc::clone(&exchange),
            clock,
        };
        Mock::given(any()).respond_with(front).mount(&server).await;
        Self { server, exchange }
    }

    /// The base URL, without a slash at the end: trading API and data API alike.
    pub fn uri(&self) -> String {
        self.server.uri()
    }

    /// The exchange behind the port.
    pub fn exchange(&self) -> &Arc<Mutex<Exchange>> {
        &self.exchange
    }
}

struct Front<C> {
    exchange: Arc<Mutex<Exchange>>,
    clock: C,
}

impl<C: Fn() -> DateTime<Utc> + Send + Sync> Respond for Front<C> {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let mut asked = http::Request::new(Bytes::copy_from_slice(&request.body));
        *asked.method_mut() = request.method.clone();
        *asked.headers_mut() = request.headers.clone();
        let url = &request.url;
        let target = url.query().map_or_else(
            || url.path().to_owned(),
            |query| format!("{}?{query}", url.path()),
        );
        *asked.uri_mut() = target.parse().expect("a URL's path and query are a URI");
        let mut exchange = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = exchange.handle((self.clock)(), &asked);
        let template = ResponseTemplate::new(answer.status().as_u16());
        let template = answer
            .headers()
            .iter()
            .fold(template, |template, (name, value)| {
                template.append_header(name.clone(), value.clone())
            });
        let mime = answer
            .headers()
            .get(http::header::CONTENT_TYPE)
            .and_then(|mime| mime.to_str().ok());
        match mime {
            Some(mime) => template.set_body_raw(answer.body().to_vec(), mime),
            None => template,
        }
    }
}
