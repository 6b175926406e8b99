//! Profit and loss over a span, from the broker's history (rules.md 2.4).

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::alpaca::{Alpaca, AlpacaError, PortfolioHistory};
use crate::command::{PnlCommand, PnlSpan};

/// Asks the broker and reports: start and end value, the difference in dollars and in percent, a
/// row a day if wanted. Percent is absent where the start is zero.
///
/// # Errors
/// [`AlpacaError`]
pub async fn report(alpaca: &Alpaca, command: &PnlCommand) -> Result<Value, AlpacaError> {
    let period = match &command.span {
        PnlSpan::Weekly => format!("{}W", command.periods),
        PnlSpan::Monthly => format!("{}M", command.periods),
        PnlSpan::Period(period) => period.clone(),
    };
    let history = alpaca.portfolio_history(&period).await?;
    Ok(summary(&history, &period, command.detailed))
}

fn summary(history: &PortfolioHistory, period: &str, detailed: bool) -> Value {
    let values: Vec<(i64, Decimal)> = history
        .timestamp
        .iter()
        .zip(&history.equity)
        .filter_map(|(at, equity)| Some((*at, (*equity)?)))
        .collect();
    let (Some((_, start)), Some((_, end))) = (values.first(), values.last()) else {
        return json!({ "period": period, "success": false, "reason": "the broker has no value for this span" });
    };
    let change = end - start;
    let percent = (!start.is_zero()).then(|| {
        (change / start * Decimal::ONE_HUNDRED)
            .round_dp(2)
            .to_string()
    });
    let mut summary = json!({
        "period": period,
        "success": true,
        "start_value": start.to_string(),
        "end_value": end.to_string(),
        "pnl": change.to_string(),
        "pnl_percent": percent,
    });
    if detailed {
        summary["days"] = values
            .iter()
            .map(|(at, equity)| json!({ "timestamp": at, "equity": equity.to_string() }))
            .collect();
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_is_absent_where_the_start_is_zero() {
        let history = PortfolioHistory {
            timestamp: vec![1, 2],
            equity: vec![Some(Decimal::ZERO), Some(Decimal::TEN)],
        };
        let summary = summary(&history, "1W", true);
        assert_eq!(
            (summary["pnl"].as_str(), &summary["pnl_percent"]),
            (Some("10"), &Value::Null)
        );
        assert_eq!(summary["days"].as_array().map(Vec::len), Some(2));
    }
}
