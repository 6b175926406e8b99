//! Real daily bars, 2000 to 2013: see `mocks/data/README.md` for their origin.
//!
//! The file is unpacked once a process, when a symbol in it is asked for the first time, and only
//! that symbol's rows are parsed.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, OnceLock};

use flate2::read::GzDecoder;
use rust_decimal::Decimal;

use super::bar::Bar;

const PACKED: &[u8] = include_bytes!("../../../data/us-equities-daily-2000-2013.csv.gz");

/// The symbols the file holds.
pub const SYMBOLS: [&str; 5] = ["AAPL", "FB", "GOOG", "IBM", "MSFT"];

static ROWS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
static PARSED: [OnceLock<Arc<[Bar]>>; SYMBOLS.len()] = [const { OnceLock::new() }; SYMBOLS.len()];

/// The bars of `symbol`, oldest first, or `None` when the file does not hold it.
pub fn bars(symbol: &str) -> Option<Arc<[Bar]>> {
    let index = SYMBOLS.iter().position(|known| *known == symbol)?;
    Some(PARSED[index].get_or_init(|| parse(symbol)).clone())
}

fn parse(symbol: &str) -> Arc<[Bar]> {
    let rows = ROWS.get_or_init(unpack);
    let text = rows.get(symbol).expect("the file holds each of SYMBOLS");
    text.lines()
        .map(|row| bar(row).expect("every row of the data file has eight fields"))
        .collect()
}

/// Splits the file into one block of rows a symbol: it is sorted by symbol.
fn unpack() -> BTreeMap<String, String> {
    let mut text = String::new();
    GzDecoder::new(PACKED)
        .read_to_string(&mut text)
        .expect("the data file was packed by gzip");
    let mut rows = BTreeMap::<String, String>::new();
    for row in text.lines().skip(1) {
        let symbol = row.split(',').next().unwrap_or_default();
        if !rows.contains_key(symbol) {
            rows.insert(symbol.to_owned(), String::new());
        }
        let block = rows.get_mut(symbol).expect("it was inserted above");
        block.push_str(row);
        block.push('\n');
    }
    rows
}

fn bar(row: &str) -> Option<Bar> {
    let mut fields = row.split(',').skip(1);
    let mut next = || fields.next();
    let date = next()?.parse().ok()?;
    let mut price = || next()?.parse::<Decimal>().ok();
    let (open, high, low, close) = (price()?, price()?, price()?, price()?);
    let volume = price()?;
    let adjusted_close = price()?;
    Some(Bar {
        date,
        open,
        high: high.max(open).max(close),
        low: low.min(open).min(close),
        close,
        volume: volume.try_into().ok()?,
        adjusted_close,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_apple_did_before_the_hurricane() {
        let bars = bars("AAPL").unwrap();
        let bar = bars
            .iter()
            .find(|bar| bar.date.to_string() == "2012-10-26")
            .unwrap();
        assert_eq!(
            (bar.open.to_string(), bar.close.to_string()),
            ("609.43".into(), "604.0".into())
        );
        assert_eq!(bar.volume, 36_372_600);
    }

    #[test]
    fn the_calendar_trades_on_exactly_the_days_of_the_data() {
        for symbol in ["AAPL", "IBM", "MSFT"] {
            let bars = bars(symbol).unwrap();
            let days: Vec<_> = bars.iter().map(|bar| bar.date).collect();
            let calendar: Vec<_> =
                super::super::super::calendar::trading_days(days[0], days[days.len() - 1])
                    .collect();
            assert_eq!(days, calendar, "{symbol}");
        }
    }
}
