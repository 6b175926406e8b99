//! Event patterns: recorded answers of AWS, the semantics page rule by rule, and agreement between ways to match.

mod agreement;
mod oracle;
mod semantics;
