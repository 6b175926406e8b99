use super::Judgement;
use super::plan::{Named, told};
use crate::projection::{accepted_orders, invocations, puts};
use harness::journal::Journal;

/// What was ordered is told: a workflow's mail has a line for each symbol that it had ordered by then,
/// or says that nobody knows what was ordered.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let (invocations, orders) = (invocations(journal), accepted_orders(journal));
    for (workflow, detail) in told(journal) {
        let asked = puts(journal).find(|put| {
            put.workflow() == Some(workflow) && put.detail_type == "TradingNotificationRequested"
        });
        let Some(asked) = asked else { continue };
        let data = detail.at("execution_data");
        let is_told = |symbol: &str, side: &str| {
            let mut rows = data.at("orders").items();
            rows.any(|row| {
                let is = |name: &str, text: &str| {
                    let told = row.at(name).as_str().unwrap_or_default();
                    told.eq_ignore_ascii_case(text)
                };
                is("symbol", symbol) && is("action", side)
            })
        };
        let named = Named::in_notification(detail);
        let ordered = orders.iter().filter(|order| {
            order.sequence < asked.entry.sequence && order.workflow(&invocations) == Some(workflow)
        });
        for order in ordered {
            judgement.premise();
            let (symbol, side) = (&order.facts.symbol, order.facts.side.as_str());
            if !is_told(symbol, side) && !named.names(symbol) {
                let problem =
                    format!("{workflow} ordered to {side} {symbol}, and its mail does not say so");
                judgement.violated(problem, vec![order.sequence, asked.entry.sequence]);
            }
        }
    }
    judgement
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::check::testing::{History, event, notification};

    fn mailed(data: &Value) -> (usize, usize) {
        let mut asked = notification("w");
        asked["detail"]["execution_data"] = data.clone();
        let history = History::new().starts(1, event("RebalancePlanned", "p", "s"));
        let history = history.accepts("alch-1", "buy 10 MSFT @ 50").puts(&asked);
        // What was ordered behind it cannot be in it.
        let history = history.accepts("alch-2", "buy 10 IBM @ 50");
        history.mails("n-w@alchemiser", "told").judged(check)
    }

    #[test]
    fn the_mail_names_what_was_ordered() {
        let row = |symbol: &str, action: &str| json!({ "symbol": symbol, "action": action });
        assert_eq!(mailed(&json!({ "orders": [row("MSFT", "BUY")] })), (1, 0));
        assert_eq!(mailed(&json!({ "orders": [row("MSFT", "SELL")] })), (1, 1));
        assert_eq!(mailed(&json!({ "orders": [row("IBM", "BUY")] })), (1, 1));
        assert_eq!(mailed(&json!({})), (1, 1));
        assert_eq!(mailed(&json!({ "orders_unknown": true })), (1, 0));
        assert_eq!(mailed(&json!({ "failed_symbols": ["MSFT"] })), (1, 0));
    }
}
