use std::fmt::Write as _;

use alchemiser_mocks::exchange::Report;
use chrono::{DateTime, Datelike, Utc};
use chrono_tz::America::New_York;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use rust_decimal::Decimal;

use super::{Paper, cost_of, heading};
use crate::projection::mails;
use crate::run::Run;
use crate::trading::TradingJournal;
use harness::fault::CallEffect;
use harness::journal::{Journal, JournalEvent};

/// The account after a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The close.
    pub at: DateTime<Utc>,
    /// Cash and what the shares are worth, in dollars.
    pub equity: Decimal,
}

/// The account at the beginning and after each session.
#[must_use]
pub fn curve(journal: &Journal) -> Vec<Point> {
    let point = |report: &Report| match report {
        Report::Statement { at, equity, .. } => Some(Point {
            at: *at,
            equity: *equity,
        }),
        _ => None,
    };
    journal
        .reports()
        .filter_map(|(_, report)| point(report))
        .collect()
}

/// A row a month, for runs whose days are too many to be told one by one.
#[must_use]
pub fn months(run: &Run, paper: Paper) -> String {
    let points = curve(&run.journal);
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["month", "sessions", "fills", "equity", "change"]);
    let month = |at: DateTime<Utc>| at.with_timezone(&New_York).format("%Y-%m").to_string();
    let mut before = points
        .first()
        .map_or(Decimal::ZERO, |opening| opening.equity);
    for sessions in points
        .get(1..)
        .unwrap_or_default()
        .chunk_by(|one, next| month(one.at) == month(next.at))
    {
        let [first, ..] = sessions else { continue };
        let end = sessions[sessions.len() - 1].equity;
        let of_month = |at: DateTime<Utc>| month(at) == month(first.at);
        let fills = run
            .journal
            .reports()
            .filter(|(_, report)| matches!(report, Report::OrderFilled { at, .. } if of_month(*at)))
            .count();
        table.add_row([
            month(first.at),
            sessions.len().to_string(),
            fills.to_string(),
            dollars(end),
            percent(before, end),
        ]);
        before = end;
    }
    for index in 1..5 {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let rows: String = table
        .lines()
        .map(|line| format!(" {}\n", line.trim_end()))
        .collect();
    format!("{}{rows}\n{}", heading(run, paper), totals(run, &points))
}

fn totals(run: &Run, points: &[Point]) -> String {
    let (opening, end) = (
        points.first().map_or(Decimal::ZERO, |point| point.equity),
        points.last().map_or(Decimal::ZERO, |point| point.equity),
    );
    let reports = |wanted: fn(&Report) -> bool| {
        run.journal
            .reports()
            .filter(|(_, report)| wanted(report))
            .count()
    };
    let orders = reports(|report| matches!(report, Report::OrderAccepted { .. }));
    let calls = run
        .journal
        .entries()
        .iter()
        .filter(|entry| is_sdk_call(&entry.fact))
        .count();
    let crashes = run
        .journal
        .entries()
        .iter()
        .filter(|entry| {
            matches!(
                entry.fact,
                JournalEvent::Fault {
                    effect: CallEffect::Crash | CallEffect::PowerLoss,
                    ..
                }
            )
        })
        .count();
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "Equity: {} to {} ({}), at worst {} below its peak",
        dollars(opening),
        dollars(end),
        percent(opening, end),
        drawdown(points)
    );
    let _ = writeln!(
        text,
        "Sessions: {}, orders: {orders}, mails: {}, crashes: {crashes}",
        points.len().saturating_sub(1),
        mails(&run.journal).len()
    );
    let _ = writeln!(
        text,
        "SDK calls: {calls}, {:.2} s here",
        run.wall_time.as_secs_f64()
    );
    let _ = writeln!(text, "Cost: {}", cost_of(&run.journal));
    text
}

/// Whether it is a call of an AWS SDK client.
pub fn is_sdk_call(fact: &JournalEvent) -> bool {
    matches!(fact, JournalEvent::Call { site, .. } if matches!(site.party(), "dynamodb" | "events"))
}

fn dollars(amount: Decimal) -> String {
    format!("{:.2}", amount.round_dp(2))
}

fn percent(before: Decimal, after: Decimal) -> String {
    if before.is_zero() {
        "-".to_owned()
    } else {
        format!(
            "{:+.2} %",
            ((after - before) / before * Decimal::ONE_HUNDRED).round_dp(2)
        )
    }
}

/// The largest fall from a peak, in percent of it.
fn drawdown(points: &[Point]) -> String {
    let mut peak = Decimal::ZERO;
    let mut worst = Decimal::ZERO;
    for point in points {
        peak = peak.max(point.equity);
        if !peak.is_zero() {
            worst = worst.max((peak - point.equity) / peak);
        }
    }
    format!("{:.2} %", (worst * Decimal::ONE_HUNDRED).round_dp(2))
}

const WIDTH: usize = 960;
const HEIGHT: usize = 320;
const MARGIN: usize = 60;

/// The curve as a picture (SVG): a point a session, the first of each month on the axis.
#[must_use]
pub fn plot(title: &str, points: &[Point]) -> String {
    let lowest = points
        .iter()
        .map(|point| point.equity)
        .min()
        .unwrap_or_default();
    let highest = points
        .iter()
        .map(|point| point.equity)
        .max()
        .unwrap_or_default();
    let span = (highest - lowest).max(Decimal::ONE);
    let x = |index: usize| {
        MARGIN + index * (WIDTH - 2 * MARGIN) / points.len().saturating_sub(1).max(1)
    };
    let y = |equity: Decimal| {
        (Decimal::from(HEIGHT - MARGIN)
            - (equity - lowest) / span * Decimal::from(HEIGHT - 2 * MARGIN))
        .round_dp(1)
    };
    let line: Vec<String> = points
        .iter()
        .enumerate()
        .map(|(index, point)| format!("{},{}", x(index), y(point.equity)))
        .collect();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{MARGIN}\" y=\"24\" font-size=\"14\">{title}</text>\n"
    );
    for equity in [lowest, highest] {
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            MARGIN - 6,
            y(equity),
            equity.round_dp(0)
        );
    }
    let mut shown = None;
    for (index, point) in points.iter().enumerate() {
        let date = point.at.with_timezone(&New_York);
        if shown.replace(date.month()) != Some(date.month()) {
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{}\">{}</text>",
                x(index),
                HEIGHT - MARGIN + 18,
                date.format("%b")
            );
        }
    }
    let _ = writeln!(
        svg,
        "<polyline fill=\"none\" stroke=\"#1f77b4\" stroke-width=\"1.5\" points=\"{}\"/>\n</svg>",
        line.join(" ")
    );
    svg
}
