use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::planner::{CASH, Holding, Snapshot};
use crate::alpaca::Position;
use crate::error::StepFailure;
use crate::event::Note;
use crate::id::ClientOrderId;
use crate::quote::latest_quotes;
use crate::services::Services;

/// A position whose worth at the quote is off by more than this part of what the broker says: one
/// of the two is from before a split.
const FITS: Decimal = Decimal::from_parts(2, 0, 0, false, 1);

/// What a plan is made from.
pub(super) struct Survey {
    pub snapshot: Snapshot,
    /// Dollars that orders which still work may cost: they are not there for the plan.
    pub committed: Decimal,
    /// What the owner should know of things that are left alone.
    pub notes: Vec<Note>,
}

/// Looks at the account, its positions, the orders that still work, and the quote of each symbol
/// held or wanted. One symbol's trouble is that symbol's alone: it keeps what it has, at the
/// broker's own price, and the plan says why.
pub(super) async fn survey(
    services: &Services,
    weights: &BTreeMap<String, Decimal>,
) -> Result<Survey, StepFailure> {
    let alpaca = &services.alpaca;
    let account = alpaca.account().await?;
    let positions = alpaca.positions().await?;
    let orders = alpaca.open_orders().await?;
    let mut survey = Survey {
        snapshot: Snapshot {
            cash: account.cash,
            value: account.portfolio_value,
            holdings: BTreeMap::new(),
            prices: BTreeMap::new(),
            untraded: BTreeMap::new(),
        },
        committed: Decimal::ZERO,
        notes: Vec::new(),
    };
    let mut own: Vec<&Position> = Vec::new();
    for position in &positions {
        if survey.takes(position) {
            own.push(position);
        }
    }
    let wanted = weights
        .iter()
        .filter(|(symbol, weight)| symbol.as_str() != CASH && !weight.is_zero())
        .map(|(symbol, _)| symbol.clone());
    let symbols: BTreeSet<String> = wanted
        .chain(own.iter().map(|position| position.symbol.clone()))
        .collect();
    let quotes = latest_quotes(services, &symbols.into_iter().collect::<Vec<_>>()).await?;
    survey.snapshot.prices = quotes
        .usable
        .iter()
        .map(|(symbol, quote)| (symbol.clone(), quote.mid()))
        .collect();
    for (symbol, problem) in quotes.problems {
        survey.snapshot.untraded.entry(symbol).or_insert(problem);
    }
    for position in own {
        survey.value(position);
    }
    for order in &orders {
        let price = survey
            .snapshot
            .prices
            .get(&order.symbol)
            .copied()
            .unwrap_or_default();
        let committed = order.may_cost(price);
        survey.snapshot.cash -= committed;
        survey.committed += committed;
        if ClientOrderId::is_ours(&order.client_order_id) {
            let reason = format!(
                "an order of an earlier plan still works: {}",
                order.status.as_str()
            );
            survey
                .snapshot
                .untraded
                .insert(order.symbol.clone(), reason);
        }
    }
    Ok(survey)
}

impl Survey {
    /// Takes a position into the snapshot; false for one that is left alone. What it is worth is
    /// not there to be distributed.
    fn takes(&mut self, position: &Position) -> bool {
        let symbol = &position.symbol;
        if !position.is_equity() {
            self.snapshot.value -= worth(position);
            let text = format!(
                "{symbol} is left alone: it is of the class {}, no US equity",
                position.asset_class
            );
            self.notes.push(Note {
                symbol: symbol.clone(),
                text,
            });
            return false;
        }
        if position.qty < Decimal::ZERO {
            // The account's value has it subtracted already; its cash holds what the sale brought,
            // which is owed.
            self.snapshot.cash -= worth(position).abs();
            let reason = "it is held short, which is left alone";
            self.snapshot
                .untraded
                .insert(symbol.clone(), reason.to_owned());
            self.notes.push(Note {
                symbol: symbol.clone(),
                text: format!("{symbol} is left alone: it is held short"),
            });
            return false;
        }
        self.snapshot.holdings.insert(
            symbol.clone(),
            Holding {
                quantity: position.qty,
            },
        );
        true
    }

    /// Gives a position that cannot be traded the broker's own price.
    fn value(&mut self, position: &Position) {
        let symbol = &position.symbol;
        let own_price = position
            .current_price
            .or_else(|| position.market_value?.checked_div(position.qty))
            .unwrap_or_default();
        let fits = |price: Decimal| {
            own_price.is_zero() || (price - own_price).abs() <= price.min(own_price) * FITS
        };
        if self
            .snapshot
            .prices
            .get(symbol)
            .is_some_and(|price| !fits(*price))
        {
            let reason = "its quote and what the broker values it at do not fit, as around a split"
                .to_owned();
            self.snapshot
                .untraded
                .entry(symbol.clone())
                .or_insert(reason);
        }
        if self.snapshot.untraded.contains_key(symbol) {
            self.snapshot.prices.insert(symbol.clone(), own_price);
        }
    }
}

fn worth(position: &Position) -> Decimal {
    position
        .market_value
        .or_else(|| position.current_price.map(|price| price * position.qty))
        .unwrap_or_default()
}
