//! `/v2/assets/{symbol}` (Alpaca Trading API reference, "Assets").

use serde_json::json;

use super::reply::Reply;
use crate::exchange::Exchange;
use crate::exchange::refusal::Refusal;

/// GET: one asset.
pub(super) fn show(exchange: &Exchange, symbol: &str) -> Result<Reply, Refusal> {
    let asset = exchange.asset(symbol).ok_or_else(|| Refusal::not_found(format!("asset not found for {symbol}")))?;
    let (smallest, step) = if asset.fractionable { ("0.000000001", "0.000000001") } else { ("1", "1") };
    let attributes: &[&str] = if asset.fractionable { &["fractional_eh_enabled"] } else { &[] };
    Ok(Reply::ok(&json!({
        "id": exchange.asset_id(symbol),
        "class": "us_equity",
        "exchange": "NASDAQ",
        "symbol": symbol,
        "name": format!("{symbol} Common Stock"),
        "status": if asset.active { "active" } else { "inactive" },
        "tradable": asset.tradable,
        "marginable": true,
        "maintenance_margin_requirement": 30,
        "margin_requirement_long": "30",
        "margin_requirement_short": "30",
        "shortable": false,
        "easy_to_borrow": false,
        "fractionable": asset.fractionable,
        "min_order_size": smallest,
        "min_trade_increment": step,
        "price_increment": "0.01",
        "attributes": attributes,
    })))
}
