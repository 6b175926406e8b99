use std::collections::BTreeMap;

use alchemiser_mocks::exchange::{
    AccountSettings, BrokerAction, CashKind, ExchangeSetup, HandOrder, OrderName, OrderStatus,
    Replacement, Report, Restriction, Side, TimeInForce,
};
use http::Method;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

use crate::actor::{split, trade};
use crate::client::{Client, dec, still};

#[derive(Clone, Debug)]
enum Step {
    Order {
        symbol: usize,
        buy: bool,
        hundredths: u32,
        offset_cents: Option<i32>,
    },
    Cancel(usize),
    Close(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_usize, any::<bool>(), 1..20_000_u32, prop::option::of(-200..200_i32)).prop_map(
            |(symbol, buy, hundredths, offset_cents)| Step::Order { symbol, buy, hundredths, offset_cents }
        ),
        1 => (0..20_usize).prop_map(Step::Cancel),
        1 => (0..3_usize).prop_map(Step::Close),
        3 => (0..4_000_000_u64).prop_map(Step::Wait),
    ]
}

const SYMBOLS: [&str; 3] = ["NVDA", "TECL", "BIL"];

fn take(client: &mut Client, step: &Step) {
    match step {
        Step::Order {
            symbol,
            buy,
            hundredths,
            offset_cents,
        } => {
            let symbol = SYMBOLS[*symbol];
            let quantity = Decimal::new(i64::from(*hundredths), 2);
            let mut order = json!({"symbol": symbol, "side": if *buy { "buy" } else { "sell" },
                "type": "market", "time_in_force": "day", "qty": quantity.to_string()});
            if let Some(offset) = offset_cents {
                let price = client
                    .exchange
                    .market()
                    .price(symbol, client.now)
                    .unwrap_or(Decimal::TEN);
                order["type"] = json!("limit");
                order["limit_price"] =
                    json!((price + Decimal::new(i64::from(*offset), 2)).to_string());
            }
            client.post(order);
        }
        Step::Cancel(index) => {
            let id = client.exchange.orders().get(*index).map(|order| order.id);
            if let Some(id) = id {
                client.call(Method::DELETE, &format!("/v2/orders/{id}"), None);
            }
        }
        Step::Close(symbol) => {
            client.call(
                Method::DELETE,
                &format!("/v2/positions/{}", SYMBOLS[*symbol]),
                None,
            );
        }
        Step::Wait(ms) => client.wait_ms(*ms),
    }
}

fn run(seed: u64, steps: &[Step]) -> (Client, Vec<Report>) {
    let mut client = Client::new(ExchangeSetup {
        seed,
        ..ExchangeSetup::default()
    });
    let mut reports = Vec::new();
    for step in steps {
        take(&mut client, step);
        reports.extend(client.exchange.take_reports());
        let account = client.exchange.account(client.now);
        assert!(account.cash >= Decimal::ZERO && account.buying_power <= account.cash);
        assert!(
            client
                .exchange
                .positions()
                .values()
                .all(|quantity| *quantity > Decimal::ZERO)
        );
    }
    (client, reports)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Every dollar and every share is accounted for by the reported fills, and no fill is worse
    /// than its limit.
    #[test]
    fn money_and_shares_are_conserved(seed: u64, steps in prop::collection::vec(step(), 1..60)) {
        let (client, reports) = run(seed, &steps);
        let mut cash = ExchangeSetup::default().cash;
        let mut shares = std::collections::BTreeMap::<String, Decimal>::new();
        for report in &reports {
            if let Report::OrderFilled { order, fill_quantity, fill_price, .. } = report {
                let sign = if order.side == Side::Buy { Decimal::ONE } else { -Decimal::ONE };
                cash -= sign * fill_quantity * fill_price;
                *shares.entry(order.symbol.clone()).or_default() += sign * fill_quantity;
                prop_assert!(order.limit_price.is_none_or(|limit| order.side.accepts(limit, *fill_price)));
            }
        }
        shares.retain(|_, quantity| !quantity.is_zero());
        prop_assert_eq!(cash, client.exchange.account(client.now).cash);
        prop_assert_eq!(shares, client.exchange.positions());
    }

    /// An order ends at most once, and never fills beyond its quantity.
    #[test]
    fn orders_end_once(seed: u64, steps in prop::collection::vec(step(), 1..60)) {
        let (client, reports) = run(seed, &steps);
        for order in client.exchange.orders() {
            let quantity = order.quantity().unwrap();
            prop_assert!(order.filled_quantity <= quantity);
            prop_assert_eq!(order.status == OrderStatus::Filled, order.filled_quantity == quantity);
            let ends = reports.iter().filter(|report| match report {
                Report::OrderFilled { status, .. } => *status == OrderStatus::Filled,
                Report::OrderCancelled { .. } | Report::OrderExpired { .. } | Report::OrderRejected { .. } => true,
                _ => false,
            });
            let ends = ends.filter(|report| report.order().unwrap().order_id == Some(order.id)).count();
            prop_assert_eq!(ends, usize::from(order.status.is_final()));
        }
        let times: Vec<_> = reports.iter().map(Report::at).collect();
        prop_assert!(times.is_sorted(), "reports come in time order");
    }

    /// Equal setups answer equal requests alike.
    #[test]
    fn the_same_seed_makes_the_same_history(seed: u64, steps in prop::collection::vec(step(), 1..30)) {
        prop_assert_eq!(run(seed, &steps).1, run(seed, &steps).1);
    }
}

