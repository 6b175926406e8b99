use std::collections::BTreeMap;

use alchemiser::id::{ClientOrderId, PlanId};
use alchemiser_mocks::exchange::Side;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::step::{ASKED, PLANNED, SIGNALS, TRADED};
use crate::check::Judgement;
use crate::check::plan::amount;
use crate::projection::{Order, Put, accepted_orders, invocations, mails, puts};
use crate::trading::{TradingJournal, Trouble, TroubleKind};
use harness::journal::Journal;
use simulated_cloud::packed_json::Json;

/// No item of a plan has more orders of its own.
const LEGS: u32 = 9;

/// Money is rounded to cents, once for each amount that a sum is made of.
const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// Follows the amounts of each workflow: what the signal wants is what the plan is made for, what was
/// filled is what the result says, and what the result says is what the mail tells.
pub(super) fn follow(journal: &Journal, judgement: &mut Judgement) {
    let mut events: BTreeMap<&str, Put<'_>> = BTreeMap::new();
    for put in puts(journal).filter(|put| !put.is_replayed) {
        if let Some(id) = put.event_id() {
            events.entry(id).or_insert(put);
        }
    }
    // What others put by hand need not add up.
    let ours = || events.values().filter(|put| put.entry.invocation.is_some());
    let of = |detail_type: &'static str| ours().filter(move |put| put.detail_type == detail_type);
    let mut say = |put: &Put<'_>, problems: Vec<String>| {
        judgement.premise();
        let workflow = put.workflow().unwrap_or_default();
        for problem in problems {
            let words = format!("{} of {workflow}: {problem}", put.detail_type);
            judgement.violated(words, vec![put.entry.sequence]);
        }
    };
    for put in of(PLANNED) {
        let cause = put.detail.at("causation_id").as_str();
        let mut problems = sums_of_plan(put.detail.at("rebalance_plan"));
        problems.extend(cause.and_then(|id| wants(events.get(id)?, put)));
        say(put, problems);
    }
    let broker = Broker::of(journal);
    for put in of(TRADED) {
        let data = put.detail.at("execution_data");
        let mut problems = sums_of_result(put.detail);
        problems.extend(broker.differs(data, put.entry.at));
        say(put, problems);
    }
    let mut results: BTreeMap<&str, &Put<'_>> = BTreeMap::new();
    for put in of(TRADED) {
        results.extend(put.workflow().map(|workflow| (workflow, put)));
    }
    let mailed: BTreeMap<String, String> = mails(journal)
        .into_iter()
        .filter_map(|mail| Some((mail.message_id.split('@').next()?.to_owned(), mail.text)))
        .collect();
    for put in of(ASKED) {
        let mut problems = Vec::new();
        let told = put.detail.at("execution_data");
        let result = put.workflow().and_then(|workflow| results.get(workflow));
        // A workflow that was ended before it had a result tells of none.
        if let Some(result) = result.filter(|_| told.get("plan_id").is_some()) {
            problems.extend(differs_from_result(put.detail, result.detail));
        }
        let text = put.event_id().and_then(|id| mailed.get(id));
        problems.extend(text.into_iter().flat_map(|text| untold(put.detail, text)));
        say(put, problems);
    }
}

fn number(value: Json<'_>) -> Decimal {
    amount(value).unwrap_or_default()
}

fn is_near(one: Decimal, other: Decimal, roundings: usize) -> bool {
    (one - other).abs() <= CENT * Decimal::from(roundings.max(1))
}

/// The weights that a plan is made for are those of the signal, also where it is made anew.
fn wants(cause: &Put<'_>, plan: &Put<'_>) -> Option<String> {
    let wanted = match cause.detail_type {
        SIGNALS => cause.detail.at("consolidated_portfolio"),
        _ => cause.detail.at("rebalance_plan").at("metadata"),
    };
    let weights = |of: Json<'_>| -> BTreeMap<String, Decimal> {
        let weights = of.at("target_allocations").members();
        weights
            .map(|(symbol, weight)| (symbol.to_owned(), number(weight).normalize()))
            .collect()
    };
    let (wanted, planned) = (
        weights(wanted),
        weights(plan.detail.at("rebalance_plan").at("metadata")),
    );
    (wanted != planned).then(|| {
        format!(
            "it is made for {planned:?}, and {} wants {wanted:?}",
            cause.detail_type
        )
    })
}

