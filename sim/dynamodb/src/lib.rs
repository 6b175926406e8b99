//! The tables of DynamoDB as plain data: every operation on tables, items, indexes, transactions and
//! streams, without HTTP, clock or randomness.
//!
//! A call names its instant, and the account and region that it comes from; an operation takes its
//! JSON and answers in JSON, or with the error that DynamoDB words:
//!
//! ```
//! use dynamodb_engine::{Error, Place, Tables};
//!
//! let mut tables = Tables::new();
//! let here = Place::new("eu-central-1", "123456789012");
//! let now = "2012-03-14T13:30:00Z".parse()?;
//!
//! tables.handle(now, &here, "CreateTable", r#"{
//!     "TableName": "orders",
//!     "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
//!     "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
//!     "BillingMode": "PAY_PER_REQUEST"
//! }"#)?;
//! let put = r#"{
//!     "TableName": "orders",
//!     "Item": {"id": {"S": "a"}, "total": {"N": "12.50"}},
//!     "ConditionExpression": "attribute_not_exists(id)"
//! }"#;
//! tables.handle(now, &here, "PutItem", put)?;
//! assert_eq!(
//!     tables.handle(now, &here, "PutItem", put),
//!     Err(Error::ConditionalCheckFailed { item: None })
//! );
//! let got = tables.handle(now, &here, "GetItem", r#"{
//!     "TableName": "orders", "Key": {"id": {"S": "a"}}
//! }"#)?;
//! assert_eq!(got, r#"{"Item":{"id":{"S":"a"},"total":{"N":"12.5"}}}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What the caller decides
//!
//! The same calls give the same answers, byte for byte. What AWS leaves to chance, the caller
//! decides, and draws by a seed if it likes:
//!
//! | | |
//! |---|---|
//! | how long tables, indexes and expiry take to change | [`Tables::set_timing`] |
//! | how old what a read or an index sees is | [`ReadView`], [`Tables::keep_versions`] |
//! | which action of a transaction meets another transaction | [`Call::conflict`] |
//! | when expired items go | [`Tables::sweep`] |
//!
//! Changes of a table with a stream are read by its API (`GetRecords`), or as data by
//! [`Tables::records_after`]. [`Tables`] can be cloned, and [digested](Tables::digest).
//!
//! # What is not here
//!
//! PartiQL, backups, exports and imports, global tables, resource policies, Kinesis and contributor
//! insights: such operations are refused, and the error names those that there are.
#![deny(missing_docs)]

mod call;
mod constraint;
mod digest;
mod error;
pub mod expression;
mod java;
mod name;
mod operation;
mod place;
mod request;
mod schema;
mod table;
mod tables;
mod token;
pub mod value;

pub use call::{Call, ReadView};
pub use error::{Error, Reason};
pub use place::Place;
pub use table::{StreamRecord, StreamView};
pub use tables::{Tables, Timing};
