use std::time::Duration;

use rust_decimal::Decimal;
use tokio::time::{Instant, sleep};

use super::context::{ExecutionContext, MAXIMUM_LEGS, broker_unavailable};
use super::price::limit_price;
use super::ticket::Ticket;
use crate::alpaca::{AlpacaError, NewOrder, Order, Side};
use crate::error::StepFailure;
use crate::id::{ClientOrderId, PlanId};
use crate::quote::{SaneQuote, latest_quotes};

/// How long a leg may rest before it is cancelled for the next.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a cancel may take to show. Buys wait for what the sells bring, so a sell is not waited
/// for as long.
const CANCEL_LIMIT_SELL: Duration = Duration::from_secs(30);
const CANCEL_LIMIT_BUY: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(500);
/// Who has waited long need not ask often: the broker counts requests.
const LONGEST_POLL: Duration = Duration::from_secs(3);
/// Posts of one order with one id.
pub(super) const POST_ATTEMPTS: u32 = 4;
pub(super) const POST_PAUSE: Duration = Duration::from_secs(2);

/// The result of placing one leg.
enum Placed {
    /// The broker has the order.
    There(Box<Order>),
    /// The broker refused it.
    Refused(String),
    /// The broker refused the fraction of a share; it may take whole shares.
    WholeOnly(String),
    /// Unknown: the broker may have the order.
    Unknown(String),
}

/// Looks for the ticket's next leg at the broker, by its id and in the list of all that came since
/// the plan: an earlier attempt may have placed it. The first leg that is there says how much was
/// wanted; what is held may have changed since.
pub(super) async fn find(
    context: &ExecutionContext<'_>,
    ticket: &mut Ticket,
) -> Result<bool, StepFailure> {
    let id = next_id(&context.plan_id, ticket);
    let found = context
        .alpaca()
        .order_by_client_id(id.as_str())
        .await
        .map_err(broker_unavailable)?;
    let Some(order) = found.or_else(|| context.listed(id.as_str())) else {
        return Ok(false);
    };
    take_over(context, ticket, order);
    Ok(true)
}

fn take_over(context: &ExecutionContext<'_>, ticket: &mut Ticket, order: Order) {
    tracing::info!(
        client_order_id = order.client_order_id,
        order_id = order.id,
        "order found, not placed again"
    );
    if ticket.orders.is_empty() {
        ticket.total = order.qty;
    }
    if order.status.is_terminal() {
        ticket.filled_before += order.filled_qty;
    }
    context.note(&order);
    ticket.orders.push(order);
}

/// Places the ticket's next leg, for what is left of it; in whole shares where the broker turns out
/// to want no others. What keeps it from being placed is the ticket's problem, and no other
/// ticket's.
pub(super) async fn place(
    context: &ExecutionContext<'_>,
    ticket: &mut Ticket,
) -> Result<(), StepFailure> {
    let mut placed = post_next(context, ticket).await?;
    if let Some(Placed::WholeOnly(reason)) = &placed {
        tracing::warn!(
            symbol = ticket.symbol,
            reason,
            "order refused, whole shares are tried"
        );
        ticket.trade_whole(reason);
        if ticket.is_done() {
            return Ok(());
        }
        placed = post_next(context, ticket).await?;
    }
    match placed {
        None => {}
        Some(Placed::There(order)) => ticket.orders.push(*order),
        Some(Placed::Refused(reason) | Placed::WholeOnly(reason)) => {
            tracing::warn!(symbol = ticket.symbol, reason, "order refused");
            ticket.problem = Some(reason);
        }
        Some(Placed::Unknown(reason)) => {
            tracing::error!(
                symbol = ticket.symbol,
                reason,
                "nobody knows whether the order is there"
            );
            ticket.unknown = Some(reason);
        }
    }
    Ok(())
}

/// Orders what is left of the ticket, as far as the account can pay for it; none where that is
/// nothing.
async fn post_next(
    context: &ExecutionContext<'_>,
    ticket: &mut Ticket,
) -> Result<Option<Placed>, StepFailure> {
    // A minute may pass below the rate limit: it passes before prices and the session are looked
    // at.
    context.alpaca().ready().await;
    // Before the money is looked at: what may not be ordered at all does not lack any.
    if let Some(reason) = context.closed() {
        return Ok(Some(Placed::Refused(reason)));
    }
    let Some(quote) = usable_quote(context, ticket).await? else {
        return Ok(None);
    };
    let limit = limit_price(&quote, ticket.side, ticket.legs() + 1);
    ticket.reprice(
        quote.mid(),
        limit,
        context.services.settings.alpaca.price_tolerance,
    );
    // From here to the broker's answer no other buy may look at the money.
    let till = if ticket.side == Side::Buy {
        Some(context.till.lock().await)
    } else {
        None
    };
    if till.is_some() && !ticket.is_done() {
        let funds = context.funds_for(ticket.remaining() * limit).await?;
        ticket.pay_from(funds, limit, context.why_short());
    }
    if ticket.is_done() {
        return Ok(None);
    }
    assert!(
        ticket.legs() < MAXIMUM_LEGS,
        "an item has no more orders than an account can be searched for"
    );
    assert!(
        ticket.remaining() > Decimal::ZERO && limit > Decimal::ZERO,
        "an order is for shares at a price"
    );
    let order = NewOrder {
        symbol: ticket.symbol.clone(),
        qty: ticket.remaining(),
        side: ticket.side,
        kind: "limit",
        time_in_force: "day",
        limit_price: limit,
        client_order_id: next_id(&context.plan_id, ticket),
        position_intent: (ticket.side == Side::Sell).then_some("sell_to_close"),
    };
    let placed = post(context, &order).await?;
    if let Placed::There(order) = &placed {
        context.note(order);
    }
    Ok(Some(placed))
}

