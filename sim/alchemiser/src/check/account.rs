use std::collections::BTreeMap;

use alchemiser_mocks::exchange::{OrderFacts, Report, Side};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Judgement;
use crate::projection::{is_our_id, sign};
use crate::trading::{TradingFact, TradingJournal, TroubleKind};
use harness::journal::{Entry, Journal, JournalEvent};

/// The call that tells the function what money there is.
const LOOK: &str = "alpaca GET account";
/// The call before it, that tells what orders have a claim on.
const LISTING: &str = "alpaca GET orders";

/// The account, and what open orders have a claim on, from report to report.
#[derive(Default)]
struct Ledger<'a> {
    is_open: bool,
    cash: Decimal,
    positions: BTreeMap<&'a str, Decimal>,
    open: BTreeMap<Uuid, Open<'a>>,
    /// Dollars that others than us have taken out so far.
    taken_out: Decimal,
    /// What that was, each time it became more.
    takings: Vec<(DateTime<Utc>, Decimal)>,
    /// When each invocation last listed the orders.
    listings: BTreeMap<u64, DateTime<Utc>>,
    /// What each invocation saw when it last looked at the account.
    looks: BTreeMap<u64, Look>,
    /// Whether the broker shows new orders late: what others have placed cannot be known.
    hides_orders: bool,
}

/// What an invocation knows of others.
#[derive(Clone, Copy)]
struct Look {
    /// Dollars that they had taken out by then.
    taken_out: Decimal,
    /// When their orders had been listed for it.
    listed: DateTime<Utc>,
}

/// An order that may still fill.
struct Open<'a> {
    facts: &'a OrderFacts,
    is_ours: bool,
    filled: Decimal,
    at: DateTime<Utc>,
    /// What whoever placed it knew of others.
    look: Look,
}

impl Open<'_> {
    fn remaining(&self) -> Decimal {
        self.facts.quantity.unwrap_or_default() - self.filled
    }

    /// Dollars that it has a claim on. What a market order will cost nobody knows.
    fn reserved(&self) -> Decimal {
        match (self.facts.side, self.facts.limit_price, self.facts.notional) {
            (Side::Buy, _, Some(dollars)) => dollars,
            (Side::Buy, Some(limit), None) => self.remaining() * limit,
            _ => Decimal::ZERO,
        }
    }
}

impl<'a> Ledger<'a> {
    fn of(journal: &Journal) -> Self {
        let mut troubles = journal.troubles();
        Self {
            hides_orders: troubles.any(|trouble| {
                matches!(
                    trouble.trouble,
                    TroubleKind::Delay | TroubleKind::ShortDelay
                )
            }),
            ..Self::default()
        }
    }

    /// What no fill explains, somebody else moved; the first statement has nothing before it.
    fn note_moved_by_others(&mut self, at: DateTime<Utc>, cash: Decimal) {
        if self.is_open {
            self.take_out(at, (self.cash - cash).max(Decimal::ZERO));
        }
    }

    fn take_out(&mut self, at: DateTime<Utc>, dollars: Decimal) {
        self.taken_out += dollars;
        self.takings.push((at, self.taken_out));
    }

    /// Notes a call that asked for the account: what is true when it begins is in the answer.
    fn note_look(&mut self, entry: &Entry) {
        if let (
            Some(invocation),
            JournalEvent::Call {
                site, duration_ms, ..
            },
        ) = (entry.invocation, &entry.fact)
            && [LOOK, LISTING].contains(&site.operation.as_str())
        {
            let took = TimeDelta::milliseconds(i64::try_from(*duration_ms).unwrap_or(i64::MAX));
            let begun = entry.at.checked_sub_signed(took).unwrap_or(entry.at);
            if site.operation == LISTING {
                self.listings.insert(invocation, begun);
                return;
            }
            let mut before = self.takings.iter().rev();
            let known = before
                .find(|(at, _)| *at <= begun)
                .map_or(Decimal::ZERO, |(_, taken)| *taken);
            let look = Look {
                taken_out: known,
                listed: self.listings.get(&invocation).copied().unwrap_or(begun),
            };
            self.looks.insert(invocation, look);
        }
    }

    /// Begins anew with what a statement says.
    fn open_with(&mut self, cash: Decimal, positions: &'a BTreeMap<String, Decimal>) {
        self.is_open = true;
        self.cash = cash;
        self.positions = positions
            .iter()
            .map(|(symbol, held)| (symbol.as_str(), *held))
            .collect();
    }

