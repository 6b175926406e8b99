//! Journals made by hand, so that each invariant is shown one that violates it and one that just
//! does not.

use std::collections::BTreeMap;

use alchemiser_mocks::exchange::{OrderFacts, OrderStatus, Report, Side};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Judgement;
use crate::trading::{Settings, TradingRecord, Trouble, TroubleKind};
use harness::fault::Site;
use harness::journal::{CallOutcome, Journal, JournalEvent};
use simulated_cloud::cloud_event::{
    AlarmState, CloudEvent, DeliveryId, DeliveryOutcome, InvocationOutcome, Origin, RuleTarget,
};
use simulated_cloud::packed_json::PackedJson;

type Check = fn(&Journal) -> Judgement;

/// A journal on its way: each word adds an entry, a second after the one before.
pub(super) struct History {
    pub journal: Journal,
    now: DateTime<Utc>,
    /// The invocation that the next entries belong to.
    within: Option<u64>,
    orders: BTreeMap<String, OrderFacts>,
    filled: BTreeMap<String, Decimal>,
}

pub(super) const FUNCTION: &str = "the-function";
pub(super) const QUEUE: &str = "letters";

pub(super) fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

pub(super) fn instant(text: &str) -> DateTime<Utc> {
    format!("2012-03-14T{text}Z")
        .parse()
        .expect("a time of day in UTC")
}

/// An event of the workflow `w`, as a function is given it.
pub(super) fn event(detail_type: &str, id: &str, cause: &str) -> Value {
    json!({
        "id": format!("bus-{id}"),
        "detail-type": detail_type,
        "source": "alchemiser.test",
        "detail": { "event_id": id, "causation_id": cause, "correlation_id": "w", "source_component": "test" },
    })
}

/// The event of a plan of a workflow, made at 13:35:00 of an account of 10,000 dollars: symbol,
/// action, and what is held and wanted of it in dollars. A share costs 50 dollars.
pub(super) fn planned(workflow: &str, id: &str, items: &[(&str, &str, &str, &str)]) -> Value {
    let mut made = event("RebalancePlanned", id, "s");
    let shown: Vec<Value> = items
        .iter()
        .map(|(symbol, action, current, target)| {
            let amount = if *action == "HOLD" {
                Decimal::ZERO
            } else {
                decimal(target) - decimal(current)
            };
            json!({
                "symbol": symbol,
                "action": action,
                "current_value": current,
                "target_value": target,
                "trade_amount": amount.to_string(),
            })
        })
        .collect();
    let prices: BTreeMap<&str, &str> = items.iter().map(|(symbol, ..)| (*symbol, "50")).collect();
    made["detail"]["correlation_id"] = workflow.into();
    made["detail"]["rebalance_plan"] = json!({
        "plan_id": format!("plan-{id}"),
        "timestamp": instant("13:35:00").to_rfc3339(),
        "total_portfolio_value": "10000",
        "max_drift_tolerance": "0.05",
        "items": shown,
        "metadata": { "reference_prices": prices },
    });
    made
}

/// The event that says that a workflow's plan was carried out.
pub(super) fn executed(workflow: &str) -> Value {
    let mut executed = event("TradeExecuted", &format!("t-{workflow}"), "p");
    executed["detail"]["correlation_id"] = workflow.into();
    executed
}

/// The event that asks for the mail of a workflow, whose id is `n-WORKFLOW@alchemiser`.
pub(super) fn notification(workflow: &str) -> Value {
    let mut asked = event(
        "TradingNotificationRequested",
        &format!("n-{workflow}"),
        &format!("t-{workflow}"),
    );
    asked["detail"]["correlation_id"] = workflow.into();
    asked
}

/// The mail of a workflow goes out, and names these symbols as failed.
pub(super) fn mailed(history: History, workflow: &str, failed: &[&str]) -> History {
    let mut asked = notification(workflow);
    asked["detail"]["execution_data"] = json!({ "failed_symbols": failed });
    history
        .puts(&asked)
        .mails(&format!("n-{workflow}@alchemiser"), "done")
}

impl History {
    /// Begins at 9:35 in New York on a trading day.
    pub fn new() -> Self {
        Self {
            journal: Journal::default(),
            now: instant("13:35:00"),
            within: None,
            orders: BTreeMap::new(),
            filled: BTreeMap::new(),
        }
    }

    /// What the check says, as `premises` and the number of violations.
    pub fn judged(&self, check: Check) -> (usize, usize) {
        let Judgement {
            premises,
            violations,
        } = check(&self.journal);
        (premises, violations.len())
    }

    /// Goes on at this time of day in UTC.
    pub fn at(mut self, time: &str) -> Self {
        self.now = instant(time);
        self
    }

    pub fn fact(mut self, fact: JournalEvent) -> Self {
        self.journal.push(self.now, self.within, fact);
        self.now += TimeDelta::seconds(1);
        self
    }

