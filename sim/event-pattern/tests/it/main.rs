//! Event patterns: recorded answers of AWS, the semantics page rule by rule, and agreement between
//! ways to match.

mod agreement;
mod any_text;
mod cases;
mod explain;
mod index;
mod oracle;
mod semantics;
