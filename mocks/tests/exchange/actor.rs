use alchemiser_mocks::exchange::{
    AccountSettings, AssetChange, BrokerAction, CashKind, HandOrder, OrderName, Replacement,
    Report, Restriction, Side, Split, TimeInForce,
};
use http::Method;
use serde_json::{Value, json};

use crate::client::{Client, at, dec, still};

fn limit(side: &str, qty: &str, price: &str) -> Value {
    json!({"symbol": "TECL", "side": side, "type": "limit", "time_in_force": "day", "qty": qty, "limit_price": price})
}

fn holding(symbol: &str, shares: &str) -> Client {
    let mut setup = still();
    setup.positions.insert(symbol.into(), dec(shares).into());
    Client::new(setup)
}

pub fn cash(kind: CashKind, amount: &str) -> BrokerAction {
    BrokerAction::Cash {
        kind,
        amount: dec(amount),
    }
}

pub fn trade(symbol: &str, side: Side, quantity: Option<&str>) -> BrokerAction {
    BrokerAction::Trade {
        symbol: symbol.into(),
        side,
        quantity: quantity.map(dec),
    }
}

pub fn split(symbol: &str, from: &str, to: &str, cash_in_lieu: bool) -> BrokerAction {
    BrokerAction::Split(Split {
        symbol: symbol.into(),
        from: dec(from),
        to: dec(to),
        cash_in_lieu,
    })
}

impl Client {
    fn act(&mut self, action: &BrokerAction) {
        self.exchange
            .act(self.now, action)
            .unwrap_or_else(|refusal| panic!("{action:?}: {}", refusal.message));
    }

    fn refused(&mut self, action: &BrokerAction) -> String {
        self.exchange
            .act(self.now, action)
            .expect_err("it is refused")
            .message
    }

    fn account(&mut self, field: &str) -> String {
        self.get("/v2/account")[field]
            .as_str()
            .unwrap_or_else(|| panic!("{field} is text"))
            .to_owned()
    }
}

#[test]
fn cash_comes_and_goes_and_is_told() {
    let mut client = holding("TECL", "10");
    client.act(&cash(CashKind::Deposit, "500"));
    client.act(&cash(CashKind::Withdrawal, "10500"));
    client.act(&BrokerAction::Dividend {
        symbol: "TECL".into(),
        per_share: dec("0.333"),
    });
    client.act(&cash(CashKind::Fee, "3.35"));
    assert_eq!(
        (client.account("cash"), client.account("buying_power")),
        ("-0.02".into(), "0".into())
    );
    assert_eq!(client.account("equity"), "499.98");
    let moved: Vec<String> = client
        .exchange
        .take_reports()
        .iter()
        .filter_map(|report| match report {
            Report::CashMoved {
                kind,
                amount,
                symbol,
                ..
            } => Some(format!("{kind:?} {amount} {symbol:?}")),
            _ => None,
        })
        .collect();
    assert_eq!(
        moved,
        [
            "Deposit 500 None",
            "Withdrawal -10500 None",
            "Dividend 3.33 Some(\"TECL\")",
            "Fee -3.35 None"
        ]
    );
    assert!(
        client
            .refused(&cash(CashKind::Withdrawal, "0.01"))
            .contains("insufficient funds")
    );
    assert_eq!(
        client.refused(&cash(CashKind::Deposit, "0")),
        "amount must be > 0"
    );
    assert_eq!(
        client.refused(&BrokerAction::Dividend {
            symbol: "EDZ".into(),
            per_share: dec("1")
        }),
        "position does not exist"
    );
}

