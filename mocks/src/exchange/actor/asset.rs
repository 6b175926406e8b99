//! What may be done with a symbol: halts, the end of its listing, and its flags.

use chrono::{DateTime, Utc};

use crate::exchange::Exchange;
use crate::exchange::refusal::Refusal;
use crate::exchange::report::Report;
use crate::exchange::setup::AssetSetup;

/// Flags of a symbol; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssetChange {
    /// Whether positions may be opened.
    pub tradable: Option<bool>,
    /// Whether fractions of a share can be ordered.
    pub fractionable: Option<bool>,
    /// Whether it can be sold short.
    pub shortable: Option<bool>,
}

impl Exchange {
    pub(super) fn change_asset(
        &mut self,
        at: DateTime<Utc>,
        symbol: &str,
        change: AssetChange,
    ) -> Result<(), Refusal> {
        let mut asset = self.known(symbol)?;
        asset.tradable = change.tradable.unwrap_or(asset.tradable);
        asset.fractionable = change.fractionable.unwrap_or(asset.fractionable);
        asset.shortable = change.shortable.unwrap_or(asset.shortable);
        self.set_asset(at, symbol, asset);
        Ok(())
    }

    /// Prices stand still from now on, and nothing is filled. Orders are taken and cancelled all
    /// the same (forum.alpaca.markets, topic 5940: an order that was entered during a halt).
    pub(super) fn halt(&mut self, at: DateTime<Utc>, symbol: &str) -> Result<(), Refusal> {
        let asset = self.known(symbol)?;
        if self.market.is_frozen(symbol, at) {
            return Err(Refusal::unprocessable(format!(
                "asset {symbol} does not trade anyway"
            )));
        }
        self.market.freeze(symbol, at, true);
        self.tell_asset(at, symbol, asset);
        Ok(())
    }

    /// Prices go on where they would be without the halt; what waited meets them.
    pub(super) fn resume(&mut self, at: DateTime<Utc>, symbol: &str) -> Result<(), Refusal> {
        let asset = self.known(symbol)?;
        if !asset.active || !self.market.is_frozen(symbol, at) {
            return Err(Refusal::unprocessable(format!(
                "asset {symbol} is not halted"
            )));
        }
        self.market.thaw(symbol, at);
        self.timers
            .resume(at, |index| self.orders[index].symbol == symbol);
        self.tell_asset(at, symbol, asset);
        Ok(())
    }

    /// Neither bought nor sold any more; a position stays (docs.alpaca.markets, "Broker API FAQs":
    /// tradable and status). Its price is the last one, or null (alpaca.markets/blog, "Unpriceable
    /// assets").
    pub(super) fn delist(
        &mut self,
        at: DateTime<Utc>,
        symbol: &str,
        is_unpriced: bool,
    ) -> Result<(), Refusal> {
        let asset = self.known(symbol)?;
        self.cancel_all_of(at, symbol);
        self.market.thaw(symbol, at);
        self.market.freeze(symbol, at, !is_unpriced);
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

    /// The symbol, where there is such a one.
    pub(super) fn known(&self, symbol: &str) -> Result<AssetSetup, Refusal> {
        self.asset(symbol)
            .ok_or_else(|| Refusal::unprocessable(format!("asset \"{symbol}\" not found")))
    }

    pub(super) fn set_asset(&mut self, at: DateTime<Utc>, symbol: &str, asset: AssetSetup) {
        self.setup.assets.insert(symbol.to_owned(), asset);
        self.tell_asset(at, symbol, asset);
    }

    fn tell_asset(&mut self, at: DateTime<Utc>, symbol: &str, asset: AssetSetup) {
        let halted = asset.active && self.market.is_frozen(symbol, at);
        self.reports.push(Report::AssetChanged {
            at,
            symbol: symbol.to_owned(),
            asset,
            halted,
        });
    }

    /// The broker cancels whatever is open for a symbol, at once.
    pub(super) fn cancel_all_of(&mut self, at: DateTime<Utc>, symbol: &str) {
        let open = (0..self.orders.len()).filter(|index| {
            self.orders[*index].symbol == symbol && self.orders[*index].is_working()
        });
        for index in open.collect::<Vec<_>>() {
            self.finish_cancel(at, index);
        }
    }
}
