//! The same seed gives the same journal, byte for byte, in any process.

use std::collections::BTreeMap;
use std::path::Path;

use alchemiser_binding::run::run;
use alchemiser_binding::scenario::{Library, load_scenario};

use super::sim;

/// The hashes of the journals of all scenarios, or of one, from a process of their own.
fn hashes(arguments: &[&str]) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = sim(&root, &[&["run", "--json"], arguments].concat());
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let verdicts = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("one object a line"));
    let of =
        |verdict: &serde_json::Value, member: &str| verdict[member].as_str().map(str::to_owned);
    verdicts
        .filter_map(|verdict| Some((of(&verdict, "scenario")?, of(&verdict, "journal_hash")?)))
        .collect()
}

/// In another process and the other way round: what ran before leaves no trace either.
#[test]
fn every_scenario_repeats_in_another_process() {
    let first = hashes(&[]);
    let backwards: Vec<&str> = first.keys().rev().map(String::as_str).collect();
    let second = hashes(&backwards);
    assert!(first.len() > 20, "only {} scenarios ran", first.len());
    assert_eq!(first, second);
}

#[test]
fn twenty_seeds_repeat_and_differ_from_each_other() {
    let library = Library::of_this_project().expect("the project's files are there");
    let path = library.root().join("scenarios/examples/full_day.yaml");
    let loaded =
        load_scenario(&library, &path, "examples/full_day").expect("the scenario is sound");
    let mut seen = BTreeMap::new();
    for seed in 1..=20 {
        let here = run(&library, &loaded, seed)
            .expect("the scenario runs")
            .journal
            .hash();
        let there = hashes(&["examples/full_day", "--seed", &seed.to_string()]);
        assert_eq!(there.values().next(), Some(&here), "seed {seed}");
        assert!(
            seen.insert(here, seed).is_none(),
            "seed {seed} repeats another seed's history"
        );
    }
}
