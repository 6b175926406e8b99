//! `/v2/account` (Alpaca Trading API reference, "Account").

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::reply::Reply;
use crate::exchange::refusal::Refusal;
use crate::exchange::text::{plain, stamp};
use crate::exchange::{AccountView, Exchange, calendar};

/// GET: the account.
pub(super) fn show(exchange: &Exchange, now: DateTime<Utc>) -> Result<Reply, Refusal> {
    let mut account = identity(exchange, now);
    account.extend(figures(&exchange.account(now), multiplier(exchange)));
    Ok(Reply::ok(&Value::Object(account)))
}

/// Who the account is and what it may do.
fn identity(exchange: &Exchange, now: DateTime<Utc>) -> Map<String, Value> {
    let flags = exchange.setup.account;
    let id = exchange.fixed_id("account");
    object(json!({
        "id": id,
        "account_number": format!("PA{}", &id.simple().to_string().to_uppercase()[..10]),
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": "USD",
        "multiplier": multiplier(exchange),
        "shorting_enabled": flags.shorting,
        "pattern_day_trader": flags.pattern_day_trader,
        "trading_blocked": flags.trading_blocked,
        "transfers_blocked": false,
        "account_blocked": flags.account_blocked,
        "trade_suspended_by_user": flags.trade_suspended_by_user,
        "balance_asof": calendar::last_completed(now).date,
        "created_at": stamp(calendar::midnight(NaiveDate::default())),
        "options_approved_level": 0,
        "options_trading_level": 0,
        "user_configurations": null,
        "admin_configurations": {},
    }))
}

/// 1 for an account without credit, 2 for one on margin.
fn multiplier(exchange: &Exchange) -> &'static str {
    if exchange.setup.account.credit.is_zero() && !exchange.setup.account.shorting {
        "1"
    } else {
        "2"
    }
}

/// What the account holds. Open orders reduce buying power, and never the cash ("Placing Orders":
/// "your available buying power is reduced by existing open buy long and sell short orders"); what
/// is not bought on margin is paid in cash, so the non-marginable buying power knows no credit.
/// Margins are Regulation T's: half of the positions to begin with, 30 % to keep them ("Margin and
/// Short Selling").
fn figures(view: &AccountView, multiplier: &str) -> Map<String, Value> {
    let power = plain(view.buying_power);
    let positions = view.long_market_value - view.short_market_value;
    let margin = |part: Decimal| {
        if multiplier == "1" {
            Decimal::ZERO
        } else {
            positions * part
        }
    };
    object(json!({
        "cash": plain(view.cash),
        "buying_power": power,
        "regt_buying_power": power,
        "daytrading_buying_power": "0",
        "effective_buying_power": power,
        "non_marginable_buying_power": plain(view.non_marginable_buying_power),
        "options_buying_power": power,
        "bod_dtbp": "0",
        "accrued_fees": "0",
        "pending_transfer_in": "0",
        "pending_transfer_out": "0",
        "portfolio_value": plain(view.equity),
        "equity": plain(view.equity),
        "last_equity": plain(view.last_equity),
        "long_market_value": plain(view.long_market_value),
        "short_market_value": plain(view.short_market_value),
        "position_market_value": plain(view.long_market_value + view.short_market_value),
        "initial_margin": plain(margin(Decimal::new(5, 1))),
        "maintenance_margin": plain(margin(Decimal::new(3, 1))),
        "last_maintenance_margin": "0",
        "intraday_adjustments": "0",
        "pending_reg_taf_fees": "0",
        "sma": "0",
        "daytrade_count": view.day_trades,
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
