use serde_json::Value;

use crate::event::{Header, TradingNotificationRequested};
use crate::id::EventId;

/// A mail before it is wrapped for transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The notification's id; the Message-ID is made of it.
    pub id: EventId,
    /// Another recipient than the configured one.
    pub recipient: Option<String>,
    /// The subject line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// Renders the mail that a notification asks for (specification 9.2, 9.3). Every value that came from an event
/// is escaped; in neutral mode no dollar amount appears.
#[must_use]
pub fn render(header: &Header, notification: &TradingNotificationRequested, neutral: bool) -> Mail {
    let (text, body) = if notification.trading_success {
        (success_text(header, notification, neutral), success_html(header, notification, neutral))
    } else {
        (failure_text(header, notification), failure_html(header, notification))
    };
    Mail {
        id: header.event_id.clone(),
        recipient: notification.recipient_override.clone().filter(|recipient| !recipient.is_empty()),
        subject: subject(notification),
        text,
        html: format!("<!DOCTYPE html>\n<html lang=\"en\"><body style=\"font-family:sans-serif\">\n{body}</body></html>\n"),
    }
}

fn subject(notification: &TradingNotificationRequested) -> String {
    let tags = match (notification.trading_success, notification.error_code.as_deref()) {
        (true, _) => "[SUCCESS]".to_owned(),
        (false, None) => "[FAILURE]".to_owned(),
        (false, Some(code)) => format!("[FAILURE][{code}]"),
    };
    // A header is one line.
    format!("{tags} The Alchemiser - {} Trading Report", notification.trading_mode).replace(['\r', '\n'], " ")
}

fn success_text(header: &Header, notification: &TradingNotificationRequested, neutral: bool) -> String {
    let mut text = "Trading execution completed. Success: True\n\n".to_owned();
    text.push_str(&format!("Orders: {} of {} filled\n", notification.orders_succeeded, notification.orders_placed));
    if !neutral {
        text.push_str(&format!("Traded: {} dollars\n", notification.total_trade_value));
    }
    for order in rows(notification, "orders") {
        text.push_str(&format!(
            "  {} {} {}: {}\n",
            cell(order, "action"),
            cell(order, "shares"),
            cell(order, "symbol"),
            cell(order, "status")
        ));
    }
    text.push_str(&format!("\nCorrelation ID: {}\n", header.correlation_id));
    text
}

fn failure_text(header: &Header, notification: &TradingNotificationRequested) -> String {
    format!(
        "Trading execution completed. Success: False\n\n{}\n\nOrders placed: {}\nOrders succeeded: {}\nFailed symbols: {}\nCorrelation ID: {}\n",
        notification.error_message.as_deref().unwrap_or("Unknown error"),
        notification.orders_placed,
        notification.orders_succeeded,
        failed_symbols(notification),
        header.correlation_id,
    )
}

fn success_html(header: &Header, notification: &TradingNotificationRequested, neutral: bool) -> String {
    let mut html = format!(
        "<h1>{} Multi-Strategy Execution Report</h1>\n<p><strong>Completed Successfully</strong>: {} of {} orders filled</p>\n",
        escape(&notification.trading_mode),
        notification.orders_succeeded,
        notification.orders_placed
    );
    if !neutral {
        html.push_str(&format!("<p>Total traded: {} dollars</p>\n", notification.total_trade_value));
    }
    let targets: Vec<[String; 4]> = rows(notification, "portfolio")
        .map(|row| [cell(row, "symbol"), percent(row, "target_weight"), percent(row, "current_weight"), cell(row, "action")])
        .collect();
    html.push_str(&table("Portfolio", ["Symbol", "Target %", "Current %", "Action"], &targets, "No target data available."));
    let orders: Vec<[String; 4]> = rows(notification, "orders")
        .map(|row| [cell(row, "action"), cell(row, "symbol"), cell(row, "shares"), cell(row, "status")])
        .collect();
    html.push_str(&table("Orders", ["Action", "Symbol", "Quantity", "Status"], &orders, "No orders were necessary."));
    html.push_str(&format!("<p>Correlation ID: {}</p>\n", escape(header.correlation_id.as_str())));
    html
}

fn failure_html(header: &Header, notification: &TradingNotificationRequested) -> String {
    let context = [
        ("Orders Placed", notification.orders_placed.to_string()),
        ("Orders Succeeded", notification.orders_succeeded.to_string()),
        ("Correlation ID", header.correlation_id.to_string()),
        ("Failed Symbols", failed_symbols(notification)),
    ];
    let rows: String = context.iter().map(|(name, value)| format!("<tr><th>{name}</th><td>{}</td></tr>\n", escape(value))).collect();
    format!(
        "<h1>{} Trading Execution Failed</h1>\n<p>{}</p>\n<table>\n{rows}</table>\n<h2>Recommended actions</h2>\n<ul>\n\
         <li>Look at the workflow's log lines by its correlation id.</li>\n<li>Look at positions and open orders at the broker.</li>\n\
         <li>Look at the event dead-letter queue.</li>\n</ul>\n",
        escape(&notification.trading_mode),
        escape(notification.error_message.as_deref().unwrap_or("Unknown error")),
    )
}

fn table(title: &str, head: [&str; 4], rows: &[[String; 4]], if_empty: &str) -> String {
    if rows.is_empty() {
        return format!("<h2>{title}</h2>\n<p>{if_empty}</p>\n");
    }
    let line = |cells: &[String; 4]| {
        let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let head: String = head.iter().map(|name| format!("<th>{name}</th>")).collect();
    format!("<h2>{title}</h2>\n<table>\n<tr>{head}</tr>\n{}</table>\n", rows.iter().map(line).collect::<String>())
}

fn rows<'a>(notification: &'a TradingNotificationRequested, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    notification.execution_data.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter()
}

fn cell(row: &Value, name: &str) -> String {
    match row.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    }
}

fn percent(row: &Value, name: &str) -> String {
    match cell(row, name).parse::<rust_decimal::Decimal>() {
        Ok(weight) => format!("{:.1}", weight * rust_decimal::Decimal::ONE_HUNDRED),
        Err(_) => "-".to_owned(),
    }
}

fn failed_symbols(notification: &TradingNotificationRequested) -> String {
    let names: Vec<&str> = rows(notification, "failed_symbols").filter_map(Value::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
        escaped
    })
}
