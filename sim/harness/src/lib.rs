//! Event-driven systems on AWS, in virtual time: the functions' real code, through the real AWS SDK
//! clients, on a simulated cloud that is built from the system's own template. Whole days take
//! milliseconds, and whatever AWS is allowed to do wrong can be made to happen.
//!
//! # A first world
//!
//! A template, the code of a function, an event; then time runs until nothing is left to do, and the
//! invariants judge what happened:
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use harness::check::{GENERAL, evaluate};
//! use harness::function::from_fn;
//! use harness::world::{Backend, SimulatedWorld, WorldSetup};
//! use serde_json::json;
//! use simulated_cloud::stack::Account;
//! use simulated_cloud::template::load;
//!
//! const TEMPLATE: &str = "
//! Transform: AWS::Serverless-2016-10-31
//! Resources:
//!   Label:
//!     Type: AWS::Serverless::Function
//!     Properties:
//!       FunctionName: label
//!       Runtime: provided.al2023
//!       Handler: bootstrap
//!       CodeUri: label/
//!       Events:
//!         Order: {Type: EventBridgeRule, Properties: {Pattern: {detail-type: [OrderPlaced]}}}
//! ";
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let account = Account::default();
//! let stack = load("template.yaml", TEMPLATE, &BTreeMap::new(), &account)?;
//! let label = from_fn(|_ports| {
//!     |event| async move { Ok(json!({ "labelled": event["detail"]["order"] })) }
//! });
//! let setup = WorldSetup::new(stack, account, "2025-03-03T08:00:00Z".parse()?);
//! let mut world = SimulatedWorld::new(setup.function("label", label))?;
//! world.put_event("default", "shop", "OrderPlaced", r#"{"order": "A-1"}"#).await?;
//! world.settle().await?;
//! let journal = Box::new(world).finish();
//! assert!(evaluate(&GENERAL, &journal).violations.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! A world runs on a current-thread tokio runtime whose clock is paused: `#[tokio::test(start_paused
//! = true)]` in a test. The same seed gives the same [`journal`], byte for byte, in any process.
//!
//! # Calls of AWS, and what goes wrong with them
//!
//! A function takes its clients from its [ports](ports::FunctionPorts::sdk_config). [`fault`] says
//! which call fails, before or after its work is done, and how: here the function dies after its
//! item was put, and Lambda tries again a minute later:
//!
//! ```
//! # use std::collections::BTreeMap;
//! # use harness::fault::{CallEffect, CallFault, Faults, Phase, SitePattern};
//! # use harness::function::{HandlerError, from_fn};
//! # use harness::world::{Backend, SimulatedWorld, WorldSetup};
//! # use simulated_cloud::stack::Account;
//! # use simulated_cloud::template::load;
//! # use simulated_cloud::cloud_event::CloudEvent;
//! use aws_sdk_dynamodb::types::AttributeValue;
//! # const TEMPLATE: &str = "
//! # Transform: AWS::Serverless-2016-10-31
//! # Resources:
//! #   Orders:
//! #     Type: AWS::Serverless::SimpleTable
//! #     Properties: {TableName: orders, PrimaryKey: {Name: id, Type: String}}
//! #   Keep:
//! #     Type: AWS::Serverless::Function
//! #     Properties:
//! #       FunctionName: keep
//! #       Runtime: provided.al2023
//! #       Handler: bootstrap
//! #       CodeUri: keep/
//! #       Policies: [{DynamoDBCrudPolicy: {TableName: orders}}]
//! # ";
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let account = Account::default();
//! # let stack = load("template.yaml", TEMPLATE, &BTreeMap::new(), &account)?;
//!
//! let keep = from_fn(|ports| {
//!     let dynamodb = aws_sdk_dynamodb::Client::new(&ports.sdk_config());
//!     move |event| {
//!         let id = AttributeValue::S(event["id"].as_str().unwrap_or_default().to_owned());
//!         let put = dynamodb.put_item().table_name("orders").item("id", id);
//!         async move {
//!             put.send().await.map_err(HandlerError::failed)?;
//!             Ok(event)
//!         }
//!     }
//! });
//! let crash = CallFault {
//!     at: SitePattern::parse("invoke / dynamodb PutItem", &["dynamodb PutItem"])?,
//!     phase: Phase::After,
//!     effect: CallEffect::Crash,
//!     nth: 1,
//!     times: 1,
//!     attempt: None,
//!     until: None,
//! };
//! let mut setup = WorldSetup::new(stack, account, "2025-03-03T08:00:00Z".parse()?);
//! setup.faults = Faults::new(vec![(0, crash)], Vec::new());
//! let mut world = SimulatedWorld::new(setup.function("keep", keep))?;
//! world.invoke("keep", &serde_json::json!({ "id": "A-1" }))?;
//! world.settle().await?;
//! let journal = Box::new(world).finish();
//! let starts = journal
//!     .records()
//!     .filter(|(_, record)| matches!(record, CloudEvent::InvocationStarted { .. }));
//! assert_eq!(starts.count(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # The parts, in the order in which you will want them
//!
//! | module | what it is |
//! |---|---|
//! | [`world`] | one run: in memory, over loopback sockets, or with AWS outside (LocalStack) |
//! | [`function`], [`ports`] | the code that a world runs, and what it is given instead of clock and sockets |
//! | [`fault`] | where (site), when (phase), what (effect), how often |
//! | [`journal`] | everything that happened, in order, with its hash |
//! | [`explore`] | every point of a run at which a fault may strike, and what may strike there |
//! | [`campaign`] | a search that many processes share, with one result |
//! | [`check`] | invariants over journals: those of every system, and your own |
//! | [`chain`] | whether two runs are the same, and where they part |
//! | [`landmark`] | what must happen in some run of many |
//! | [`counterparty`] | somebody beside AWS whom your functions call: a bank, a mail server |
//! | [`system`] | how your events are named, where EventBridge's names do not do |
//! | [`server`] | the same cloud on a port of this machine, for clients in any language |
//!
//! # Limits
//!
//! Code that sleeps by anything but tokio, reads the machine's clock or starts threads is not in
//! virtual time. What the cloud does not simulate answers an error that says so; it never pretends.
//! In a world, a synchronous invocation of another function is such an error, and a receive that
//! waits for messages comes back at once; the [`server`] serves both.

pub mod campaign;
pub mod chain;
pub mod check;
pub mod counterparty;
pub mod explore;
pub mod fault;
pub mod function;
pub mod journal;
pub mod landmark;
pub mod ports;
pub mod server;
pub mod system;
pub mod world;
