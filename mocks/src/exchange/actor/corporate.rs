//! Corporate actions: splits and new names (docs.alpaca.markets, "Mandatory Corporate Actions").

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::exchange::Exchange;
use crate::exchange::movement::{CashKind, Movement};
use crate::exchange::refusal::Refusal;
use crate::exchange::report::Report;
use crate::exchange::setup::AssetSetup;

/// So many shares become so many others: 1 for 4 is a split, 10 for 1 a reverse split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The symbol.
    pub symbol: String,
    /// Shares before, above zero.
    pub from: Decimal,
    /// Shares after, above zero.
    pub to: Decimal,
    /// Whether a fraction of a share is paid in cash. Alpaca has not done that since 2 August 2021:
    /// fractions stay in the position (alpaca.markets/blog, "Updated Terms for Payments in
    /// Fractional Shares").
    pub cash_in_lieu: bool,
}

impl Exchange {
    /// Changes the position, its average price and the market's prices from now on, so that the
    /// position is worth the same. Open orders of the symbol are cancelled: their quantities and limits mean
    /// other shares (FINRA Rule 5330 has it so for reverse splits; at Alpaca quantities have been
    /// changed without the prices, alpaca-py issue 469).
    pub(super) fn split(&mut self, at: DateTime<Utc>, split: &Split) -> Result<(), Refusal> {
        let Split {
            symbol,
            from,
            to,
            cash_in_lieu,
        } = split;
        self.known(symbol)?;
        if *from <= Decimal::ZERO || *to <= Decimal::ZERO || from == to {
            return Err(Refusal::bad_field(format!(
                "a split of {from} for {to} is none"
            )));
        }
        self.cancel_all_of(at, symbol);
        let before = self.ledger.quantity(symbol);
        let exact = (before * to / from).round_dp_with_strategy(9, RoundingStrategy::ToZero);
        let fraction = if *cash_in_lieu {
            exact.fract()
        } else {
            Decimal::ZERO
        };
        let after = exact - fraction;
        self.market.split(symbol, at, *from, *to);
        self.ledger.record(Movement::Split {
            at,
            symbol: symbol.clone(),
            quantity: after,
            price_factor: from / to,
        });
        self.reports.push(Report::Split {
            at,
            symbol: symbol.clone(),
            from: *from,
            to: *to,
            before,
            after,
        });
        let price = self.market.price(symbol, at).unwrap_or_default();
        let paid =
            (fraction * price).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        if !paid.is_zero() {
            self.book_cash(at, CashKind::CashInLieu, paid, Some(symbol));
        }
        Ok(())
    }

    /// The position, the prices and their history go to the new name; the old one is inactive from
    /// now on. Open orders of the old name are cancelled.
    pub(super) fn rename(
        &mut self,
        at: DateTime<Utc>,
        symbol: &str,
        to: &str,
    ) -> Result<(), Refusal> {
        let asset = self.known(symbol)?;
        if symbol == to || self.asset(to).is_some() {
            return Err(Refusal::unprocessable(format!(
                "asset \"{to}\" is listed already"
            )));
        }
        self.cancel_all_of(at, symbol);
        self.market.rename(symbol, to, at);
        self.setup.assets.insert(to.to_owned(), asset);
        let quantity = self.ledger.quantity(symbol);
        self.ledger.record(Movement::Rename {
            at,
            from: symbol.to_owned(),
            to: to.to_owned(),
        });
        self.reports.push(Report::SymbolRenamed {
            at,
            symbol: symbol.to_owned(),
            to: to.to_owned(),
            quantity,
        });
        self.set_asset(
            at,
            symbol,
            AssetSetup {
                active: false,
                tradable: false,
                ..asset
            },
        );
        Ok(())
    }
}
