use std::collections::BTreeMap;
use std::fmt::Write as _;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use serde_json::Value;

use super::cost_of;
use alchemiser_mocks::exchange::Report;
use alchemiser_mocks::mail::{MailReport, MailStage};

use crate::cloud::record::{InvocationOutcome, Record, trigger_of};
use crate::journal::{Fact, Journal};
use crate::projection::{dead_letters, mails, orders};
use crate::run::Run;

/// The whole story of a run for a terminal: timeline, orders, mails, dead letters, cost, verdicts.
#[must_use]
pub fn day(run: &Run) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(text, "{} (seed {})\n", run.scenario, run.seed);
    text.push_str(&timeline(&run.journal));
    section(&mut text, "Orders", &order_rows(&run.journal));
    section(&mut text, "Mails", &mail_rows(&run.journal));
    section(&mut text, "Dead letters", &dead_letter_rows(&run.journal));
    let _ = writeln!(text, "\nCost: {}", cost_of(&run.journal));
    text
}

fn table(rows: &[Vec<String>], numbers: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    for row in rows {
        table.add_row(row);
    }
    for index in numbers {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn section(text: &mut String, title: &str, rows: &[Vec<String>]) {
    let _ = writeln!(text, "\n{title}");
    if rows.is_empty() {
        text.push_str(" none\n");
    } else {
        text.push_str(&table(rows, &[]));
    }
}

/// One row an invocation, and one for whatever else is worth a line.
fn timeline(journal: &Journal) -> String {
    let mut rows = vec![["time", "no.", "event", "handler", "action", "ms"].map(str::to_owned).to_vec()];
    let mut started: BTreeMap<u64, String> = BTreeMap::new();
    let mut handlers: BTreeMap<u64, &str> = BTreeMap::new();
    for entry in journal.entries() {
        let at = entry.at.format("%H:%M:%S%.3f").to_string();
        let mut row = |cells: [&str; 5]| rows.push(std::iter::once(at.as_str()).chain(cells).map(str::to_owned).collect());
        match &entry.fact {
            Fact::Cloud { record: Record::InvocationStarted { invocation, payload, attempt, .. } } => {
                let again = if *attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
                started.insert(*invocation, format!("{}{again}", trigger_of(payload)));
            }
            Fact::Log { fields, .. } => {
                if let (Some(invocation), Some(handler)) = (entry.invocation, fields["handler"].as_str()) {
                    handlers.insert(invocation, handler);
                }
            }
            Fact::Cloud { record: Record::InvocationEnded { invocation, outcome, response, duration_ms } } => {
                let event = started.remove(invocation).unwrap_or_default();
                let handler = handlers.remove(invocation).unwrap_or_default();
                row([&invocation.to_string(), &event, handler, &ended(*outcome, response), &duration_ms.to_string()]);
            }
            Fact::Cloud { record: Record::ScheduleFired { schedule, .. } } => row(["", "schedule", "", &format!("{schedule} fired"), ""]),
            Fact::Cloud { record: Record::AlarmChanged { alarm, state, .. } } => row(["", "alarm", "", &format!("{alarm} is {state}"), ""]),
            Fact::Cloud { record: Record::DeadLettered { from, reason, .. } } => {
                row(["", "dead letter", "", &format!("{from}: {reason}"), ""]);
            }
            Fact::Fault { site, phase, effect } => {
                row(["", "fault", "", &format!("{} {} {site}", effect.describe(), phase.as_str()), ""]);
            }
            Fact::Cloud { record: Record::DeliveryDisturbed { detail_type, rule, disturbance, .. } } => {
                row(["", "fault", "", &format!("{disturbance} of the delivery of {detail_type} by {rule}"), ""]);
            }
            Fact::Exchange { report: Report::OrderScripted { symbol, side, effect, .. } } => {
                row(["", "fault", "", &format!("the {} of {symbol} {effect}", side.as_str()), ""]);
            }
            Fact::Mail { report: MailReport::MailScripted { stage, reply } } => {
                let what = reply.as_ref().map_or_else(|| "connection dropped".to_owned(), |reply| format!("reply {reply:?}"));
                row(["", "fault", "", &format!("{what} at {}", spelled(*stage)), ""]);
            }
            Fact::Cloud { record: Record::EventRefused { detail_type, code, is_injected, .. } } => {
                row(["", if *is_injected { "fault" } else { "refused" }, "", &format!("{detail_type}: {code}"), ""]);
            }
            Fact::Mail { report: MailReport::MailRefused { stage, code } } => {
                row(["", "mail", "", &format!("refused with {code} at {}", spelled(*stage)), ""]);
            }
            Fact::Mail { report: MailReport::ConnectionDropped { stage } } => {
                row(["", "mail", "", &format!("connection dropped at {}", spelled(*stage)), ""]);
            }
            Fact::Action { what } => row(["", "scenario", "", what, ""]),
            _ => {}
        }
    }
    table(&rows, &[1, 5])
}

/// As scenario files write it.
fn spelled(stage: MailStage) -> String {
    serde_json::to_value(stage).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn ended(outcome: InvocationOutcome, response: &Value) -> String {
    let said = response["message"].as_str().or(response["body"].as_str()).or(response["errorMessage"].as_str()).unwrap_or_default();
    let short = shortened(said, 60);
    match (outcome, response["errorType"].as_str()) {
        (InvocationOutcome::Success, _) => short,
        (_, Some(kind)) => format!("{outcome}: {kind}: {short}"),
        _ => format!("{outcome}: {short}"),
    }
}

/// At most so many characters, with a sign where there were more.
fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit { text.to_owned() } else { text.chars().take(limit - 1).chain(['…']).collect() }
}

fn order_rows(journal: &Journal) -> Vec<Vec<String>> {
    let row = |order: &crate::projection::OrderLine| {
        vec![
            order.at[11..23].to_owned(),
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
    mails(journal).iter().map(|mail| vec![mail.at[11..23].to_owned(), mail.recipients.join(", "), mail.subject.clone()]).collect()
}

fn dead_letter_rows(journal: &Journal) -> Vec<Vec<String>> {
    dead_letters(journal).iter().map(|(from, reason, body)| vec![from.clone(), reason.clone(), shortened(&body.to_string(), 70)]).collect()
}
