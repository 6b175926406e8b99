//! `cargo sim strategy`: the whole output, on the bundled prices.

use std::path::Path;

use alchemiser_mocks::exchange::{Market, MarketSetup};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{folder, sim, snapshot, told};

/// What `strategy` says of that source on that day, with the exit code, as one text.
fn decided(test: &str, source: &str, on: &str) -> String {
    let folder = folder(&format!("strategy_{test}"));
    std::fs::write(folder.join("mine.clj"), source).expect("the file can be written");
    told(&sim(&folder, &["strategy", "mine.clj", "--on", on]))
}

#[test]
fn the_help_says_what_it_takes() {
    snapshot(
        "strategy_help",
        &told(&sim(&folder("strategy_help"), &["strategy"])),
    );
}

#[test]
fn every_packaged_strategy_decides_in_a_crash_and_in_a_calm() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut names: Vec<String> = std::fs::read_dir(project.join("strategies"))
        .expect("the folder can be read")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        let days = ["2008-10-13", "2012-03-14"];
        let told = days.map(|on| {
            told(&sim(
                &project,
                &["strategy", &format!("strategies/{name}"), "--on", on],
            ))
        });
        assert!(
            told.iter()
                .all(|told| told.starts_with("exit code Some(0)")),
            "{told:?}"
        );
        snapshot(
            &format!("strategy_packaged_{}", name.trim_end_matches(".clj")),
            &told.join("\n"),
        );
    }
}

#[test]
fn a_mistake_is_shown_with_its_line_and_a_caret() {
    let mistakes = [
        ("empty", "; nothing\n"),
        (
            "unterminated",
            "(defsymphony \"Name\" {}\n  (asset \"MSFT))\n",
        ),
        (
            "missing_closer",
            "(defsymphony \"Name\" {}\n  (weight-equal [(asset \"MSFT\")\n",
        ),
        (
            "wrong_closer",
            "(defsymphony \"Name\" {}\n  (weight-equal [(asset \"MSFT\"))])\n",
        ),
        ("trailing", "(asset \"MSFT\")\n(asset \"IBM\")\n"),
        (
            "character",
            "(weight-equal\n  [(asset \"MSFT\") @(asset \"IBM\")])\n",
        ),
        (
            "unknown_function",
            "(defsymphony \"Name\" {}\n  (if (> (rsii \"MSFT\" {:window 10}) 79)\n    (asset \"IBM\")))\n",
        ),
        (
            "branch_not_taken",
            "(if (> 1 0)\n  (asset \"MSFT\")\n  (weight-specified 0.5 (asset \"A\") 0.5))\n",
        ),
        (
            "window",
            "(if (> (rsi \"MSFT\" {:window 0}) 79)\n  (asset \"IBM\"))\n",
        ),
        (
            "no_allocation",
            "(defsymphony \"Name\" {} [(asset \"MSFT\")])\n",
        ),
        (
            "insufficient_data",
            "(if (> (moving-average-price \"FB\" {:window 200}) 1)\n  (asset \"FB\") (asset \"MSFT\"))\n",
        ),
        (
            "too_deep",
            &format!("{}1{}", "[".repeat(251), "]".repeat(251)),
        ),
    ];
    for (name, source) in mistakes {
        let told = decided(name, source, "2012-09-04");
        assert!(told.starts_with("exit code Some(2)"), "{told}");
        snapshot(&format!("strategy_mistake_{name}"), &told);
    }
}

#[test]
fn a_file_or_a_day_that_is_not_there_is_a_mistake() {
    let folder = folder("strategy_absent");
    let absent = told(&sim(
        &folder,
        &["strategy", "absent.clj", "--on", "2012-03-14"],
    ));
    std::fs::write(
        folder.join("price.clj"),
        "(if (> (current-price \"MSFT\") 0) \"MSFT\")",
    )
    .expect("the file can be written");
    let day = told(&sim(
        &folder,
        &["strategy", "price.clj", "--on", "2012-02-30"],
    ));
    let year = told(&sim(
        &folder,
        &["strategy", "price.clj", "--on", "1899-12-29"],
    ));
    snapshot("strategy_absent", &[absent, day, year].join("\n"));
}

#[test]
fn the_deepest_strategy_is_decided_in_a_debug_build() {
    let source = format!(
        "{}(asset \"MSFT\"){}",
        "(weight-equal ".repeat(249),
        ")".repeat(249)
    );
    let told = decided("deepest", &source, "2012-03-14");
    assert!(
        told.starts_with("exit code Some(0)") && told.contains("MSFT        100.00 %"),
        "{told}"
    );
}

#[test]
fn a_split_is_no_fall() {
    // Apple's shares were split two for one on 28 February 2005: what was traded halved overnight.
    let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
    let market = Market::new(MarketSetup::default());
    let traded = market.bars("AAPL", day("2005-02-25"), day("2005-02-28"));
    let [before, after] = &traded[..] else {
        panic!("{traded:?}")
    };
    assert!(
        after.close / before.close < Decimal::new(51, 2),
        "{traded:?}"
    );
    let source = r#"(weight-equal [(if (> (max-drawdown "AAPL" {:window 10}) 20) (asset "IBM") (asset "AAPL"))
  (if (< (cumulative-return "AAPL" {:window 5}) -20) (asset "IBM") (asset "AAPL"))
  (if (< (rsi "AAPL" {:window 5}) 20) (asset "IBM") (asset "AAPL"))])"#;
    let told = decided("split", source, "2005-03-02");
    assert!(
        told.contains("allocation:\n  AAPL        100.00 %\n"),
        "{told}"
    );
    snapshot("strategy_split", &told);
}

#[test]
fn a_measure_is_what_it_is_whatever_else_is_measured() {
    let alone = r#"(if (> (rsi "AAPL" {:window 60}) 70) "AAPL" "MSFT")"#;
    let beside = format!(r#"(if (> (rsi "AAPL" {{:window 200}}) 0) {alone} "IBM")"#);
    for (test, source) in [("alone", alone), ("beside", beside.as_str())] {
        let told = decided(test, source, "2012-03-14");
        assert!(
            told.contains("rsi 60 of AAPL is 70.3817\n") && told.contains("AAPL        100.00 %"),
            "{told}"
        );
    }
}

#[test]
fn a_strategy_without_any_price_of_the_day_before_is_refused() {
    // Facebook was listed in May: that IBM is held whatever becomes of the filter is no decision.
    let source = r#"(weight-equal [(filter (cumulative-return {:window 5}) (select-top 1) ["FB"]) (asset "IBM")])"#;
    let told = decided("unpriced", source, "2012-03-14");
    assert!(
        told.starts_with("exit code Some(2)")
            && told.contains("there is no price of 2012-03-13 for any symbol"),
        "{told}"
    );
}
