//! Reads a SAM or CloudFormation template into a typed [`Stack`](crate::stack::Stack), the way a deployment would.
//!
//! [`load`] resolves parameters, conditions and intrinsic functions, expands what SAM expands,
//! gives every resource its physical name and ARN, and refuses what it does not know: a property or
//! resource type that nobody here reads is an error with line and column, because a simulator that
//! ignores it would prove something else than what gets deployed.
//!
//! # How a property becomes known
//! Each resource type is read by one function through a `Fields`, which notes the names it is asked
//! for. A key that nobody asked for is reported when the `Fields` goes out of scope. There is no
//! second list of property names to keep in step.
//!
//! # What is not done
//! Nested stacks, macros other than SAM, `Fn::ImportValue`, `Fn::ForEach`, versions and aliases of
//! functions are refused. `AllowedPattern` of a parameter is not checked.

mod reader;
mod resource;
#[cfg(test)]
mod tests;

pub use self::reader::error::{Problem, TemplateError, TemplateErrors};
pub use self::reader::loader::load;
