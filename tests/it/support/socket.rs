//! The broker's client over real sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alchemiser::alpaca::Alpaca;
use alchemiser::clock::{SharedClock, SystemClock};
use alchemiser::config::{AlpacaSettings, TradingMode};
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// HTTP without TLS, as it is.
pub fn plain_http() -> SharedHttpConnector {
    SharedHttpConnector::new(Connector::builder().build_http())
}

/// HTTP without TLS in real time; between two calls time is virtual, so that waiting costs nothing.
/// One for a test: its clones know whether the runtime's clock runs.
#[derive(Clone, Debug)]
pub struct SkippingWaits {
    inner: SharedHttpConnector,
    is_paused: Arc<AtomicBool>,
}

impl SkippingWaits {
    /// For a runtime of one thread whose clock runs.
    pub fn new() -> Self {
        Self {
            inner: plain_http(),
            is_paused: Arc::default(),
        }
    }
}

impl HttpConnector for SkippingWaits {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if self.is_paused.swap(false, Ordering::SeqCst) {
            tokio::time::resume();
        }
        let call = self.inner.call(request);
        let is_paused = Arc::clone(&self.is_paused);
        HttpConnectorFuture::new(async move {
            let answer = match call.await {
                Ok(response) => whole(response).await,
                Err(error) => Err(error),
            };
            tokio::time::pause();
            is_paused.store(true, Ordering::SeqCst);
            answer
        })
    }
}

/// The response with its body at hand: reading it later would have to happen while time is virtual.
async fn whole(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = ByteStream::new(response.take_body())
        .collect()
        .await
        .map_err(|error| ConnectorError::io(error.into()))?;
    *response.body_mut() = SdkBody::from(body.into_bytes());
    Ok(response)
}

/// A client whose trading and data APIs are both at `uri`.
pub fn alpaca(connector: impl HttpConnector + 'static, uri: &str, secret: &str) -> Alpaca {
    alpaca_at(Arc::new(SystemClock), connector, uri, secret)
}

/// The same, where somebody says what time it is.
pub fn alpaca_at(
    clock: SharedClock,
    connector: impl HttpConnector + 'static,
    uri: &str,
    secret: &str,
) -> Alpaca {
    let settings = AlpacaSettings {
        endpoint: uri.to_owned(),
        data_endpoint: uri.to_owned(),
        key: "PKTEST".to_owned(),
        secret: secret.to_owned(),
        trading_mode: TradingMode::Paper,
        borrowing_limit: Default::default(),
        price_tolerance: Default::default(),
    };
    Alpaca::new(SharedHttpConnector::new(connector), &clock, &settings)
}