    pub fn record(self, record: CloudEvent) -> Self {
        self.fact(JournalEvent::Cloud { record })
    }

    pub fn report(self, report: Report) -> Self {
        self.fact(TradingRecord::Exchange { report }.into())
    }

    pub fn settings(self, settings: Settings) -> Self {
        self.fact(TradingRecord::Settings { settings }.into())
    }

    pub fn trouble(self, symbol: Option<&str>, trouble: TroubleKind) -> Self {
        let trouble = Trouble {
            symbol: symbol.map(str::to_owned),
            trouble,
        };
        self.fact(TradingRecord::Scripted { trouble }.into())
    }

    /// The run goes on for long enough that all alarms would have gone off.
    pub fn goes_on(self) -> Self {
        self.at("14:35:00").states("0", &[])
    }

    /// An invocation begins, and the next entries belong to it.
    pub fn starts(mut self, invocation: u64, payload: Value) -> Self {
        self.within = Some(invocation);
        let request_id = format!("request-{invocation}");
        let function = FUNCTION.to_owned();
        self.record(CloudEvent::InvocationStarted {
            invocation,
            function,
            request_id,
            attempt: 1,
            payload: payload.into(),
        })
    }

    /// The present invocation ends.
    pub fn ends(mut self, outcome: InvocationOutcome) -> Self {
        let invocation = self.within.expect("an invocation has begun");
        self = self.record(CloudEvent::InvocationEnded {
            invocation,
            outcome,
            response: PackedJson::default(),
            duration_ms: 1000,
        });
        self.within = None;
        self
    }

    /// The next entries belong to no invocation, or to one that began before.
    pub fn within(mut self, invocation: Option<u64>) -> Self {
        self.within = invocation;
        self
    }

    /// A bus accepts an event as [`event`] makes it.
    pub fn puts(self, event: &Value) -> Self {
        self.replays(event, None)
    }

    pub fn replays(self, event: &Value, replay: Option<&str>) -> Self {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let time = self.now;
        self.record(CloudEvent::EventPut {
            bus: "bus".to_owned(),
            id: text("id"),
            source: text("source"),
            detail_type: text("detail-type"),
            time,
            resources: Vec::new(),
            detail: event["detail"].clone().into(),
            matched: Vec::new(),
            replay: replay.map(str::to_owned),
        })
    }

    /// A rule on the bus with one target, a function.
    pub fn rule(self, rule: &str, pattern: &Value) -> Self {
        self.record(CloudEvent::RuleChanged {
            bus: "bus".to_owned(),
            rule: rule.to_owned(),
            arn: format!("arn:aws:events:us-east-1:123456789012:rule/bus/{rule}"),
            pattern: Some(pattern.to_string()),
            enabled: true,
            targets: vec![RuleTarget {
                id: "target".to_owned(),
                arn: "arn:aws:lambda:us-east-1:123456789012:function:f".to_owned(),
                is_reshaped: false,
            }],
        })
    }

    pub fn delivers(self, event: &Value, rule: &str, outcome: DeliveryOutcome) -> Self {
        let detail_type = event["detail-type"].as_str().unwrap_or_default().to_owned();
        self.record(CloudEvent::Delivery {
            delivery: delivery(event, rule),
            detail_type,
            attempt: 1,
            outcome,
        })
    }

    /// A rule gives an event up.
    pub fn buries(self, event: &Value, rule: &str) -> Self {
        self.record(CloudEvent::DeadLettered {
            queue: QUEUE.to_owned(),
            from: of_rule(rule),
            reason: "NO_PERMISSIONS".to_owned(),
            delivery: Some(delivery(event, rule)),
            body: event.into(),
        })
    }

    pub fn alarm(self, metric: &str, dimension: &str, whose: &str) -> Self {
        self.record(CloudEvent::AlarmChanged {
            alarm: format!("{metric}-{whose}"),
            metric: metric.to_owned(),
            dimensions: BTreeMap::from([(dimension.to_owned(), whose.to_owned())]),
            state: AlarmState::Alarm,
            value: "1".to_owned(),
        })
    }

    /// The alarms on a rule that gave up, and on the queue.
    pub fn alarms_on(self, rule: &str) -> Self {
        self.alarm("FailedInvocations", "RuleName", rule).alarm(
            "ApproximateNumberOfMessagesVisible",
            "QueueName",
            QUEUE,
        )
    }

    pub fn calls(self, operation: &str, status: u16) -> Self {
        let site = Site {
            trigger: "test".to_owned(),
            operation: operation.to_owned(),
            number: 1,
        };
        self.fact(JournalEvent::Call {
            site,
            attempt: 1,
            outcome: CallOutcome::Answered(status),
            duration_ms: 100,
            needs: Vec::new(),
        })
    }

