//! From a request to an accepted order: what is checked, in which order, and what is answered.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Exchange;
use super::asset_class::AssetClass;
use super::order::Intent;
use super::order::{Amount, Order, OrderStatus, OrderTimes, Origin, TimeInForce};
use super::refusal::Refusal;
use super::report::{OrderFacts, Report};
use super::script::{Fate, OrderEffect};
use super::side::Side;
use super::text::{later, plain};
use super::timer_queue::Due;
use seeded_dice::Key;

/// What the ask is multiplied with for the value of an order that sells short.
const SHORT_RESERVE: Decimal = Decimal::from_parts(103, 0, 0, false, 2);

/// An order as a client asks for it, its fields well formed.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub(super) symbol: String,
    pub(super) side: Side,
    pub(super) limit: Option<Decimal>,
    pub(super) amount: Amount,
    pub(super) time_in_force: TimeInForce,
    pub(super) client_order_id: Option<String>,
    /// Made by closing a position: may be for any fraction and any value.
    pub(super) closes: bool,
    /// What the client says that it does to the position.
    pub(super) intent: Option<Intent>,
    /// The order whose place it takes: its claims on cash and shares do not count against it.
    pub(super) replaces: Option<usize>,
    /// Who asks.
    pub(super) origin: Origin,
}

impl Ticket {
    /// What the order is to the dice: its name, or what it is about where it has none.
    fn cause(&self) -> Key {
        match &self.client_order_id {
            Some(id) => Key::of("order").text(id),
            None => Key::of("nameless order")
                .text(&self.symbol)
                .text(self.side.as_str()),
        }
    }

    fn facts(&self) -> OrderFacts {
        let (quantity, notional) = match self.amount {
            Amount::Shares(shares) => (Some(shares), None),
            Amount::Notional(dollars) => (None, Some(dollars)),
        };
        OrderFacts {
            order_id: None,
            client_order_id: self.client_order_id.clone(),
            symbol: self.symbol.clone(),
            side: self.side,
            quantity,
            notional,
            limit_price: self.limit,
            origin: self.origin,
        }
    }
}

impl Exchange {
    /// Accepts an order and answers its index, or refuses it. Either way the observer hears of it.
    pub(super) fn submit(
        &mut self,
        now: DateTime<Utc>,
        mut ticket: Ticket,
    ) -> Result<usize, Refusal> {
        ticket.symbol = self.canonical(&ticket.symbol);
        let facts = ticket.facts();
        let accepted = self
            .check(now, &ticket)
            .map(|(fate, reserve)| self.accept(now, ticket, fate, reserve));
        if let Err(refusal) = &accepted {
            self.reports.push(Report::OrderRejected {
                at: now,
                order: facts,
                code: refusal.code.unwrap_or_default(),
                message: refusal.message.clone(),
            });
        }
        accepted
    }

    /// Everything that may speak against an order. Answers what the script says of it and what one
    /// share reserves.
    fn check(&mut self, now: DateTime<Utc>, ticket: &Ticket) -> Result<(Fate, Decimal), Refusal> {
        self.check_client_order_id(now, ticket)?;
        let opens = self.opens(ticket);
        self.check_account(opens)?;
        check_intent(ticket, opens)?;
        self.check_asset(ticket, opens)?;
        // The script is about the client's orders: the owner's do not count.
        let fate = match ticket.origin {
            Origin::Client => self.script.next(&ticket.symbol, ticket.side),
            Origin::Owner => Fate::default(),
        };
        self.reports.extend(
            fate.effects()
                .into_iter()
                .map(|effect| Report::OrderScripted {
                    at: now,
                    client_order_id: ticket.client_order_id.clone(),
                    symbol: ticket.symbol.clone(),
                    side: ticket.side,
                    effect,
                }),
        );
        if let Some(OrderEffect::Reject {
            status,
            code,
            message,
        }) = &fate.fill
        {
            return Err(Refusal::new(*status, *code, message.clone()));
        }
        self.check_wash_trade(ticket)?;
        let reserve = self.reserve_price(now, ticket, opens)?;
        if opens {
            self.check_buying_power(now, ticket, reserve)?;
        } else {
            self.check_available(ticket, reserve)?;
        }
        Ok((fate, reserve))
    }

