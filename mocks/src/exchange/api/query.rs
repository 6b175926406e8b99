//! The query of a URL.

use chrono::{DateTime, NaiveDate, Utc};
use http::Uri;

use crate::exchange::calendar::market_date;
use crate::exchange::is_symbol;
use crate::exchange::refusal::Refusal;
use crate::exchange::text::{date, moment, percent_decoded};

/// Names and values, decoded, in the order they stand in.
pub(super) struct Query {
    fields: Vec<(String, String)>,
}

impl Query {
    pub(super) fn of(uri: &Uri) -> Self {
        let pairs = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty());
        let fields = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decoded(name), percent_decoded(value))
        });
        Self {
            fields: fields.collect(),
        }
    }

    /// The value of `name`; an empty one is none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.written(name).filter(|value| !value.is_empty())
    }

    /// The value of `name`, an empty one too; the last one wins.
    pub(super) fn written(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// All that is listed under `name`: with commas, or by repeating the name, as clients that are
    /// generated from Alpaca's OpenAPI description do for `asset_class`.
    pub(super) fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.fields.iter().filter(move |(known, _)| known == name);
        values
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|item| !item.is_empty())
    }

    /// The symbols of shares listed under `symbols`, of which the data API wants one at least.
    pub(super) fn shares(&self) -> Result<Vec<String>, Refusal> {
        let symbols = self.symbols();
        if symbols.is_empty() {
            return Err(Refusal::data(400, "symbols parameter is required"));
        }
        symbols
            .iter()
            .try_for_each(|symbol| Self::share(symbol).map(|_| ()))?;
        Ok(symbols)
    }

    /// The symbol of a share, or a refusal of what does not look like one.
    pub(super) fn share(symbol: &str) -> Result<&str, Refusal> {
        if is_symbol(symbol) {
            Ok(symbol)
        } else {
            Err(Refusal::data(400, format!("invalid symbol: {symbol}")))
        }
    }

    /// Whether `name` is set, in any of the words that Go's `strconv.ParseBool` takes, as the
    /// clients of several languages spell them: `true` in JavaScript, `True` in Python (`requests`
    /// writes a bool by its own name, and alpaca-py leaves it to that), `1`.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.get(name) {
            None | Some("0" | "f" | "F" | "false" | "False" | "FALSE") => Ok(false),
            Some("1" | "t" | "T" | "true" | "True" | "TRUE") => Ok(true),
            Some(text) => Err(malformed(name, text)),
        }
    }

    /// The symbols listed under `symbols`, without repetition, in alphabetical order.
    pub(super) fn symbols(&self) -> Vec<String> {
        let mut symbols: Vec<String> = self.list("symbols").map(str::to_owned).collect();
        symbols.sort();
        symbols.dedup();
        symbols
    }

    /// A whole number between `least` and `most`, or `default`.
    pub(super) fn count(
        &self,
        name: &str,
        default: usize,
        least: usize,
        most: usize,
    ) -> Result<usize, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        let count = text
            .parse()
            .ok()
            .filter(|count| (least..=most).contains(count));
        count
            .ok_or_else(|| Refusal::bad_field(format!("{name} must be between {least} and {most}")))
    }

    /// A moment, from RFC 3339 or a bare date.
    pub(super) fn moment(&self, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
        let parsed = self
            .get(name)
            .map(|text| moment(text).ok_or_else(|| malformed(name, text)));
        parsed.transpose()
    }

    /// The day that a date names, or in which a moment falls in New York.
    pub(super) fn day(&self, name: &str) -> Result<Option<NaiveDate>, Refusal> {
        Ok(self.moment(name)?.map(market_date))
    }

    /// A date.
    pub(super) fn date(&self, name: &str) -> Result<Option<NaiveDate>, Refusal> {
        let parsed = self
            .get(name)
            .map(|text| date(text).ok_or_else(|| malformed(name, text)));
        parsed.transpose()
    }
}

fn malformed(name: &str, text: &str) -> Refusal {
    Refusal::bad_field(format!("invalid {name}: {text}"))
}
