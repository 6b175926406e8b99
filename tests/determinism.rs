//! The same seed gives the same journal, byte for byte, in any process.

use std::collections::BTreeMap;
use std::process::Command;

use alchemiser_sim::run::run;
use alchemiser_sim::scenario::{Library, load_scenario};

/// The verdicts of all scenarios, or one, from a process of their own.
fn hashes(arguments: &[&str]) -> BTreeMap<String, String> {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "alchemiser-sim", "--bin", "sim", "--", "run", "--json"])
        .args(arguments)
        .output()
        .expect("cargo runs");
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let verdicts = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("one object a line"));
    verdicts.map(|verdict| (verdict["scenario"].to_string(), verdict["journal_hash"].to_string())).collect()
}

#[test]
fn every_scenario_repeats_in_another_process() {
    let first = hashes(&[]);
    let second = hashes(&[]);
    assert!(first.len() > 20, "only {} scenarios ran", first.len());
    assert_eq!(first, second);
}

#[test]
fn twenty_seeds_repeat_and_differ_from_each_other() {
    let library = Library::of_this_project().expect("the project's files are there");
    let path = library.root().join("scenarios/full_day.yaml");
    let loaded = load_scenario(&path, "full_day").expect("the scenario is sound");
    let mut seen = BTreeMap::new();
    for seed in 1..=20 {
        let here = run(&library, &loaded, seed).expect("the scenario runs").journal.hash();
        let there = hashes(&["full_day", "--seed", &seed.to_string()]);
        assert_eq!(there.values().next().map(|hash| hash.trim_matches('"').to_owned()), Some(here.clone()), "seed {seed}");
        assert!(seen.insert(here, seed).is_none(), "seed {seed} repeats another seed's history");
    }
}
