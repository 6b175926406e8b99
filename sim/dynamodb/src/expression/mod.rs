//! Expressions: conditions, filters, key conditions, projections and updates.
//!
//! An expression lives in three steps. It is parsed once, by its text ([`Expressions`]). It is bound
//! to the names and values of a request ([`Placeholders`]), which tells what is wrong with them. Then
//! it is evaluated on items.
//!
//! ```
//! use dynamodb_engine::expression::{Expressions, Names, Placeholders, Role, Values};
//! use dynamodb_engine::value::{Checked, Item};
//!
//! let names: Names = serde_json::from_str(r##"{"#s": "state"}"##)?;
//! let values: Values = serde_json::from_str(r#"{":open": {"S": "open"}}"#)?;
//! let item: Checked<Item> = serde_json::from_str(r#"{"state": {"S": "open"}}"#)?;
//!
//! let mut expressions = Expressions::default();
//! let parsed = expressions.condition(Role::Filter, "#s = :open")?;
//! let mut placeholders = Placeholders::new(Some(&names), Some(&values));
//! let filter = parsed.bind(Role::Filter, &mut placeholders)?;
//! placeholders.check_all_used()?;
//! assert!(filter.holds(&item.0.unwrap()));
//!
//! let error = expressions.condition(Role::Filter, "state = open =").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     r#"Invalid FilterExpression: Syntax error; token: "=", near: "open =""#
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cache;
mod condition;
mod error;
mod key_condition;
pub mod legacy;
mod parser;
mod path;
mod placeholders;
mod projection;
mod reserved;
#[cfg(test)]
mod tests;
mod token;
mod update;

pub use cache::Expressions;
pub use condition::{BoundCondition, Condition};
pub use error::{ExpressionError, Flaw, Role, UpdateError};
pub use key_condition::{KeyError, KeyTest, KeyTests};
pub use placeholders::{Names, PlaceholderError, Placeholders, Values};
pub use projection::{BoundProjection, Projection};
pub use update::{BoundUpdate, Update};
