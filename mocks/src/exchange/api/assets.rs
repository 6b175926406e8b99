//! `/v2/assets` (Alpaca Trading API reference, "Assets").

use serde_json::{Value, json};

use super::query::Query;
use super::reply::Reply;
use super::words::Words;
use crate::exchange::refusal::Refusal;
use crate::exchange::service::Service;
use crate::exchange::{AssetClass, AssetSetup, Exchange};

/// GET: the assets that the exchange has been told of, by symbol.
pub(super) fn list(exchange: &Exchange, query: &Query) -> Result<Reply, Refusal> {
    let statuses = chosen(
        query,
        Words {
            name: "status",
            simulated: &[("active", true), ("inactive", false)],
            known: &[],
        },
    )?;
    let classes = chosen_classes(query)?;
    let market = query.get("exchange");
    let symbols = exchange.symbols();
    let assets = symbols
        .iter()
        .filter_map(|symbol| Some((symbol, exchange.asset(symbol)?)));
    let wanted = assets.filter(|(symbol, asset)| {
        (statuses.is_empty() || statuses.contains(&asset.active))
            && (classes.is_empty() || classes.contains(&AssetClass::of(symbol)))
            && market.is_none_or(|market| exchange_of(symbol) == market)
            && query
                .list("attributes")
                .all(|attribute| attributes_of(*asset).contains(&attribute))
    });
    Ok(Reply::ok(&Value::Array(
        wanted
            .map(|(symbol, asset)| json(exchange, symbol, asset))
            .collect(),
    )))
}

/// The classes that `asset_class` lists; none where it is absent.
pub(super) fn chosen_classes(query: &Query) -> Result<Vec<AssetClass>, Refusal> {
    let simulated = [
        ("us_equity", AssetClass::UsEquity),
        ("crypto", AssetClass::Crypto),
    ];
    let known = [
        "us_option",
        "crypto_perp",
        "treasury",
        "corporate",
        "global_equity",
        "us_index",
        "us_equity_chain",
        "ipo",
    ];
    chosen(
        query,
        Words {
            name: "asset_class",
            simulated: &simulated,
            known: &known,
        },
    )
}

fn chosen<T: Copy>(query: &Query, words: Words<'_, T>) -> Result<Vec<T>, Refusal> {
    let meaning = |word: &str| {
        let meaning = words.meaning(Service::Trading, word)?;
        meaning.ok_or_else(|| Refusal::bad_field(format!("invalid {}: {word}", words.name)))
    };
    query.list(words.name).map(meaning).collect()
}

/// GET: one asset, by its symbol or its id. A coin's pair may be written with or without its slash,
/// and is shown with it.
pub(super) fn show(exchange: &Exchange, name: &str) -> Result<Reply, Refusal> {
    let symbol = exchange.canonical(name);
    let asset = exchange
        .asset(&symbol)
        .ok_or_else(|| Refusal::not_found(format!("asset not found for {name}")))?;
    Ok(Reply::ok(&json(exchange, &symbol, asset)))
}

fn exchange_of(symbol: &str) -> &'static str {
    if AssetClass::of(symbol) == AssetClass::Crypto {
        "CRYPTO"
    } else {
        "NASDAQ"
    }
}

fn attributes_of(asset: AssetSetup) -> &'static [&'static str] {
    if asset.fractionable {
        &["fractional_eh_enabled"]
    } else {
        &[]
    }
}

fn json(exchange: &Exchange, symbol: &str, asset: AssetSetup) -> Value {
    let is_share = AssetClass::of(symbol) == AssetClass::UsEquity;
    let (smallest, step) = if asset.fractionable {
        ("0.000000001", "0.000000001")
    } else {
        ("1", "1")
    };
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