    pub fn mails(self, message_id: &str, text: &str) -> Self {
        let mail = TradingRecord::MailContent {
            subject: "[SUCCESS]".to_owned(),
            recipients: Vec::new(),
            message_id: message_id.to_owned(),
            text: text.to_owned(),
            html: String::new(),
        };
        self.fact(mail.into())
    }

    pub fn states(self, cash: &str, positions: &[(&str, &str)]) -> Self {
        let at = self.now;
        let positions = positions
            .iter()
            .map(|(symbol, held)| ((*symbol).to_owned(), decimal(held)))
            .collect();
        self.report(Report::Statement {
            at,
            cash: decimal(cash),
            equity: decimal(cash),
            positions,
        })
    }

    /// The broker accepts a limit order `name`: `buy 10 MSFT @ 50`.
    pub fn accepts(mut self, name: &str, order: &str) -> Self {
        let facts = facts(name, order, Some(id_of(name)));
        self.orders.insert(name.to_owned(), facts.clone());
        let at = self.now;
        self.report(Report::OrderAccepted {
            at,
            order: facts,
            status: OrderStatus::New,
        })
    }

    /// The broker accepts an order `name` at the market: `sell 0.5 MSFT`.
    pub fn market(mut self, name: &str, order: &str) -> Self {
        let limited = facts(name, &format!("{order} @ 0"), Some(id_of(name)));
        let facts = OrderFacts {
            limit_price: None,
            ..limited
        };
        self.orders.insert(name.to_owned(), facts.clone());
        let at = self.now;
        self.report(Report::OrderAccepted {
            at,
            order: facts,
            status: OrderStatus::New,
        })
    }

    /// The broker refuses an order `name` at once.
    pub fn refuses(self, name: &str, order: &str) -> Self {
        self.refuses_with(name, order, "refused")
    }

    pub fn refuses_with(self, name: &str, order: &str, message: &str) -> Self {
        let (at, order) = (self.now, facts(name, order, None));
        self.report(Report::OrderRejected {
            at,
            order,
            code: 40_310_000,
            message: message.to_owned(),
        })
    }

    pub fn fills(self, name: &str, quantity: &str, price: &str) -> Self {
        let filled = self.filled.get(name).copied().unwrap_or_default() + decimal(quantity);
        let status = if Some(filled) == self.orders[name].quantity {
            OrderStatus::Filled
        } else {
            OrderStatus::PartiallyFilled
        };
        self.fills_and_shows(name, quantity, price, status)
    }

    /// Where the order then shows a status that is seldom seen.
    pub fn fills_and_shows(
        mut self,
        name: &str,
        quantity: &str,
        price: &str,
        status: OrderStatus,
    ) -> Self {
        let order = self.orders[name].clone();
        let filled = self.filled.entry(name.to_owned()).or_default();
        *filled += decimal(quantity);
        let (at, filled_quantity) = (self.now, *filled);
        let (fill_quantity, fill_price) = (decimal(quantity), decimal(price));
        self.report(Report::OrderFilled {
            at,
            order,
            fill_quantity,
            fill_price,
            filled_quantity,
            status,
        })
    }

    pub fn cancels(self, name: &str) -> Self {
        let (at, order) = (self.now, self.orders[name].clone());
        self.report(Report::OrderCancelled {
            at,
            order,
            filled_quantity: Decimal::ZERO,
        })
    }

    /// The owner puts the order `by`, which was accepted, in the place of `name`.
    pub fn replaces(self, name: &str, by: &str) -> Self {
        let (at, order) = (self.now, self.orders[name].clone());
        self.report(Report::OrderReplaced {
            at,
            order,
            replaced_by: id_of(by),
            filled_quantity: Decimal::ZERO,
        })
    }
}

pub(super) fn of_rule(rule: &str) -> Origin {
    Origin::Rule {
        bus: "bus".to_owned(),
        name: rule.to_owned(),
    }
}

pub(super) fn delivery(event: &Value, rule: &str) -> DeliveryId {
    DeliveryId {
        event: event["id"].as_str().unwrap_or_default().to_owned(),
        replay: None,
        bus: "bus".to_owned(),
        rule: rule.to_owned(),
        target: "target".to_owned(),
        copy: 0,
    }
}

fn id_of(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

fn facts(name: &str, order: &str, order_id: Option<Uuid>) -> OrderFacts {
    let words: Vec<&str> = order.split(' ').collect();
    let [side, quantity, symbol, "@", limit] = words[..] else {
        panic!("{order:?} is no order: write `buy 10 MSFT @ 50`")
    };
    OrderFacts {
        order_id,
        client_order_id: Some(name.to_owned()),
        symbol: symbol.to_owned(),
        side: if side == "buy" { Side::Buy } else { Side::Sell },
        quantity: Some(decimal(quantity)),
        notional: None,
        limit_price: Some(decimal(limit)),
        origin: Default::default(),
    }
}
