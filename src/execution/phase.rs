use futures::future::try_join_all;
use rust_decimal::Decimal;
use tokio::time::{Duration, Instant};

use super::closing::{close_rest, rest_of};
use super::context::{ExecutionContext, broker_unavailable};
use super::handler::LIMIT;
use super::leg::{find, follow, look_again, place};
use super::ticket::{NEARLY, Ticket};
use crate::alpaca::{AlpacaError, Order, Side};
use crate::decimal::decimal_from_json;
use crate::error::{StepError, StepFailure};
use crate::event::{Action, RebalancePlanItem};

/// What the buys may take of the step's time, with room to spare: so much of it is not spent
/// waiting for money.
const FOR_BUYS: Duration = Duration::from_secs(200);

impl ExecutionContext<'_> {
    /// Sells, waits for their proceeds, buys. What keeps one order from being placed, filled or
    /// ended keeps no other.
    ///
    /// # Errors
    /// A broker that does not answer, or an order of which nobody knows whether it is there:
    /// another attempt asks again.
    pub async fn trade(&self, began: Instant) -> Result<Vec<Ticket>, StepFailure> {
        let mut tickets = self.sell().await?;
        let mut buys = self.open_buys().await?;
        self.ration(&mut buys, &tickets, began + LIMIT.saturating_sub(FOR_BUYS))
            .await?;
        for ticket in &mut buys {
            if ticket.orders.is_empty() && !ticket.is_done() {
                place(self, ticket).await?;
            }
        }
        tickets.extend(self.follow_all(buys).await?);
        let brought = |tickets: &[Ticket]| {
            tickets
                .iter()
                .filter(|ticket| ticket.side == Side::Sell)
                .map(Ticket::value)
                .sum::<Decimal>()
        };
        let before = brought(&tickets);
        for ticket in &mut tickets {
            look_again(self, ticket).await?;
        }
        if brought(&tickets) > before {
            // A sell that hung has gone through after all: too late for this run's buys.
            tickets
                .iter_mut()
                .filter(|ticket| ticket.lacks_funds)
                .for_each(|ticket| ticket.awaits_money = true);
        }
        match tickets.iter().find_map(|ticket| ticket.unknown.clone()) {
            Some(reason) => Err(StepError::BrokerUnavailable(reason).into()),
            None => Ok(tickets),
        }
    }

    fn items(&self, action: Action) -> impl Iterator<Item = &RebalancePlanItem> {
        self.plan
            .items
            .iter()
            .filter(move |item| item.action == action)
    }

    /// The price that the planner sized an item with; none that cannot be used.
    pub fn reference_price(&self, symbol: &str) -> Option<Decimal> {
        let given = self
            .plan
            .metadata
            .as_ref()?
            .get("reference_prices")?
            .get(symbol)?;
        decimal_from_json(given)
            .ok()
            .filter(|price| *price > Decimal::ZERO)
    }

    /// Places the sells one after the other, then follows them all at once.
    async fn sell(&self) -> Result<Vec<Ticket>, StepFailure> {
        let mut tickets = Vec::new();
        for item in self.items(Action::Sell) {
            let mut ticket = self.open_ticket(item, Side::Sell).await?;
            if ticket.orders.is_empty() && ticket.problem.is_none() && !ticket.total.is_zero() {
                place(self, &mut ticket).await?;
            }
            tickets.push(ticket);
        }
        self.follow_all(tickets).await
    }

    async fn open_buys(&self) -> Result<Vec<Ticket>, StepFailure> {
        let mut tickets = Vec::new();
        for item in self.items(Action::Buy) {
            tickets.push(self.open_ticket(item, Side::Buy).await?);
        }
        Ok(tickets)
    }

    async fn follow_all(&self, tickets: Vec<Ticket>) -> Result<Vec<Ticket>, StepFailure> {
        try_join_all(tickets.into_iter().map(|mut ticket| async {
            follow(self, &mut ticket).await?;
            let legs_are_done = ticket.unknown.is_none()
                && ticket.problem.is_none()
                && ticket.remaining() <= Decimal::ZERO;
            if legs_are_done && !ticket.rest.is_zero() {
                close_rest(self, &mut ticket).await?;
            }
            Ok(ticket)
        }))
        .await
    }

    /// Waits for the money that the buys cost which no earlier attempt has begun, until `end` at
    /// most, and no longer than something of what the sells bring is on its way. Where there is too
    /// little, each buy gets its share of it.
    async fn ration(
        &self,
        buys: &mut [Ticket],
        sells: &[Ticket],
        end: Instant,
    ) -> Result<(), StepFailure> {
        let wanted = |ticket: &&mut Ticket| ticket.orders.is_empty() && !ticket.is_done();
        let cost: Decimal = buys
            .iter_mut()
            .filter(wanted)
            .map(|ticket| ticket.total * ticket.price)
            .sum();
        if cost.is_zero() || self.closed().is_some() {
            return Ok(());
        }
        // What the plan leaves in cash is not there for its buys, also where the sells bring too
        // little; but it makes up for what they bring less by the spread.
        let kept = self.amount_of_plan("planned_cash").max(Decimal::ZERO);
        let begun: Decimal = buys
            .iter()
            .flat_map(|ticket| &ticket.orders)
            .map(spent)
            .sum();
        let brought: Decimal = sells.iter().map(Ticket::value).sum();
        let unknown = sells.iter().find_map(|ticket| ticket.unknown.clone());
        // Of a sell that nobody knows anything of, money may come at any time.
        let ever = unknown
            .is_none()
            .then(|| self.amount_of_plan("cash_balance") + brought - begun);
        // The spread is little. What is not sold may be more, and nothing makes up for it.
        let enough = if sells.iter().all(Ticket::is_sold) {
            cost * NEARLY
        } else {
            cost
        };
        let found = self.wait_for_funds(enough + kept, ever, end).await?;
        let funds = (found.free - kept).max(Decimal::ZERO);
        if funds >= enough {
            return Ok(());
        }
        if let Some(reason) = unknown {
            return Err(StepError::BrokerUnavailable(reason).into());
        }
        for ticket in buys.iter_mut().filter(wanted) {
            // The money may be missing because an earlier attempt has spent it, in an order that
            // shows only now.
            let is_begun = self.is_resumed() && find(self, ticket).await?;
            if !is_begun {
                ticket.shrink(funds, cost, self.why_short());
                ticket.awaits_money = found.is_more_to_come;
            }
        }
        Ok(())
    }

    /// Shares of a symbol that were held when the plan was made, where it says what was held.
    fn quantity_of_plan(&self, symbol: &str) -> Option<Decimal> {
        let quantities = self.plan.metadata.as_ref()?.get("quantities")?;
        quantities
            .get(symbol)
            .map_or(Some(Decimal::ZERO), |given| decimal_from_json(given).ok())
    }

    /// Why the account cannot pay for what the plan buys.
    pub fn why_short(&self) -> &'static str {
        if self.items(Action::Sell).next().is_some() {
            "the sells brought too little in time"
        } else {
            "the account's money had not come in time"
        }
    }

    /// Dollars that the plan's metadata name.
    fn amount_of_plan(&self, name: &str) -> Decimal {
        let given = self
            .plan
            .metadata
            .as_ref()
            .and_then(|metadata| metadata.get(name));
        given
            .and_then(|given| decimal_from_json(given).ok())
            .unwrap_or_default()
    }

    /// The ticket of one item, with what an earlier attempt has ordered of it, sized where that is
    /// nothing.
    async fn open_ticket(
        &self,
        item: &RebalancePlanItem,
        side: Side,
    ) -> Result<Ticket, StepFailure> {
        let mut ticket = Ticket::new(
            item,
            side,
            self.reference_price(&item.symbol).unwrap_or_default(),
        );
        let is_begun = self.is_resumed() && find(self, &mut ticket).await?;
        let asset = match self.alpaca().asset(&item.symbol).await {
            Err(error @ AlpacaError::Refused { .. }) => {
                ticket.problem = (!is_begun).then(|| format!("the broker {error}"));
                return Ok(ticket);
            }
            answer => answer.map_err(broker_unavailable)?,
        };
        // An earlier attempt may have learnt that the broker takes whole shares only.
        ticket.fractionable = asset.fractionable && !(is_begun && ticket.was_cut_to_whole_shares());
        ticket.free = if side == Side::Sell {
            self.free_shares(&item.symbol)
        } else {
            Decimal::ZERO
        };
        ticket.rest = rest_of(self, &ticket).await?;
        ticket.held_then_and_now = self
            .quantity_of_plan(&item.symbol)
            .map(|then| (then, self.held(&item.symbol)));
        if is_begun {
            ticket.compare_with_plan();
            return Ok(ticket);
        }
        if side == Side::Sell && ticket.free.is_zero() && ticket.rest.is_zero() {
            ticket.problem = Some(self.missing_shares(&item.symbol));
            return Ok(ticket);
        }
        if ticket.price.is_zero() {
            ticket.problem = Some(format!(
                "the plan has no usable reference price for {}",
                item.symbol
            ));
            return Ok(ticket);
        }
        ticket.size();
        // What is not tradable may be sold, and not bought (docs.alpaca.markets, "Broker API
        // FAQs").
        if !asset.tradable && side == Side::Buy {
            ticket.problem = Some(format!("{} cannot be traded", item.symbol));
        }
        let held_back = self.held_back(&item.symbol);
        if side == Side::Sell && !held_back.is_zero() {
            ticket.notes.push(format!(
                "{}: {} shares are held by an order that is not of this plan",
                item.symbol,
                held_back.normalize()
            ));
        }
        Ok(ticket)
    }

    /// Why nothing of what is to be sold is there: somebody else may have sold it, or holds it.
    /// Only where an earlier attempt was at work can it have been an order of this plan, which the
    /// broker does not show.
    fn missing_shares(&self, symbol: &str) -> String {
        let is_held = self
            .position(symbol)
            .is_some_and(|position| position.qty > Decimal::ZERO);
        match (is_held, self.is_resumed()) {
            (true, _) => format!("nothing of {symbol} can be sold: another order holds it"),
            (false, true) => format!(
                "{symbol} is held no more, and no order of this plan is known that sold it: look at the broker"
            ),
            (false, false) => format!("{symbol} is held no more: somebody else has sold it"),
        }
    }
}

/// Dollars that a buy has cost and may still cost.
fn spent(order: &Order) -> Decimal {
    order.filled_qty * order.filled_avg_price.unwrap_or_default() + order.may_cost(Decimal::ZERO)
}
