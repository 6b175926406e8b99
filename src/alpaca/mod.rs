//! The broker's REST client (rules.md 7.9): decimals travel as exact text, reads are repeated,
//! and a failed write says whether its outcome is known.

mod error;
mod model;
mod pace;

pub use error::{AlpacaError, Meaning};
pub use model::{
    Account, Asset, Bar, CalendarDay, NewOrder, Order, OrderStatus, PortfolioHistory, Position,
    Quote, Side,
};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use self::pace::Pace;
use crate::clock::SharedClock;
use crate::config::AlpacaSettings;
use crate::secrets::Secrets;

/// How long one call may take.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// Tries of a read.
const READ_ATTEMPTS: u32 = 4;
/// The wait before the second try; it doubles, and a jitter of up to half of it is added.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
/// Orders in one answer: the most that the broker gives.
const ORDERS_A_PAGE: usize = 500;
/// Symbols in one market-data request: well below the limit of a URL.
const SYMBOLS_A_REQUEST: usize = 100;
/// The longest answer that is read. A page of bars, the longest that the broker gives, has two
/// megabytes.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A client of Alpaca's trading and data APIs.
#[derive(Clone)]
pub struct Alpaca {
    connector: SharedHttpConnector,
    endpoint: String,
    data_endpoint: String,
    key: String,
    secret: String,
    /// What the broker was told, and must not tell on.
    secrets: Secrets,
    /// The trading API and the data API have limits of their own.
    paces: [Pace; 2],
}

impl fmt::Debug for Alpaca {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Alpaca")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl Alpaca {
    /// A client that speaks through `connector`; `clock` says when the broker's count of requests,
    /// which it tells by the clock, is over.
    #[must_use]
    pub fn new(
        connector: SharedHttpConnector,
        clock: &SharedClock,
        settings: &AlpacaSettings,
    ) -> Self {
        Self {
            connector,
            endpoint: settings.endpoint.clone(),
            data_endpoint: settings.data_endpoint.clone(),
            key: settings.key.clone(),
            secret: settings.secret.clone(),
            secrets: Secrets::of_broker(settings),
            paces: [Pace::new(Arc::clone(clock)), Pace::new(Arc::clone(clock))],
        }
    }

    /// The account: cash, buying power, value.
    ///
    /// # Errors
    /// [`AlpacaError`], as of every call here.
    pub async fn account(&self) -> Result<Account, AlpacaError> {
        self.get(&self.endpoint, "/v2/account").await
    }

    /// Sells a whole position at the market, fractions too, whatever the asset. Never repeated
    /// here: a second call finds the shares held by the first one's order, or no position.
    ///
    /// # Errors
    /// [`AlpacaError`]
    pub async fn close_position(&self, symbol: &str) -> Result<Order, AlpacaError> {
        self.call(
            "DELETE",
            &self.endpoint,
            &format!("/v2/positions/{}", escape(symbol)),
            String::new(),
        )
        .await
        .and_then(|text| parse(&text))
    }

    /// All positions.
    ///
    /// # Errors
    /// [`AlpacaError`]
    pub async fn positions(&self) -> Result<Vec<Position>, AlpacaError> {
        self.get(&self.endpoint, "/v2/positions").await
    }

    /// What may be done with a symbol.
    ///
    /// # Errors
    /// [`AlpacaError`]
    pub async fn asset(&self, symbol: &str) -> Result<Asset, AlpacaError> {
        self.get(&self.endpoint, &format!("/v2/assets/{}", escape(symbol)))
            .await
    }

    /// The sessions from `start` to `end`, oldest first.
    ///
    /// # Errors
    /// [`AlpacaError`]
    pub async fn calendar(
        &self,
        start: NaiveDate,
        end: NaiveDate,
    ) -> Result<Vec<CalendarDay>, AlpacaError> {
        self.get(
            &self.endpoint,
            &format!("/v2/calendar?start={start}&end={end}"),
        )
        .await
    }

