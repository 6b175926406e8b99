//! The exchange as a client sees it: requests in, answers out, and the books afterwards.

mod client;
mod data;
mod orders;
mod positions;
mod properties;
mod scripts;