    /// Keeps an order that the broker accepted; false where the broker gave it no id.
    fn accept(&mut self, entry: &Entry, order: &'a OrderFacts, is_ours: bool) -> bool {
        let Some(id) = order.order_id else {
            return false;
        };
        let open = Open {
            facts: order,
            is_ours,
            filled: Decimal::ZERO,
            at: entry.at,
            look: entry
                .invocation
                .and_then(|number| self.looks.get(&number).copied())
                .unwrap_or(Look {
                    taken_out: self.taken_out,
                    listed: entry.at,
                }),
        };
        self.open.insert(id, open);
        true
    }

    /// The open orders that the function can know of, where it listed them then.
    fn known(&self, listed: DateTime<Utc>) -> impl Iterator<Item = &Open<'a>> {
        let open = self.open.values();
        open.filter(move |open| open.is_ours || !self.hides_orders && open.at <= listed)
    }

    fn reserved(&self, listed: DateTime<Utc>) -> Decimal {
        self.known(listed).map(Open::reserved).sum()
    }

    fn promised(&self, symbol: &str, listed: DateTime<Utc>) -> Decimal {
        let sells = self
            .known(listed)
            .filter(|open| open.facts.side == Side::Sell && open.facts.symbol == symbol);
        sells.map(Open::remaining).sum()
    }
}

/// At every fill, statement and order: cash is never below what the function may borrow, whatever
/// the broker lends; no position is below nothing; open buys never have a claim on more than cash
/// and what may be borrowed, open sells never on more than is held. What others do at the broker is
/// theirs.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let limit = journal.settings().borrowing_limit;
    let mut ledger = Ledger::of(journal);
    for entry in journal.entries() {
        match entry.fact.report() {
            Some(report) => take(&mut ledger, entry, report, limit, &mut judgement),
            None => ledger.note_look(entry),
        }
    }
    judgement
}

fn take<'a>(
    ledger: &mut Ledger<'a>,
    entry: &Entry,
    report: &'a Report,
    limit: Decimal,
    judgement: &mut Judgement,
) {
    match report {
        Report::Statement {
            cash, positions, ..
        } => {
            ledger.note_moved_by_others(entry.at, *cash);
            judge_statement(ledger, *cash, positions, limit, entry.sequence, judgement);
            ledger.open_with(*cash, positions);
        }
        Report::OrderAccepted { order, .. } => {
            let is_ours = entry.invocation.is_some() || is_our_id(order);
            if ledger.accept(entry, order, is_ours) && is_ours {
                judge_claims(ledger, order, limit, entry.sequence, judgement);
            }
        }
        Report::OrderFilled {
            order,
            fill_quantity,
            fill_price,
            status,
            ..
        } => {
            fill(ledger, entry.at, order, *fill_quantity, *fill_price);
            judge_fill(ledger, order, limit, entry.sequence, judgement);
            if let Some(id) = order.order_id.filter(|_| status.is_final()) {
                ledger.open.remove(&id);
            }
        }
        Report::OrderStatusChanged { order, status, .. } => {
            if let Some(id) = order.order_id.filter(|_| !status.is_working()) {
                ledger.open.remove(&id);
            }
        }
        Report::Split { symbol, after, .. } => {
            ledger.positions.insert(symbol, *after);
        }
        Report::SymbolRenamed { symbol, to, .. } => {
            if let Some(held) = ledger.positions.remove(symbol.as_str()) {
                ledger.positions.insert(to, held);
            }
        }
        Report::CashMoved { amount, .. } => {
            ledger.cash += amount;
            ledger.take_out(entry.at, (-*amount).max(Decimal::ZERO));
        }
        Report::OrderCancelled { order, .. }
        | Report::OrderExpired { order, .. }
        | Report::OrderReplaced { order, .. }
        | Report::OrderRejected { order, .. } => {
            if let Some(id) = order.order_id {
                ledger.open.remove(&id);
            }
        }
        _ => {}
    }
}

fn fill<'a>(
    ledger: &mut Ledger<'a>,
    at: DateTime<Utc>,
    order: &'a OrderFacts,
    quantity: Decimal,
    price: Decimal,
) {
    let shares = sign(order.side) * quantity;
    ledger.cash -= shares * price;
    *ledger.positions.entry(&order.symbol).or_default() += shares;
    let open = order.order_id.and_then(|id| ledger.open.get_mut(&id));
    let is_ours = open.as_ref().is_some_and(|open| open.is_ours);
    if let Some(open) = open {
        open.filled += quantity;
    }
    if !is_ours && order.side == Side::Buy {
        ledger.take_out(at, quantity * price);
    }
}

