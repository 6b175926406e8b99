use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::desk::{Desk, untold};
use super::quote::{limit_price, usable_quotes};
use super::ticket::Ticket;
use crate::alpaca::{Alpaca, AlpacaError, NewOrder, Order};
use crate::error::{Fault, StepError};
use crate::id::{ClientOrderId, PlanId};

/// Orders for one item, one after the other.
pub(super) const MAXIMUM_LEGS: u32 = 3;
/// How long a leg may rest before it is cancelled for the next.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a cancel may take to show.
const CANCEL_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(500);
/// Who has waited long need not ask often: the broker counts requests.
const LONGEST_POLL: Duration = Duration::from_secs(3);
/// Posts of one order with one id.
pub(super) const POST_ATTEMPTS: u32 = 4;
pub(super) const POST_PAUSE: Duration = Duration::from_secs(2);

/// What became of placing one leg.
pub(super) enum Placed {
    /// The broker has the order.
    There(Order),
    /// The broker will not have it.
    Refused(String),
    /// The broker will not have parts of a share, and may have the rest.
    WholeOnly(String),
}

/// Looks for the ticket's next leg at the broker: an earlier attempt may have placed it. The first leg that is
/// there says how much was wanted; what is held may have changed since.
pub(super) async fn find(desk: &Desk<'_>, ticket: &mut Ticket) -> Result<bool, Fault> {
    let id = next_id(&desk.plan_id, ticket);
    let Some(order) = desk.alpaca().order_by_client_id(id.as_str()).await.map_err(untold)? else { return Ok(false) };
    tracing::info!(client_order_id = %id, order_id = order.id, "order found, not placed again");
    if ticket.orders.is_empty() {
        ticket.total = order.qty;
    }
    ticket.orders.push(order);
    Ok(true)
}

/// Places the ticket's next leg, for what is left of it; in whole shares where the broker turns out to want no others.
/// What keeps it from being placed is the ticket's problem, and no other ticket's.
pub(super) async fn place(desk: &Desk<'_>, ticket: &mut Ticket) -> Result<(), Fault> {
    let mut placed = post_next(desk, ticket).await?;
    if let Placed::WholeOnly(reason) = &placed {
        tracing::warn!(symbol = ticket.symbol, reason, "order refused, whole shares are tried");
        ticket.trade_whole(reason);
        if ticket.is_done() {
            return Ok(());
        }
        placed = post_next(desk, ticket).await?;
    }
    match placed {
        Placed::There(order) => ticket.orders.push(order),
        Placed::Refused(reason) | Placed::WholeOnly(reason) => {
            tracing::warn!(symbol = ticket.symbol, reason, "order refused");
            ticket.problem = Some(reason);
        }
    }
    Ok(())
}

/// Orders what is left of the ticket.
async fn post_next(desk: &Desk<'_>, ticket: &Ticket) -> Result<Placed, Fault> {
    let quotes = match usable_quotes(desk.services, std::slice::from_ref(&ticket.symbol)).await {
        Ok(quotes) => quotes,
        Err(Fault::Refuse(refusal)) => return Ok(Placed::Refused(refusal.reason)),
        Err(error) => return Err(error),
    };
    let quote = &quotes[&ticket.symbol];
    let order = NewOrder {
        symbol: ticket.symbol.clone(),
        qty: ticket.remaining(),
        side: ticket.side,
        kind: "limit",
        time_in_force: "day",
        limit_price: limit_price(quote, ticket.side, next_leg(ticket)),
        client_order_id: next_id(&desk.plan_id, ticket),
    };
    post(desk, &order).await
}

fn next_leg(ticket: &Ticket) -> u32 {
    u32::try_from(ticket.orders.len()).unwrap_or(u32::MAX).saturating_add(1)
}

fn next_id(plan: &PlanId, ticket: &Ticket) -> ClientOrderId {
    ClientOrderId::of_leg(plan, &ticket.symbol, ticket.side.as_str(), next_leg(ticket))
}

