use rust_decimal::Decimal;
use tokio::time::sleep;

use super::context::{ExecutionContext, broker_unavailable};
use super::leg::{POST_ATTEMPTS, POST_PAUSE, settle};
use super::ticket::Ticket;
use crate::alpaca::{AlpacaError, Order, Side};
use crate::error::StepFailure;
use crate::id::ClientOrderId;

/// The fractional remainder of a position that the plan leaves, which no limit order can sell. Where
/// no share is free any more and no leg sold it, an earlier attempt may have begun to close it.
pub(super) async fn rest_of(
    context: &ExecutionContext<'_>,
    ticket: &Ticket,
) -> Result<Decimal, StepFailure> {
    let is_for_legs = ticket.fractionable && !(ticket.free.is_zero() && ticket.orders.is_empty());
    if !ticket.is_exit || is_for_legs {
        return Ok(Decimal::ZERO);
    }
    assert!(
        ticket.free >= Decimal::ZERO,
        "what others hold back is not there to be sold"
    );
    if !ticket.free.is_zero() {
        return Ok(ticket.free.fract());
    }
    if !context.is_resumed() {
        return Ok(Decimal::ZERO);
    }
    Ok(closing_order(context, ticket)
        .await?
        .map(|order| order.qty)
        .unwrap_or_default())
}

/// Sells the part of a share that is left of a position, which no order of ours can do where the
/// asset trades in whole shares: by closing the position (incident 40). That carries no id of ours,
/// so whoever comes to it asks first for an order that an earlier attempt has caused since the plan
/// was made; a second close cannot sell twice in any case, because the first one's order holds the
/// shares.
pub(super) async fn close_rest(
    context: &ExecutionContext<'_>,
    ticket: &mut Ticket,
) -> Result<(), StepFailure> {
    assert!(
        ticket.remaining() <= Decimal::ZERO,
        "the legs come first: closing a position would sell what they are to sell"
    );
    let mut last = None;
    for attempt in 1..=POST_ATTEMPTS {
        if let Some(order) = closing_order(context, ticket).await? {
            ticket.close_with(order);
            return settle(context, ticket).await;
        }
        context.alpaca().ready().await;
        if let Some(reason) = context.closed() {
            ticket.problem = Some(reason);
            return Ok(());
        }
        match context.alpaca().close_position(&ticket.symbol).await {
            Ok(order) => {
                tracing::info!(
                    order_id = order.id,
                    symbol = ticket.symbol,
                    "position closed"
                );
                ticket.close_with(order);
                return settle(context, ticket).await;
            }
            Err(error)
                if error.is_outcome_unknown()
                    || matches!(error, AlpacaError::RateLimited { .. }) =>
            {
                tracing::warn!(symbol = ticket.symbol, %error, attempt, "close outcome unknown, asking the broker");
                sleep(POST_PAUSE * attempt).await;
                last = Some(error);
            }
            Err(error @ AlpacaError::Refused { .. }) => {
                tracing::warn!(symbol = ticket.symbol, %error, "close refused");
                ticket.problem = Some(error.to_string());
                return Ok(());
            }
            Err(error) => return Err(broker_unavailable(error)),
        }
    }
    let reason = last.map(|error| error.to_string()).unwrap_or_default();
    ticket.unknown = Some(format!(
        "{} could not be closed in {POST_ATTEMPTS} attempts: {reason}",
        ticket.symbol
    ));
    Ok(())
}

/// The order that closing the position has caused: a sell at the market without an id of ours, for
/// what is left. One with a limit is somebody else's.
async fn closing_order(
    context: &ExecutionContext<'_>,
    ticket: &Ticket,
) -> Result<Option<Order>, StepFailure> {
    let orders = context
        .alpaca()
        .orders_since(&ticket.symbol, Side::Sell, context.orders_from())
        .await
        .map_err(broker_unavailable)?;
    let is_closing = |order: &Order| {
        !ClientOrderId::is_ours(&order.client_order_id)
            && order.limit_price.is_none()
            && order.qty < Decimal::ONE
    };
    Ok(orders.into_iter().find(is_closing))
}