    /// Whether an order opens or adds to a position: a buy does unless shares are held short, and a
    /// sell where there is none and the account may sell short (docs.alpaca.markets, "Margin and
    /// Short Selling"; one order never turns a position around, alpaca-trade-api-python issue 129).
    fn opens(&self, ticket: &Ticket) -> bool {
        let held = self.ledger.quantity(&ticket.symbol);
        match ticket.side {
            Side::Buy => held >= Decimal::ZERO,
            Side::Sell => held < Decimal::ZERO || held.is_zero() && self.may_short(ticket),
        }
    }

    /// Whether what is not held may be sold: coins never are.
    fn may_short(&self, ticket: &Ticket) -> bool {
        let shortable = self
            .asset(&ticket.symbol)
            .is_some_and(|asset| asset.shortable);
        let allowed = self.setup.account.shorting || ticket.origin == Origin::Owner;
        allowed && shortable && AssetClass::of(&ticket.symbol) == AssetClass::UsEquity
    }

    /// The words for a restriction to liquidation are Alpaca's, the others stand for those that
    /// nobody has published.
    fn check_account(&self, opens: bool) -> Result<(), Refusal> {
        let account = &self.setup.account;
        if account.trading_blocked || account.account_blocked || account.trade_suspended_by_user {
            return Err(Refusal::forbidden("account is restricted from trading"));
        }
        match account.liquidation_only && opens {
            true => Err(Refusal::forbidden(
                "account is restricted to liquidation only",
            )),
            false => Ok(()),
        }
    }

    fn check_client_order_id(&self, now: DateTime<Utc>, ticket: &Ticket) -> Result<(), Refusal> {
        let Some(id) = &ticket.client_order_id else {
            return Ok(());
        };
        if id.chars().count() > 128 {
            return Err(Refusal::bad_field(
                "client_order_id must be no more than 128 characters",
            ));
        }
        let memory = self.setup.knobs.remember_client_order_ids_for;
        let remembered =
            |order: &Order| memory.is_none_or(|memory| later(order.times.created, memory) > now);
        match self
            .orders
            .iter()
            .any(|order| order.client_order_id == *id && remembered(order))
        {
            true => Err(Refusal::bad_field("client_order_id must be unique")),
            false => Ok(()),
        }
    }

    /// What is active and not tradable may be sold, and not bought (docs.alpaca.markets, "Broker
    /// API FAQs": tradable and status).
    fn check_asset(&self, ticket: &Ticket, opens: bool) -> Result<(), Refusal> {
        let symbol = &ticket.symbol;
        let asset = self
            .asset(symbol)
            .ok_or_else(|| Refusal::unprocessable(format!("asset \"{symbol}\" not found")))?;
        if !asset.active {
            return Err(Refusal::unprocessable(format!(
                "asset {symbol} is not active"
            )));
        }
        if !asset.tradable && opens {
            return Err(Refusal::unprocessable(format!(
                "asset {symbol} is not tradable"
            )));
        }
        let fraction = match ticket.amount {
            Amount::Shares(quantity) => !quantity.fract().is_zero(),
            Amount::Notional(_) => true,
        };
        if fraction && !ticket.closes && !asset.fractionable {
            return Err(Refusal::forbidden(format!(
                "asset \"{symbol}\" is not fractionable"
            )));
        }
        if AssetClass::of(symbol) == AssetClass::Crypto {
            return match ticket.time_in_force {
                TimeInForce::Gtc => Ok(()),
                TimeInForce::Day => Err(Refusal::unprocessable("invalid crypto time_in_force")),
            };
        }
        if fraction && opens && ticket.side == Side::Sell {
            return Err(Refusal::unprocessable(
                "fractional orders cannot be sold short",
            ));
        }
        if fraction && ticket.time_in_force != TimeInForce::Day {
            return Err(Refusal::unprocessable(
                "fractional orders must be DAY orders",
            ));
        }
        Ok(())
    }

