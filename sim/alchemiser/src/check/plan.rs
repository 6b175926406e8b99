use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use alchemiser_mocks::exchange::Side;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::projection::{Invocation, Put, puts};
use crate::trading::TradingJournal;
use harness::journal::Journal;
use simulated_cloud::packed_json::Json;

/// A part of the account's value that a plan's positions may be off by, where the plan does not
/// say.
const USUAL_TOLERANCE: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

/// A plan as it travels, as far as it is judged by.
#[derive(Clone, Debug)]
pub(super) struct Plan<'a> {
    pub workflow: &'a str,
    pub id: &'a str,
    pub made: DateTime<Utc>,
    /// The invocation that made it.
    pub by: Option<u64>,
    /// Dollars, shares included.
    pub equity: Decimal,
    /// A part of the equity.
    pub tolerance: Decimal,
    pub items: Vec<Item<'a>>,
    /// Dollars that orders had a claim on when it was made.
    pub committed: Decimal,
    /// Dollars of cash before it, without those; none where it does not say.
    pub cash: Option<Decimal>,
    /// Dollars of cash once it is carried out; none where it does not say.
    pub leaves: Option<Decimal>,
    /// The symbols that the plan itself leaves alone.
    pub untraded: BTreeSet<&'a str>,
    prices: BTreeMap<&'a str, Decimal>,
}

/// One symbol of a plan.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub symbol: &'a str,
    /// None to hold.
    pub side: Option<Side>,
    /// Dollars to trade, without a sign.
    pub amount: Decimal,
    pub target_value: Decimal,
    pub current_value: Decimal,
}

impl Item<'_> {
    /// Dollars that the position is worth once the plan is carried out.
    pub fn planned_value(&self) -> Decimal {
        match self.side {
            Some(Side::Buy) => self.current_value + self.amount,
            Some(Side::Sell) => self.current_value - self.amount,
            None => self.current_value,
        }
    }
}

impl<'a> Plan<'a> {
    /// The plan in the detail of a RebalancePlanned event; none where that holds no plan.
    pub fn read(detail: Json<'a>) -> Option<Self> {
        let plan = detail.get("rebalance_plan")?;
        let metadata = plan.at("metadata");
        let items = plan
            .get("items")
            .filter(|items| items.is_list())?
            .items()
            .filter_map(item)
            .collect();
        let prices = metadata.at("reference_prices").members();
        let untraded = metadata.at("untraded").members();
        Some(Self {
            workflow: detail
                .at("correlation_id")
                .as_str()
                .or(plan.at("correlation_id").as_str())?,
            id: plan.at("plan_id").as_str()?,
            by: None,
            made: plan.at("timestamp").as_str()?.parse().ok()?,
            equity: amount(plan.at("total_portfolio_value"))?,
            tolerance: amount(plan.at("max_drift_tolerance")).unwrap_or(USUAL_TOLERANCE),
            items,
            committed: amount(metadata.at("committed_cash")).unwrap_or_default(),
            cash: amount(metadata.at("cash_balance")),
            leaves: amount(metadata.at("planned_cash")),
            untraded: untraded.map(|(symbol, _)| symbol).collect(),
            prices: prices
                .filter_map(|(symbol, price)| Some((symbol, amount(price)?)))
                .collect(),
        })
    }

    /// Dollars a share that the plan was made with; none that cannot be used.
    pub fn price(&self, symbol: &str) -> Option<Decimal> {
        self.prices
            .get(symbol)
            .copied()
            .filter(|price| *price > Decimal::ZERO)
    }

    /// Dollars that all its buys together would cost.
    pub fn to_buy(&self) -> Decimal {
        let buys = self
            .items
            .iter()
            .filter(|item| item.side == Some(Side::Buy));
        buys.map(|item| item.amount).sum()
    }

    /// When whoever made it began, and had not read the account.
    pub fn begun(&self, invocations: &BTreeMap<u64, Invocation<'_>>) -> DateTime<Utc> {
        let by = self.by.and_then(|number| invocations.get(&number));
        by.map_or(self.made, |by| by.started.at)
    }

    /// Dollars that no buy may be paid with: docs/rules.md, "The plan".
    pub fn reserve(&self) -> Decimal {
        self.equity / Decimal::ONE_HUNDRED
    }

    pub fn buys(&self) -> impl Iterator<Item = &Item<'a>> {
        let items = self.items.iter();
        items.filter(|item| item.side == Some(Side::Buy))
    }

    pub fn item(&self, symbol: &str) -> Option<&Item<'a>> {
        self.items.iter().find(|item| item.symbol == symbol)
    }
}