/// Something that somebody else does, on one of the symbols, or on an order that may not be there.
fn hand() -> impl Strategy<Value = BrokerAction> {
    let symbol = || (0..3_usize).prop_map(|index| SYMBOLS[index].to_owned());
    let amount = || (1..2_000_000_u32).prop_map(|cents| Decimal::new(i64::from(cents), 2));
    let side = || any::<bool>().prop_map(|buy| if buy { Side::Buy } else { Side::Sell });
    let shares = || (1..20_000_u32).prop_map(|hundredths| Decimal::new(i64::from(hundredths), 2));
    let name = move || {
        (symbol(), prop::option::of(side())).prop_map(|(symbol, side)| OrderName::Of(symbol, side))
    };
    let kind = prop_oneof![
        Just(CashKind::Deposit),
        Just(CashKind::Withdrawal),
        Just(CashKind::Fee)
    ];
    let restriction = prop_oneof![
        Just(Restriction::TradingBlocked),
        Just(Restriction::LiquidationOnly)
    ];
    let ratio = prop_oneof![
        Just(("1", "2")),
        Just(("1", "3")),
        Just(("3", "2")),
        Just(("2", "1")),
        Just(("7", "1")),
        Just(("10", "1"))
    ];
    prop_oneof![
        3 => (kind, amount()).prop_map(|(kind, amount)| BrokerAction::Cash { kind, amount }),
        3 => (symbol(), side(), prop::option::of(shares())).prop_map(|(symbol, side, quantity)| BrokerAction::Trade { symbol, side, quantity }),
        1 => (symbol(), 1..100_u32).prop_map(|(symbol, shares)| BrokerAction::Short { symbol, quantity: shares.into() }),
        2 => (symbol(), side(), shares(), 1..60_000_i64).prop_map(|(symbol, side, quantity, cents)| BrokerAction::Place(HandOrder {
            symbol, side, quantity, limit: Some(Decimal::new(cents, 2)), time_in_force: TimeInForce::Day, client_order_id: None,
        })),
        1 => (name(), prop::option::of(shares()), prop::option::of(1..60_000_i64)).prop_map(|(order, quantity, cents)| BrokerAction::Replace {
            order, by: Replacement { quantity, limit: cents.map(|cents| Decimal::new(cents, 2)), ..Replacement::default() },
        }),
        1 => name().prop_map(BrokerAction::Cancel),
        1 => (symbol(), 1..1_000_i64).prop_map(|(symbol, cents)| BrokerAction::Dividend { symbol, per_share: Decimal::new(cents, 2) }),
        2 => (symbol(), ratio, any::<bool>()).prop_map(|(symbol, (from, to), paid)| split(&symbol, from, to, paid)),
        1 => symbol().prop_map(BrokerAction::Halt),
        2 => symbol().prop_map(BrokerAction::Resume),
        1 => symbol().prop_map(|symbol| BrokerAction::Rename { to: format!("{symbol}X"), symbol }),
        1 => (symbol(), any::<bool>()).prop_map(|(symbol, is_unpriced)| BrokerAction::Delist { symbol, is_unpriced }),
        1 => restriction.prop_map(BrokerAction::Restrict),
        1 => Just(BrokerAction::Release),
        1 => (0..20_000_u32, any::<bool>()).prop_map(|(credit, shorting)| BrokerAction::Account(AccountSettings {
            credit: Some(credit.into()), shorting: Some(shorting), pattern_day_trader: None,
        })),
    ]
}

#[derive(Clone, Debug)]
enum Turn {
    Client(Step),
    Hand(BrokerAction),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    prop::collection::vec(
        prop_oneof![3 => step().prop_map(Turn::Client), 2 => hand().prop_map(Turn::Hand)],
        1..60,
    )
}