fn judge_fill(
    ledger: &Ledger<'_>,
    order: &OrderFacts,
    limit: Decimal,
    sequence: u64,
    judgement: &mut Judgement,
) {
    let Some(open) = order
        .order_id
        .and_then(|id| ledger.open.get(&id))
        .filter(|open| open.is_ours)
    else {
        return;
    };
    judgement.premise();
    // Money that was there when the account was looked at, and that somebody took since.
    let taken = ledger.taken_out - open.look.taken_out;
    if order.side == Side::Buy && ledger.cash + limit + taken < Decimal::ZERO {
        let problem = format!(
            "cash is {} after the fill, and {limit} dollars may be borrowed",
            ledger.cash
        );
        judgement.violated(problem, vec![sequence]);
    }
    let held = ledger
        .positions
        .get(order.symbol.as_str())
        .copied()
        .unwrap_or_default();
    if order.side == Side::Sell && held < Decimal::ZERO {
        judgement.violated(
            format!("{} is {held} after the fill", order.symbol),
            vec![sequence],
        );
    }
}

fn judge_claims(
    ledger: &Ledger<'_>,
    order: &OrderFacts,
    limit: Decimal,
    sequence: u64,
    judgement: &mut Judgement,
) {
    let Some(open) = order.order_id.and_then(|id| ledger.open.get(&id)) else {
        return;
    };
    judgement.premise();
    let Look { taken_out, listed } = open.look;
    let (reserved, promised) = (
        ledger.reserved(listed),
        ledger.promised(&order.symbol, listed),
    );
    let taken = ledger.taken_out - taken_out;
    let there = (ledger.cash + limit + taken).max(Decimal::ZERO);
    if order.side == Side::Buy && reserved > there {
        let problem = format!(
            "open buys have a claim on {reserved} dollars, cash is {}, and {limit} may be borrowed",
            ledger.cash
        );
        judgement.violated(problem, vec![sequence]);
    }
    let held = ledger
        .positions
        .get(order.symbol.as_str())
        .copied()
        .unwrap_or_default();
    if order.side == Side::Sell && promised > held {
        judgement.violated(
            format!(
                "open sells promise {promised} {}, and {held} are held",
                order.symbol
            ),
            vec![sequence],
        );
    }
}

