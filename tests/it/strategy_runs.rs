//! A decision depends on what a strategy names, in whole runs of the virtual world on real prices:
//! the signals do not change with the money, with what else is held, with the order of files, or
//! with another file beside them.

use std::collections::BTreeMap;
use std::path::Path;

use alchemiser_binding::projection::events;
use alchemiser_binding::run::run;
use alchemiser_binding::scenario::{Library, load_scenario};
use rust_decimal::Decimal;
use serde_json::Value;

/// What the last digit of a share may be off by when shares of shares are added.
const ROUNDING: Decimal = Decimal::from_parts(1, 0, 0, false, 20);
/// What a planned weight of four places may be off by when its amounts are cents.
const PLANNED: Decimal = Decimal::from_parts(1, 0, 0, false, 4);

/// Mornings of a quiet day, of one in a crash, of the one after a flash crash, and of the one after
/// a hurricane.
const DAYS: [&str; 4] = ["2012-03-14", "2008-10-10", "2010-05-07", "2012-10-31"];

type Weights = BTreeMap<String, Decimal>;

/// An account and the files that decide for it, each with its share.
#[derive(Clone)]
struct Case {
    day: &'static str,
    cash: &'static str,
    positions: Vec<(&'static str, &'static str)>,
    files: Vec<(String, String)>,
}

/// What was decided: the weights of the signal, and the target weights of the plan.
#[derive(Debug)]
struct Decided {
    signal: Weights,
    planned: Weights,
}

fn library() -> Library {
    Library::of_this_project().expect("the project's files are there")
}

fn decimal(value: &Value) -> Decimal {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .parse()
        .expect("a decimal")
}

/// Runs the day of the case and reads its events.
fn decided(library: &Library, name: &str, case: &Case) -> Decided {
    let names: Vec<&str> = case.files.iter().map(|(file, _)| file.as_str()).collect();
    let shares: Vec<String> = case
        .files
        .iter()
        .map(|(file, share)| format!("{file}={share}"))
        .collect();
    let positions: Vec<String> = case
        .positions
        .iter()
        .map(|(symbol, quantity)| format!("{symbol}: \"{quantity}\""))
        .collect();
    let yaml = format!(
        "about: {name}\ngiven:\n  clock: {} 09:30\n  cash: \"{}\"\n  positions: {{{}}}\n  topology:\n    parameters:\n      \
         StrategyFiles: {}\n      StrategyAllocations: {}\nwhen:\n  - advance: 30m\nexpect: {{cash: \"0\", positions: {{}}, mails: []}}\n",
        case.day,
        case.cash,
        positions.join(", "),
        names.join(","),
        shares.join(","),
    );
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.yaml"));
    std::fs::write(&path, yaml).expect("the scenario is written");
    let loaded = load_scenario(library, &path, name).expect("a scenario");
    let journal = run(library, &loaded, 1).expect("a run").journal;
    let events = events(&journal);
    let detail = |detail_type: &str| {
        let found = events.iter().find(|event| event.detail_type == detail_type);
        found
            .map(|event| event.detail.clone())
            .unwrap_or_else(|| panic!("{name}: no {detail_type}"))
    };
    let signal = detail("SignalGenerated");
    let targets = signal["consolidated_portfolio"]["target_allocations"]
        .as_object()
        .expect("weights");
    let signal = targets
        .iter()
        .map(|(symbol, weight)| (symbol.clone(), decimal(weight)))
        .collect();
    let plan = detail("RebalancePlanned");
    let items = plan["rebalance_plan"]["items"].as_array().expect("items");
    let planned = items.iter().map(|item| {
        (
            item["symbol"].as_str().unwrap_or_default().to_owned(),
            decimal(&item["target_weight"]),
        )
    });
    Decided {
        signal,
        planned: planned.filter(|(_, weight)| !weight.is_zero()).collect(),
    }
}

fn largest_difference(one: &Weights, other: &Weights) -> Decimal {
    let share = |of: &Weights, symbol: &String| of.get(symbol).copied().unwrap_or_default();
    one.keys()
        .chain(other.keys())
        .map(|symbol| (share(one, symbol) - share(other, symbol)).abs())
        .max()
        .unwrap_or_default()
}

/// All packaged files with shares that differ.
fn all_files(library: &Library) -> Vec<(String, String)> {
    let shares = ["0.2", "0.15", "0.1", "0.25", "0.05", "0.15", "0.1"];
    assert_eq!(
        library.strategies().len(),
        shares.len(),
        "a share for each file"
    );
    library
        .strategies()
        .keys()
        .cloned()
        .zip(shares.map(str::to_owned))
        .collect()
}

fn case(library: &Library, day: &'static str) -> Case {
    Case {
        day,
        cash: "50000.00",
        positions: vec![("AAPL", "20"), ("MSFT", "300")],
        files: all_files(library),
    }
}

#[test]
fn ten_times_the_money_decides_the_same() {
    let library = library();
    for day in DAYS {
        let given = case(&library, day);
        let tenfold = Case {
            cash: "500000.00",
            positions: vec![("AAPL", "200"), ("MSFT", "3000")],
            ..given.clone()
        };
        let (one, ten) = (
            decided(&library, "one_times", &given),
            decided(&library, "ten_times", &tenfold),
        );
        assert_eq!(one.signal, ten.signal, "{day}");
        assert!(
            largest_difference(&one.planned, &ten.planned) <= PLANNED,
            "{day}: {one:?} {ten:?}"
        );
    }
}

#[test]
fn a_position_that_nobody_names_decides_nothing() {
    let library = library();
    for day in DAYS {
        let given = case(&library, day);
        let mut beside = given.clone();
        beside.positions.extend([("TLT", "100"), ("QQQ", "0.5")]);
        let none = Case {
            positions: Vec::new(),
            ..given.clone()
        };
        let expected = decided(&library, "named_positions", &given);
        assert_eq!(
            expected.signal,
            decided(&library, "idle_positions", &beside).signal,
            "{day}"
        );
        assert_eq!(
            expected.signal,
            decided(&library, "no_positions", &none).signal,
            "{day}"
        );
    }
}

#[test]
fn files_and_positions_in_another_order_decide_the_same() {
    let library = library();
    for day in DAYS {
        let given = case(&library, day);
        let mut other = given.clone();
        other.files.reverse();
        other.positions.reverse();
        let (one, another) = (
            decided(&library, "files_in_order", &given),
            decided(&library, "files_reversed", &other),
        );
        assert_eq!(one.signal, another.signal, "{day}");
        assert_eq!(one.planned, another.planned, "{day}");
    }
}

#[test]
fn a_file_decides_beside_others_what_it_decides_alone() {
    let library = library();
    for day in DAYS {
        let together = case(&library, day);
        let mut expected = Weights::new();
        for (file, share) in &together.files {
            let alone = Case {
                files: vec![(file.clone(), "1".to_owned())],
                ..together.clone()
            };
            for (symbol, weight) in decided(&library, "one_file", &alone).signal {
                *expected.entry(symbol).or_default() +=
                    weight * share.parse::<Decimal>().expect("a share");
            }
        }
        let signal = decided(&library, "all_files", &together).signal;
        assert!(
            largest_difference(&expected, &signal) < ROUNDING,
            "{day}: {signal:?} and not {expected:?}"
        );
    }
}
