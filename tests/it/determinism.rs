//! What ran before leaves no trace, and a fault changes only what it causes. That the same seed gives
//! the same journal in any process, `sim/cli/tests/cli/repeat.rs` shows.

use std::collections::{BTreeMap, BTreeSet};

use alchemiser_binding::run::run;
use alchemiser_binding::scenario::{Fault, Library, load_scenario};
use alchemiser_binding::trading::OPERATIONS;
use harness::fault::{CallEffect, CallFault, Phase, SitePattern};
use harness::journal::{Entry, Journal, JournalEvent};

/// A process may live through any number of runs: those of clients that time out would use up what
/// a process has for retries.
#[test]
fn a_run_does_not_depend_on_how_many_were_before_it() {
    let library = Library::of_this_project().expect("the project's files are there");
    let path = library
        .root()
        .join("scenarios/delivery/older_holder_fenced_off.yaml");
    let loaded = load_scenario(&library, &path, "delivery/older_holder_fenced_off")
        .expect("the scenario is sound");
    let hash = || {
        run(&library, &loaded, 1)
            .expect("the scenario runs")
            .journal
            .hash()
    };
    let first = hash();
    for number in 2..=50 {
        assert_eq!(hash(), first, "run {number}");
    }
}

/// A call as both runs know it: site, try, and its place among its likes.
type Call = (String, u32, u32);

/// The calls of a run in order, with their durations in milliseconds.
fn calls(journal: &Journal) -> Vec<(Call, u64)> {
    let mut likes = BTreeMap::new();
    let mut calls = Vec::new();
    for entry in journal.entries() {
        if let JournalEvent::Call {
            site,
            attempt,
            duration_ms,
            ..
        } = &entry.fact
        {
            let like: &mut u32 = likes.entry((site.to_string(), *attempt)).or_default();
            *like += 1;
            calls.push(((site.to_string(), *attempt, *like), *duration_ms));
        }
    }
    calls
}

/// The step that a site lies in.
fn step_of(site: &str) -> &str {
    site.split(" / ").next().unwrap_or(site)
}

/// One lost answer a run, at each call of a day in turn. What others do later takes as long as it
/// does undisturbed.
#[test]
fn a_fault_leaves_the_draws_of_others_as_they_were() {
    let library = Library::of_this_project().expect("the project's files are there");
    let mut loaded = load_scenario(
        &library,
        &library.root().join("scenarios/examples/full_day.yaml"),
        "examples/full_day",
    )
    .expect("the scenario is sound");
    let undisturbed = calls(
        &run(&library, &loaded, 1)
            .expect("the scenario runs")
            .journal,
    );
    let durations: BTreeMap<&Call, u64> = undisturbed
        .iter()
        .map(|(call, duration)| (call, *duration))
        .collect();
    let sites: BTreeSet<&str> = undisturbed
        .iter()
        .map(|((site, ..), _)| site.as_str())
        .filter(|site| !site.contains(" / smtp "))
        .collect();
    let (mut kept, mut later) = (0, 0);
    for site in &sites {
        let at = SitePattern::parse(site, &OPERATIONS).expect("a site is a pattern");
        let fault = CallFault {
            at,
            phase: Phase::After,
            effect: CallEffect::Reset,
            nth: 1,
            times: 1,
            attempt: None,
            until: None,
        };
        loaded.scenario.faults = vec![Fault::Call(fault)];
        let disturbed = run(&library, &loaded, 1).expect("the scenario runs");
        let is_fault = |entry: &Entry| matches!(&entry.fact, JournalEvent::Fault { .. });
        assert_eq!(
            disturbed
                .journal
                .entries()
                .iter()
                .filter(|entry| is_fault(entry))
                .count(),
            1,
            "the fault at {site}"
        );
        let calls = calls(&disturbed.journal);
        let hit = calls
            .iter()
            .position(|((called, ..), _)| called == site)
            .expect("the call that was hit");
        for (call, duration) in calls[hit..]
            .iter()
            .filter(|((called, ..), _)| step_of(called) != step_of(site))
        {
            later += 1;
            kept += u32::from(durations.get(call) == Some(duration));
        }
    }
    assert!(
        sites.len() > 50 && later > 1_000,
        "{} sites with {later} later calls of other steps",
        sites.len()
    );
    assert!(
        kept * 10 >= later * 9,
        "of {later} later calls of other steps, {kept} took as long as undisturbed: {} %",
        kept * 100 / later
    );
}
