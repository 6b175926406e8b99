//! Expressions: conditions, filters, key conditions, projections and updates.
//!
//! The life of an expression (the interface that the operations are to use):
//!
//! ```text
//! let mut cache: Expressions                         // a field of the engine; bounded, by text
//! let parsed = cache.condition(Role::Filter, text)?  // Arc<Condition>; syntax, reserved words
//! let mut placeholders = Placeholders::new(names: Option<&BTreeMap<Arc<str>, Arc<str>>>,
//!                                          values: Option<&BTreeMap<Arc<str>, Value>>);
//! let bound = parsed.bind(&mut placeholders)?        // undefined names, values; operand types
//! placeholders.all_used()?                           // after all expressions of the request
//! bound.holds(&item)? -> bool                        // BoundCondition
//! bound.roots() -> iterator of &Arc<str>             // attributes at the top of each path
//! cache.key_condition(text)? .bind(..)? -> BoundKeyCondition: resolve(key names)? -> KeyRange
//! cache.projection(text)? .bind(..)? -> BoundProjection: project(&item) -> Item
//! cache.update(text)? .bind(..)? -> BoundUpdate: apply(&item)? -> Updated { item, changed paths }
//! every error: ExpressionError, whose text is the message of a ValidationException
//! legacy::{condition(Expected...), update(AttributeUpdates), ...} give the same bound things
//! reading: `Value: Deserialize` (shape errors) -> see value::Unchecked; writing: `Serialize`
//! ```
