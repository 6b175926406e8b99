//! A simulated AWS, sans I/O: requests in, answers and effects out, time given by the caller. It
//! serves any system that a template describes.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use chrono::{DateTime, Utc};
//! use serde_json::json;
//! use simulated_cloud::Cloud;
//! use simulated_cloud::knobs::Knobs;
//! use simulated_cloud::stack::Account;
//! use simulated_cloud::template::load;
//!
//! let template = r#"
//! Resources:
//!   Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}
//!   Policy:
//!     Type: AWS::SQS::QueuePolicy
//!     Properties:
//!       Queues: [!Ref Orders]
//!       PolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: "sqs:SendMessage", Resource: "*"}]}
//!   Rule:
//!     Type: AWS::Events::Rule
//!     Properties: {EventPattern: {source: [shop]}, Targets: [{Id: orders, Arn: !GetAtt Orders.Arn}]}
//! "#;
//! let account = Account::default();
//! let stack = load("template.yaml", template, &BTreeMap::new(), &account).expect("a sound template");
//! let start: DateTime<Utc> = "2026-03-02T09:00:00Z".parse()?;
//! let mut cloud = Cloud::new(&stack, account, Knobs::default(), 1, start)?;
//!
//! let order = json!({ "Source": "shop", "DetailType": "Order", "Detail": "{}" });
//! cloud.put_events(start, &json!({ "Entries": [order] }))?;
//! let due = cloud.next_due().expect("a delivery is planned");
//! cloud.advance(due);
//! assert_eq!(cloud.drain_queue(due, "arn:aws:sqs:us-east-1:123456789012:orders").len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | read a template | [`template::load`], which gives a [`stack::Stack`] or all its errors with their places |
//! | answer a request of an AWS client, in any protocol | [`Cloud::handle`] |
//! | let time pass | [`Cloud::next_due`] and [`Cloud::advance`], which gives the invocations of functions to carry out |
//! | say how an invocation ended | [`Cloud::finished`] |
//! | see what happened | [`Cloud::take_records`] |
//! | choose what AWS leaves open | [`knobs::Knobs`] |
//! | let deliveries fail | [`fault_hook::FaultHook`] |
//!
//! The same template, knobs, seed and calls give the same answers and records, byte for byte.
//!
//! A request is read once ([`api`]), goes through the table of operations, and is carried out by a
//! service. What then goes from service to service (deliveries, schedules, invocations,
//! destinations, notifications) goes through one hand-over to a target.

pub mod api;
mod cloud;
pub mod cloud_event;
mod dispatch;
pub mod dynamodb;
pub mod eventbridge;
pub mod fault_hook;
mod flow;
mod held;
pub mod iam;
mod id;
pub mod json_text;
pub mod knobs;
pub mod lambda;
pub mod metrics;
mod operations;
pub mod packed_json;
pub mod schedule_expression;
pub mod scheduler;
pub mod sns;
pub mod sqs;
pub mod stack;
mod state;
mod task;
pub mod template;
pub mod timer_queue;
pub mod transform;

pub use self::cloud::{Cloud, TriggerError};
pub use self::dispatch::access;
