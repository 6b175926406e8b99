use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::lines::span as written;
use super::random::carry_out;
use super::sweep::without_faults;
use super::{Judged, Signature, Twin, judged_with_twin, with_faults};
use crate::run::RunError;
use crate::scenario::{Document, Library, Span};
use harness::explore::{Shrunk, Step, Subject, crashes, shrink};

/// Spans that people use, the plainest first.
const SPANS: [&str; 9] = ["5m", "1h", "2h", "50s", "10m", "20m", "1s", "3s", "1d"];
/// Amounts that people use, the plainest first.
const AMOUNTS: [&str; 8] = [
    "100.00", "10000.00", "50.00", "1000.00", "10", "1", "100", "0.5",
];
/// What may strike a call, the plainest first.
const EFFECTS: [&str; 4] = ["reset", "crash", "time_out", "hang"];
/// A day on which nothing is unusual.
const USUAL: &str = "2012-03-14 09:30";

/// What a document shows: a violation, or an end that nobody is told of.
///
/// A silent end needs a second run, without the faults.
///
/// # Errors
/// A mistake in the scenario.
pub fn judged(library: &Library, document: &Document) -> Result<Judged, RunError> {
    let (_, run) = carry_out(library, document)?;
    let judged = Judged::of(&run, None);
    if judged.signature.is_some() {
        return Ok(judged);
    }
    let golden = without_faults(library, document)?;
    Ok(golden.map_or(judged, |golden| Judged::of(&run, Some(&golden))))
}

/// Whether a document shows what a finding is about. What shows between a world and its twin only is
/// looked for there.
pub(super) fn shows(library: &Library, document: &Document, signature: &Signature) -> bool {
    let judged = match Twin::of(signature) {
        Some(twin) => judged_with_twin(library, document, twin),
        None => judged(library, document).map(Some),
    };
    let judged = judged.ok().flatten();
    judged.is_some_and(|judged| judged.signature.as_ref() == Some(signature))
}

/// Makes the document of a finding as small as it goes, with at most `most_runs` tries.
#[must_use]
pub fn smallest(
    library: &Library,
    document: Document,
    signature: &Signature,
    most_runs: usize,
) -> Shrunk {
    let mut finding = Finding { library, signature };
    let named = with_named_crashes(library, &document);
    let start = named.filter(|named| finding.shows(&named.0));
    shrink(start.unwrap_or(document).0, &mut finding, most_runs)
}

/// The same document with each crash that chance brought as a fault of its own, so that it hangs on no
/// seed; none where chance brings none.
fn with_named_crashes(library: &Library, document: &Document) -> Option<Document> {
    let mut named = document.clone();
    let knobs = named.0.pointer_mut("/given/knobs")?.as_object_mut()?;
    knobs.remove("crashes_per_mille")?;
    let (_, run) = carry_out(library, document).ok()?;
    // Those that were named before are among them.
    if let Some(Value::Array(faults)) = named.0.get_mut("faults") {
        faults.retain(|fault| fault["effect"] != "crash");
    }
    let crashes = crashes(&run.journal);
    Some(with_faults(named, &crashes.iter().collect::<Vec<_>>()))
}

/// A document whose end is to stay what it is about.
struct Finding<'a> {
    library: &'a Library,
    signature: &'a Signature,
}

impl Subject for Finding<'_> {
    fn shows(&mut self, document: &Value) -> bool {
        shows(self.library, &Document(document.clone()), self.signature)
    }

    fn simpler(&self, path: &[Step], value: &Value) -> Vec<Value> {
        let key = path.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item(_) => None,
        });
        match (key.unwrap_or_default(), value) {
            ("when", Value::Array(actions)) => with_fewer_advances(actions),
            ("clock", _) => before(&[USUAL], value),
            ("source", Value::String(source)) => plainer_strategies(source),
            ("phase", _) => before(&["before"], value),
            ("at", Value::String(at)) => without_number(at),
            ("effect", Value::String(_)) => before(&EFFECTS, value),
            ("effect", Value::Object(effect)) if effect.contains_key("delay") => Vec::new(),
            ("about" | "expect" | "seed" | "SessionScope" | "TradingSchedule", _) => Vec::new(),
            (_, Value::Number(_)) => vec![json!(1)],
            (_, Value::String(text)) if text.parse::<Decimal>().is_ok() => before(&AMOUNTS, value),
            (_, Value::String(text)) if is_span(text) => before(&SPANS, value),
            _ => Vec::new(),
        }
    }

    fn tidy(&self, document: Value) -> Value {
        with_an_end(tidied(document))
    }
}

