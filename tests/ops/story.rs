//! What happened in the cloud before somebody looks at it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use alchemiser::bus::BusEntry;
use alchemiser::clock::{Clock, SharedClock};
use alchemiser::event::Event;
use alchemiser::id::{CorrelationId, EventId, PlanId, RandomTokens};
use alchemiser::idempotency::{Claim, Claims, Recorded};
use alchemiser::workflow::{Binding, Session, Workflows};
use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_sdk_eventbridge::types::{DeadLetterConfig, RetryPolicy, Target};
use aws_sdk_sqs::types::MessageAttributeValue;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::served::Served;

const BUS: &str = "alchemiser-trading-events-dev";

/// A Friday, five minutes after the open.
#[derive(Debug)]
struct Then;

impl Clock for Then {
    fn now(&self) -> DateTime<Utc> {
        "2025-10-10T13:35:00Z".parse().expect("a valid instant")
    }
}

/// Puts a mail request of `workflow`, and lets the function fail on it until Lambda gives up.
pub fn letter_of_the_function(served: &Served, workflow: &str) {
    served.json(&[
        "publish",
        "--example",
        "mail",
        "--correlation",
        workflow,
        "--yes",
    ]);
    served.advance(300);
}

/// Puts a WorkflowStarted event that EventBridge cannot hand to one target of its rule.
pub fn letter_of_a_rule(served: &Served) {
    served.block_on(async {
        let dead = DeadLetterConfig::builder()
            .arn("arn:aws:sqs:us-east-1:123456789012:alchemiser-event-dlq-dev")
            .build();
        let nowhere = Target::builder()
            .id("Nowhere")
            .arn("arn:aws:sqs:us-east-1:123456789012:nowhere")
            .dead_letter_config(dead);
        let nowhere = nowhere
            .retry_policy(RetryPolicy::builder().maximum_retry_attempts(0).build())
            .build()
            .expect("a whole target");
        let events = served.aws.eventbridge();
        let put = events
            .put_targets()
            .event_bus_name(BUS)
            .rule("alchemiser-workflow-started-dev")
            .targets(nowhere);
        put.send().await.expect("the rule is there");
    });
    served.json(&[
        "publish",
        "--example",
        "trade",
        "--correlation",
        "wf-rule",
        "--yes",
    ]);
    served.advance(2);
}

/// A letter as Scheduler leaves it.
pub fn letter_of_a_schedule(served: &Served) {
    let body = r#"{"mode":"trade","correlation_id":"daily-trading-dev@2025-10-10T13:35:00Z"}"#;
    let arn = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/the-alchemiser-daily-trading-dev";
    let target = "arn:aws:lambda:us-east-1:123456789012:function:the-alchemiser-v2-lambda-dev";
    let attributes = [
        ("SCHEDULE_ARN", arn),
        ("TARGET_ARN", target),
        ("ERROR_CODE", "THROTTLING"),
        ("ERROR_MESSAGE", "Rate exceeded"),
    ];
    send(served, body, &attributes);
}

/// Sends a message to the dead-letter queue.
pub fn send(served: &Served, body: &str, attributes: &[(&str, &str)]) {
    served.block_on(async {
        let sqs = served.aws.sqs();
        let url = sqs
            .get_queue_url()
            .queue_name("alchemiser-event-dlq-dev")
            .send()
            .await
            .expect("the queue is there");
        let mut asked = sqs
            .send_message()
            .queue_url(url.queue_url().expect("a url"))
            .message_body(body);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(*value)
                .build()
                .expect("a whole attribute");
            asked = asked.message_attributes(*name, value);
        }
        asked.send().await.expect("the message is taken");
    });
    // Letters are listed by the time of their sending: no two of these have the same.
    served.advance(1);
}

/// The places of the records, written by the code that writes them in production.
struct Books {
    claims: Claims,
    workflows: Workflows,
}

