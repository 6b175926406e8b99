//! What the deployed program is built from: the function, without what only its tests, the
//! simulator or people at a terminal need.

use std::process::Command;

/// The crates and features that a package is built from, as `cargo build -p` chooses them.
fn built_from(package: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--prefix", "none", "--edges"])
        .args(["normal,features", "--package", package])
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

#[test]
fn the_function_carries_neither_a_command_line_nor_a_test_clock() {
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
