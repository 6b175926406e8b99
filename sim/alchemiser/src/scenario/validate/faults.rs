use super::Found;
use crate::scenario::{Fault, Names, Pointer, Scenario, Start};
use harness::fault::{CallFault, DeliveryEffect, DeliveryFault, SitePattern};

/// The type that scenario files give to what a schedule hands over.
const SCHEDULE: &str = "schedule";

pub(super) fn check(scenario: &Scenario, names: &Names, found: &mut Found) {
    for (index, fault) in scenario.faults.iter().enumerate() {
        let place = Pointer::to("faults").item(index);
        match fault {
            Fault::Call(call) => check_call(&place, call, scenario.given.clock, names, found),
            Fault::Delivery(delivery) => check_delivery(&place, delivery, names, found),
        }
    }
    for (index, meanwhile) in scenario.meanwhile.iter().enumerate() {
        check_site(
            Pointer::to("meanwhile").item(index).key("at"),
            &meanwhile.at,
            names,
            found,
        );
    }
}

fn check_call(place: &Pointer, fault: &CallFault, clock: Start, names: &Names, found: &mut Found) {
    check_site(place.key("at"), &fault.at, names, found);
    if let (Some(until), Start::At(start)) = (fault.until, clock)
        && until <= start.0
    {
        found.value(
            place.key("until"),
            "this is in the past: the world begins later, at `given.clock`",
        );
    }
}

fn check_site(place: Pointer, site: &SitePattern, names: &Names, found: &mut Found) {
    if !site.is_of_any_trigger() {
        found.name(place, "trigger", site.trigger(), names.triggers.iter());
    }
}

fn check_delivery(place: &Pointer, fault: &DeliveryFault, names: &Names, found: &mut Found) {
    let schedule = SCHEDULE.to_owned();
    found.name(
        place.key("deliver"),
        "event",
        &fault.detail_type,
        names.events.iter().chain([&schedule]),
    );
    let Some(rule) = &fault.rule else { return };
    if fault.effect == DeliveryEffect::FailEntry {
        found.key(
            place.key("rule"),
            "PutEvents refuses an entry before any rule sees it: leave `rule` out",
        );
        return;
    }
    let (kind, known) = if fault.detail_type == SCHEDULE {
        ("schedule", &names.schedules)
    } else {
        ("rule", &names.rules)
    };
    if !known.iter().any(|name| name.starts_with(rule.as_str())) {
        found.name(place.key("rule"), kind, rule, known.iter());
    }
}