fn item(item: Json<'_>) -> Option<Item<'_>> {
    Some(Item {
        symbol: item.at("symbol").as_str()?,
        side: match item.at("action").as_str()? {
            "BUY" => Some(Side::Buy),
            "SELL" => Some(Side::Sell),
            _ => None,
        },
        amount: amount(item.at("trade_amount"))?.abs(),
        target_value: amount(item.at("target_value"))?,
        current_value: amount(item.at("current_value"))?,
    })
}

/// A decimal, written as a text or as a number.
pub(crate) fn amount(value: Json<'_>) -> Option<Decimal> {
    match value.as_str() {
        Some(text) => Decimal::from_str(text).ok(),
        None => Decimal::from_str(&value.as_number()?.to_string()).ok(),
    }
}

/// The events of one type that were put on a bus, but for those that a replay put again.
fn first_puts<'a>(
    journal: &'a Journal,
    detail_type: &'static str,
) -> impl Iterator<Item = Put<'a>> {
    puts(journal).filter(move |put| !put.is_replayed && put.detail_type == detail_type)
}

/// The plans that were put on a bus, by workflow: of each the one that was carried out, else the
/// last. A plan that another one has overtaken is made anew.
pub(super) fn plans(journal: &Journal) -> BTreeMap<&str, Plan<'_>> {
    let carried_out = executed_plans(journal);
    let mut plans: BTreeMap<&str, Plan<'_>> = BTreeMap::new();
    for put in first_puts(journal, "RebalancePlanned") {
        let Some(mut plan) = Plan::read(put.detail) else {
            continue;
        };
        plan.by = put.entry.invocation;
        let chosen = carried_out.get(plan.workflow);
        let is_settled = plans
            .get(plan.workflow)
            .is_some_and(|known| chosen == Some(&known.id) || known.id == plan.id);
        if !is_settled {
            plans.insert(plan.workflow, plan);
        }
    }
    plans
}

/// The plan that each workflow's first TradeExecuted event names.
fn executed_plans(journal: &Journal) -> BTreeMap<&str, &str> {
    let mut executed = BTreeMap::new();
    for put in first_puts(journal, "TradeExecuted") {
        let plan = put.detail.at("execution_data").at("plan_id").as_str();
        if let Some((workflow, plan)) = put.workflow().zip(plan) {
            executed.entry(workflow).or_insert(plan);
        }
    }
    executed
}

/// What a plan came to: its TradeExecuted event.
#[derive(Clone, Debug)]
pub(super) struct Execution<'a> {
    /// The journal entry at which it was put.
    pub sequence: u64,
    pub at: DateTime<Utc>,
    /// The symbols of the orders that it calls failed.
    pub failed: BTreeSet<&'a str>,
}

/// The executions that were put on a bus, by workflow: the first one of each.
pub(super) fn executions(journal: &Journal) -> BTreeMap<&str, Execution<'_>> {
    let mut executions = BTreeMap::new();
    for put in first_puts(journal, "TradeExecuted") {
        if let Some(workflow) = put.workflow() {
            let rows = put.detail.at("execution_data").at("orders").items();
            let failed = rows.filter(|row| !row.at("success").is_true());
            executions.entry(workflow).or_insert(Execution {
                sequence: put.entry.sequence,
                at: put.entry.at,
                failed: failed.filter_map(|row| row.at("symbol").as_str()).collect(),
            });
        }
    }
    executions
}

/// What the owner was told at the end of a workflow: the detail of the TradingNotificationRequested
/// event whose mail went out, by workflow.
pub(super) fn told(journal: &Journal) -> BTreeMap<&str, Json<'_>> {
    let sent: BTreeSet<&str> = journal
        .mail_ids()
        .filter_map(|id| id.split('@').next())
        .collect();
    let mut told = BTreeMap::new();
    for put in first_puts(journal, "TradingNotificationRequested") {
        let is_sent = put.event_id().is_some_and(|id| sent.contains(id));
        let Some(workflow) = put.workflow().filter(|_| is_sent) else {
            continue;
        };
        // What a person puts under the same id was not sent.
        if put.is_by_hand() {
            told.entry(workflow).or_insert(put.detail);
        } else {
            told.insert(workflow, put.detail);
        }
    }
    told
}

/// The symbols that a notification names as not traded as planned; all where it says that orders
/// are unknown.
pub(super) struct Named<'a> {
    pub all: bool,
    pub symbols: BTreeSet<&'a str>,
}

impl<'a> Named<'a> {
    pub fn in_notification(detail: Json<'a>) -> Self {
        let data = detail.at("execution_data");
        let failed = data.at("failed_symbols").items().filter_map(Json::as_str);
        let rows = ["untraded", "notes"]
            .into_iter()
            .flat_map(|name| data.at(name).items());
        let untraded = rows.filter_map(|row| row.at("symbol").as_str());
        let reasons = data.at("idle_cash").at("reasons").items();
        let idle = reasons.filter_map(|reason| reason.at("symbol").as_str());
        Self {
            all: data.at("orders_unknown").is_true(),
            symbols: failed.chain(untraded).chain(idle).collect(),
        }
    }

    pub fn names(&self, symbol: &str) -> bool {
        self.all || self.symbols.contains(symbol)
    }
}
