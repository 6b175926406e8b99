use super::content::{Content, Row};
use crate::event::{Header, TradingNotificationRequested};

const STYLE: &str = "body{margin:0;background:#eef1f4;color:#1b2733;font-family:Helvetica,Arial,sans-serif}\
.sheet{max-width:640px;margin:0 auto;background:#fff}\
h1{margin:0;padding:20px 24px;font-size:20px;color:#fff;background:#1e7b4d}.failed h1{background:#b3261e}\
.main{padding:8px 24px 24px}h2{font-size:16px}\
.reason{border-left:4px solid #b3261e;padding-left:12px;overflow-wrap:anywhere}\
table{width:100%;border-collapse:collapse;font-size:14px}\
th,td{text-align:left;vertical-align:top;padding:6px 12px 6px 0;border-bottom:1px solid #e3e8ec}td{overflow-wrap:anywhere}\
.footer{font-size:12px;color:#5b6875}";

/// The HTML part: plain where a mail program drops the style. Whatever came from an event is
/// escaped.
pub(super) fn html(
    header: &Header,
    notification: &TradingNotificationRequested,
    content: &Content,
    neutral: bool,
) -> String {
    let mode = escape(&content.mode);
    let (outcome, title, main) = if notification.trading_success {
        (
            "done",
            format!("{mode} Multi-Strategy Execution Report"),
            success(notification, content, neutral),
        )
    } else {
        (
            "failed",
            format!("{mode} Trading Execution Failed"),
            failure(content, header),
        )
    };
    let footer = format!(
        "<p class=\"footer\">Correlation ID: {}<br>{}</p>\n",
        escape(header.correlation_id.as_str()),
        escape(&header.timestamp.to_string())
    );
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<div class=\"sheet {outcome}\">\n<h1>{title}</h1>\n\
         <div class=\"main\">\n{main}{footer}</div>\n</div>\n</body>\n</html>\n"
    )
}

fn success(
    notification: &TradingNotificationRequested,
    content: &Content,
    neutral: bool,
) -> String {
    let mut html = format!(
        "<p><strong>Completed Successfully</strong>: {} of {} orders filled</p>\n",
        notification.orders_succeeded, notification.orders_placed
    );
    if !neutral {
        html.push_str(&format!(
            "<p>Total traded: {} dollars</p>\n",
            notification.total_trade_value
        ));
    }
    html.push_str(&orders(content).unwrap_or_else(|| note("Orders", "No orders were necessary.")));
    html.push_str(
        &portfolio(content).unwrap_or_else(|| note("Portfolio", "No target data available.")),
    );
    html.push_str(&signals(content).unwrap_or_default());
    html.push_str(&notes(content).unwrap_or_default());
    html
}

fn failure(content: &Content, header: &Header) -> String {
    let context = [
        ("Orders Placed", content.placed.clone()),
        ("Orders Succeeded", content.succeeded.clone()),
        ("Correlation ID", header.correlation_id.to_string()),
        ("Failed Symbols", content.failed_symbols.clone()),
    ];
    let rows: String = context
        .iter()
        .map(|(name, value)| format!("<tr><th>{name}</th><td>{}</td></tr>\n", escape(value)))
        .collect();
    let tables = [
        orders(content),
        portfolio(content),
        signals(content),
        notes(content),
    ];
    format!(
        "<p class=\"reason\">{}</p>\n<table>\n{rows}</table>\n{}\
         <h2>Recommended actions</h2>\n<ul>\n\
         <li>Look at the workflow's log lines by its correlation id.</li>\n<li>Look at positions and open orders at the broker.</li>\n\
         <li>Look at the event dead-letter queue.</li>\n</ul>\n",
        escape(&content.reason),
        tables.into_iter().flatten().collect::<String>(),
    )
}

fn orders(content: &Content) -> Option<String> {
    table(
        "Orders",
        ["Action", "Symbol", "Quantity", "Status"],
        &content.orders,
    )
}

fn portfolio(content: &Content) -> Option<String> {
    table(
        "Portfolio",
        ["Symbol", "Target %", "Current %", "Action"],
        &content.portfolio,
    )
}

fn signals(content: &Content) -> Option<String> {
    table(
        "Strategy signals",
        ["Engine", "Action", "Symbols", "Reasoning"],
        &content.signals,
    )
}

fn notes(content: &Content) -> Option<String> {
    if content.notes.is_empty() {
        return None;
    }
    let lines: String = content
        .notes
        .iter()
        .map(|note| format!("<li>{}</li>\n", escape(note)))
        .collect();
    Some(format!("<h2>Notes</h2>\n<ul>\n{lines}</ul>\n"))
}

fn note(title: &str, text: &str) -> String {
    format!("<h2>{title}</h2>\n<p>{text}</p>\n")
}

/// A table with a heading; none without rows.
fn table(title: &str, head: [&str; 4], rows: &[Row]) -> Option<String> {
    let line = |row: &Row| {
        let cells: String = row
            .iter()
            .map(|cell| format!("<td>{}</td>", escape(cell)))
            .collect();
        format!("<tr>{cells}</tr>\n")
    };
    let head: String = head.iter().map(|name| format!("<th>{name}</th>")).collect();
    let lines: String = rows.iter().map(line).collect();
    let shown = || format!("<h2>{title}</h2>\n<table>\n<tr>{head}</tr>\n{lines}</table>\n");
    (!rows.is_empty()).then(shown)
}

fn escape(text: &str) -> String {
    text.chars().fold(
        String::with_capacity(text.len()),
        |mut escaped, character| {
            match character {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\'' => escaped.push_str("&#39;"),
                other => escaped.push(other),
            }
            escaped
        },
    )
}
