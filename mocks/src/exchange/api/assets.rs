//! `/v2/assets/{symbol}` (Alpaca Trading API reference, "Assets").

use serde_json::json;

use super::reply::Reply;
use crate::exchange::refusal::Refusal;
use crate::exchange::{AssetClass, Exchange};

/// GET: one asset. A coin's pair may be written with or without its slash, and is shown with it.
pub(super) fn show(exchange: &Exchange, name: &str) -> Result<Reply, Refusal> {
    let symbol = exchange.canonical(name);
    let asset = exchange.asset(&symbol).ok_or_else(|| Refusal::not_found(format!("asset not found for {name}")))?;
    let is_share = AssetClass::of(&symbol) == AssetClass::UsEquity;
    let (smallest, step) = if asset.fractionable { ("0.000000001", "0.000000001") } else { ("1", "1") };
    let attributes: &[&str] = if asset.fractionable { &["fractional_eh_enabled"] } else { &[] };
    Ok(Reply::ok(&json!({
        "id": exchange.asset_id(&symbol),
        "class": AssetClass::of(&symbol).as_str(),
        "exchange": if is_share { "NASDAQ" } else { "CRYPTO" },
        "symbol": symbol,
        "name": if is_share { format!("{symbol} Common Stock") } else { symbol.clone() },
        "status": if asset.active { "active" } else { "inactive" },
        "tradable": asset.tradable,
        "marginable": is_share,
        "maintenance_margin_requirement": 30,
        "margin_requirement_long": "30",
        "margin_requirement_short": "30",
        "shortable": is_share && asset.shortable && exchange.setup.account.shorting,
        "easy_to_borrow": is_share && asset.shortable && exchange.setup.account.shorting,
        "fractionable": asset.fractionable,
        "min_order_size": smallest,
        "min_trade_increment": step,
        "price_increment": "0.01",
        "attributes": attributes,
    })))
}
