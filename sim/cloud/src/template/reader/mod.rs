//! From the text of a template to fields that know who asked for them: YAML, parameters, conditions,
//! intrinsic functions, and what is reported.

pub(in crate::template) mod condition;
pub(in crate::template) mod context;
pub(in crate::template) mod declaration;
pub(in crate::template) mod error;
pub(in crate::template) mod fields;
pub(in crate::template) mod graph;
pub(in crate::template) mod identity;
pub(in crate::template) mod intrinsic;
pub(in crate::template) mod loader;
pub(in crate::template) mod names;
pub(in crate::template) mod node;
pub(in crate::template) mod parameter;
pub(in crate::template) mod reference;
pub(in crate::template) mod report;
pub(in crate::template) mod scope;
pub(in crate::template) mod substitution;
pub(in crate::template) mod yaml;