/// Posts an order until its outcome is known. After an unknown outcome it asks first; not being known there is
/// no proof, so the same id is posted again; "must be unique" means that it is there (rule 4).
async fn post(desk: &Desk<'_>, order: &NewOrder) -> Result<Placed, Fault> {
    let (alpaca, id) = (desk.alpaca(), order.client_order_id.as_str());
    let mut last: Option<AlpacaError> = None;
    for attempt in 1..=POST_ATTEMPTS {
        match (desk.closed(), &last) {
            (Some(reason), None) => return Ok(Placed::Refused(reason)),
            (Some(_), Some(_)) => break,
            (None, _) => {}
        }
        match alpaca.post_order(order).await {
            Ok(placed) => {
                tracing::info!(client_order_id = id, order_id = placed.id, symbol = order.symbol, "order placed");
                return Ok(Placed::There(placed));
            }
            Err(error) if error.is_outcome_unknown() || error.is_duplicate_client_order_id() => {
                tracing::warn!(client_order_id = id, %error, attempt, "order outcome unknown, asking the broker");
                sleep(POST_PAUSE).await;
                if let Some(found) = alpaca.order_by_client_id(id).await.map_err(untold)? {
                    return Ok(Placed::There(found));
                }
                last = Some(error);
            }
            Err(error @ AlpacaError::RateLimited { .. }) => {
                sleep(POST_PAUSE * attempt + Duration::from_millis(fastrand::u64(0..=500))).await;
                last = Some(error);
            }
            Err(error) if error.is_about_fractions() && !order.qty.fract().is_zero() => return Ok(Placed::WholeOnly(error.to_string())),
            Err(error @ AlpacaError::Refused { .. }) => return Ok(Placed::Refused(error.to_string())),
            Err(error) => return Err(untold(error)),
        }
    }
    let reason = last.map(|error| error.to_string()).unwrap_or_default();
    Err(StepError::BrokerUnavailable(format!("order {id} could not be placed in {POST_ATTEMPTS} attempts: {reason}")).into())
}

/// Follows the ticket's orders until nothing sensible is left to do: waits for the last leg, cancels it when it
/// rests too long, and goes on with what is left.
pub(super) async fn follow(desk: &Desk<'_>, ticket: &mut Ticket) -> Result<(), Fault> {
    while let Some(order) = ticket.orders.last() {
        let settled = settle(desk.alpaca(), order.clone()).await?;
        if let Some(last) = ticket.orders.last_mut() {
            *last = settled;
        }
        let too_many = ticket.orders.len() >= MAXIMUM_LEGS as usize;
        if ticket.is_done() || too_many || ticket.is_dust() {
            break;
        }
        if !find(desk, ticket).await? {
            place(desk, ticket).await?;
        }
        if ticket.problem.is_some() {
            break;
        }
    }
    Ok(())
}

/// Waits until nothing more can happen to the order; one that rests too long is cancelled, and the cancel is
/// waited for, because it may come too late.
pub(super) async fn settle(alpaca: &Alpaca, order: Order) -> Result<Order, Fault> {
    let order = wait(alpaca, order, PATIENCE).await?;
    if is_settled(&order) {
        return Ok(order);
    }
    match alpaca.cancel_order(&order.id).await {
        Ok(()) | Err(AlpacaError::Refused { status: 404 | 422, .. }) => {}
        Err(error) => return Err(untold(error)),
    }
    let order = wait(alpaca, order, CANCEL_LIMIT).await?;
    if is_settled(&order) {
        return Ok(order);
    }
    Err(StepError::BrokerUnavailable(format!("order {} is still {} after its cancellation", order.id, order.status.as_str())).into())
}

/// A filled order whose average price is not there yet is asked for again (incident 38).
fn is_settled(order: &Order) -> bool {
    order.status.is_terminal() && (order.filled_qty.is_zero() || order.filled_avg_price.is_some())
}

async fn wait(alpaca: &Alpaca, mut order: Order, limit: Duration) -> Result<Order, Fault> {
    let begin = Instant::now();
    while !is_settled(&order) && begin.elapsed() < limit {
        sleep((begin.elapsed() / 4).clamp(POLL, LONGEST_POLL)).await;
        order = alpaca.order(&order.id).await.map_err(untold)?;
    }
    Ok(order)
}