/// What a plan moves is what its items move, and what it leaves in cash is the rest.
fn sums_of_plan(plan: Json<'_>) -> Vec<String> {
    let items: Vec<Json<'_>> = plan.at("items").items().collect();
    let moved = |item: &Json<'_>| number(item.at("trade_amount"));
    let total: Decimal = items.iter().map(|item| moved(item).abs()).sum();
    let paid: Decimal = items.iter().map(moved).sum();
    let told = number(plan.at("total_trade_value"));
    let metadata = plan.at("metadata");
    let mut problems = Vec::new();
    if !is_near(told, total, items.len()) {
        problems.push(format!(
            "it says that it moves {told} dollars, and its items move {total}"
        ));
    }
    let (before, after) = (metadata.at("cash_balance"), metadata.at("planned_cash"));
    if let (Some(before), Some(after)) = (amount(before), amount(after))
        && !is_near(before - paid, after, items.len())
    {
        problems.push(format!(
            "it says that it leaves {after} dollars, and its items leave {} of {before}",
            before - paid
        ));
    }
    for item in &items {
        let (action, moved) = (item.at("action").as_str().unwrap_or_default(), moved(item));
        let is_its_way = match action {
            "BUY" => moved > Decimal::ZERO,
            // A position that is to go may be worth nothing.
            "SELL" => moved <= Decimal::ZERO,
            _ => moved.is_zero(),
        };
        if !is_its_way {
            let symbol = item.at("symbol").as_str().unwrap_or_default();
            problems.push(format!("{action} of {symbol} moves {moved} dollars"));
        }
    }
    problems
}

/// The numbers at the head of a result are those of its rows.
fn sums_of_result(detail: Json<'_>) -> Vec<String> {
    let data = detail.at("execution_data");
    let rows: Vec<Json<'_>> = data.at("orders").items().collect();
    let total: Decimal = rows.iter().map(|row| number(row.at("trade_amount"))).sum();
    let told = number(data.at("total_trade_value"));
    let count = |is: &dyn Fn(&Json<'_>) -> bool| rows.iter().filter(|row| is(row)).count();
    let placed = count(&|row| row.at("order_id").as_str().is_some());
    let succeeded = count(&|row| row.at("success").is_true());
    let mut problems = Vec::new();
    if !is_near(told, total, rows.len()) {
        problems.push(format!(
            "it says that {told} dollars were traded, and its orders say {total}"
        ));
    }
    for (name, counted) in [("orders_placed", placed), ("orders_succeeded", succeeded)] {
        let told = number(detail.at(name));
        if told != Decimal::from(counted) {
            problems.push(format!(
                "it says {told} {name}, and its orders say {counted}"
            ));
        }
    }
    problems
}

/// What the broker did, by symbol.
struct Broker<'a> {
    journal: &'a Journal,
    orders: BTreeMap<&'a str, Vec<Placed<'a>>>,
}

struct Placed<'a> {
    order: Order<'a>,
    /// The plan whose step placed it.
    plan: Option<&'a str>,
}

impl<'a> Broker<'a> {
    fn of(journal: &'a Journal) -> Self {
        let invocations = invocations(journal);
        let mut orders: BTreeMap<&str, Vec<Placed<'_>>> = BTreeMap::new();
        for order in accepted_orders(journal) {
            let by = order.invocation.and_then(|number| invocations.get(&number));
            let plan = by.and_then(|by| {
                let planned = by.event().at("detail").at("rebalance_plan");
                planned.at("plan_id").as_str()
            });
            let of_symbol = orders.entry(&order.facts.symbol).or_default();
            of_symbol.push(Placed { order, plan });
        }
        Self { journal, orders }
    }

