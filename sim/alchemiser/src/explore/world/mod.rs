//! Worlds that nobody wrote: each is a scenario whose every part is a choice on a tape.

mod account;
mod amount;
mod command;
mod day;
mod market;
mod order;
mod owner;
mod setting;
mod strategy;

use serde_json::{Value, json};

use super::shrink::tidied;
use crate::scenario::Document;
use harness::explore::{Maker, Tape, knobs};

/// The world of a tape: an account, a market, strategies, a broker and its manners, a mail server,
/// an owner, and what AWS leaves open. Nothing is expected of it but that it is sound. Faults on
/// calls and deliveries are not part of it: where they can strike shows only once it has run.
#[must_use]
pub fn world(tape: &mut Tape) -> Document {
    let mut maker = Maker::new(tape);
    let symbols = market::symbols(&mut maker);
    let clock = day::clock(&mut maker);
    let seed = maker.tape.choose("seed", 1_000_000) + 1;
    let strategies = strategy::strategies(&mut maker, &symbols);
    let positions = account::positions(&mut maker, &symbols);
    let when = command::when(&mut maker, &symbols, clock);
    let meanwhile = owner::meanwhile(&mut maker, &symbols);
    let mut given = json!({
        "clock": day::written(clock),
        "cash": account::cash(&mut maker),
        "market": market::market(&mut maker, &symbols),
        "strategies": strategies,
    });
    let sections = [
        ("positions", positions),
        ("exchange", account::exchange(&mut maker, &symbols)),
        ("mail", setting::mail(&mut maker)),
        ("topology", setting::topology(&mut maker)),
        ("knobs", Value::Object(knobs(&mut maker))),
    ];
    for (key, section) in sections {
        put(&mut given, key, section);
    }
    let mut document = json!({
        "about": format!("A world of chance, {:016x}.", maker.tape.seed),
        "seed": seed,
        "given": given,
        "when": when,
        "expect": "sound",
    });
    put(&mut document, "meanwhile", meanwhile);
    Document(tidied(document))
}

/// Sets a key, where there is something to say.
fn put(map: &mut Value, key: &str, value: Value) {
    let is_empty = match &value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    };
    if !is_empty {
        map[key] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Library;

    #[test]
    fn every_world_is_a_scenario_without_a_mistake() {
        let library = Library::of_this_project().expect("the project's files are there");
        for seed in 0..400 {
            let document = world(&mut Tape::new(seed));
            if let Err(error) = document.load(&library, "world") {
                panic!("seed {seed}: {error}\n{}", document.write());
            }
        }
    }

    #[test]
    fn a_tape_is_a_world() {
        let of = |seed| world(&mut Tape::new(seed)).write();
        assert_eq!(of(3), of(3));
        assert_ne!(of(3), of(4));
    }
}
