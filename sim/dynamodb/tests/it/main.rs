//! Every operation, by its JSON.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something is missing"
)]

mod batches;
mod capacity;
mod creation;
mod indexes;
mod items;
mod kit;
mod places;
mod queries;
mod scans;
mod streams;
mod table_changes;
mod tags;
mod time_to_live;
mod transactions;
mod views;