/// The symbol's quote; one that cannot be traded on is the ticket's problem.
async fn usable_quote(
    context: &ExecutionContext<'_>,
    ticket: &mut Ticket,
) -> Result<Option<SaneQuote>, StepFailure> {
    let quotes = match latest_quotes(context.services, std::slice::from_ref(&ticket.symbol)).await {
        Ok(quotes) => quotes,
        Err(StepFailure::Reject(refusal)) => {
            ticket.problem = Some(refusal.reason);
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let quote = quotes.usable.get(&ticket.symbol).copied();
    if quote.is_none() {
        ticket.problem = quotes.problems.into_values().next();
    }
    Ok(quote)
}

fn next_id(plan: &PlanId, ticket: &Ticket) -> ClientOrderId {
    ClientOrderId::of_leg(
        plan,
        &ticket.symbol,
        ticket.side.as_str(),
        ticket.legs() + 1,
    )
}

/// Posts an order until its outcome is known. After an unknown outcome it asks first; not being
/// known there is no proof, so the same id is posted again; "must be unique" means that it is there
/// (rules.md A4).
async fn post(context: &ExecutionContext<'_>, order: &NewOrder) -> Result<Placed, StepFailure> {
    let (alpaca, id) = (context.alpaca(), order.client_order_id.as_str());
    let mut last: Option<AlpacaError> = None;
    for attempt in 1..=POST_ATTEMPTS {
        alpaca.ready().await;
        match (context.closed(), &last) {
            // What was refused for too many requests is not there.
            (Some(reason), None | Some(AlpacaError::RateLimited { .. })) => {
                return Ok(Placed::Refused(reason));
            }
            (Some(_), Some(_)) => break,
            (None, _) => {}
        }
        assert!(
            context.may_place(),
            "a plan that another run has overtaken places nothing"
        );
        match alpaca.post_order(order).await {
            Ok(placed) => {
                tracing::info!(
                    client_order_id = id,
                    order_id = placed.id,
                    symbol = order.symbol,
                    "order placed"
                );
                return Ok(Placed::There(Box::new(placed)));
            }
            Err(error) if error.is_outcome_unknown() || error.is_duplicate_client_order_id() => {
                tracing::warn!(client_order_id = id, %error, attempt, "order outcome unknown, asking the broker");
                sleep(POST_PAUSE).await;
                if let Some(found) = alpaca
                    .order_by_client_id(id)
                    .await
                    .map_err(broker_unavailable)?
                {
                    return Ok(Placed::There(Box::new(found)));
                }
                last = Some(error);
            }
            Err(error @ AlpacaError::RateLimited { .. }) => {
                sleep(POST_PAUSE * attempt + Duration::from_millis(fastrand::u64(0..=500))).await;
                // An earlier post may be there all the same.
                last = last.or(Some(error));
            }
            Err(error) if error.is_about_fractions() && !order.qty.fract().is_zero() => {
                return Ok(Placed::WholeOnly(error.to_string()));
            }
            Err(error @ AlpacaError::Refused { .. }) => {
                return Ok(Placed::Refused(error.to_string()));
            }
            Err(error) => return Err(broker_unavailable(error)),
        }
    }
    let reason = last.map(|error| error.to_string()).unwrap_or_default();
    Ok(Placed::Unknown(format!(
        "order {id} could not be placed in {POST_ATTEMPTS} attempts: {reason}"
    )))
}

/// Follows the ticket's orders until nothing sensible is left to do: waits for the last leg,
/// cancels it when it rests too long, and goes on with what is left.
pub(super) async fn follow(
    context: &ExecutionContext<'_>,
    ticket: &mut Ticket,
) -> Result<(), StepFailure> {
    while !ticket.orders.is_empty() && ticket.unknown.is_none() {
        settle(context, ticket).await?;
        let too_many = ticket.legs() >= MAXIMUM_LEGS;
        if ticket.is_done() || too_many || ticket.is_dust() {
            break;
        }
        let is_found = context.is_resumed() && find(context, ticket).await?;
        if !is_found {
            place(context, ticket).await?;
        }
        if ticket.problem.is_some() {
            break;
        }
    }
    Ok(())
}

/// Waits until nothing more can happen to the ticket's last order; one that rests too long is
/// cancelled, and the cancel is waited for, because it may come too late. One that does not end is
/// the ticket's problem.
pub(super) async fn settle(
    context: &ExecutionContext<'_>,
    ticket: &mut Ticket,
) -> Result<(), StepFailure> {
    loop {
        let Some(last) = ticket.orders.last() else {
            return Ok(());
        };
        let mut order = wait(context, last.clone(), PATIENCE).await?;
        let is_ours = ClientOrderId::is_ours(&order.client_order_id)
            || ticket.closing.as_ref() == Some(&order.id);
        if !is_settled(&order) && is_ours {
            order = cancel(context, order).await?;
        }
        let last = ticket.orders.len() - 1;
        ticket.orders[last] = order.clone();
        if let Some(heir) = order
            .replaced_by
            .as_ref()
            .filter(|_| order.status.is_replaced())
        {
            // Whoever replaced our order goes on with it by hand: it is followed, and nothing is
            // placed beside it.
            let heir = context
                .alpaca()
                .order(heir)
                .await
                .map_err(broker_unavailable)?;
            tracing::warn!(
                symbol = ticket.symbol,
                order_id = heir.id,
                "the order was replaced by hand"
            );
            ticket.hand_over(heir);
            continue;
        }
        ticket.problem = ticket.problem.take().or_else(|| trouble(&order, is_ours));
        return Ok(());
    }
}

/// What keeps the ticket from going on after its last order, if anything does.
fn trouble(order: &Order, is_ours: bool) -> Option<String> {
    let status = order.status.as_str();
    if order.status.is_rejected() {
        let reason = order
            .reject_reason
            .as_deref()
            .unwrap_or("the broker tells no reason");
        return Some(format!("the market rejected the order: {reason}"));
    }
    if is_settled(order) {
        let is_short = order.filled_qty < order.qty;
        let told = || {
            format!(
                "the order was replaced by hand; that one is {status}: {} of {} shares filled",
                order.filled_qty, order.qty
            )
        };
        return (!is_ours && is_short).then(told);
    }
    let after = if is_ours {
        "after its cancellation"
    } else {
        "after it was replaced by hand"
    };
    Some(format!(
        "order {} is still {status} {after}: look at the broker",
        order.id
    ))
}

/// Asks for the order's cancellation until the broker has heard it, and waits for its end.
async fn cancel(context: &ExecutionContext<'_>, mut order: Order) -> Result<Order, StepFailure> {
    let begin = Instant::now();
    let limit = if order.side == Side::Sell {
        CANCEL_LIMIT_SELL
    } else {
        CANCEL_LIMIT_BUY
    };
    while !is_settled(&order) && begin.elapsed() < limit {
        match context.alpaca().cancel_order(&order.id).await {
            // Refused: it is over already, or it is being cancelled.
            Ok(()) | Err(AlpacaError::Refused { .. }) => {
                return wait(context, order, limit.saturating_sub(begin.elapsed())).await;
            }
            Err(error) => {
                tracing::warn!(order_id = order.id, %error, "the cancellation may not have been heard, asking again")
            }
        }
        order = wait(context, order, POST_PAUSE).await?;
    }
    Ok(order)
}

/// Looks once more at an order that did not end in time, and goes on with what is left of it if it
/// has.
pub(super) async fn look_again(
    context: &ExecutionContext<'_>,
    ticket: &mut Ticket,
) -> Result<(), StepFailure> {
    let Some(last) = ticket.orders.last().filter(|order| !is_settled(order)) else {
        return Ok(());
    };
    let order = context
        .alpaca()
        .order(&last.id)
        .await
        .map_err(broker_unavailable)?;
    let has_ended = is_settled(&order);
    context.note(&order);
    let last = ticket.orders.len() - 1;
    ticket.orders[last] = order;
    if has_ended {
        ticket.problem = None;
        follow(context, ticket).await?;
    }
    Ok(())
}

/// A filled order whose average price is not there yet is asked for again (incident 38).
fn is_settled(order: &Order) -> bool {
    order.status.is_terminal() && (order.filled_qty.is_zero() || order.filled_avg_price.is_some())
}

async fn wait(
    context: &ExecutionContext<'_>,
    mut order: Order,
    limit: Duration,
) -> Result<Order, StepFailure> {
    let begin = Instant::now();
    while !is_settled(&order) && begin.elapsed() < limit {
        sleep((begin.elapsed() / 4).clamp(POLL, LONGEST_POLL)).await;
        order = context
            .alpaca()
            .order(&order.id)
            .await
            .map_err(broker_unavailable)?;
    }
    context.note(&order);
    Ok(order)
}
