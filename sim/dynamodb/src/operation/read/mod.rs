//! `Query` and `Scan`.

mod page;
mod query;
mod range;
mod scan;
mod select;
mod source;
mod start_key;

pub(super) use self::query::query;
pub(super) use self::scan::scan;