    /// The latest quotes, by symbol; a symbol without a quote is absent.
    ///
    /// # Errors
    /// [`AlpacaError`]
    pub async fn latest_quotes(
        &self,
        symbols: &[String],
    ) -> Result<BTreeMap<String, Quote>, AlpacaError> {
        #[derive(Deserialize)]
        struct Answer {
            quotes: BTreeMap<String, Quote>,
        }
        let mut quotes = BTreeMap::new();
        for chunk in symbols.chunks(SYMBOLS_A_REQUEST) {
            let path = format!(
                "/v2/stocks/quotes/latest?symbols={}",
                escape(&chunk.join(","))
            );
            quotes.extend(self.get::<Answer>(&self.data_endpoint, &path).await?.quotes);
        }
        Ok(quotes)
    }

    /// Daily bars from `start` to `end`, adjusted for splits and dividends, oldest first, by
    /// symbol; all pages are read.
    ///
    /// # Errors
    /// [`AlpacaError`]
    pub async fn daily_bars(
        &self,
        symbols: &[String],
        start: NaiveDate,
        end: NaiveDate,
    ) -> Result<BTreeMap<String, Vec<Bar>>, AlpacaError> {
        #[derive(Deserialize)]
        struct Answer {
            bars: Option<BTreeMap<String, Vec<Bar>>>,
            next_page_token: Option<String>,
        }
        let mut bars: BTreeMap<String, Vec<Bar>> = BTreeMap::new();
        for chunk in symbols.chunks(SYMBOLS_A_REQUEST) {
            let names = escape(&chunk.join(","));
            let query = format!(
                "/v2/stocks/bars?symbols={names}&timeframe=1Day&start={start}&end={end}&limit=10000&adjustment=all&sort=asc"
            );
            let mut token: Option<String> = None;
            loop {
                let path = token.as_ref().map_or_else(
                    || query.clone(),
                    |token| format!("{query}&page_token={}", escape(token)),
                );
                let page: Answer = self.get(&self.data_endpoint, &path).await?;
                for (symbol, more) in page.bars.unwrap_or_default() {
                    bars.entry(symbol).or_default().extend(more);
                }
                token = page.next_page_token;
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(bars)
    }

    /// The account's value over time, for a span such as `3M` or `2W`.
    ///
    /// # Errors
    /// [`AlpacaError`]
    pub async fn portfolio_history(&self, period: &str) -> Result<PortfolioHistory, AlpacaError> {
        self.get(
            &self.endpoint,
            &format!(
                "/v2/account/portfolio/history?period={}&timeframe=1D",
                escape(period)
            ),
        )
        .await
    }

    /// Waits until the trading API takes one more request: what an order must be held against is
    /// looked at after that, and not a minute before the order is sent.
    pub async fn ready(&self) {
        self.paces[0].ready().await;
    }

    /// Posts an order. Never repeated here: after an unknown outcome the caller asks before it
    /// posts again.
    ///
    /// # Errors
    /// [`AlpacaError`]; [`AlpacaError::is_outcome_unknown`] tells whether the order may be there.
    pub async fn post_order(&self, order: &NewOrder) -> Result<Order, AlpacaError> {
        let body =
            serde_json::to_string(order).expect("an order holds nothing that JSON cannot carry");
        self.call("POST", &self.endpoint, "/v2/orders", body)
            .await
            .and_then(|text| parse(&text))
    }

    /// The order with that id of ours, if the broker knows it. Not knowing it is no proof that it
    /// will not.
    ///
    /// # Errors
    /// [`AlpacaError`]
    pub async fn order_by_client_id(
        &self,
        client_order_id: &str,
    ) -> Result<Option<Order>, AlpacaError> {
        let path = format!(
            "/v2/orders:by_client_order_id?client_order_id={}",
            escape(client_order_id)
        );
        match self.get(&self.endpoint, &path).await {
            Ok(order) => Ok(Some(order)),
            Err(AlpacaError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The order with that id of the broker's.
    ///
    /// # Errors
    /// [`AlpacaError`]
    pub async fn order(&self, order_id: &str) -> Result<Order, AlpacaError> {
        self.get(&self.endpoint, &format!("/v2/orders/{}", escape(order_id)))
            .await
    }

    /// All orders for a symbol and side that came after `after`, oldest first, whatever became of
    /// them.
    ///
    /// # Errors
    /// [`AlpacaError`]
    pub async fn orders_since(
        &self,
        symbol: &str,
        side: Side,
        after: DateTime<Utc>,
    ) -> Result<Vec<Order>, AlpacaError> {
        let (symbol, after) = (
            escape(symbol),
            escape(&after.to_rfc3339_opts(SecondsFormat::Micros, true)),
        );
        let query = format!(
            "status=all&symbols={symbol}&side={}&after={after}&direction=asc&limit=500",
            side.as_str()
        );
        self.get(&self.endpoint, &format!("/v2/orders?{query}"))
            .await
    }

    /// All orders that still work, whoever placed them, oldest first.
    ///
    /// # Errors
    /// [`AlpacaError`]
    pub async fn open_orders(&self) -> Result<Vec<Order>, AlpacaError> {
        self.listed_orders("status=open", None).await
    }

    /// All orders that came after `after`, oldest first, whoever placed them and whatever became of
    /// them.
    ///
    /// # Errors
    /// [`AlpacaError`]
    pub async fn all_orders_since(&self, after: DateTime<Utc>) -> Result<Vec<Order>, AlpacaError> {
        self.listed_orders("status=all", Some(after)).await
    }

    async fn listed_orders(
        &self,
        filter: &str,
        mut after: Option<DateTime<Utc>>,
    ) -> Result<Vec<Order>, AlpacaError> {
        let mut orders: Vec<Order> = Vec::new();
        loop {
            let from = after.map(|after| {
                format!(
                    "&after={}",
                    escape(&after.to_rfc3339_opts(SecondsFormat::Micros, true))
                )
            });
            let query = format!(
                "{filter}&direction=asc&limit={ORDERS_A_PAGE}{}",
                from.unwrap_or_default()
            );
            let page: Vec<Order> = self
                .get(&self.endpoint, &format!("/v2/orders?{query}"))
                .await?;
            let is_last = page.len() < ORDERS_A_PAGE;
            // The next page begins a moment before the newest of this one: two orders may have come
            // at the same instant.
            let newest = page
                .iter()
                .filter_map(|order| order.created_at)
                .max()
                .map(|at| at - chrono::TimeDelta::microseconds(1));
            let known = orders.len();
            for order in page {
                if orders.iter().all(|other| other.id != order.id) {
                    orders.push(order);
                }
            }
            if is_last || newest.is_none() || orders.len() == known {
                return Ok(orders);
            }
            after = newest;
        }
    }

    /// Asks the broker to cancel an order; whether it did shows in the order's status.
    ///
    /// # Errors
    /// [`AlpacaError`]; a refusal with status 422 means that the order can no longer be cancelled.
    pub async fn cancel_order(&self, order_id: &str) -> Result<(), AlpacaError> {
        self.call(
            "DELETE",
            &self.endpoint,
            &format!("/v2/orders/{}", escape(order_id)),
            String::new(),
        )
        .await
        .map(|_| ())
    }

    async fn get<T: DeserializeOwned>(&self, endpoint: &str, path: &str) -> Result<T, AlpacaError> {
        let mut backoff = FIRST_BACKOFF;
        for attempt in 1.. {
            match self.call("GET", endpoint, path, String::new()).await {
                Ok(text) => return parse(&text),
                Err(error) if error.is_transient() && attempt < READ_ATTEMPTS => {
                    tracing::warn!(%error, path, attempt, "read failed, trying again");
                    let jitter =
                        fastrand::u64(0..=u64::try_from(backoff.as_millis() / 2).unwrap_or(0));
                    tokio::time::sleep(backoff + Duration::from_millis(jitter)).await;
                    backoff *= 2;
                }
                Err(error) => return Err(error),
            }
        }
        unreachable!("the loop returns in its last attempt at the latest")
    }

    async fn call(
        &self,
        method: &str,
        endpoint: &str,
        path: &str,
        body: String,
    ) -> Result<String, AlpacaError> {
        let request = self.request(method, &format!("{endpoint}{path}"), body)?;
        let pace = &self.paces[usize::from(path.starts_with("/v2/stocks/"))];
        pace.turn().await;
        let exchange = async {
            let answer = self.connector.call(request).await;
            let mut response = answer.map_err(|error| {
                AlpacaError::Unreachable(format!("{method} {path}: {}", error.into_source()))
            })?;
            pace.heed(response.headers());
            let status = response.status().as_u16();
            let text = read_body(response.take_body()).await?;
            let text = match self.secrets.mask(&text) {
                Cow::Borrowed(_) => text,
                Cow::Owned(masked) => masked,
            };
            if (200..300).contains(&status) {
                Ok(text)
            } else {
                Err(AlpacaError::from_answer(status, &text))
            }
        };
        let late = |_| {
            AlpacaError::Unreachable(format!(
                "no answer to {method} {path} within {} s",
                CALL_LIMIT.as_secs()
            ))
        };
        tokio::time::timeout(CALL_LIMIT, exchange)
            .await
            .map_err(late)?
    }

    fn request(&self, method: &str, url: &str, body: String) -> Result<HttpRequest, AlpacaError> {
        let built = http::Request::builder()
            .method(method)
            .uri(url)
            .header("APCA-API-KEY-ID", &self.key)
            .header("APCA-API-SECRET-KEY", &self.secret)
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(if body.is_empty() {
                SdkBody::empty()
            } else {
                SdkBody::from(body)
            })
            .map_err(|error| AlpacaError::NotSent(error.to_string()))?;
        HttpRequest::try_from(built).map_err(|error| AlpacaError::NotSent(error.to_string()))
    }
}

async fn read_body(body: SdkBody) -> Result<String, AlpacaError> {
    let mut stream = ByteStream::new(body);
    let mut bytes = Vec::new();
    while let Some(piece) = stream
        .try_next()
        .await
        .map_err(|error| AlpacaError::Unreachable(format!("the answer broke off: {error}")))?
    {
        if bytes.len() + piece.len() > ANSWER_BYTES_MAX {
            return Err(AlpacaError::Unreadable(format!(
                "the answer is longer than {ANSWER_BYTES_MAX} bytes"
            )));
        }
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|error| AlpacaError::Unreadable(error.to_string()))
}

/// Reads an answer. Only one that cannot be read is read again, to say where: following the path
/// costs as much as the reading itself, and a day's bars are long.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, AlpacaError> {
    serde_json::from_str(text).or_else(|_| {
        let mut json = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(&mut json).map_err(|error| AlpacaError::unreadable(&error))
    })
}

/// Percent-encodes everything but unreserved characters.
fn escape(text: &str) -> String {
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut escaped, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                escaped.push(char::from(byte));
            } else {
                escaped.push_str(&format!("%{byte:02X}"));
            }
            escaped
        })
}

/// Before the first bar that the feed has.
pub const EARLIEST: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).expect("a date");

/// The span of days that holds at least `bars` sessions: 5.6 of the specification. A symbol that
/// was halted in some of them has fewer bars in it.
#[must_use]
pub fn span_of(bars: usize, now: DateTime<Utc>) -> (NaiveDate, NaiveDate) {
    let wanted = (bars * 11).div_ceil(10);
    let years = wanted.div_ceil(252).max(1);
    let end = now
        .with_timezone(&chrono_tz::America::New_York)
        .date_naive();
    let days = chrono::Days::new(365 * u64::try_from(years).unwrap_or(u64::MAX));
    (end.checked_sub_days(days).unwrap_or(end), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_is_too_long_is_not_kept() {
        assert_eq!(
            read_body(SdkBody::from("{}")).await.ok().as_deref(),
            Some("{}")
        );
        let long = SdkBody::from(vec![b' '; ANSWER_BYTES_MAX + 1]);
        assert!(
            read_body(long)
                .await
                .is_err_and(|error| error.is_outcome_unknown())
        );
    }
}