/// What the reports make of the account.
fn books(reports: &[Report]) -> (Decimal, BTreeMap<String, Decimal>) {
    let (mut cash, mut shares) = (
        ExchangeSetup::default().cash,
        BTreeMap::<String, Decimal>::new(),
    );
    for report in reports {
        match report {
            Report::OrderFilled {
                order,
                fill_quantity,
                fill_price,
                ..
            } => {
                let signed = if order.side == Side::Buy {
                    *fill_quantity
                } else {
                    -fill_quantity
                };
                cash -= signed * fill_price;
                *shares.entry(order.symbol.clone()).or_default() += signed;
            }
            Report::CashMoved { amount, .. } => cash += amount,
            Report::Split {
                symbol,
                before,
                after,
                ..
            } => {
                assert_eq!(*before, shares.get(symbol).copied().unwrap_or_default());
                shares.insert(symbol.clone(), *after);
            }
            Report::SymbolRenamed {
                symbol,
                to,
                quantity,
                ..
            } => {
                assert_eq!(*quantity, shares.remove(symbol).unwrap_or_default());
                shares.insert(to.clone(), *quantity);
            }
            _ => {}
        }
    }
    shares.retain(|_, quantity| !quantity.is_zero());
    (cash, shares)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Whatever client and owner do to each other, nothing panics, every dollar and share is told,
    /// and time runs forward.
    #[test]
    fn whatever_the_owner_does_is_told(seed: u64, turns in turns()) {
        let mut client = Client::new(ExchangeSetup { seed, ..ExchangeSetup::default() });
        let mut reports = Vec::new();
        for turn in &turns {
            match turn {
                Turn::Client(step) => take(&mut client, step),
                // What is refused changes nothing, and is told at most as a refused order.
                Turn::Hand(action) => drop(client.exchange.act(client.now, action)),
            }
            for path in ["/v2/account", "/v2/positions", "/v2/orders?status=all&limit=500"] {
                client.call(Method::GET, path, None);
            }
            reports.extend(client.exchange.take_reports());
            let (cash, shares) = books(&reports);
            prop_assert_eq!(cash, client.exchange.account(client.now).cash);
            prop_assert_eq!(shares, client.exchange.positions());
        }
        let times: Vec<_> = reports.iter().map(Report::at).collect();
        prop_assert!(times.is_sorted(), "reports come in time order");
    }

    /// A movement of cash changes the cash by exactly itself, the equity too, and nothing else.
    #[test]
    fn cash_moves_by_exactly_itself(cents in 1..1_000_000_u32) {
        let amount = Decimal::new(i64::from(cents), 2);
        for (kind, sign) in [(CashKind::Deposit, Decimal::ONE), (CashKind::Withdrawal, -Decimal::ONE), (CashKind::Fee, -Decimal::ONE)] {
            let mut client = Client::new(still());
            client.exchange.act(client.now, &trade("TECL", Side::Buy, Some("3"))).unwrap();
            client.exchange.act(client.now, &BrokerAction::Cash { kind: CashKind::Deposit, amount }).unwrap();
            let before = client.exchange.account(client.now);
            client.exchange.act(client.now, &BrokerAction::Cash { kind, amount }).unwrap();
            let after = client.exchange.account(client.now);
            prop_assert_eq!(after.cash - before.cash, sign * amount);
            prop_assert_eq!(after.equity - before.equity, sign * amount);
            prop_assert_eq!(client.exchange.positions(), [("TECL".to_owned(), dec("3"))].into());
        }
    }

    /// A split keeps what was paid and what it is worth, to what rounding to a billionth of a share
    /// leaves; with cash in lieu to a cent more.
    #[test]
    fn a_split_keeps_value(hundredths in 1..1_000_000_u32, ratio in 0..5_usize, paid: bool) {
        let (from, to) = [("1", "2"), ("1", "5"), ("2", "1"), ("5", "1"), ("5", "2")][ratio];
        let mut setup = still();
        setup.positions.insert("TECL".into(), Decimal::new(i64::from(hundredths), 2).into());
        let mut client = Client::new(setup);
        let before = client.exchange.account(client.now).equity;
        client.exchange.act(client.now, &split("TECL", from, to, paid)).unwrap();
        let difference = (client.exchange.account(client.now).equity - before).abs();
        prop_assert!(difference <= if paid { dec("0.01") } else { dec("0.000001") }, "{difference}");
        prop_assert!(!paid || client.exchange.positions().values().all(|shares| shares.fract().is_zero()));
    }
}