impl Books {
    fn new(served: &Served) -> Self {
        let clock: SharedClock = Arc::new(Then);
        let client = served.aws.dynamodb();
        let claims = Claims::new(
            client.clone(),
            "alchemiser-idempotency-dev",
            Arc::clone(&clock),
            Arc::new(RandomTokens),
        );
        Self {
            claims,
            workflows: Workflows::new(client, "alchemiser-workflow-dev", clock),
        }
    }

    /// Does the step `key` as far as production does: it records `events` and `changes`, and
    /// completes.
    async fn step(&self, key: &str, events: &[&Event], changes: Vec<TransactWriteItem>) {
        let Claim::Work(lease) = self.claims.claim(key).await.expect("a claim") else {
            panic!("{key} was done before")
        };
        let entries: Vec<BusEntry> = events
            .iter()
            .map(|event| BusEntry::new(event, "alchemiser"))
            .collect();
        assert_eq!(
            self.claims
                .record(&lease, &entries, changes)
                .await
                .expect("a record"),
            Recorded::Written
        );
        self.claims.complete(&lease).await.expect("the end");
    }
}

fn event(workflow: &CorrelationId, cause: &str, detail_type: &str, body: Value) -> Event {
    let mut detail = json!({
        "correlation_id": workflow, "causation_id": cause, "event_id": EventId::caused_by(cause, detail_type, 0),
        "timestamp": "2025-10-10T13:35:01Z", "source_module": match detail_type {
            "WorkflowStarted" | "TradingNotificationRequested" => "orchestration.event_driven_orchestrator",
            "SignalGenerated" => "strategy_v2.handlers",
            "RebalancePlanned" => "portfolio_v2.handlers",
            _ => "execution_v2.handlers",
        },
    });
    detail
        .as_object_mut()
        .expect("an object")
        .extend(body.as_object().expect("an object").clone());
    Event::parse(detail_type, &detail).expect("a valid event")
}

fn signal(workflow: &CorrelationId) -> Value {
    let portfolio = json!({
        "target_allocations": {"MSFT": "1"}, "correlation_id": workflow, "timestamp": "2025-10-10T13:35:01Z", "strategy_count": 1,
    });
    json!({"signals_data": {}, "consolidated_portfolio": portfolio, "signal_count": 0})
}

fn plan(workflow: &CorrelationId, id: &PlanId) -> Value {
    let item = |symbol: &str, amount: &str, action: &str| {
        json!({
            "symbol": symbol, "current_weight": "0", "target_weight": "0.5", "weight_diff": "0.5", "target_value": "5000.00",
            "current_value": "0.00", "trade_amount": amount, "action": action, "priority": 1,
        })
    };
    json!({
        "rebalance_plan": {
            "correlation_id": workflow, "causation_id": "signal", "timestamp": "2025-10-10T13:35:01Z", "plan_id": id,
            "items": [item("IBM", "-1200.50", "SELL"), item("MSFT", "5000.00", "BUY"), item("AAPL", "0.00", "HOLD")],
            "total_portfolio_value": "10000.00", "total_trade_value": "6200.50",
        },
        "allocation_comparison": {"target_values": {}, "current_values": {}, "deltas": {}}, "trades_required": true,
    })
}

fn executed(id: &PlanId) -> Value {
    let order = |symbol: &str, action: &str, status: &str| {
        json!({
            "symbol": symbol, "action": action, "trade_amount": "1200.50", "shares": "10", "price": "120.05", "order_id": "order-1",
            "client_order_id": format!("alch-{symbol}-{}-1-0123456789abcdef0123", action.to_lowercase()), "success": status == "filled",
            "status": status, "error_message": null, "timestamp": "2025-10-10T13:35:20Z", "order_type": "LIMIT", "filled_at": null,
        })
    };
    json!({
        "execution_data": {"plan_id": id, "orders": [order("IBM", "SELL", "filled"), order("MSFT", "BUY", "filled")]},
        "success": true, "orders_placed": 2, "orders_succeeded": 2,
    })
}

fn mail() -> Value {
    json!({
        "trading_success": true, "trading_mode": "PAPER", "orders_placed": 2, "orders_succeeded": 2, "total_trade_value": "2401.00",
        "execution_data": {},
    })
}

