use alchemiser_mocks::exchange::OrderStatus;

use super::Found;
use crate::scenario::{Expect, Names, Pointer};

/// Each is compared with its own: more than a year has minutes.
const MAILS_MAX: usize = 1_000_000;

/// The codes and conditions with which AWS gives a message up.
const REASONS: [&str; 9] = [
    "NO_PERMISSIONS",
    "NO_RESOURCE",
    "TIMEOUT",
    "INVALID_PARAMETER",
    "FAILED_TO_ASSUME_ROLE",
    "THIRD_ACCOUNT_HOP_DETECTED",
    "RetriesExhausted",
    "EventAgeExceeded",
    "ZeroReservedConcurrency",
];

pub(super) fn check(expect: &Expect, names: &Names, found: &mut Found) {
    let place = Pointer::to("expect");
    for symbol in expect.positions.keys() {
        found.key_name(
            place.key("positions").key(symbol),
            "symbol",
            symbol,
            names.symbols.iter(),
        );
    }
    for event in expect.events.keys() {
        found.key_name(
            place.key("events").key(event),
            "event",
            event,
            names.events.iter(),
        );
    }
    for trigger in expect.invocations.keys() {
        found.key_name(
            place.key("invocations").key(trigger),
            "trigger",
            trigger,
            names.triggers.iter(),
        );
    }
    for (index, response) in expect.responses.iter().enumerate() {
        found.name(
            place.key("responses").item(index).key("to"),
            "trigger",
            &response.to,
            names.triggers.iter(),
        );
    }
    for (index, alarm) in expect.alarms.iter().flatten().enumerate() {
        found.part(
            place.key("alarms").item(index),
            "alarm",
            alarm,
            &names.alarms,
        );
    }
    for (index, alarm) in expect.recovered.iter().enumerate() {
        found.part(
            place.key("recovered").item(index),
            "alarm",
            alarm,
            &names.alarms,
        );
    }
    check_orders(expect, &place, names, found);
    check_dead_letters(expect, &place, names, found);
    for (index, mail) in expect.mails.iter().enumerate() {
        let place = place.key("mails").item(index).key("times");
        if mail.times == 0 {
            found.value(place, "0 such mails say nothing: leave the mail out");
        } else if mail.times > MAILS_MAX {
            found.value(
                place,
                format!(
                    "{} mails are too many: write {MAILS_MAX} at most",
                    mail.times
                ),
            );
        }
    }
}

fn check_orders(expect: &Expect, place: &Pointer, names: &Names, found: &mut Found) {
    let statuses: Vec<String> = OrderStatus::ALL
        .iter()
        .map(|status| status.as_str().to_owned())
        .collect();
    for (index, order) in expect.orders.iter().flatten().enumerate() {
        let place = place.key("orders").item(index);
        found.name(
            place.key("symbol"),
            "symbol",
            &order.symbol,
            names.symbols.iter(),
        );
        found.name(
            place.key("status"),
            "status of an order",
            &order.status,
            statuses.iter(),
        );
    }
}

fn check_dead_letters(expect: &Expect, place: &Pointer, names: &Names, found: &mut Found) {
    let reasons: Vec<String> = REASONS.iter().map(|reason| (*reason).to_owned()).collect();
    for (index, letter) in expect.dead_letters.iter().enumerate() {
        let place = place.key("dead_letters").item(index);
        found.part(
            place.key("from"),
            "sender of dead letters",
            &letter.from,
            &names.givers,
        );
        found.name(
            place.key("reason"),
            "reason of a dead letter",
            &letter.reason,
            reasons.iter(),
        );
    }
}