    /// An order may not trade against an open one of the same account (Alpaca, "User Protection":
    /// wash trades).
    fn check_wash_trade(&self, ticket: &Ticket) -> Result<(), Refusal> {
        let crosses = |order: &Order| match (order.limit, ticket.limit) {
            (Some(resting), Some(limit)) => ticket.side.accepts(limit, resting),
            _ => true,
        };
        let open = self.orders.iter().enumerate().filter(|(index, order)| {
            Some(*index) != ticket.replaces && order.is_working() && order.symbol == ticket.symbol
        });
        match open
            .map(|(_, order)| order)
            .find(|order| order.side != ticket.side && crosses(order))
        {
            None => Ok(()),
            Some(order) => {
                let kind = if order.limit.is_some() {
                    "limit"
                } else {
                    "market"
                };
                Err(
                    Refusal::forbidden("potential wash trade detected. use complex orders")
                        .with("existing_order_id", order.id.to_string())
                        .with(
                            "reject_reason",
                            format!("opposite side {kind} order exists"),
                        ),
                )
            }
        }
    }

    /// What one share is worth for the checks: the limit, or the opposite quote (with a reserve on
    /// top for buyers). Sold short it is worth at least the ask and 3 % ("Placing Orders").
    fn reserve_price(
        &self,
        now: DateTime<Utc>,
        ticket: &Ticket,
        opens: bool,
    ) -> Result<Decimal, Refusal> {
        let quote = self.market.quote(&ticket.symbol, now);
        if opens && ticket.side == Side::Sell {
            let ask = quote
                .as_ref()
                .map(|quote| quote.ask)
                .or_else(|| self.market.price(&ticket.symbol, now))
                .unwrap_or_default();
            return Ok((ask * SHORT_RESERVE).max(ticket.limit.unwrap_or_default()));
        }
        if let Some(limit) = ticket.limit {
            return Ok(limit);
        }
        let price = quote.and_then(|quote| quote.opposite(ticket.side));
        let price = price
            .or_else(|| self.market.price(&ticket.symbol, now))
            .ok_or_else(|| {
                Refusal::unprocessable(format!(
                    "no price is available for asset \"{}\"",
                    ticket.symbol
                ))
            })?;
        let reserve = match ticket.side {
            Side::Buy => self.setup.knobs.market_order_reserve_percent / Decimal::ONE_HUNDRED,
            Side::Sell => Decimal::ZERO,
        };
        Ok(price * (Decimal::ONE + reserve))
    }

    fn check_buying_power(
        &self,
        now: DateTime<Utc>,
        ticket: &Ticket,
        reserve: Decimal,
    ) -> Result<(), Refusal> {
        let (cost, fraction) = match ticket.amount {
            Amount::Shares(quantity) => (
                quantity.checked_mul(reserve).unwrap_or(Decimal::MAX),
                !quantity.fract().is_zero(),
            ),
            Amount::Notional(dollars) => (dollars, true),
        };
        if fraction && cost < Decimal::ONE {
            return Err(too_small());
        }
        let power = self.spendable(now, ticket.replaces).max(Decimal::ZERO);
        match cost > power {
            true => Err(Refusal::forbidden("insufficient buying power")
                .with("buying_power", plain(power))
                .with("cost_basis", plain(cost))),
            false => Ok(()),
        }
    }

    fn check_available(&self, ticket: &Ticket, reserve: Decimal) -> Result<(), Refusal> {
        let wanted = match ticket.amount {
            Amount::Shares(quantity) => quantity,
            Amount::Notional(dollars) if dollars < Decimal::ONE => return Err(too_small()),
            Amount::Notional(dollars) => (dollars / reserve).trunc_with_scale(9),
        };
        let existing = self.ledger.quantity(&ticket.symbol).abs();
        let replaced = ticket
            .replaces
            .map_or(Decimal::ZERO, |index| self.orders[index].held());
        let held = self.held_for_orders(&ticket.symbol) - replaced;
        let available = existing - held;
        if wanted <= available {
            return Ok(());
        }
        let (wanted, available) = (plain(wanted), plain(available));
        let text = format!(
            "insufficient qty available for order (requested: {wanted}, available: {available})"
        );
        Err(Refusal::forbidden(text)
            .with("available", available)
            .with("existing_qty", plain(existing))
            .with("held_for_orders", plain(held))
            .with("symbol", ticket.symbol.clone()))
    }

