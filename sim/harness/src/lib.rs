//! Event-driven systems on AWS in virtual time: the functions' real code, through the real AWS SDK
//! clients, on a simulated cloud that is built from the system's own template.

pub mod check;
pub mod counterparty;
pub mod fault;
pub mod function;
pub mod journal;
pub mod ports;
pub mod server;
pub mod system;
pub mod world;
