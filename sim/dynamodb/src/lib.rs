//! The tables of DynamoDB as plain data.
#![deny(missing_docs)]

pub mod expression;
pub mod value;
