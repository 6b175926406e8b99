//! A search of pairs finds out by itself where its idea of what is alike is wrong.

use std::collections::BTreeSet;

use alchemiser_binding::explore::{Base, ClassRule, Followed, PairSearch, RULES};
use alchemiser_binding::scenario::{Document, Library};
use harness::explore::{Effect, Pair, Trial};
use harness::fault::{CallEffect, Phase};

/// It has failed twice before: where it fails once more, Lambda gives it up.
const WEAK: &str = include_str!("worlds/weak.yaml");

/// After half a minute the mail's rule is off, and no watchdog is there: who dies before that comes
/// back too late, and who only tries a call again does not.
const LATE: &str = r#"
about: Who comes back comes too late.
given:
  clock: 2012-03-14 10:00
  cash: "10000.00"
  market: {MSFT: {price: "50.00"}}
  strategies: {one.clj: {source: '(defsymphony "One" {} (asset "MSFT"))'}}
  topology: {disabled: [WatchdogTimer, DailyTradingSchedule]}
when:
  - invoke: {mode: trade}
  - advance: 30s
  - disable_rule: TradingNotificationRule
  - advance: 20m
expect: sound
"#;

/// Searches until there is nothing left; with the pairs that were run.
fn searched(
    scenario: &str,
    is_first: fn(&Trial) -> bool,
    rules: &[ClassRule],
) -> (PairSearch, Vec<Pair>) {
    let library = Library::of_this_project().expect("the project's files are there");
    let document = Document::read(scenario).expect("it is YAML");
    let loaded = document.load(&library, "a base").expect("a scenario");
    let base = Base::of(&library, &loaded, 1).expect("it runs");
    assert_eq!(base.violations, [], "it is sound");
    let trials = base.trials().expect("all calls are known");
    let firsts = trials.iter().filter(|trial| is_first(trial));
    let followed = firsts.map(|trial| {
        let followed = Followed::by(&base, &library, rules, trial);
        followed.expect("it runs")
    });
    let mut search = PairSearch::new(rules, followed.collect(), 1);
    let mut run = Vec::new();
    loop {
        let pairs = search.pruning.next(100);
        if pairs.is_empty() {
            return (search, run);
        }
        for pair in pairs {
            let tried = base.attempt_all(&library, &search.faults(pair));
            let tried = tried.expect("it runs");
            search.pruning.take(pair, (tried.outcome, tried.signature));
            run.push(pair);
        }
    }
}

fn all(search: &PairSearch) -> BTreeSet<Pair> {
    let firsts = search.firsts.iter().enumerate();
    let pairs = firsts
        .flat_map(|(first, (_, seconds))| (0..seconds.len()).map(move |second| (first, second)));
    pairs.collect()
}

#[test]
fn a_class_that_is_too_coarse_is_given_up_and_what_it_left_out_is_run() {
    const COARSE: ClassRule = ClassRule {
        name: "all first faults are alike",
        class: |_, _| Some(0),
    };
    let is_first = |trial: &Trial| {
        let effects = [CallEffect::Reset, CallEffect::Crash];
        effects.iter().any(|effect| {
            trial.point.to_string() == "TradeExecuted / dynamodb UpdateItem #2"
                && trial.effect == Effect::Call(Phase::Before, effect.clone())
        })
    };
    let (search, run) = searched(LATE, is_first, &[COARSE]);
    assert_eq!(search.firsts.len(), 2);
    let [account] = &search.pruning.accounts()[..] else {
        panic!("one rule, one account");
    };
    assert!(account.pruned > 0 && account.disagreeing > 0, "{account:?}");
    let wrong = search.pruning.disagreements();
    assert_eq!(wrong.len(), account.disagreeing);
    for wrong in wrong {
        assert_eq!(wrong.rule, COARSE.name);
        let [first, second] = search.faults(wrong.pruned);
        let [instead, same] = search.faults(wrong.instead);
        assert_ne!(first, instead);
        assert_eq!(second, same);
    }
    assert_eq!(run.iter().copied().collect::<BTreeSet<_>>(), all(&search));
    assert_eq!(run.len(), all(&search).len(), "each once");
}

#[test]
fn the_classes_of_the_search_are_right() {
    let (search, run) = searched(WEAK, |_| true, &RULES);
    assert_eq!(search.pruning.disagreements(), []);
    let accounts = search.pruning.accounts();
    assert!(
        accounts
            .iter()
            .all(|account| account.pruned > 0 && account.audited > 0),
        "{accounts:?}"
    );
    assert!(run.len() < all(&search).len());
}
