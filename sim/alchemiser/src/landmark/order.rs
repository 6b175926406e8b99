use std::collections::BTreeSet;

use alchemiser_mocks::exchange::Report;

use super::{entry, journal, logged, logged_with, told};
use crate::trading::{TradingFact, TradingJournal};
use harness::journal::Journal;
use harness::landmark::Landmark;

const QUOTE: &str = "no usable quote";
const EXECUTED: &str = "TradeExecuted";

/// Orders, money and what the broker does.
pub(super) const LANDMARKS: &[Landmark] = &[
    logged(
        "an order is found by its id",
        "order found, not placed again",
    ),
    logged(
        "an order's outcome is unknown",
        "order outcome unknown, asking the broker",
    ),
    logged(
        "nobody knows whether an order is there",
        "nobody knows whether the order is there",
    ),
    logged(
        "whole shares are tried after a refused fraction",
        "order refused, whole shares are tried",
    ),
    logged("an order is refused", "order refused"),
    logged("the rest of a position is closed", "position closed"),
    logged(
        "the outcome of a closing is unknown",
        "close outcome unknown, asking the broker",
    ),
    logged("a closing is refused", "close refused"),
    logged(
        "an order is replaced by hand",
        "the order was replaced by hand",
    ),
    logged(
        "a cancellation is asked for again",
        "the cancellation may not have been heard, asking again",
    ),
    logged(
        "settlement is waited for",
        "waiting for the sells to settle",
    ),
    logged("the account cannot pay", "the account cannot pay"),
    logged(
        "a stale plan is made anew",
        "the account has moved since the plan was made, planning anew",
    ),
    logged(
        "the rate limit is waited for",
        "waiting below the broker's rate limit",
    ),
    logged("a read is tried again", "read failed, trying again"),
    logged_with("a quote is too old", QUOTE, "problems", "it is older than"),
    logged_with(
        "a quote has one side",
        QUOTE,
        "problems",
        "one side is missing",
    ),
    logged_with(
        "a market is crossed",
        QUOTE,
        "problems",
        "the market is crossed",
    ),
    logged_with("there is no quote", QUOTE, "problems", "there is no quote"),
    executed(
        "a buy is cut to what the sells brought",
        "the sells brought too little in time",
    ),
    executed(
        "a buy is cut to the account's money",
        "the account's money had not come in time",
    ),
    executed(
        "a buy is cut to the price",
        "the price has risen since the plan",
    ),
    executed(
        "a buy waits for another run of the day",
        "bought by another run within the day",
    ),
    executed(
        "an earlier attempt has ordered less",
        "so an earlier attempt ordered them",
    ),
    executed(
        "an order ends at the close",
        "not ordered: the session ends at",
    ),
    executed(
        "a symbol was traded by hand since the plan",
        "somebody has traded it by hand",
    ),
    executed(
        "another run has traded since",
        "another run has traded on the account since",
    ),
    executed(
        "an earlier plan's order still works",
        "an order of an earlier plan still works",
    ),
    executed(
        "an order is still there after its cancellation",
        "after its cancellation",
    ),
    executed(
        "the market rejects an order",
        "the market rejected the order",
    ),
    executed(
        "shares were sold by somebody else",
        "is held no more: somebody else",
    ),
    executed(
        "shares are held by somebody's order",
        "are held by an order that is not of this plan",
    ),
    executed(
        "money is held by somebody's order",
        "orders that are not of this plan hold money",
    ),
    executed("a price is another one, as after a split", "sized anew"),
    executed("a symbol cannot be traded", "cannot be traded"),
    executed("whole shares leave cash", "it trades in whole shares"),
    executed("a short position is left alone", "it is held short"),
    executed("a coin is left alone", "it is of the class crypto"),
    entry("a part is filled, and the rest is cancelled", |entry| {
        matches!(entry.fact.report(), Some(Report::OrderCancelled { filled_quantity, .. })
 if !filled_quantity.is_zero())
    }),
    journal(
        "an order fills after its cancellation was asked for",
        filled_late,
    ),
    entry("an order ends with the session", |entry| {
        matches!(entry.fact.report(), Some(Report::OrderExpired { .. }))
    }),
    entry("an order's id is there already", |entry| {
        matches!(
            entry.fact.report(),
            Some(Report::OrderRejected {
                code: 40_010_001,
                ..
            })
        )
    }),
    entry("the broker is asked too often", |entry| {
        matches!(entry.fact.report(), Some(Report::RateLimited { .. }))
    }),
    entry("a symbol is halted", |entry| {
        matches!(
            entry.fact.report(),
            Some(Report::AssetChanged { halted: true, .. })
        )
    }),
    entry("a split comes", |entry| {
        matches!(entry.fact.report(), Some(Report::Split { .. }))
    }),
    entry("cash comes or goes", |entry| {
        matches!(entry.fact.report(), Some(Report::CashMoved { .. }))
    }),
];

const fn executed(name: &'static str, holds: &'static str) -> Landmark {
    told(name, EXECUTED, holds)
}

/// How often an order was filled after somebody had asked for its cancellation.
fn filled_late(journal: &Journal) -> usize {
    let mut asked = BTreeSet::new();
    let reports = journal.reports().map(|(_, report)| report);
    reports
        .filter(|report| {
            let id = report.order().and_then(|order| order.order_id);
            match report {
                Report::CancelRequested { .. } => {
                    asked.insert(id);
                    false
                }
                Report::OrderFilled { .. } => asked.contains(&id),
                _ => false,
            }
        })
        .count()
}
