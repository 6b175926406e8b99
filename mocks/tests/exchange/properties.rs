use alchemiser_mocks::exchange::{ExchangeSetup, OrderStatus, Report, Side};
use http::Method;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

use crate::client::Client;

#[derive(Clone, Debug)]
enum Step {
    Order { symbol: usize, buy: bool, hundredths: u32, offset_cents: Option<i32> },
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
        Step::Order { symbol, buy, hundredths, offset_cents } => {
            let symbol = SYMBOLS[*symbol];
            let quantity = Decimal::new(i64::from(*hundredths), 2);
            let mut order = json!({"symbol": symbol, "side": if *buy { "buy" } else { "sell" },
                "type": "market", "time_in_force": "day", "qty": quantity.to_string()});
            if let Some(offset) = offset_cents {
                let price = client.exchange.market().price(symbol, client.now).unwrap();
                order["type"] = json!("limit");
                order["limit_price"] = json!((price + Decimal::new(i64::from(*offset), 2)).to_string());
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
            client.call(Method::DELETE, &format!("/v2/positions/{}", SYMBOLS[*symbol]), None);
        }
        Step::Wait(ms) => client.wait_ms(*ms),
    }
}

fn run(seed: u64, steps: &[Step]) -> (Client, Vec<Report>) {
    let mut client = Client::new(ExchangeSetup { seed, ..ExchangeSetup::default() });
    let mut reports = Vec::new();
    for step in steps {
        take(&mut client, step);
        reports.extend(client.exchange.take_reports());
        let account = client.exchange.account(client.now);
        assert!(account.cash >= Decimal::ZERO && account.buying_power <= account.cash);
        assert!(client.exchange.positions().values().all(|quantity| *quantity > Decimal::ZERO));
    }
    (client, reports)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Every dollar and every share is accounted for by the reported fills, and no fill is worse than its limit.
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
