//! A bar as the data API writes it. The prices of past days do not change, so that what is written
//! of them once can be sent again and again.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::bar::Bar;
use crate::exchange::calendar;
use crate::exchange::text::{plain, stamp};

/// The JSON of one bar. Numbers are JSON numbers, written from their exact decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::exchange) struct WrittenBar {
    /// The trading day in New York.
    pub(in crate::exchange) date: NaiveDate,
    /// A JSON object.
    pub(in crate::exchange) text: Cow<'static, str>,
}

impl WrittenBar {
    /// Writes `bar`.
    pub(in crate::exchange) fn new(bar: &Bar) -> Self {
        let text = format!(
            r#"{{"c":{},"h":{},"l":{},"n":{},"o":{},"t":"{}","v":{},"vw":{}}}"#,
            plain(bar.close),
            plain(bar.high),
            plain(bar.low),
            bar.volume / 100,
            plain(bar.open),
            stamp(calendar::midnight(bar.date)),
            bar.volume,
            plain(bar.typical()),
        );
        Self {
            date: bar.date,
            text: Cow::Owned(text),
        }
    }

    /// The same bar, without a copy of its text.
    pub(super) fn borrowed(&'static self) -> Self {
        Self {
            date: self.date,
            text: Cow::Borrowed(&self.text),
        }
    }
}
