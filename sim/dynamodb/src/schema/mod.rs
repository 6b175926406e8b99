//! What a table is made of: attributes, keys, indexes, throughput.

mod attribute;
mod check;
mod index;
mod key;
mod throughput;

pub(crate) use self::attribute::{AttributeDefinition, AttributeType, AttributeTypes};
pub(crate) use self::check::{
    IndexSpec, has_name_pattern, index_name, undefined_key, unused_definitions,
};
pub(crate) use self::index::{IndexKind, IndexSchema, Projection};
pub(crate) use self::key::{KeyElement, KeySchema};
pub(crate) use self::throughput::{OnDemand, Throughput, ThroughputSpec};