/// The first statement is what was given. A later one that is below nothing is ours where our fills
/// made it so.
fn judge_statement(
    ledger: &Ledger<'_>,
    cash: Decimal,
    positions: &BTreeMap<String, Decimal>,
    limit: Decimal,
    sequence: u64,
    judgement: &mut Judgement,
) {
    if !ledger.is_open {
        return;
    }
    judgement.premise();
    if cash + limit + ledger.taken_out < Decimal::ZERO {
        judgement.violated(
            format!("the account states {cash} dollars, and {limit} may be borrowed"),
            vec![sequence],
        );
    }
    for (symbol, held) in positions {
        let before = ledger
            .positions
            .get(symbol.as_str())
            .copied()
            .unwrap_or_default();
        if *held < Decimal::ZERO && before >= Decimal::ZERO {
            judgement.violated(
                format!("the account states {held} {symbol}"),
                vec![sequence],
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{History, event};
    use crate::trading::Settings;

    fn account(limit: i64) -> History {
        let settings = Settings {
            borrowing_limit: limit.into(),
            ..Settings::default()
        };
        History::new()
            .settings(settings)
            .states("1000", &[("AAPL", "5")])
            .starts(1, event("RebalancePlanned", "p", "s"))
    }

    #[test]
    fn a_fill_never_costs_what_is_not_there() {
        let bought = |limit: i64, price: &str| {
            account(limit)
                .accepts("alch-1", "buy 10 MSFT @ 100")
                .fills("alch-1", "10", price)
                .judged(check)
        };
        assert_eq!(bought(0, "100"), (2, 0));
        assert_eq!(bought(0, "100.01"), (2, 1), "ten cents are borrowed");
        assert_eq!(bought(1, "100.1"), (2, 0), "and may be");
    }

    #[test]
    fn it_is_judged_at_each_instant_and_not_at_the_end() {
        let early = account(0)
            .accepts("alch-1", "buy 10 MSFT @ 100")
            .fills("alch-1", "10", "101");
        let (_, violations) = early
            .accepts("alch-2", "sell 5 AAPL @ 100")
            .fills("alch-2", "5", "100")
            .judged(check);
        assert_eq!(
            violations, 1,
            "though the sale brings more than was borrowed"
        );
    }

    #[test]
    fn open_orders_have_a_claim_on_what_is_there() {
        let both = |second: &str| {
            account(0)
                .accepts("alch-1", "buy 6 MSFT @ 100")
                .accepts("alch-2", second)
                .judged(check)
                .1
        };
        assert_eq!(both("buy 4 IBM @ 100"), 0);
        assert_eq!(both("buy 4 IBM @ 100.01"), 1);
        let sells = |second: &str| {
            account(0)
                .accepts("alch-1", "sell 3 AAPL @ 100")
                .accepts("alch-2", second)
                .judged(check)
                .1
        };
        assert_eq!(sells("sell 2 AAPL @ 100"), 0);
        assert_eq!(sells("sell 2.1 AAPL @ 100"), 1);
    }

    #[test]
    fn what_others_take_since_the_last_look_is_theirs() {
        let bought = |before: bool| {
            let taken = |history: History| {
                let theirs = history.within(None).accepts("mine", "buy 10 MSFT @ 50");
                theirs.fills("mine", "10", "50").within(Some(1))
            };
            let begun = History::new()
                .states("1000", &[])
                .starts(1, event("RebalancePlanned", "p", "s"));
            let looked = if before {
                taken(begun).calls(LOOK, 200)
            } else {
                taken(begun.calls(LOOK, 200))
            };
            looked
                .accepts("alch-1", "buy 15 MSFT @ 50")
                .fills("alch-1", "15", "50")
                .judged(check)
                .1
        };
        assert_eq!(bought(false), 0);
        assert_eq!(bought(true), 2, "the order and its fill");
    }

    #[test]
    fn an_order_that_others_place_behind_the_list_claims_nothing() {
        let claimed = |before: bool| {
            let begun = History::new()
                .states("1000", &[])
                .starts(1, event("RebalancePlanned", "p", "s"));
            let placed = |history: History| {
                let theirs = history.within(None).accepts("mine", "buy 10 MSFT @ 50");
                theirs.within(Some(1))
            };
            let listed = if before {
                placed(begun).calls(LISTING, 200)
            } else {
                placed(begun.calls(LISTING, 200))
            };
            let looked = listed.calls(LOOK, 200);
            looked.accepts("alch-1", "buy 15 MSFT @ 50").judged(check).1
        };
        assert_eq!((claimed(false), claimed(true)), (0, 1));
    }

    #[test]
    fn what_the_broker_hides_claims_nothing() {
        let beside = |history: History| {
            let history = history.states("1000", &[]).within(None);
            let theirs = history.accepts("mine", "buy 10 MSFT @ 90");
            theirs
                .starts(1, event("RebalancePlanned", "p", "s"))
                .accepts("alch-1", "buy 10 MSFT @ 50")
                .judged(check)
                .1
        };
        assert_eq!(beside(History::new()), 1);
        let hidden = History::new().trouble(None, TroubleKind::Delay);
        assert_eq!(beside(hidden), 0);
    }

    #[test]
    fn an_order_that_is_done_has_no_claim() {
        let after = account(0)
            .accepts("alch-1", "buy 10 MSFT @ 100")
            .cancels("alch-1")
            .accepts("alch-2", "buy 10 IBM @ 100");
        assert_eq!(after.judged(check).1, 0);
    }

    #[test]
    fn what_others_take_is_theirs() {
        let open = || {
            account(0)
                .accepts("alch-1", "buy 10 MSFT @ 100")
                .within(None)
        };
        let by_hand = open()
            .accepts("by-hand", "buy 5 IBM @ 100")
            .fills("by-hand", "5", "100");
        assert_eq!(by_hand.fills("alch-1", "10", "100").judged(check).1, 0);
        assert_eq!(
            open()
                .states("500", &[("AAPL", "5")])
                .fills("alch-1", "10", "100")
                .judged(check)
                .1,
            0,
            "a withdrawal"
        );
        assert_eq!(
            open()
                .states("500", &[("AAPL", "5")])
                .fills("alch-1", "10", "101")
                .judged(check)
                .1,
            1,
            "and ten dollars of ours"
        );
    }

    #[test]
    fn a_position_is_never_below_nothing() {
        let sold = |quantity: &str| {
            account(0)
                .accepts("alch-1", "sell 5 AAPL @ 100")
                .fills("alch-1", quantity, "100")
                .judged(check)
                .1
        };
        assert_eq!(sold("5"), 0);
        assert_eq!(sold("5.000001"), 1);
    }
}
