//! `/v2/assets` (Alpaca Trading API reference, "Assets").

use serde_json::{Value, json};

use super::query::Query;
use super::reply::Reply;
use super::words::Words;
use crate::exchange::refusal::Refusal;
use crate::exchange::report::Service;
use crate::exchange::{AssetClass, AssetSetup, Exchange};

/// GET: the assets that the exchange has been told of, by symbol.
pub(super) fn list(exchange: &Exchange, query: &Query) -> Result<Reply, Refusal> {
    let status = filter(query, "status", &[("active", true), ("inactive", false)], &[])?;
    let classes = [("us_equity", AssetClass::UsEquity), ("crypto", AssetClass::Crypto)];
    let class = filter(query, "asset_class", &classes, &["us_option", "crypto_perp"])?;
    let market = query.get("exchange");
    let attributes: Vec<&str> = query.get("attributes").map(|text| text.split(',').collect()).unwrap_or_default();
    let symbols = exchange.symbols();
    let assets = symbols.iter().filter_map(|symbol| Some((symbol, exchange.asset(symbol)?)));
    let wanted = assets.filter(|(symbol, asset)| {
        status.is_none_or(|active| asset.active == active)
            && class.is_none_or(|class| AssetClass::of(symbol) == class)
            && market.is_none_or(|market| exchange_of(symbol) == market)
            && attributes.iter().all(|attribute| attributes_of(*asset).contains(attribute))
    });
    Ok(Reply::ok(&Value::Array(wanted.map(|(symbol, asset)| json(exchange, symbol, asset)).collect())))
}

fn filter<T: Copy>(query: &Query, name: &str, simulated: &[(&str, T)], known: &[&str]) -> Result<Option<T>, Refusal> {
    let Some(word) = query.get(name) else { return Ok(None) };
    let meaning = Words { name, simulated, known }.meaning(Service::Trading, word)?;
    meaning.map(Some).ok_or_else(|| Refusal::bad_field(format!("invalid {name}: {word}")))
}

/// GET: one asset, by its symbol or its id. A coin's pair may be written with or without its slash, and is shown with it.
pub(super) fn show(exchange: &Exchange, name: &str) -> Result<Reply, Refusal> {
    let symbol = exchange.canonical(name);
    let asset = exchange.asset(&symbol).ok_or_else(|| Refusal::not_found(format!("asset not found for {name}")))?;
    Ok(Reply::ok(&json(exchange, &symbol, asset)))
}

fn exchange_of(symbol: &str) -> &'static str {
    if AssetClass::of(symbol) == AssetClass::Crypto { "CRYPTO" } else { "NASDAQ" }
}

fn attributes_of(asset: AssetSetup) -> &'static [&'static str] {
    if asset.fractionable { &["fractional_eh_enabled"] } else { &[] }
}

fn json(exchange: &Exchange, symbol: &str, asset: AssetSetup) -> Value {
    let is_share = AssetClass::of(symbol) == AssetClass::UsEquity;
    let (smallest, step) = if asset.fractionable { ("0.000000001", "0.000000001") } else { ("1", "1") };
    json!({
        "id": exchange.asset_id(symbol),
        "class": AssetClass::of(symbol).as_str(),
        "exchange": exchange_of(symbol),
        "symbol": symbol,
        "name": if is_share { format!("{symbol} Common Stock") } else { symbol.to_owned() },
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
        "attributes": attributes_of(asset),
    })
}
