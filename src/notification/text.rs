use super::content::{Content, Row};
use crate::event::{Header, TradingNotificationRequested};

/// The text part: all that the HTML part shows.
pub(super) fn text(
    header: &Header,
    notification: &TradingNotificationRequested,
    content: &Content,
    neutral: bool,
) -> String {
    let mut text = if notification.trading_success {
        success(notification, neutral)
    } else {
        failure(content)
    };
    let order = |[action, symbol, shares, status]: &Row| {
        format!("  {action} {shares} {symbol}: {status}\n")
    };
    text.extend(content.orders.iter().map(order));
    section(
        &mut text,
        "Signals",
        &content.signals,
        |[engine, action, symbols, why]| format!("{engine}: {action} {symbols} ({why})"),
    );
    section(
        &mut text,
        "Portfolio",
        &content.portfolio,
        |[symbol, target, current, action]| {
            format!("{symbol}: target {target} %, before {current} %, {action}")
        },
    );
    if !content.notes.is_empty() {
        text.push_str("\nNotes:\n");
        for note in &content.notes {
            text.push_str(&format!("  {note}\n"));
        }
    }
    text.push_str(&format!("\nCorrelation ID: {}\n", header.correlation_id));
    text
}

fn success(notification: &TradingNotificationRequested, neutral: bool) -> String {
    let mut text = format!(
        "Trading execution completed. Success: True\n\nOrders: {} of {} filled\n",
        notification.orders_succeeded, notification.orders_placed
    );
    if !neutral {
        text.push_str(&format!(
            "Traded: {} dollars\n",
            notification.total_trade_value
        ));
    }
    text
}

fn failure(content: &Content) -> String {
    format!(
        "Trading execution completed. Success: False\n\n{}\n\nOrders placed: {}\nOrders succeeded: {}\nFailed symbols: {}\n",
        content.reason, content.placed, content.succeeded, content.failed_symbols,
    )
}

fn section(text: &mut String, title: &str, rows: &[Row], line: impl Fn(&Row) -> String) {
    if rows.is_empty() {
        return;
    }
    text.push_str(&format!("\n{title}:\n"));
    for row in rows {
        text.push_str(&format!("  {}\n", line(row)));
    }
}
