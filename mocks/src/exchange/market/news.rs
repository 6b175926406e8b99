//! What happens to symbols while the market lives: splits, new names, halts.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::exchange::calendar;

/// All that has happened so far.
#[derive(Debug, Default)]
pub(super) struct News {
    splits: Vec<Split>,
    /// The name that a symbol had before, by its new one.
    names: BTreeMap<String, String>,
    freezes: Vec<Freeze>,
}

#[derive(Debug)]
struct Split {
    symbol: String,
    at: DateTime<Utc>,
    /// What a price is multiplied with.
    factor: Decimal,
}

/// A time in which a symbol does not trade.
#[derive(Debug)]
struct Freeze {
    symbol: String,
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    is_priced: bool,
}

impl News {
    /// Whether nothing has happened to any symbol.
    pub(super) fn is_empty(&self) -> bool {
        self.splits.is_empty() && self.names.is_empty() && self.freezes.is_empty()
    }

    pub(super) fn split(&mut self, symbol: &str, at: DateTime<Utc>, factor: Decimal) {
        let symbol = self.first_name(symbol).to_owned();
        self.splits.push(Split { symbol, at, factor });
    }

    pub(super) fn rename(&mut self, symbol: &str, to: &str) {
        self.names.insert(to.to_owned(), symbol.to_owned());
    }

    pub(super) fn has_new_names(&self) -> bool {
        !self.names.is_empty()
    }

    pub(super) fn freeze(&mut self, symbol: &str, from: DateTime<Utc>, is_priced: bool) {
        self.freezes.push(Freeze {
            symbol: symbol.to_owned(),
            from,
            until: None,
            is_priced,
        });
    }

    pub(super) fn thaw(&mut self, symbol: &str, at: DateTime<Utc>) {
        for freeze in self
            .freezes
            .iter_mut()
            .filter(|freeze| freeze.symbol == symbol && freeze.until.is_none())
        {
            freeze.until = Some(at);
        }
    }

    /// The name that the symbol's prices are kept under.
    pub(super) fn first_name<'a>(&'a self, symbol: &'a str) -> &'a str {
        let mut name = symbol;
        while let Some(before) = self.names.get(name) {
            name = before;
        }
        name
    }

    /// What a price of before any split is multiplied with to be one of `at`.
    pub(super) fn factor_at(&self, symbol: &str, at: DateTime<Utc>) -> Decimal {
        self.factor(symbol, |split| split.at <= at)
    }

    /// The same for the bar of `date`: a split in the middle of a session, or before it, is in that
    /// session's bar.
    pub(super) fn factor_on(&self, symbol: &str, date: NaiveDate) -> Decimal {
        self.factor(symbol, |split| {
            let session = calendar::session(calendar::market_date(split.at));
            let is_after_the_close = session.is_some_and(|session| session.close <= split.at);
            let first = calendar::market_date(split.at);
            if is_after_the_close {
                first < date
            } else {
                first <= date
            }
        })
    }

    /// The same for prices of today, whatever day they are of: with all splits taken out.
    pub(super) fn factor_now(&self, symbol: &str) -> Decimal {
        self.factor(symbol, |_| true)
    }

    fn factor(&self, symbol: &str, counts: impl Fn(&Split) -> bool) -> Decimal {
        let symbol = self.first_name(symbol);
        self.splits
            .iter()
            .filter(|split| split.symbol == symbol && counts(split))
            .map(|split| split.factor)
            .product()
    }

    /// The moment whose prices a symbol shows at `at`: an earlier one while it does not trade; none
    /// where its price is lost.
    pub(super) fn shown_at(&self, symbol: &str, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.freeze_at(symbol, at) {
            None => Some(at),
            Some(freeze) => freeze.is_priced.then_some(freeze.from),
        }
    }

    /// Whether the symbol traded at any time of a day's session.
    pub(super) fn trades_on(&self, symbol: &str, date: NaiveDate) -> bool {
        if self.freezes.is_empty() {
            return true;
        }
        let Some(session) = calendar::session(date) else {
            return true;
        };
        let all_day = |freeze: &Freeze| {
            freeze.symbol == symbol
                && freeze.from <= session.open
                && freeze.until.is_none_or(|until| session.close <= until)
        };
        !self.freezes.iter().any(all_day)
    }

    pub(super) fn is_frozen(&self, symbol: &str, at: DateTime<Utc>) -> bool {
        self.freeze_at(symbol, at).is_some()
    }

    fn freeze_at(&self, symbol: &str, at: DateTime<Utc>) -> Option<&Freeze> {
        let holds = |freeze: &&Freeze| {
            freeze.symbol == symbol
                && freeze.from <= at
                && freeze.until.is_none_or(|until| at < until)
        };
        self.freezes.iter().find(holds)
    }
}
