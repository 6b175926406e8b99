//! The counterparties of the trading system: an [`exchange`] that speaks Alpaca's REST and a
//! [`mail`] server that speaks SMTP.
//!
//! Both know nothing of the system that talks to them. They take the time and the bytes they are
//! given, answer as the real service would, and report to an observer what happened.
//!
//! The exchange does no I/O of its own and has no clock:
//!
//! ```
//! use alchemiser_mocks::exchange::{Exchange, ExchangeSetup};
//! use bytes::Bytes;
//! use chrono::{TimeZone, Utc};
//!
//! let mut exchange = Exchange::new(ExchangeSetup::default());
//! let now = Utc.with_ymd_and_hms(2025, 10, 10, 13, 35, 0).unwrap();
//! let request = http::Request::get("https://paper-api.alpaca.markets/v2/clock")
//!     .header("APCA-API-KEY-ID", "PKTEST")
//!     .header("APCA-API-SECRET-KEY", "secret")
//!     .body(Bytes::new())
//!     .unwrap();
//! assert_eq!(exchange.handle(now, &request).status(), 200);
//! ```

pub mod exchange;
pub mod mail;