/// How a workflow began and how far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It died in its execution.
    Stuck,
    /// It came to its end, with a mail.
    Done,
    /// It was begun by an event that somebody put, and came to its end; the mail is not out yet.
    BegunByHand,
}

/// A workflow as its steps recorded it.
#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
pub fn workflow(served: &Served, name: &str, fate: Fate) {
    let id = CorrelationId::new(name);
    let books = Books::new(served);
    let session = Session {
        account: "PA1".to_owned(),
        date: "2025-10-10".parse().expect("a valid date"),
        previous: "2025-10-09".parse().expect("a valid date"),
        occurrence: format!("2025-10-10 of {name}"),
        valid_until: "2025-10-10T20:00:00Z".parse().expect("a valid instant"),
    };
    let started = event(
        &id,
        name,
        "WorkflowStarted",
        json!({"workflow_type": "trading", "requested_by": "TradingSystem"}),
    );
    let signal = event(
        &id,
        started.header.event_id.as_str(),
        "SignalGenerated",
        signal(&id),
    );
    let plan_id = PlanId::caused_by(&signal.header.event_id);
    let planned = event(
        &id,
        signal.header.event_id.as_str(),
        "RebalancePlanned",
        plan(&id, &plan_id),
    );
    let step = |name: &str, event: &Event| format!("{name}#{}", event.header.event_id);
    served.block_on(async {
        let opening = books.workflows.opening(&id, &session);
        if fate == Fate::BegunByHand {
            assert!(
                books
                    .workflows
                    .write(opening)
                    .await
                    .expect("the table is there")
            );
        } else {
            books
                .step(&format!("start#{name}"), &[&started], opening)
                .await;
        }
        books
            .step(
                &step("signals", &started),
                &[&signal],
                books.workflows.advancing(&id, "signal_generation"),
            )
            .await;
        books
            .step(
                &step("portfolio", &signal),
                &[&planned],
                books.workflows.advancing(&id, "portfolio_analysis"),
            )
            .await;
        let record = books
            .workflows
            .load(&id)
            .await
            .expect("the table is there")
            .expect("the workflow was opened");
        // Every story is told of one account: the plan rests on whatever the others have left of
        // it.
        let count = books
            .workflows
            .sequence(&record.session.account)
            .await
            .expect("the table is there");
        assert_eq!(
            books
                .workflows
                .bind(&record, &plan_id, Some(count))
                .await
                .expect("the table is there"),
            Binding::First
        );
        if fate == Fate::Stuck {
            books
                .claims
                .claim(&step("execution", &planned))
                .await
                .expect("a claim");
            return;
        }
        let done = event(
            &id,
            planned.header.event_id.as_str(),
            "TradeExecuted",
            executed(&plan_id),
        );
        books
            .step(
                &step("execution", &planned),
                &[&done],
                books.workflows.completing(&record, &done, Some(&plan_id)),
            )
            .await;
        let mail = event(
            &id,
            done.header.event_id.as_str(),
            "TradingNotificationRequested",
            mail(),
        );
        books
            .workflows
            .pin_notification(&id, &BusEntry::new(&mail, "alchemiser"))
            .await
            .expect("the table is there");
        books
            .step(&step("orchestrator", &done), &[&mail], Vec::new())
            .await;
        if fate == Fate::Done {
            books
                .step(
                    &step("notification", &mail),
                    &[],
                    books.workflows.notified(&id),
                )
                .await;
        }
    });
}

/// A file with that content where the program looks for it.
pub fn file(name: &str, content: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("the folder can be written to");
    path
}

/// The ids of listed letters, by what they hold.
pub fn ids(output: &Value) -> BTreeMap<String, String> {
    let letters = output["letters"].as_array().expect("a list");
    let pair = |letter: &Value| {
        Some((
            letter["what"].as_str()?.to_owned(),
            letter["message_id"].as_str()?.to_owned(),
        ))
    };
    letters.iter().filter_map(pair).collect()
}
