//! What a scenario says is held against what there is, when it is read: a name that nobody has, an
//! empty text or a moment in the past would let it show something else than it says.

mod expect;
mod faults;
mod given;
mod strategies;
mod when;

use super::{
    Lambda, Library, Mistake, Names, Places, Pointer, Scenario, Start, account_with, change,
};
use suggestion::{nearest, unknown};

/// The account that names are looked up in; no name hangs on it.
const ACCOUNT: &str = "123456789012";

/// All that is wrong with a scenario.
pub(super) fn mistakes(scenario: &Scenario, places: &Places, library: &Library) -> Vec<Mistake> {
    let mut found = Found::default();
    found.mistakes.extend(empty_texts(places));
    clock(scenario, &mut found);
    strategies::check(&scenario.given, &mut found);
    let stack = library.read_stack(&scenario.given.parameters(), &account_with(ACCOUNT));
    match stack {
        Ok(mut stack) => {
            found
                .mistakes
                .extend(change(&mut stack, &scenario.given.topology));
            let names = Names::of(scenario, &stack, library);
            given::check(&scenario.given, &names, &mut found);
            given::check_market(&scenario.given, places, library, &mut found);
            when::check(scenario, &names, &mut found);
            faults::check(scenario, &names, &mut found);
            if let Some(expect) = scenario.expect.exact() {
                expect::check(expect, &names, &mut found);
            }
        }
        Err(errors) => given::check_parameters(&scenario.given, errors, &mut found),
    }
    found.mistakes
}

/// The mistakes so far.
#[derive(Debug, Default)]
struct Found {
    mistakes: Vec<Mistake>,
}

impl Found {
    fn value(&mut self, pointer: Pointer, words: impl Into<String>) {
        self.mistakes.push(Mistake::of_value(pointer, words));
    }

    fn key(&mut self, pointer: Pointer, words: impl Into<String>) {
        self.mistakes.push(Mistake::of_key(pointer, words));
    }

    /// A value must be one of those names.
    fn name<'a>(
        &mut self,
        pointer: Pointer,
        kind: &str,
        name: &str,
        allowed: impl Iterator<Item = &'a String> + Clone,
    ) {
        if !allowed.clone().any(|known| known == name) {
            self.value(pointer, unknown(kind, name, allowed.map(String::as_str)));
        }
    }

    /// A key must be one of those names.
    fn key_name<'a>(
        &mut self,
        pointer: Pointer,
        kind: &str,
        name: &str,
        allowed: impl Iterator<Item = &'a String> + Clone,
    ) {
        if !allowed.clone().any(|known| known == name) {
            self.key(pointer, unknown(kind, name, allowed.map(String::as_str)));
        }
    }

    /// A value must be a part of one of those names.
    fn part(&mut self, pointer: Pointer, kind: &str, part: &str, allowed: &[String]) {
        if !allowed.iter().any(|known| known.contains(part)) {
            let parts: Vec<String> = allowed.iter().flat_map(|name| parts(name)).collect();
            let hint = nearest(part, parts.iter().map(String::as_str))
                .map(|near| format!(" (did you mean {near:?}?)"));
            self.value(
                pointer,
                format!(
                    "no {kind} has {part:?} in its name{}; there are {}",
                    hint.unwrap_or_default(),
                    allowed.join(", ")
                ),
            );
        }
    }
}

/// The words of a name, and all of them that follow each other.
fn parts(name: &str) -> Vec<String> {
    let ends: Vec<usize> = name
        .match_indices(['-', ' '])
        .map(|(at, _)| at)
        .chain([name.len()])
        .collect();
    let starts = std::iter::once(0).chain(ends.iter().map(|end| end + 1));
    starts
        .flat_map(|start| {
            ends.iter()
                .filter(move |end| **end > start)
                .map(move |end| name[start..*end].to_owned())
        })
        .collect()
}

/// An empty text is part of every text: where one is looked for, it finds everything. What is
/// handed to the function or to the template is theirs to judge.
fn empty_texts(places: &Places) -> Vec<Mistake> {
    let when = Pointer::to("when").to_string();
    let parameters = Pointer::to("given")
        .key("topology")
        .key("parameters")
        .to_string();
    let is_handed_on = |pointer: &Pointer| {
        let way = pointer.to_string();
        way.starts_with(&parameters)
            || (way.starts_with(&when) && (way.contains(".invoke") || way.contains(".detail")))
    };
    let empty = places
        .texts()
        .filter(|(pointer, text)| text.trim().is_empty() && !is_handed_on(pointer));
    empty
        .map(|(pointer, _)| {
            Mistake::of_value(
                pointer.clone(),
                "an empty text says nothing here: write one, or leave it out",
            )
        })
        .collect()
}

fn clock(scenario: &Scenario, found: &mut Found) {
    let place = Pointer::to("given").key("clock");
    match (scenario.lambda, scenario.given.clock) {
        (Lambda::Binary, Start::At(_)) => {
            found.value(
                place,
                "a program lives on the machine's clock: with `lambda: binary` it is `clock: now`",
            );
        }
        (Lambda::InProcess, Start::Now) => {
            found.value(
                place,
                "`now` is for `lambda: binary`: else name a moment, as in 2012-03-14 09:30",
            );
        }
        _ => {}
    }
    if scenario.lambda == Lambda::Binary && scenario.given.knobs.clock_skew.is_some() {
        found.value(
            Pointer::to("given").key("knobs").key("clock_skew"),
            "a program lives on the machine's clock, which is not off",
        );
    }
}