    fn accept(
        &mut self,
        now: DateTime<Utc>,
        ticket: Ticket,
        mut fate: Fate,
        reserve_price: Decimal,
    ) -> usize {
        let hours = self.market.hours();
        let open = hours.session_at(now);
        let session = open.unwrap_or_else(|| hours.next_session(now));
        let day = ticket.time_in_force == TimeInForce::Day;
        let opens = self.opens(&ticket);
        let id = self.new_id("order");
        fate.cause = self.tally.next(ticket.cause());
        let order = Order {
            id,
            client_order_id: ticket
                .client_order_id
                .unwrap_or_else(|| self.fixed_id(&format!("{id}")).to_string()),
            asset_id: self.asset_id(&ticket.symbol),
            symbol: ticket.symbol,
            side: ticket.side,
            limit: ticket.limit,
            amount: ticket.amount,
            time_in_force: ticket.time_in_force,
            status: self.first_status(open.is_some(), &fate),
            filled_quantity: Decimal::ZERO,
            filled_value: Decimal::ZERO,
            reserve_price,
            times: OrderTimes {
                created: now,
                updated: now,
                filled: None,
                expired: None,
                canceled: None,
                failed: None,
                replaced: None,
                expires: day.then_some(session.close),
            },
            origin: ticket.origin,
            opens,
            replaced_by: None,
            replaces: ticket.replaces.map(|index| self.orders[index].id),
        };
        let index = self.orders.len();
        self.reports.push(Report::OrderAccepted {
            at: now,
            order: OrderFacts::from(&order),
            status: order.status,
        });
        self.orders.push(order);
        self.fates.push(fate);
        if let Some(start) = self.show(index, now.max(session.open)) {
            self.plan(index, start);
        }
        if day {
            self.timers.put(session.close, index, Due::Expire);
        }
        index
    }

    /// Sets the timers of an order that begins to work at `start`.
    fn plan(&mut self, index: usize, start: DateTime<Utc>) {
        let reaches_market = later(
            start,
            self.delay(index, "acknowledge", self.setup.knobs.acknowledge_delay),
        );
        let usual = later(
            start,
            self.delay(index, "fill", self.setup.knobs.fill_delay),
        )
        .max(reaches_market);
        let fate = &self.fates[index];
        let ends_its_day = fate.shows(OrderStatus::DoneForDay).is_some();
        let (at, due) = match &fate.fill {
            _ if fate.shows(OrderStatus::Stopped).is_some() => (usual, Some(Due::Fill)),
            None if ends_its_day => (usual, None),
            None => (usual, Some(Due::Match)),
            Some(OrderEffect::FillAfter(delay)) => (later(start, *delay), Some(Due::Fill)),
            Some(OrderEffect::Partial { .. }) => (usual, Some(Due::FillPart)),
            Some(OrderEffect::RejectAfter(delay)) => (later(start, *delay), Some(Due::Reject)),
            Some(_) => (usual, None),
        };
        self.timers
            .put(reaches_market.min(at), index, Due::Acknowledge);
        if let Some(due) = due {
            self.timers.put(at, index, due);
        }
        if ends_its_day {
            self.timers.put(at, index, Due::EndDay);
        }
    }

    /// The asset's id, the same in every exchange.
    pub(super) fn asset_id(&self, symbol: &str) -> Uuid {
        Uuid::new_v5(
            &Uuid::NAMESPACE_OID,
            format!("alchemiser-mocks/asset/{symbol}").as_bytes(),
        )
    }
}

/// What the client says of the position must be so (Alpaca-API issue 250): whoever says
/// `sell_to_close` never sells short.
fn check_intent(ticket: &Ticket, opens: bool) -> Result<(), Refusal> {
    let inferred = if opens { Intent::Open } else { Intent::Close };
    match ticket.intent.filter(|intent| *intent != inferred) {
        None => Ok(()),
        Some(intent) => {
            let (inferred, specified) = (inferred.on(ticket.side), intent.on(ticket.side));
            Err(Refusal::unprocessable(format!(
                "position intent mismatch, inferred: {inferred}, specified: {specified}"
            )))
        }
    }
}

fn too_small() -> Refusal {
    Refusal::forbidden("cost basis must be >= minimal amount of order 1")
}
