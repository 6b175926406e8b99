//! Real daily bars, 2000 to 2013: see `mocks/data/README.md` for their origin.
//!
//! The file is unpacked once a process, when a symbol in it is asked for the first time, and only
//! that symbol's rows are parsed.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::OnceLock;

use chrono::NaiveDate;
use flate2::read::GzDecoder;
use rust_decimal::Decimal;

use super::bar::Bar;
use super::written::WrittenBar;

const PACKED: &[u8] = include_bytes!("../../../data/us-equities-daily-2000-2013.csv.gz");

/// The symbols the file holds.
pub const SYMBOLS: [&str; 5] = ["AAPL", "FB", "GOOG", "IBM", "MSFT"];

static ROWS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
static PARSED: [OnceLock<History>; SYMBOLS.len()] = [const { OnceLock::new() }; SYMBOLS.len()];

/// Two days whose adjustments differ by less have the same: the file's digits end there. The
/// smallest dividend in it is a thousandth of the price.
const SAME_ADJUSTMENT: Decimal = Decimal::from_parts(1, 0, 0, false, 9);

/// All that the file has of `symbol`, or `None` where it does not hold it.
pub fn history(symbol: &str) -> Option<&'static History> {
    let index = SYMBOLS.iter().position(|known| *known == symbol)?;
    Some(PARSED[index].get_or_init(|| History::of(symbol)))
}

/// The real bars of one symbol.
#[derive(Debug)]
pub struct History {
    /// Oldest first.
    bars: Vec<Bar>,
    /// The bars in runs of one adjustment each, oldest first.
    periods: Vec<Period>,
}

/// Days between which nothing was paid and nothing was split.
#[derive(Debug)]
struct Period {
    /// The place of the first bar after them.
    end: usize,
    /// Their bars as the data API writes them, by the period whose prices they are shown in. Each is
    /// written when it is first asked for, since few of these ever are.
    written: Vec<OnceLock<Vec<OnceLock<WrittenBar>>>>,
}

impl History {
    fn of(symbol: &str) -> Self {
        let rows = ROWS.get_or_init(unpack);
        let text = rows.get(symbol).expect("the file holds each of SYMBOLS");
        let mut bars: Vec<Bar> = text
            .lines()
            .map(|row| bar(row).expect("every row of the data file has eight fields"))
            .collect();
        let mut ends = Vec::new();
        for place in 1..bars.len() {
            let before = bars[place - 1].adjustment;
            if (bars[place].adjustment - before).abs() <= before * SAME_ADJUSTMENT {
                bars[place].adjustment = before;
            } else {
                ends.push(place);
            }
        }
        ends.push(bars.len());
        let unwritten = || ends.iter().map(|_| OnceLock::new()).collect();
        let periods = ends
            .iter()
            .map(|end| Period {
                end: *end,
                written: unwritten(),
            })
            .collect();
        Self { bars, periods }
    }

    /// The bars, oldest first.
    #[must_use]
    pub fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// The bars from `from` to `to`, both included.
    #[must_use]
    pub fn between(&self, from: NaiveDate, to: NaiveDate) -> &[Bar] {
        let end = self.bars.partition_point(|bar| bar.date <= to);
        let first = self.bars.partition_point(|bar| bar.date < from).min(end);
        &self.bars[first..end]
    }

    /// The bars from `from` to `to` as the data API writes them: in the prices of `basis`, or as
    /// they were traded. `None` where the file has not all of them, or no bar of `basis`.
    pub(super) fn written(
        &'static self,
        from: NaiveDate,
        to: NaiveDate,
        basis: Option<NaiveDate>,
    ) -> Option<Vec<WrittenBar>> {
        if self.bars.last().is_none_or(|last| last.date < to) {
            return None;
        }
        let basis = match basis {
            Some(date) => Some(self.period_of(self.place_of(date)?)),
            None => None,
        };
        let mut written = Vec::new();
        let mut start = 0;
        for (place, period) in self.periods.iter().enumerate() {
            let bars = &self.bars[start..period.end];
            start = period.end;
            let end = bars.partition_point(|bar| bar.date <= to);
            let first = bars.partition_point(|bar| bar.date < from).min(end);
            if first == end {
                continue;
            }
            let basis = basis.unwrap_or(place);
            let texts = period.written[basis]
                .get_or_init(|| bars.iter().map(|_| OnceLock::new()).collect());
            let basis = &self.bars[self.periods[basis].end - 1];
            for (text, bar) in texts[first..end].iter().zip(&bars[first..end]) {
                let text =
                    text.get_or_init(|| WrittenBar::new(&bar.scaled(bar.factor_to(basis), 4)));
                written.push(text.borrowed());
            }
        }
        Some(written)
    }

    fn place_of(&self, date: NaiveDate) -> Option<usize> {
        self.bars.binary_search_by_key(&date, |bar| bar.date).ok()
    }

    fn period_of(&self, place: usize) -> usize {
        self.periods.partition_point(|period| period.end <= place)
    }
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
    let adjustment = price()? / close;
    Some(Bar {
        date,
        open,
        high: high.max(open).max(close),
        low: low.min(open).min(close),
        close,
        volume: volume.try_into().ok()?,
        adjustment,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_apple_did_before_the_hurricane() {
        let bar = history("AAPL")
            .unwrap()
            .bars()
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
            let bars = history(symbol).unwrap().bars();
            let days: Vec<_> = bars.iter().map(|bar| bar.date).collect();
            let calendar: Vec<_> =
                super::super::super::calendar::trading_days(days[0], days[days.len() - 1])
                    .collect();
            assert_eq!(days, calendar, "{symbol}");
        }
    }

    #[test]
    fn adjustments_change_where_something_was_paid_or_split_and_nowhere_else() {
        for (symbol, periods) in [
            ("AAPL", 6),
            ("FB", 1),
            ("GOOG", 1),
            ("IBM", 53),
            ("MSFT", 39),
        ] {
            let history = history(symbol).unwrap();
            assert_eq!(history.periods.len(), periods, "{symbol}");
        }
        let bars = history("AAPL").unwrap().bars();
        let of = |date: &str| bars.iter().find(|bar| bar.date.to_string() == date);
        let (before, after) = (of("2005-02-25").unwrap(), of("2005-02-28").unwrap());
        assert_eq!(
            before.factor_to(after),
            Decimal::new(5, 1),
            "two shares for one, to the last digit"
        );
    }

    #[test]
    fn ready_text_is_what_would_be_written_anew() {
        let (from, basis) = ("2011-02-01".parse().unwrap(), "2012-03-13".parse().unwrap());
        for symbol in SYMBOLS {
            let history = history(symbol).unwrap();
            let Some(of_basis) = history.place_of(basis) else {
                continue;
            };
            let of_basis = &history.bars()[of_basis];
            for (given, factor) in [(Some(basis), true), (None, false)] {
                let ready = history.written(from, basis, given).unwrap();
                let bars = history.between(from, basis);
                assert!(ready.len() == bars.len() && bars.len() > 280, "{symbol}");
                for (ready, bar) in ready.iter().zip(bars) {
                    let anew = if factor {
                        bar.scaled(bar.factor_to(of_basis), 4)
                    } else {
                        bar.clone()
                    };
                    assert_eq!(*ready, WrittenBar::new(&anew), "{symbol}");
                }
            }
        }
        let outside = history("FB").unwrap();
        let last = outside.bars().last().unwrap().date;
        assert!(outside.written(from, last, Some(from)).is_none());
        assert!(
            outside
                .written(from, last.succ_opt().unwrap(), None)
                .is_none()
        );
    }
}
