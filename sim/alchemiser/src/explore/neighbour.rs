//! The scenarios next to one: what shows a defect often shows it there as well, and what mends a
//! defect must mend it there as well.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::lines::span as written;
use super::random::carry_out;
use super::{ALPHABET, FollowError, fault_line};
use crate::scenario::{Document, Fault, Library, Moment, Span};
use harness::explore::{Effect, Point, Trial, points};
use harness::fault::{CallFault, DeliveryEffect};

/// A scenario next to another.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// What is otherwise in it.
    pub what: String,
    /// The scenario.
    pub document: Document,
}

/// All neighbours but those of other seeds: each fault at the points before and behind its own, and
/// other effects of its family; each number, amount, span and moment a little smaller and larger.
///
/// # Errors
/// A mistake in the scenario; an operation of which nobody has said what may happen to it.
pub fn neighbours(library: &Library, document: &Document) -> Result<Vec<Neighbour>, FollowError> {
    let mut found = Vec::new();
    let count = document.0["faults"].as_array().map_or(0, Vec::len);
    for place in 0..count {
        faults(library, document, place, &mut found)?;
    }
    for section in ["given", "when", "meanwhile", "faults"] {
        if let Some(value) = document.0.get(section) {
            values(document, value, &format!("/{section}"), &mut found);
        }
    }
    Ok(found)
}

/// The neighbours of one fault.
fn faults(
    library: &Library,
    document: &Document,
    place: usize,
    found: &mut Vec<Neighbour>,
) -> Result<(), FollowError> {
    let mut without = document.clone();
    if let Some(Value::Array(faults)) = without.0.get_mut("faults") {
        faults.remove(place);
    }
    let (_, run) = carry_out(library, &without)?;
    let points = points(&run.journal);
    let scenario = document
        .load(library, "a neighbour")
        .map_err(crate::run::RunError::from)?;
    let Some((own, home)) = scenario
        .scenario
        .faults
        .get(place)
        .and_then(|fault| home(fault, &points))
    else {
        return Ok(());
    };
    let effects = ALPHABET.effects(&points[home])?.into_iter();
    let effects = effects.filter(|effect| *effect != own && effect.is_of_one_family(&own));
    let mut trials: Vec<Trial> = effects
        .map(|effect| Trial {
            point: points[home].clone(),
            effect,
        })
        .collect();
    let is_alike =
        |point: &Point| std::mem::discriminant(point) == std::mem::discriminant(&points[home]);
    let before = points[..home]
        .iter()
        .rev()
        .filter(|point| is_alike(point))
        .take(1);
    let behind = points[home + 1..]
        .iter()
        .filter(|point| is_alike(point))
        .take(1);
    for point in before.chain(behind) {
        if ALPHABET.nearest(point, &own)?.is_some() {
            trials.push(Trial {
                point: point.clone(),
                effect: own.clone(),
            });
        }
    }
    for trial in trials {
        let line = fault_line(&trial);
        let mut document = document.clone();
        let mut fault = read(&line);
        for key in ["times", "until"] {
            if let Some(kept) = document.0["faults"][place].get(key) {
                fault[key] = kept.clone();
            }
        }
        document.0["faults"][place] = fault;
        found.push(Neighbour {
            what: format!("fault {}: {line}", place + 1),
            document,
        });
    }
    Ok(())
}

/// A line of a fault as data.
fn read(line: &str) -> Value {
    let list = Document::read(line).expect("a line is read as it was written");
    list.0[0].clone()
}

/// What a fault does, and the first of the points that it strikes; none where the run does not come
/// by it.
fn home(fault: &Fault, points: &[Point]) -> Option<(Effect, usize)> {
    match fault {
        Fault::Call(fault) => {
            let CallFault {
                at,
                phase,
                effect,
                nth,
                ..
            } = fault;
            let is_meant = |(_, point): &(usize, &Point)| match point {
                Point::Call { site, .. } => at.matches(site),
                Point::Delivery { .. } | Point::Entry { .. } => false,
            };
            let mut meant = points.iter().enumerate().filter(is_meant);
            let (home, _) = meant.nth(nth.saturating_sub(1) as usize)?;
            Some((Effect::Call(*phase, effect.clone()), home))
        }
        Fault::Delivery(fault) => {
            let effect = Effect::Delivery(fault.effect.clone());
            let is_entry = fault.effect == DeliveryEffect::FailEntry;
            let is_meant = |(_, point): &(usize, &Point)| match point {
                Point::Call { .. } => false,
                Point::Delivery {
                    detail_type, rule, ..
                } => {
                    let wanted = fault.rule.as_deref();
                    !is_entry
                        && *detail_type == fault.detail_type
                        && wanted.is_none_or(|wanted| rule.starts_with(wanted))
                }
                Point::Entry { detail_type, .. } => is_entry && *detail_type == fault.detail_type,
            };
            let mut meant = points.iter().enumerate().filter(is_meant);
            let (home, _) = meant.nth(fault.nth.saturating_sub(1) as usize)?;
            Some((effect, home))
        }
    }
}

