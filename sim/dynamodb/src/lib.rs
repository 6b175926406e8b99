//! The tables of DynamoDB as plain data.
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
pub mod value;

pub use call::{Call, ReadView};
pub use error::{Error, Reason};
pub use place::Place;
pub use table::{StreamRecord, StreamView};
pub use tables::{Tables, Timing};
