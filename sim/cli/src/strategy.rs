use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use alchemiser::alpaca::{EARLIEST, span_of};
use alchemiser::strategy::{self, Evaluation, EvaluationError, Expression};
use alchemiser_mocks::exchange::{Market, MarketSetup, calendar};
use chrono::{Datelike, NaiveDate, TimeDelta};
use clap::Args;
use rust_decimal::Decimal;

use crate::error::CliError;
use crate::output::say;
use alchemiser_binding::text_file::read_text;

/// What `strategy` takes.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct StrategyArguments {
    /// A strategy file.
    file: PathBuf,
    /// The day to decide for, as 2012-03-14: the closes of the sessions before it are read, as on
    /// its morning.
    #[arg(long)]
    on: NaiveDate,
}

/// The closes that a strategy reads.
struct Closes {
    /// The last session of all of them; none where nothing is read.
    bar_date: Option<NaiveDate>,
    by_symbol: BTreeMap<String, Vec<Decimal>>,
    /// The symbols among them whose last close is made up.
    synthetic: BTreeSet<String>,
}

/// The years in which the exchange has a calendar and prices.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2099;

/// Decides what a strategy file wants to hold on a day, and prints its decision tree.
pub fn strategy(arguments: &StrategyArguments) -> Result<bool, CliError> {
    let file = arguments.file.display().to_string();
    let source = read_text(&arguments.file).map_err(|source| CliError::Read {
        path: arguments.file.clone(),
        source,
    })?;
    let pointed =
        |error: EvaluationError| CliError::Strategy(strategy::point(&file, &source, &error));
    let expression = strategy::parse(&source)
        .map_err(|error| CliError::Strategy(strategy::point_at_syntax(&file, &source, &error)))?;
    strategy::check(&expression).map_err(pointed)?;
    let closes = closes(&expression, arguments.on)?;
    let evaluation = strategy::evaluate(&expression, &closes.by_symbol).map_err(pointed)?;
    if let Some(date) = closes.bar_date.filter(|_| closes.by_symbol.is_empty()) {
        return Err(CliError::NoPrices { file, date });
    }
    say(&summary(&file, arguments.on, &closes, &evaluation))?;
    Ok(true)
}

/// As the signal step reads them on the morning of that day: sessions completed before it, adjusted
/// for splits and dividends, at least as many as the strategy needs; a symbol that did not trade in
/// the last of them is left out.
fn closes(expression: &Expression, on: NaiveDate) -> Result<Closes, CliError> {
    let needs = strategy::data_needs(expression);
    let Some(most) = needs.values().copied().max() else {
        return Ok(Closes {
            bar_date: None,
            by_symbol: BTreeMap::new(),
            synthetic: BTreeSet::new(),
        });
    };
    if !YEARS.contains(&on.year()) {
        return Err(CliError::NoCalendar {
            on,
            first: *YEARS.start(),
            last: *YEARS.end(),
        });
    }
    let (start, _) = span_of(most, calendar::midnight(on) + TimeDelta::hours(9));
    let last = calendar::previous_trading_day(on);
    let market = Market::new(MarketSetup::default());
    let mut by_symbol = BTreeMap::new();
    let mut synthetic = BTreeSet::new();
    for (symbol, needed) in needs {
        let mut bars = market.adjusted_bars(&symbol, start, last, last);
        if bars.len() < needed {
            bars = market.adjusted_bars(&symbol, EARLIEST, last, last);
        }
        if bars.last().is_some_and(|bar| bar.date == last) {
            if market.is_synthetic_on(&symbol, last) {
                synthetic.insert(symbol.clone());
            }
            by_symbol.insert(symbol, bars.into_iter().map(|bar| bar.close).collect());
        }
    }
    Ok(Closes {
        bar_date: Some(last),
        by_symbol,
        synthetic,
    })
}

fn summary(file: &str, on: NaiveDate, closes: &Closes, evaluation: &Evaluation) -> String {
    let bars = closes.bar_date.map_or_else(
        || "no prices are read".to_owned(),
        |date| format!("closes up to {date}"),
    );
    let mut text = format!("{file} on {on}, {bars}\n\n{}", evaluation.tree());
    if !evaluation.trace.is_empty() {
        text.push('\n');
    }
    for warning in &evaluation.warnings {
        text.push_str(&format!("warning: {warning}\n"));
    }
    if !closes.synthetic.is_empty() {
        let symbols: Vec<&str> = closes.synthetic.iter().map(String::as_str).collect();
        text.push_str(&format!("synthetic prices: {}\n", symbols.join(" ")));
    }
    text.push_str("allocation:\n");
    for (symbol, share) in &evaluation.allocation {
        text.push_str(&format!(
            "  {symbol:<10} {:>7.2} %\n",
            (share * Decimal::ONE_HUNDRED).round_dp(2)
        ));
    }
    text
}
