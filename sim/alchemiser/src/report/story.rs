//! The whole story of a run, as people read it: what it shows, what happened, and what came of it.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::America::New_York;

use super::timeline::{Quiet, Row, timeline};
use super::{Mark, Paper, columns, cost_of};
use crate::projection::{dead_letters, mails, orders};
use crate::run::Run;
use crate::trading::trigger_of;
use harness::journal::Journal;
use simulated_cloud::packed_json::Json;

/// The widest word in front of a row.
const MARK_WIDTH: usize = 11;

/// The story of a run: timeline, orders, mails, dead letters, cost.
#[must_use]
pub fn day(run: &Run, paper: Paper) -> String {
    let mut text = heading(run, paper);
    text.push_str(&days(&timeline(&run.journal), paper));
    section(&mut text, "Orders", &order_rows(&run.journal), paper);
    section(&mut text, "Mails", &mail_rows(&run.journal), paper);
    section(
        &mut text,
        "Dead letters",
        &dead_letter_rows(&run.journal),
        paper,
    );
    text.push_str(&fitted(
        &format!("\nCost: {}\n", cost_of(&run.journal)),
        paper,
    ));
    text
}

/// What the run shows, and which one it is.
#[must_use]
pub fn heading(run: &Run, paper: Paper) -> String {
    let about = if run.about.is_empty() {
        String::new()
    } else {
        format!("{}\n", run.about)
    };
    fitted(
        &format!("{about}{} (seed {})\n\n", run.scenario, run.seed),
        paper,
    )
}

/// A text whose lines are broken where they do not fit, and continued deeper; what failed, and what
/// passed, in its colour.
#[must_use]
pub fn fitted(text: &str, paper: Paper) -> String {
    let mut told = String::new();
    for line in text.lines() {
        let indent = line.chars().take_while(|letter| *letter == ' ').count();
        let mark = match line {
            _ if line.starts_with("FAILED") => Mark::Failed,
            _ if line.starts_with("PASS") => Mark::Recovered,
            _ => Mark::None,
        };
        let narrower = Paper::plain(paper.width.saturating_sub(indent + 2));
        for (number, part) in narrower.hung("", line.trim_start()).iter().enumerate() {
            let deeper = if number > 0 { indent + 2 } else { indent };
            let _ = writeln!(
                told,
                "{}",
                paper.paint(mark, &format!("{}{part}", " ".repeat(deeper)))
            );
        }
    }
    told
}

/// The rows under the dates of New York, and of those that say nothing how many there were.
fn days(rows: &[Row], paper: Paper) -> String {
    let mut text = String::new();
    for day in rows.chunk_by(|one, next| date(one.at) == date(next.at)) {
        let _ = writeln!(
            text,
            "{}{}, New York",
            if text.is_empty() { "" } else { "\n" },
            date(day[0].at).format("%Y-%m-%d, %A")
        );
        for row in day.iter().filter(|row| row.quiet.is_none()) {
            text.push_str(&told(row, paper));
        }
        let count = |quiet: Quiet| day.iter().filter(|row| row.quiet == Some(quiet)).count();
        let folded = [
            (count(Quiet::Observation), "observation"),
            (count(Quiet::Watchdog), "quiet watchdog"),
        ];
        let folded: Vec<String> = folded
            .iter()
            .filter(|(many, _)| *many > 0)
            .map(|(many, what)| counted(*many, what))
            .collect();
        if !folded.is_empty() {
            let left = " ".repeat(MARK_WIDTH + 17);
            for line in paper.hung(&left, &format!("and {}", folded.join(", "))) {
                let _ = writeln!(text, "{}", paper.paint(Mark::Folded, &line));
            }
        }
    }
    text
}

fn counted(many: usize, what: &str) -> String {
    if many == 1 {
        format!("1 {what}")
    } else {
        format!("{many} {what}s")
    }
}

/// One row: when, what it means, what happened; and on lines of its own what an error says.
fn told(row: &Row, paper: Paper) -> String {
    let time = row.at.with_timezone(&New_York).format("%H:%M:%S%.3f");
    let left = format!(" {time}  {:MARK_WIDTH$}  ", row.mark.word());
    let under = " ".repeat(left.chars().count() + 2);
    let detail = row
        .detail
        .as_ref()
        .map(|detail| paper.hung(&under, detail))
        .unwrap_or_default();
    paper
        .hung(&left, &row.text)
        .iter()
        .chain(&detail)
        .map(|line| format!("{}\n", paper.paint(row.mark, line)))
        .collect()
}

fn date(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&New_York).date_naive()
}

fn section(text: &mut String, title: &str, rows: &[Vec<String>], paper: Paper) {
    let _ = writeln!(text, "\n{title}");
    text.push_str(&if rows.is_empty() {
        " none\n".to_owned()
    } else {
        columns(rows, paper)
    });
}

/// A projection's moment, which is UTC, as scenario files write it, with the fraction.
fn moment(stamp: &str) -> String {
    let at = DateTime::parse_from_rfc3339(stamp).map(|at| {
        at.with_timezone(&New_York)
            .format("%Y-%m-%d %H:%M:%S%.3f")
            .to_string()
    });
    at.unwrap_or_else(|_| stamp.to_owned())
}

fn order_rows(journal: &Journal) -> Vec<Vec<String>> {
    let row = |order: &crate::projection::OrderLine| {
        vec![
            moment(&order.at),
            order.side.clone(),
            order.quantity.clone(),
            order.symbol.clone(),
            format!("limit {}", order.limit.as_deref().unwrap_or("-")),
            order.status.clone(),
            order.fills.join(", "),
        ]
    };
    orders(journal).iter().map(row).collect()
}

fn mail_rows(journal: &Journal) -> Vec<Vec<String>> {
    mails(journal)
        .iter()
        .map(|mail| {
            vec![
                moment(&mail.at),
                mail.recipients.join(", "),
                mail.subject.clone(),
            ]
        })
        .collect()
}

/// Who gave up, why, and on what; the messages are in the journal.
fn dead_letter_rows(journal: &Journal) -> Vec<Vec<String>> {
    let letters = dead_letters(journal);
    let row = |(from, reason, body): &(String, String, Json<'_>)| {
        let payload = body.get("requestPayload").unwrap_or(*body);
        vec![reason.clone(), trigger_of(payload), from.clone()]
    };
    letters.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_do_not_fit_are_continued_deeper() {
        let shown = fitted(&format!("  + {}\n", "word ".repeat(12)), Paper::plain(40));
        assert!(
            shown.lines().all(|line| line.chars().count() <= 40),
            "{shown}"
        );
        assert!(
            shown.starts_with("  + word")
                && shown
                    .lines()
                    .nth(1)
                    .is_some_and(|line| line.starts_with("    word")),
            "{shown}"
        );
    }
}