    fn of_symbol(&self, symbol: &str, side: &str) -> impl Iterator<Item = &Placed<'a>> {
        let orders = self.orders.get(symbol).into_iter().flatten();
        orders.filter(move |placed| placed.order.facts.side.as_str() == side)
    }

    /// Whether a result says that it knows no price: it tells of a failure, and the broker showed it none.
    fn is_unpriced(&self, row: Json<'_>) -> bool {
        let is_late = |trouble: &Trouble| {
            matches!(
                trouble.trouble,
                TroubleKind::Delay | TroubleKind::ShortDelay
            )
        };
        let has_failed = !row.at("success").is_true();
        has_failed && number(row.at("price")).is_zero() && self.journal.troubles().any(is_late)
    }

    /// The orders of a plan for a symbol and side, and those that took their places.
    fn of_plan(&self, plan: &str, symbol: &str, side: &str) -> Vec<&Order<'a>> {
        let id = PlanId::new(plan);
        let mut found: Vec<&Order<'a>> = Vec::new();
        for Placed { order, plan: by } in self.of_symbol(symbol, side) {
            let named = order.facts.client_order_id.as_deref().unwrap_or_default();
            let is_own = match by {
                Some(by) => *by == plan,
                // A request that came late belongs to no invocation any more.
                None => ClientOrderId::is_of_plan(named, &id, symbol, side, LEGS),
            };
            let is_known = |of| found.iter().any(|known| known.facts.order_id == Some(of));
            if is_own || order.heir_of.is_some_and(is_known) {
                found.push(order);
            }
        }
        found
    }

    /// Sales of others that a retry cannot tell from its own closing of a position: that is an order
    /// at the market, of less than a share, without an id of ours.
    fn like_closing(&self, symbol: &str, side: &str) -> impl Iterator<Item = &Order<'a>> {
        let orders = self.of_symbol(symbol, side).map(|placed| &placed.order);
        orders.filter(|order| {
            let facts = order.facts;
            let is_part = facts
                .quantity
                .is_some_and(|quantity| quantity < Decimal::ONE);
            let is_sale = facts.side == Side::Sell;
            !order.is_ours() && is_part && is_sale && facts.limit_price.is_none()
        })
    }

    /// What a result may say of an order, in shares and dollars: all that was filled. Of one that lived
    /// on, what was filled by some earlier look at it.
    fn told_of(&self, order: &Order<'_>, at: DateTime<Utc>) -> Vec<Amount> {
        let mut filled = vec![Amount::default()];
        for fill in &order.fills {
            let Amount { shares, dollars } = filled[filled.len() - 1];
            filled.push(Amount {
                shares: shares + fill.quantity,
                dollars: dollars + fill.quantity * fill.price,
            });
        }
        let ended = order.ended.and_then(|sequence| {
            let place = usize::try_from(sequence).ok()?.checked_sub(1)?;
            self.journal.entries().get(place)
        });
        let had_ended = ended.is_some_and(|entry| entry.at <= at);
        filled.split_off(if had_ended { filled.len() - 1 } else { 0 })
    }

    /// Where the rows of a result, which was put at `at`, are not what was filled.
    fn differs(&self, data: Json<'_>, at: DateTime<Utc>) -> Vec<String> {
        let Some(plan) = data.at("plan_id").as_str() else {
            return Vec::new();
        };
        let decided = data.at("execution_timestamp").as_str();
        let at = decided.and_then(|text| text.parse().ok()).unwrap_or(at);
        let mut problems = Vec::new();
        for row in data.at("orders").items() {
            let symbol = row.at("symbol").as_str().unwrap_or_default();
            let side = row.at("action").as_str().unwrap_or_default().to_lowercase();
            let orders = self.of_plan(plan, symbol, &side);
            let mut sums = vec![Amount::default()];
            for order in &orders {
                let told = self.told_of(order, at);
                let with =
                    |sum: &Amount| told.iter().map(|more| sum.plus(more)).collect::<Vec<_>>();
                sums = sums.iter().flat_map(with).collect();
            }
            let (shares, dollars) = (number(row.at("shares")), number(row.at("trade_amount")));
            let is_unpriced = self.is_unpriced(row);
            let is_told = |sum: &Amount| {
                shares == sum.shares && (is_unpriced || is_near(dollars, sum.dollars, orders.len()))
            };
            let by_hand = |order: &Order<'_>| Amount {
                shares: order.filled(),
                dollars: order.value(),
            };
            let mut like_closing = self.like_closing(symbol, &side).map(by_hand);
            let is_taken_for_own =
                like_closing.any(|order| sums.iter().any(|sum| is_told(&sum.plus(&order))));
            if !sums.iter().any(is_told) && !is_taken_for_own {
                let filled: Decimal = orders.iter().map(|order| order.filled()).sum();
                let value: Decimal = orders.iter().map(|order| order.value()).sum();
                problems.push(format!(
                    "it says that {shares} shares of {symbol} were filled for {dollars} dollars, and the broker \
                     filled {filled} for {value}"
                ));
            }
        }
        problems
    }
}

/// What was filled.
#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    shares: Decimal,
    dollars: Decimal,
}

impl Amount {
    fn plus(&self, more: &Self) -> Self {
        Self {
            shares: self.shares + more.shares,
            dollars: self.dollars + more.dollars,
        }
    }
}

/// Where a notification is not what the result says.
fn differs_from_result(told: Json<'_>, result: Json<'_>) -> Vec<String> {
    let (data, of_result) = (told.at("execution_data"), result.at("execution_data"));
    let numbers = [
        ("orders_placed", told, result),
        ("orders_succeeded", told, result),
        ("total_trade_value", told, of_result),
    ];
    let mut problems = Vec::new();
    for (name, told, result) in numbers {
        let (told, result) = (number(told.at(name)), number(result.at(name)));
        if told != result {
            problems.push(format!(
                "it says {told} {name}, and the result says {result}"
            ));
        }
    }
    if data.at("orders").to_value() != of_result.at("orders").to_value() {
        problems.push("its orders are not those of the result".to_owned());
    }
    problems
}

/// What a mail does not tell of its notification.
fn untold(detail: Json<'_>, text: &str) -> Vec<String> {
    let data = detail.at("execution_data");
    let is_unknown = data.at("orders_unknown").is_true();
    let (placed, succeeded) = (
        number(detail.at("orders_placed")),
        number(detail.at("orders_succeeded")),
    );
    let mut lines = if detail.at("trading_success").is_true() {
        vec![format!("Orders: {succeeded} of {placed} filled")]
    } else if is_unknown {
        vec!["Orders placed: unknown".to_owned()]
    } else {
        vec![
            format!("Orders placed: {placed}"),
            format!("Orders succeeded: {succeeded}"),
        ]
    };
    // What a person puts may lack one of them.
    lines.extend(data.at("orders").items().filter_map(|row| {
        let word = |name: &str| row.at(name).as_str();
        let (action, shares, symbol) = (word("action")?, word("shares")?, word("symbol")?);
        Some(format!("{action} {shares} {symbol}: "))
    }));
    let is_missing = |line: &String| !text.contains(line.as_str());
    let missing = lines.into_iter().filter(is_missing);
    missing
        .map(|line| format!("the mail does not say {line:?}"))
        .collect()
}