#[test]
fn yesterday_s_equity_is_without_today_s_deposit() {
    let mut client = Client::new(still());
    client.act(&cash(CashKind::Deposit, "500"));
    let account = client.get("/v2/account");
    assert_eq!(
        (account["equity"].as_str(), account["last_equity"].as_str()),
        (Some("10500"), Some("10000"))
    );
    client.now = at("2025-10-13T21:00:00Z");
    let history = client.get("/v2/account/portfolio/history?period=1W&timeframe=1D");
    let equity: Vec<f64> = history["equity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect();
    assert_eq!(
        equity,
        [10000.0, 10000.0, 10000.0, 10000.0, 10500.0, 10500.0]
    );
}

#[test]
fn a_hand_trades_at_once_and_its_order_is_told_apart() {
    let mut client = Client::new(still());
    client.act(&trade("TECL", Side::Buy, Some("2")));
    assert_eq!(client.account("cash"), "9899.98");
    client.act(&trade("TECL", Side::Sell, None));
    assert_eq!(
        (client.account("cash"), client.exchange.positions().len()),
        ("9999.96".into(), 0)
    );
    let orders = client.get("/v2/orders?status=all");
    assert_eq!(
        (orders[0]["status"].as_str(), orders[0]["side"].as_str()),
        (Some("filled"), Some("sell"))
    );
    for report in client
        .exchange
        .take_reports()
        .iter()
        .filter(|report| report.order().is_some())
    {
        assert_eq!(serde_json::to_value(report).unwrap()["origin"], "owner");
    }
    assert_eq!(
        client.refused(&trade("TECL", Side::Sell, None)),
        "position does not exist"
    );
    client.now = at("2025-10-10T21:00:00Z");
    assert!(
        client
            .refused(&trade("TECL", Side::Buy, Some("1")))
            .contains("the market is closed")
    );
    let id = client.order(limit("buy", "1", "40"));
    assert!(
        client
            .get(&format!("/v2/orders/{id}"))
            .get("origin")
            .is_none(),
        "the API does not tell"
    );
    let told = client.exchange.take_reports();
    let accepted = told
        .iter()
        .find(|report| matches!(report, Report::OrderAccepted { .. }))
        .unwrap();
    assert!(
        serde_json::to_value(accepted)
            .unwrap()
            .get("origin")
            .is_none()
    );
}

#[test]
fn an_order_of_the_client_is_replaced_and_cancelled_by_hand() {
    let mut client = Client::new(still());
    let mut ours = limit("buy", "100", "40.00");
    ours["client_order_id"] = json!("ours");
    let id = client.order(ours);
    let by = Replacement {
        quantity: Some(dec("50")),
        limit: Some(dec("41")),
        ..Replacement::default()
    };
    client.act(&BrokerAction::Replace {
        order: OrderName::Client("ours".into()),
        by,
    });
    let old = client.get(&format!("/v2/orders/{id}"));
    assert_eq!(old["status"], "replaced");
    let new = client.get(&format!(
        "/v2/orders/{}",
        old["replaced_by"].as_str().unwrap()
    ));
    assert_eq!(
        (&new["replaces"], &new["qty"], &new["limit_price"]),
        (&json!(id), &json!("50"), &json!("41"))
    );
    assert_ne!(new["client_order_id"], "ours");
    assert_eq!(client.account("buying_power"), "7950");
    assert_eq!(
        client.account("cash"),
        "10000",
        "an open order takes no cash"
    );
    client.act(&BrokerAction::Cancel(OrderName::Of(
        "TECL".into(),
        Some(Side::Buy),
    )));
    client.wait_ms(50);
    assert_eq!(client.account("buying_power"), "10000");
    let none = BrokerAction::Cancel(OrderName::Of("TECL".into(), None));
    assert_eq!(client.refused(&none), "there is no open order for TECL");
    client.exchange.take_reports();
}

#[test]
fn what_the_owner_takes_out_behind_an_order_the_order_cannot_spend() {
    let mut client = Client::new(still());
    let first = client.order(limit("buy", "100", "50.01"));
    let second = client.order(limit("buy", "90", "50.01"));
    client.act(&cash(CashKind::Withdrawal, "4000"));
    client.wait_ms(500);
    assert_eq!(
        (client.status(&first), client.status(&second)),
        ("filled".into(), "rejected".into())
    );
    let messages: Vec<String> = client
        .exchange
        .take_reports()
        .iter()
        .filter_map(|report| match report {
            Report::OrderRejected { message, .. } => Some(message.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(messages, ["insufficient buying power"]);
    assert_eq!(client.account("cash"), "999");
}

#[test]
fn a_split_changes_shares_price_history_and_cancels_what_is_open() {
    let mut client = holding("TECL", "10.5");
    let open = client.order(limit("sell", "10.5", "60"));
    client.act(&split("TECL", "1", "4", false));
    assert_eq!(client.status(&open), "canceled");
    let position = client.get("/v2/positions/TECL");
    for (field, value) in [
        ("qty", "42"),
        ("current_price", "12.5"),
        ("market_value", "525"),
        ("lastday_price", "12.5"),
        ("change_today", "0"),
    ] {
        assert_eq!(position[field], value, "{field}");
    }
    let quote = &client.get("/v2/stocks/quotes/latest?symbols=TECL")["quotes"]["TECL"];
    assert_eq!(
        (quote["bp"].as_f64(), quote["ap"].as_f64()),
        (Some(12.49), Some(12.51))
    );
    let bars = "/v2/stocks/bars?symbols=TECL&timeframe=1Day&start=2025-10-08&end=2025-10-13";
    let closes = |client: &mut Client, how: &str| -> Vec<f64> {
        let bars = client.get(&format!("{bars}&adjustment={how}"));
        bars["bars"]["TECL"]
            .as_array()
            .unwrap()
            .iter()
            .map(|bar| bar["c"].as_f64().unwrap())
            .collect()
    };
    assert_eq!(closes(&mut client, "all"), [12.5, 12.5]);
    assert_eq!(closes(&mut client, "raw"), [50.0, 50.0]);
    client.now = at("2025-10-13T21:00:00Z");
    assert_eq!(
        closes(&mut client, "raw"),
        [50.0, 50.0, 12.5, 12.5],
        "the day of the split is in new shares"
    );
    assert_eq!(closes(&mut client, "all"), [12.5; 4]);
    assert!(
        client
            .refused(&split("TECL", "1", "1", false))
            .contains("is none")
    );
}

#[test]
fn a_fraction_stays_or_is_paid() {
    let mut client = holding("TECL", "19");
    client.act(&split("TECL", "10", "1", false));
    assert_eq!(client.get("/v2/positions/TECL")["qty"], "1.9");
    client.act(&split("TECL", "1", "1.5", true));
    assert_eq!(client.get("/v2/positions/TECL")["qty"], "2");
    // 2.85 shares at 333.33: 0.85 of one are paid.
    assert_eq!(client.account("cash"), "10283.33");
    let mut client = holding("TECL", "3");
    client.act(&split("TECL", "10", "1", true));
    assert_eq!(client.call(Method::GET, "/v2/positions/TECL", None).0, 404);
    assert_eq!(client.account("cash"), "10150");
}

#[test]
fn a_new_name_takes_position_prices_and_history() {
    let mut setup = still();
    setup.market.synthetic = Some(std::collections::BTreeSet::new());
    setup.positions.insert("TECL".into(), dec("10").into());
    let mut client = Client::new(setup);
    let rename = |from: &str, to: &str| BrokerAction::Rename {
        symbol: from.into(),
        to: to.into(),
    };
    assert_eq!(
        client.refused(&rename("TECL", "EDZ")),
        "asset \"EDZ\" is listed already"
    );
    client.act(&rename("TECL", "TECX"));
    client.wait_ms(60_000);
    assert_eq!(
        client.exchange.positions(),
        [("TECX".to_owned(), dec("10"))].into()
    );
    assert_eq!(client.get("/v2/positions/TECX")["market_value"], "500");
    let old = client.get("/v2/assets/TECL");
    assert_eq!(
        (old["status"].as_str(), old["tradable"].as_bool()),
        (Some("inactive"), Some(false))
    );
    assert_eq!(client.get("/v2/assets/TECX")["tradable"], true);
    let quotes = client.get("/v2/stocks/quotes/latest?symbols=TECL,TECX");
    assert_eq!(
        (
            quotes["quotes"]["TECL"]["t"].as_str(),
            quotes["quotes"]["TECX"]["t"].as_str()
        ),
        (Some("2025-10-10T13:35:00Z"), Some("2025-10-10T13:36:00Z"))
    );
    let bars = client.get("/v2/stocks/bars?symbols=TECL,TECX&timeframe=1Day&start=2025-10-08&end=2025-10-10&adjustment=all");
    assert_eq!(bars["bars"]["TECX"].as_array().unwrap().len(), 2);
    assert_eq!(
        client.post(limit("buy", "1", "50")).1["message"],
        "asset TECL is not active"
    );
}

#[test]
fn a_halt_fills_nothing_and_what_waited_meets_the_market_again() {
    let mut client = Client::new(still());
    let before = client.order(limit("buy", "1", "51"));
    client.act(&BrokerAction::Halt("TECL".into()));
    let during = client.order(limit("buy", "1", "51"));
    client.wait_ms(60_000);
    assert_eq!(
        (client.status(&before), client.status(&during)),
        ("new".into(), "new".into())
    );
    assert_eq!(
        client.get("/v2/stocks/quotes/latest?symbols=TECL")["quotes"]["TECL"]["t"],
        "2025-10-10T13:35:00Z"
    );
    assert!(
        client
            .refused(&trade("TECL", Side::Buy, Some("1")))
            .contains("halted")
    );
    assert_eq!(
        client
            .call(Method::DELETE, &format!("/v2/orders/{during}"), None)
            .0,
        204
    );
    client.wait_ms(100);
    client.act(&BrokerAction::Resume("TECL".into()));
    assert_eq!(
        (client.status(&before), client.status(&during)),
        ("filled".into(), "canceled".into())
    );
    assert!(
        client
            .refused(&BrokerAction::Resume("TECL".into()))
            .contains("not halted")
    );
}

#[test]
fn what_was_delisted_is_held_and_neither_bought_nor_sold() {
    let mut client = holding("TECL", "10");
    client.act(&BrokerAction::Delist {
        symbol: "TECL".into(),
        is_unpriced: true,
    });
    let position = client.get("/v2/positions/TECL");
    for field in [
        "current_price",
        "market_value",
        "unrealized_pl",
        "unrealized_plpc",
        "change_today",
    ] {
        assert_eq!(position[field], Value::Null, "{field}");
    }
    assert_eq!(
        (
            client.account("equity"),
            client.account("long_market_value")
        ),
        ("10000".into(), "0".into())
    );
    assert_eq!(
        client.call(Method::DELETE, "/v2/positions/TECL", None).1["message"],
        "asset TECL is not active"
    );
    assert_eq!(
        client.get("/v2/stocks/quotes/latest?symbols=TECL")["quotes"],
        json!({})
    );
    assert!(
        client
            .refused(&BrokerAction::Resume("TECL".into()))
            .contains("not halted")
    );
}

#[test]
fn what_is_not_tradable_is_sold_and_not_bought() {
    let mut client = holding("TECL", "10");
    let not = AssetChange {
        tradable: Some(false),
        fractionable: Some(false),
        ..AssetChange::default()
    };
    client.act(&BrokerAction::Asset {
        symbol: "TECL".into(),
        change: not,
    });
    assert_eq!(
        client.post(limit("buy", "1", "51")).1["message"],
        "asset TECL is not tradable"
    );
    assert_eq!(
        client.post(limit("sell", "0.5", "49")).1["message"],
        "asset \"TECL\" is not fractionable"
    );
    client.order(limit("sell", "1", "49"));
    let again = AssetChange {
        tradable: Some(true),
        ..AssetChange::default()
    };
    client.act(&BrokerAction::Asset {
        symbol: "TECL".into(),
        change: again,
    });
    assert_eq!(client.get("/v2/assets/TECL")["fractionable"], false);
    client.wait_ms(1_000);
    client.order(limit("buy", "1", "51"));
}

#[test]
fn a_coin_is_shown_as_alpaca_shows_it() {
    let mut setup = still();
    setup.market.series.insert(
        "BTC/USD".into(),
        alchemiser_mocks::exchange::Series::Price(dec("40000")),
    );
    setup.positions.insert("BTC/USD".into(), dec("0.1").into());
    let mut client = Client::new(setup);
    let position = client.get("/v2/positions/BTCUSD");
    for (field, value) in [
        ("symbol", "BTCUSD"),
        ("asset_class", "crypto"),
        ("exchange", "CRYPTO"),
        ("market_value", "4000"),
        ("qty", "0.1"),
    ] {
        assert_eq!(position[field], value, "{field}");
    }
    for path in ["/v2/assets/BTC%2FUSD", "/v2/assets/BTCUSD"] {
        let asset = client.get(path);
        assert_eq!(
            (asset["symbol"].as_str(), asset["class"].as_str()),
            (Some("BTC/USD"), Some("crypto"))
        );
    }
    let (status, body) = client.call(Method::GET, "/v2/stocks/quotes/latest?symbols=BTCUSD", None);
    assert_eq!(
        (status, body["message"].as_str()),
        (400, Some("invalid symbol: BTCUSD"))
    );
    let mut order = limit("buy", "0.01", "41000");
    order["symbol"] = json!("BTCUSD");
    assert_eq!(
        client.post(order.clone()).1["message"],
        "invalid crypto time_in_force"
    );
    order["time_in_force"] = json!("gtc");
    assert_eq!(client.post(order).1["symbol"], "BTC/USD");
    client.now = at("2025-10-12T03:00:00Z");
    client.act(&trade("BTC/USD", Side::Sell, None));
    assert_eq!(client.get("/v2/positions"), json!([]));
}

#[test]
fn what_is_sold_short_is_owed_and_its_proceeds_are_not_to_be_spent() {
    let mut setup = still();
    setup.account.credit = dec("5000");
    setup.account.shorting = true;
    let mut client = Client::new(setup);
    assert_eq!(
        client.post(limit("sell", "1.5", "49")).1["message"],
        "fractional orders cannot be sold short"
    );
    let mut order = limit("sell", "10", "49");
    order["position_intent"] = json!("sell_to_close");
    let (status, body) = client.post(order);
    assert_eq!(status, 422);
    assert_eq!(
        body["message"],
        "position intent mismatch, inferred: sell_to_open, specified: sell_to_close"
    );
    let id = client.order(limit("sell", "10", "49"));
    assert_eq!(
        client.account("buying_power"),
        "14484.897",
        "an order that sells short is worth the ask and 3 %"
    );
    client.wait_ms(500);
    assert_eq!(
        client.get(&format!("/v2/orders/{id}"))["position_intent"],
        "sell_to_open"
    );
    let position = client.get("/v2/positions/TECL");
    for (field, value) in [
        ("qty", "-10"),
        ("side", "short"),
        ("market_value", "-500"),
        ("cost_basis", "-499.9"),
        ("unrealized_pl", "-0.1"),
    ] {
        assert_eq!(position[field], value, "{field}");
    }
    for (field, value) in [
        ("cash", "10499.9"),
        ("short_market_value", "-500"),
        ("long_market_value", "0"),
        ("equity", "9999.9"),
        ("buying_power", "14999.9"),
        ("non_marginable_buying_power", "9999.9"),
        ("initial_margin", "250"),
        ("maintenance_margin", "150"),
    ] {
        assert_eq!(client.account(field), value, "{field}");
    }
    let too_much = client.post(limit("buy", "11", "51")).1;
    assert_eq!(
        too_much["message"],
        "insufficient qty available for order (requested: 11, available: 10)"
    );
    assert!(
        client
            .refused(&cash(CashKind::Withdrawal, "10000"))
            .contains("insufficient funds")
    );
    assert_eq!(
        client.call(Method::DELETE, "/v2/positions/TECL", None).1["side"],
        "buy"
    );
    client.wait_ms(500);
    assert_eq!(
        (client.account("cash"), client.exchange.positions().len()),
        ("9999.8".into(), 0)
    );
}

#[test]
fn credit_is_buying_power_and_nothing_else() {
    let mut client = Client::new(still());
    let settings = AccountSettings {
        credit: Some(dec("5000")),
        pattern_day_trader: Some(true),
        shorting: None,
    };
    client.act(&BrokerAction::Account(settings));
    client.order(limit("buy", "100", "40"));
    for (field, value) in [
        ("multiplier", "2"),
        ("cash", "10000"),
        ("buying_power", "11000"),
        ("regt_buying_power", "11000"),
        ("non_marginable_buying_power", "6000"),
    ] {
        assert_eq!(client.account(field), value, "{field}");
    }
    assert_eq!(client.get("/v2/account")["pattern_day_trader"], true);
}

#[test]
fn a_restricted_account_is_told_why_and_trades_when_it_is_released() {
    let mut client = holding("TECL", "10");
    client.act(&BrokerAction::Restrict(Restriction::LiquidationOnly));
    assert_eq!(
        client.post(limit("buy", "1", "40")).1["message"],
        "account is restricted to liquidation only"
    );
    let selling = client.order(limit("sell", "1", "60"));
    client.act(&BrokerAction::Restrict(Restriction::AccountBlocked));
    assert_eq!(client.post(limit("sell", "1", "60")).0, 403);
    assert_eq!(
        client
            .call(Method::DELETE, &format!("/v2/orders/{selling}"), None)
            .0,
        403
    );
    let account = client.get("/v2/account");
    assert_eq!(
        (
            account["account_blocked"].as_bool(),
            account["trading_blocked"].as_bool()
        ),
        (Some(true), Some(false))
    );
    client.act(&BrokerAction::Release);
    client.order(limit("buy", "1", "40"));
    for (restriction, field) in [
        (Restriction::TradingBlocked, "trading_blocked"),
        (Restriction::TradeSuspendedByUser, "trade_suspended_by_user"),
    ] {
        client.act(&BrokerAction::Restrict(restriction));
        assert_eq!(client.get("/v2/account")[field], true);
        assert_eq!(
            client.post(limit("buy", "1", "40")).1["message"],
            "account is restricted from trading"
        );
        client.act(&BrokerAction::Release);
    }
}

#[test]
fn an_order_by_hand_holds_money_and_meets_no_script() {
    let mut setup = still();
    setup.order_script = vec![alchemiser_mocks::exchange::OrderRule::every(
        alchemiser_mocks::exchange::OrderEffect::Never,
    )];
    let mut client = Client::new(setup);
    let order = HandOrder {
        symbol: "TECL".into(),
        side: Side::Buy,
        quantity: dec("10"),
        limit: Some(dec("50.01")),
        time_in_force: TimeInForce::Day,
        client_order_id: Some("by-hand".into()),
    };
    client.act(&BrokerAction::Place(order));
    assert_eq!(client.account("buying_power"), "9499.9");
    client.wait_ms(500);
    assert_eq!(
        client.get("/v2/orders:by_client_order_id?client_order_id=by-hand")["status"],
        "filled"
    );
    assert_eq!(
        client.exchange.unused_rules(),
        [0],
        "the rule is about the client's orders"
    );
    let sell = json!({"symbol": "TECL", "side": "sell", "type": "market", "time_in_force": "day", "qty": "10"});
    let id = client.order(sell);
    client.wait_ms(5_000);
    assert_eq!(client.status(&id), "new");
    assert!(client.exchange.unused_rules().is_empty());
}