/// Keys below which a value is no value of the scenario's own: texts of others.
const FOREIGN: [&str; 4] = ["strategies", "parameters", "invoke", "put"];

/// The same with one value a little smaller or larger, for each below `value`.
fn values(document: &Document, value: &Value, pointer: &str, found: &mut Vec<Neighbour>) {
    match value {
        Value::Object(map) => {
            for (key, below) in map
                .iter()
                .filter(|(key, _)| !FOREIGN.contains(&key.as_str()))
            {
                let key = key.replace('~', "~0").replace('/', "~1");
                values(document, below, &format!("{pointer}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (place, below) in items.iter().enumerate() {
                values(document, below, &format!("{pointer}/{place}"), found);
            }
        }
        _ => {
            for near in near(value) {
                let mut document = document.clone();
                if let Some(place) = document.0.pointer_mut(pointer) {
                    *place = near.clone();
                }
                let what = format!("{}: {near} instead of {value}", &pointer[1..]);
                found.push(Neighbour { what, document });
            }
        }
    }
}

/// The values next to one: the number before and behind it, a hundredth of an amount, a tenth of a
/// span, a minute of a moment.
fn near(value: &Value) -> Vec<Value> {
    match value {
        Value::Number(number) => number.as_u64().map_or_else(Vec::new, |number| {
            let before = number.checked_sub(1);
            let both = before.into_iter().chain([number + 1]);
            both.map(|near| json!(near)).collect()
        }),
        Value::String(text) => {
            if let Ok(amount) = text.parse::<Decimal>() {
                // Nothing has no hundredth.
                let parts = if amount.is_zero() {
                    &[][..]
                } else {
                    &[99, 101]
                };
                let part = |part: &i64| amount * Decimal::new(*part, 2);
                let near = parts.iter().map(part);
                return near
                    .map(|near| json!(near.normalize().to_string()))
                    .collect();
            }
            if let Ok(Span(span)) = text.parse::<Span>() {
                let tenths = |tenths: u32| span / 10 * tenths;
                return [9, 11].map(|part| json!(written(tenths(part)))).to_vec();
            }
            text.parse::<Moment>().map_or_else(
                |_| Vec::new(),
                |Moment(moment)| {
                    let by =
                        |minutes| json!(Moment(moment + TimeDelta::minutes(minutes)).to_string());
                    vec![by(-1), by(1)]
                },
            )
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn values_next_to_one_are_of_its_kind() {
        let of = |value: Value| near(&value);
        assert_eq!(of(json!(3)), [json!(2), json!(4)]);
        assert_eq!(of(json!(0)), [json!(1)]);
        assert_eq!(of(json!("100.00")), [json!("99"), json!("101")]);
        assert_eq!(of(json!("50s")), [json!("45s"), json!("55s")]);
        assert_eq!(of(json!("1s")), [json!("900ms"), json!("1100ms")]);
        let noon = "2012-03-14 12:00";
        assert_eq!(
            of(json!(noon)),
            [json!("2012-03-14 11:59"), json!("2012-03-14 12:01")]
        );
        for other in [json!("crash"), json!(true), json!("0.00")] {
            assert_eq!(of(other), Vec::<Value>::new());
        }
    }

    #[test]
    fn a_fault_moves_by_a_point_and_changes_within_its_family() {
        let library = Library::of_this_project().expect("the project's files are there");
        let path = library
            .root()
            .join("scenarios/faults/crash_after_order_accepted.yaml");
        let text = std::fs::read_to_string(path).expect("it can be read");
        let mut document = Document::read(&text).expect("it is YAML");
        document.0["expect"] = json!("sound");
        let found = neighbours(&library, &document).expect("it runs");
        let whats: BTreeSet<&str> = found.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(whats.len(), found.len(), "each once");
        let order = "RebalancePlanned / alpaca POST orders #1";
        for wanted in [
            format!("fault 1: - {{at: \"{order}\", phase: before, effect: crash}}"),
            format!("fault 1: - {{at: \"{order}\", phase: after, effect: time_out}}"),
        ] {
            assert!(whats.contains(wanted.as_str()), "{wanted}: {whats:?}");
        }
        let is_moved = |what: &&&str| {
            what.starts_with("fault 1")
                && !what.contains(order)
                && what.contains("phase: after, effect: crash")
        };
        assert_eq!(whats.iter().filter(is_moved).count(), 2, "{whats:?}");
        for neighbour in &found {
            assert_ne!(neighbour.document, document, "{}", neighbour.what);
        }
    }
}
