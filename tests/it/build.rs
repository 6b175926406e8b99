//! What the programs are built from: the deployed one without what only its tests, the simulator
//! or people at a terminal need; and each dependency once for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The lines of `cargo tree` for these arguments.
fn tree(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--prefix", "none"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

/// The sets of features with which each dependency is compiled.
fn features(edges: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut sets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let lines = tree(&["--workspace", "--edges", edges, "--format", "{p}|{f}"]);
    for line in lines.lines() {
        let line = line.strip_suffix(" (*)").unwrap_or(line);
        let Some((package, features)) = line.split_once('|') else {
            continue; // between two members
        };
        sets.entry(package.to_owned())
            .or_default()
            .insert(features.to_owned());
    }
    sets
}

#[test]
fn the_function_carries_neither_a_command_line_nor_a_test_clock() {
    let built_from = |package: &str| tree(&["--edges", "normal,features", "--package", package]);
    let function = built_from("alchemiser");
    for (elsewhere, part) in [
        ("alchemiser-ops", "clap_builder v"),
        ("alchemiser-ops", "indicatif v"),
        ("alchemiser-ops", "tokio feature \"signal\""),
        ("alchemiser-sim", "tokio feature \"test-util\""),
        ("alchemiser-sim", "schemars v"),
    ] {
        assert!(
            built_from(elsewhere).contains(part),
            "the probe finds {part} in {elsewhere}"
        );
        assert!(!function.contains(part), "{part} is in the function");
    }
}

#[test]
fn dev_dependencies_add_no_feature_to_what_programs_are_built_from() {
    let tested = features("normal,build,dev");
    for (package, sets) in features("normal,build") {
        for set in sets {
            assert!(
                tested[&package].contains(&set),
                "{package} would be compiled twice: the programs take it with the features \
                 [{set}], the tests with {:?}. Name what is missing in tests/features/Cargo.toml",
                tested[&package]
            );
        }
    }
}
