use chrono::{DateTime, TimeDelta, Utc};

use super::Found;
use crate::scenario::{
    Action, BrokerSpec, Lambda, Moment, Names, OrderNameSpec, Pointer, Scenario, Start,
};

pub(super) fn check(scenario: &Scenario, names: &Names, found: &mut Found) {
    let mut clock = Clock::of(scenario);
    for (index, action) in scenario.when.iter().enumerate() {
        let place = Pointer::to("when").item(index);
        match action {
            Action::Advance(_) | Action::AdvanceTo(_) if scenario.lambda == Lambda::Binary => {
                found.value(place, "time is real with `lambda: binary`, and nobody wants to wait for it: `fire` or `invoke`");
            }
            Action::Advance(span) => {
                clock.advance(TimeDelta::from_std(span.0).unwrap_or(TimeDelta::MAX))
            }
            Action::AdvanceTo(moment) => clock.advance_to(moment.0, place.key("advance_to"), found),
            Action::Fire(name) => one_of(
                place.key("fire"),
                "schedule",
                name,
                &names.schedule_ids,
                &names.schedules,
                found,
            ),
            Action::DisableRule(name) => rule(place.key("disable_rule"), name, names, found),
            Action::EnableRule(name) => rule(place.key("enable_rule"), name, names, found),
            Action::Put(put) => {
                if let Some(bus) = &put.bus {
                    found.name(place.key("put").key("bus"), "bus", bus, names.buses.iter());
                }
            }
            Action::Replay(replay) => {
                let place = place.key("replay");
                if replay.to.0 <= replay.from.0 {
                    found.value(
                        place.key("to"),
                        format!("the end is not after the beginning, {}", replay.from),
                    );
                } else if clock.start.is_some_and(|start| replay.to.0 <= start) {
                    found.value(
                        place.key("to"),
                        "this is in the past: the archive holds nothing from before `given.clock`",
                    );
                }
            }
            Action::Broker(broker) => check_broker(&place.key("broker"), broker, names, found),
            Action::Settle | Action::Invoke(_) | Action::Redrive | Action::PowerLoss => {}
        }
    }
    for (index, meanwhile) in scenario.meanwhile.iter().enumerate() {
        check_broker(
            &Pointer::to("meanwhile").item(index).key("broker"),
            &meanwhile.broker,
            names,
            found,
        );
    }
}

/// What the world's clock shows at least.
struct Clock {
    start: Option<DateTime<Utc>>,
    now: Option<DateTime<Utc>>,
}

impl Clock {
    fn of(scenario: &Scenario) -> Self {
        let start = match scenario.given.clock {
            Start::At(moment) => Some(moment.0),
            Start::Now => None,
        };
        Self { start, now: start }
    }

    fn advance(&mut self, by: TimeDelta) {
        self.now = self.now.and_then(|now| now.checked_add_signed(by));
    }

    fn advance_to(&mut self, moment: DateTime<Utc>, place: Pointer, found: &mut Found) {
        match self.now {
            Some(now) if moment < now => found.value(
                place,
                format!(
                    "this is in the past: the clock shows {} by then",
                    Moment(now)
                ),
            ),
            _ => self.now = Some(moment),
        }
    }
}

/// A logical id, or a name.
fn one_of(
    place: Pointer,
    kind: &str,
    name: &str,
    ids: &[String],
    physical: &[String],
    found: &mut Found,
) {
    if !physical.iter().any(|known| known == name) {
        found.name(place, kind, name, ids.iter());
    }
}

fn rule(place: Pointer, name: &str, names: &Names, found: &mut Found) {
    if names
        .schedule_ids
        .iter()
        .chain(&names.schedules)
        .any(|known| known == name)
    {
        found.value(place, format!("{name:?} is a schedule, not a rule: to keep it from firing, list it under `given.topology.disabled`"));
    } else {
        one_of(place, "rule", name, &names.rule_ids, &names.rules, found);
    }
}

fn check_broker(place: &Pointer, broker: &BrokerSpec, names: &Names, found: &mut Found) {
    let (place, symbol) = match broker {
        BrokerSpec::Place(order) => (place.key("place").key("symbol"), Some(&order.symbol)),
        BrokerSpec::Buy(buy) => (place.key("buy").key("symbol"), Some(&buy.symbol)),
        BrokerSpec::Sell(sell) => (place.key("sell").key("symbol"), Some(&sell.symbol)),
        BrokerSpec::Short(short) => (place.key("short").key("symbol"), Some(&short.symbol)),
        BrokerSpec::Dividend(dividend) => {
            (place.key("dividend").key("symbol"), Some(&dividend.symbol))
        }
        BrokerSpec::Split(split) => (place.key("split").key("symbol"), Some(&split.symbol)),
        BrokerSpec::Rename(rename) => (place.key("rename").key("symbol"), Some(&rename.symbol)),
        BrokerSpec::Halt(symbol) => (place.key("halt"), Some(symbol)),
        BrokerSpec::Resume(symbol) => (place.key("resume"), Some(symbol)),
        BrokerSpec::Delist(delist) => (place.key("delist").key("symbol"), Some(&delist.symbol)),
        BrokerSpec::Asset(asset) => (place.key("asset").key("symbol"), Some(&asset.symbol)),
        BrokerSpec::Cancel(order) => (
            named_order(&place.key("cancel"), order, found),
            order.symbol.as_ref(),
        ),
        BrokerSpec::Replace(change) => (
            named_order(&place.key("replace").key("order"), &change.order, found),
            change.order.symbol.as_ref(),
        ),
        _ => return,
    };
    if let Some(symbol) = symbol {
        found.name(place, "symbol", symbol, names.symbols.iter());
    }
}

/// How an order is named; gives where its symbol is.
fn named_order(place: &Pointer, order: &OrderNameSpec, found: &mut Found) -> Pointer {
    let by_id = order.client_order_id.is_some();
    if by_id == order.symbol.is_some() || (by_id && order.side.is_some()) {
        found.value(place.clone(), "an order is named by its `symbol`, with or without a `side`, or by its `client_order_id`");
    }
    place.key("symbol")
}
