use rust_decimal::Decimal;
use serde_json::Value;

use crate::event::TradingNotificationRequested;
use crate::visible::{cut, one_line};

/// The most characters of one text: more of it nobody reads in a mail, and the log has it all.
const LONGEST_TEXT: usize = 2_000;

/// One line of a table.
pub(super) type Row = [String; 4];

/// What a notification tells in words, in the order in which both parts of the mail show it.
/// Whatever others wrote is one line without anything that cannot be seen, so that it cannot pass
/// for another part of the mail.
pub(super) struct Content {
    /// `LIVE` or `PAPER`.
    pub mode: String,
    /// Why it failed.
    pub reason: String,
    /// Engine, action, symbols, reasoning.
    pub signals: Vec<Row>,
    /// Symbol, target and current weight in percent, action.
    pub portfolio: Vec<Row>,
    /// Action, symbol, shares, status.
    pub orders: Vec<Row>,
    /// How many orders were placed, and how many of them succeeded; unknown where nobody lived to
    /// count them.
    pub placed: String,
    pub succeeded: String,
    /// The symbols whose orders failed; `none` where there are none.
    pub failed_symbols: String,
    /// What else the reader should know: what was left alone, made smaller, or left in cash, and
    /// why.
    pub notes: Vec<String>,
}

impl Content {
    pub fn of(notification: &TradingNotificationRequested, neutral: bool) -> Self {
        let signals = notification
            .execution_data
            .get("signals")
            .and_then(Value::as_object);
        let signal = |(engine, signal): (&String, &Value)| {
            [
                shown(engine),
                cell(signal, "action"),
                cell(signal, "symbol").replace(',', ", "),
                cell(signal, "reasoning"),
            ]
        };
        let is_unknown = notification
            .execution_data
            .get("orders_unknown")
            .and_then(Value::as_bool)
            == Some(true);
        let count = |count: i64| {
            if is_unknown {
                "unknown".to_owned()
            } else {
                count.to_string()
            }
        };
        let failed: Vec<&str> = rows(notification, "failed_symbols")
            .filter_map(Value::as_str)
            .collect();
        Self {
            mode: shown(&notification.trading_mode),
            reason: shown(
                notification
                    .error_message
                    .as_deref()
                    .unwrap_or("Unknown error"),
            ),
            signals: signals.into_iter().flatten().map(signal).collect(),
            portfolio: rows(notification, "portfolio")
                .map(|row| {
                    [
                        cell(row, "symbol"),
                        percent(row, "target_weight"),
                        percent(row, "current_weight"),
                        cell(row, "action"),
                    ]
                })
                .collect(),
            orders: rows(notification, "orders")
                .map(|row| {
                    [
                        cell(row, "action"),
                        cell(row, "symbol"),
                        cell(row, "shares"),
                        cell(row, "status"),
                    ]
                })
                .collect(),
            placed: count(notification.orders_placed),
            succeeded: count(notification.orders_succeeded),
            failed_symbols: if failed.is_empty() {
                "none".to_owned()
            } else {
                shown(&failed.join(", "))
            },
            notes: notes(notification, neutral),
        }
    }
}

fn notes(notification: &TradingNotificationRequested, neutral: bool) -> Vec<String> {
    let mut notes: Vec<String> = rows(notification, "notes")
        .map(|row| cell(row, "text"))
        .collect();
    if let Some(idle) = notification.execution_data.get("idle_cash") {
        let amounts = if neutral {
            String::new()
        } else {
            format!(
                " ({} dollars, {} planned)",
                cell(idle, "cash"),
                cell(idle, "planned")
            )
        };
        let reasons: Vec<String> = idle["reasons"]
            .as_array()
            .into_iter()
            .flatten()
            .map(reason)
            .collect();
        notes.push(format!(
            "more cash is left than planned{amounts}: {}",
            reasons.join("; ")
        ));
    }
    notes
}

fn reason(row: &Value) -> String {
    match row.get("symbol").and_then(Value::as_str) {
        Some(symbol) => format!("{}: {}", shown(symbol), cell(row, "reason")),
        None => cell(row, "reason"),
    }
}

fn rows<'a>(
    notification: &'a TradingNotificationRequested,
    name: &str,
) -> impl Iterator<Item = &'a Value> + use<'a> {
    notification
        .execution_data
        .get(name)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
}

fn cell(row: &Value, name: &str) -> String {
    match row.get(name) {
        Some(Value::String(text)) => shown(text),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => shown(&other.to_string()),
    }
}

pub(super) fn shown(text: &str) -> String {
    cut(&one_line(text), LONGEST_TEXT)
}

fn percent(row: &Value, name: &str) -> String {
    match cell(row, name)
        .parse::<Decimal>()
        .ok()
        .and_then(|weight| weight.checked_mul(Decimal::ONE_HUNDRED))
    {
        Some(percent) => format!("{percent:.1}"),
        None => "-".to_owned(),
    }
}