/// The actions with spans that follow each other made one: all of them, or the first two alone.
fn with_fewer_advances(actions: &[Value]) -> Vec<Value> {
    let span = |action: &Value| action.get("advance")?.as_str()?.parse::<Span>().ok();
    let merged = |most: usize| {
        let (mut kept, mut merged): (Vec<Value>, usize) = (Vec::new(), 0);
        for action in actions {
            let both = kept.last().and_then(span).zip(span(action));
            if let (Some((before, then)), true) = (both, merged < most) {
                merged += 1;
                kept.pop();
                kept.push(json!({ "advance": written(before.0 + then.0) }));
            } else {
                kept.push(action.clone());
            }
        }
        (merged > 0).then(|| json!(kept))
    };
    [merged(usize::MAX), merged(1)]
        .into_iter()
        .flatten()
        .collect()
}

/// Those of some values that are plainer than this one.
fn before(ladder: &[&str], value: &Value) -> Vec<Value> {
    let plainer = ladder.iter().map(|step| json!(step));
    plainer.take_while(|step| step != value).collect()
}

fn is_span(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.ends_with(['s', 'm', 'h', 'd'])
        && text.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// A call without the number that counts it.
fn without_number(at: &str) -> Vec<Value> {
    let plain = at.split_once(" #").map(|(call, _)| json!(call));
    plain.into_iter().collect()
}

/// Strategies of fewer symbols: one of them, half of them, all but one.
fn plainer_strategies(source: &str) -> Vec<Value> {
    let assets = assets(source);
    let mut found = Vec::new();
    let mut add = |some: &[&str]| {
        let body = match some {
            [one] => format!("(asset \"{one}\")"),
            some => {
                let all = some.iter().map(|symbol| format!("(asset \"{symbol}\")"));
                format!("(weight-equal [{}])", all.collect::<Vec<_>>().join(" "))
            }
        };
        let plainer = format!("(defsymphony \"S\" {{}} {body})");
        if plainer.len() < source.len() {
            found.push(json!(plainer));
        }
    };
    for asset in assets.iter().filter(|asset| **asset != "CASH").take(4) {
        add(&[asset]);
    }
    if assets.len() > 3 {
        let (first, second) = assets.split_at(assets.len() / 2);
        add(first);
        add(second);
    }
    for left_out in 0..assets.len() {
        let mut some = assets.clone();
        some.remove(left_out);
        if !some.is_empty() {
            add(&some);
        }
    }
    add(&assets);
    found
}

/// The symbols that a strategy names, each once.
fn assets(source: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for part in source.split("(asset \"").skip(1) {
        let symbol = part.split('"').next().unwrap_or_default();
        if !found.contains(&symbol) {
            found.push(symbol);
        }
    }
    found
}

/// The document without prices and order rules of what nobody trades, and without sections that are
/// empty.
pub(super) fn tidied(mut document: Value) -> Value {
    let text = {
        let mut rest = document.clone();
        if let Some(Value::Object(given)) = rest.pointer_mut("/given") {
            given.remove("market");
            given.remove("exchange");
        }
        rest.to_string()
    };
    let is_traded = |symbol: &str| {
        let names = [format!("\"{symbol}\""), format!("\\\"{symbol}\\\"")];
        names.iter().any(|name| text.contains(name))
    };
    if let Some(Value::Object(market)) = document.pointer_mut("/given/market") {
        market.retain(|symbol, _| is_traded(symbol));
    }
    if let Some(Value::Array(orders)) = document.pointer_mut("/given/exchange/orders") {
        orders.retain(|rule| {
            let symbol = rule.get("symbol").and_then(Value::as_str);
            symbol.is_none_or(is_traded)
        });
    }
    for section in ["/given/exchange", "/given/topology", "/given"] {
        document.pointer_mut(section).map(without_empty);
    }
    without_empty(&mut document);
    document
}

/// The same document with an end at which everything is decided: rules are on, and what is overdue
/// is told.
fn with_an_end(mut document: Value) -> Value {
    let Some(Value::Array(when)) = document.get_mut("when") else {
        return document;
    };
    let off = when.iter().filter_map(|action| action.get("disable_rule"));
    let off: Vec<Value> = off.cloned().collect();
    let last_off = when
        .iter()
        .rposition(|action| action.get("disable_rule").is_some());
    for rule in off {
        let is_on = |action: &Value| action.get("enable_rule") == Some(&rule);
        let on = when.iter().rposition(is_on);
        if on.is_none_or(|on| Some(on) < last_off) {
            when.push(json!({ "enable_rule": rule }));
        }
    }
    let is_long = |action: &Value| {
        let span = action.get("advance").and_then(Value::as_str);
        span.is_some_and(|span| span.ends_with(['h', 'd']) && span != "1h")
    };
    if !when.last().is_some_and(is_long) {
        when.push(json!({ "advance": "2h" }));
    }
    document
}

fn without_empty(map: &mut Value) {
    let is_empty = |value: &Value| match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    };
    if let Some(map) = map.as_object_mut() {
        map.retain(|key, value| key == "when" || key == "given" || !is_empty(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A defect that is there by the topology: with the rule of plans missing and the watchdog off
    /// nothing ends, and nobody is told.
    const LOST: &str = r#"
about: too much of everything
seed: 4
given:
  clock: 2012-06-19 09:34
  cash: "31234.56"
  positions: {AAPL: "3", IBM: "4"}
  market: {MSFT: {price: "51.23"}, AAPL: {price: "77.10"}, IBM: {price: "203.00"}}
  exchange: {credit: "5000.00", settlement_delay: 2s}
  strategies: {s.clj: {source: '(defsymphony "S" {} (weight-equal [(asset "MSFT") (asset "AAPL")]))'}}
  topology: {without: [RebalancePlannedRule, HighValueRebalanceRule], disabled: [WatchdogTimer]}
when:
  - advance: 31m
  - broker: {deposit: "12.00"}
  - advance: 2h
faults:
  - {at: "SignalGenerated / dynamodb GetItem #1", phase: after, effect: reset}
expect: sound
"#;

    #[test]
    fn a_finding_becomes_what_it_takes() {
        let library = Library::of_this_project().expect("the project's files are there");
        let document = Document::read(LOST).expect("it is YAML");
        let found = judged(&library, &document).expect("it runs");
        let signature = found.signature.expect("nothing ends");
        let shrunk = smallest(&library, document, &signature, 500);
        assert!(shrunk.is_minimal);
        let text = Document(shrunk.document.clone()).write();
        assert!(text.lines().count() <= 15, "{text}");
        assert!(shrunk.document.get("faults").is_none(), "{text}");
        assert_eq!(
            shrunk.document["given"]["topology"]["disabled"],
            json!(["WatchdogTimer"])
        );
        let again = judged(&library, &Document(shrunk.document)).expect("it runs");
        assert_eq!(again.signature, Some(signature));
    }

    /// Chance kills callers, and who comes back later than after half a minute is lost.
    const UNLUCKY: &str = r#"
about: chance
seed: 3
given:
  clock: 2012-03-14 10:00
  strategies: {one.clj: {source: '(defsymphony "One" {} (asset "MSFT"))'}}
  topology: {disabled: [WatchdogTimer, DailyTradingSchedule]}
  knobs: {crashes_per_mille: 200}
when:
  - invoke: {mode: trade}
  - advance: 30s
  - disable_rule: RebalancePlannedRule
  - advance: 2h
faults:
  - {at: "trade / events PutEvents", phase: before, effect: reset}
  - {at: "SignalGenerated / dynamodb GetItem", phase: before, effect: crash}
expect: sound
"#;

    #[test]
    fn crashes_of_chance_become_faults_that_hang_on_no_seed() {
        let library = Library::of_this_project().expect("the project's files are there");
        let document = Document::read(UNLUCKY).expect("it is YAML");
        let found = judged(&library, &document).expect("it runs");
        let named = with_named_crashes(&library, &document).expect("there is a knob");
        assert!(named.0.pointer("/given/knobs/crashes_per_mille").is_none());
        let faults = named.0["faults"].as_array().expect("a list");
        assert_eq!(faults[0], document.0["faults"][0], "it is no crash");
        let names: std::collections::BTreeSet<String> =
            faults.iter().map(ToString::to_string).collect();
        assert!(
            faults.len() > 1 && names.len() == faults.len(),
            "{faults:?}"
        );
        for seed in 1..=3 {
            let mut named = named.clone();
            named.0["seed"] = json!(seed);
            let again = judged(&library, &named).expect("it runs");
            assert_eq!(again.signature, found.signature, "seed {seed}");
            let (_, run) = carry_out(&library, &named).expect("it runs");
            assert_eq!(run.unmet, [], "all of them strike");
        }
    }

    #[test]
    fn spans_that_follow_each_other_are_one() {
        let actions = [
            json!({"advance": "31m"}),
            json!({"advance": "29m"}),
            json!("redrive"),
            json!({"advance": "1h30m"}),
            json!({"advance": "1s"}),
        ];
        let all = json!([{"advance": "60m"}, "redrive", {"advance": "5401s"}]);
        let mut first = actions.to_vec();
        first.splice(..2, [json!({"advance": "60m"})]);
        assert_eq!(with_fewer_advances(&actions), [all, json!(first)]);
        assert!(with_fewer_advances(&actions[1..4]).is_empty());
    }

    #[test]
    fn a_strategy_of_fewer_symbols_is_plainer() {
        let source =
            "(defsymphony \"Half\" {} (weight-specified 0.6 (asset \"A\") 0.4 (asset \"B\")))";
        let plainer = plainer_strategies(source);
        assert_eq!(plainer[0], json!("(defsymphony \"S\" {} (asset \"A\"))"));
        assert!(plainer.contains(&json!(
            "(defsymphony \"S\" {} (weight-equal [(asset \"A\") (asset \"B\")]))"
        )));
    }
}
