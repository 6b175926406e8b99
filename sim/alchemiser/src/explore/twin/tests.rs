use rust_decimal::Decimal;
use serde_json::Value;

use super::*;
use crate::projection::FinalAccount;

const WORLD: &str = r#"
about: Two strategies.
seed: 5
given:
  clock: 2012-03-14 09:30
  cash: "31234.56"
  positions: {AAPL: "30"}
  market: {MSFT: {price: "51.23"}, AAPL: {price: "77.10"}, IBM: {closes: ["203.00", "201.00"]}}
  strategies:
    a.clj: {share: "0.7", source: '(defsymphony "S" {} (weight-equal [(asset "MSFT") (asset "AAPL") (asset "IBM")]))'}
    b.clj: {share: "0.3", source: '(defsymphony "S" {} (asset "IBM"))'}
when:
  - advance: 20m
  - broker: {deposit: "100.00"}
  - advance: 2h
expect: sound
"#;

fn library() -> Library {
    Library::of_this_project().expect("the project's files are there")
}

fn world() -> Document {
    Document::read(WORLD).expect("it is YAML")
}

/// The world with one text in the place of another.
fn with(one: &str, other: &str) -> Document {
    assert!(WORLD.contains(one), "{one}");
    Document::read(&WORLD.replace(one, other)).expect("it is YAML")
}

#[test]
fn a_world_ends_as_its_twins_do() {
    for twin in Twin::ALL {
        let judged = judged_with_twin(&library(), &world(), twin).expect("it is a scenario");
        let judged = judged.expect("there is such a twin");
        assert_eq!(judged.violations, Vec::new(), "{}", twin.as_str());
    }
}

#[test]
fn a_twin_is_another_world() {
    for twin in Twin::ALL {
        let (_, run) = carry_out(&library(), &world()).expect("it is a scenario");
        let changed = twin.document(&world(), &run.journal);
        let changed = changed.expect("there is such a twin");
        assert_ne!(changed, world(), "{}", twin.as_str());
        changed.load(&library(), "twin").expect("it is a scenario");
    }
}

#[test]
fn where_a_change_matters_there_is_no_twin() {
    let none = |twin: Twin, document: &Document| !twin.is_there(document);
    let price = "MSFT: {price: \"51.23\"}";
    assert!(none(
        Twin::Money,
        &with(price, "MSFT: {price: \"51.23\", fractionable: false}")
    ));
    assert!(none(Twin::Money, &with("31234.56", "999.99")));
    assert!(none(Twin::Money, &with(price, "MSFT: {}")));
    assert!(
        none(Twin::Day, &with("2012-03-14", "2012-11-21")),
        "Thanksgiving"
    );
    assert!(none(Twin::Day, &with(price, "MSFT: {}")));
    assert!(none(
        Twin::Symbols,
        &with(price, "TOOLNG: {price: \"51.23\"}")
    ));
    let one = "(defsymphony \"S\" {} (asset \"IBM\"))";
    let plain = with(
        "(weight-equal [(asset \"MSFT\") (asset \"AAPL\") (asset \"IBM\")])",
        "(asset \"MSFT\")",
    );
    assert!(!none(Twin::Files, &plain), "two files");
    let lossy = with("  - advance: 2h\n", "  - power_loss\n  - advance: 2h\n");
    assert!(none(Twin::Strays, &lossy));
    let mut alone = plain;
    let strategies = alone.0["given"]["strategies"]
        .as_object_mut()
        .expect("a map");
    strategies.remove("a.clj");
    assert_eq!(strategies["b.clj"]["source"], one);
    assert!(none(Twin::Files, &alone), "one file with one symbol");
}

/// The end of the world, and what a twin would show whose end, in the terms of the first, is this.
fn shown(twin: Twin, end: impl FnOnce(FinalAccount) -> FinalAccount) -> Option<Twin> {
    let (scenario, run) = carry_out(&library(), &world()).expect("it is a scenario");
    // The owner acts in it: without that its account counts.
    assert!(
        golden(&scenario, &run.journal)
            .differences(&Ending::of(&run.journal))
            .is_empty()
    );
    let first = Ending::of(&run.journal);
    let judged = twin.compared(&first.clone().with_account(end).differences(&first));
    Twin::of(&judged.signature?)
}

#[test]
fn another_end_is_a_finding_of_the_twin() {
    for twin in Twin::ALL {
        assert_eq!(shown(twin, |account| account), None);
        let more_cash = |account: FinalAccount| FinalAccount {
            cash: account.cash + Decimal::ONE_THOUSAND,
            ..account
        };
        assert_eq!(shown(twin, more_cash), Some(twin));
        let without_one = |mut account: FinalAccount| {
            account.positions.remove("IBM");
            account
        };
        assert_eq!(shown(twin, without_one), Some(twin));
    }
}

#[test]
fn an_account_is_told_in_the_terms_of_the_first_world() {
    let decimal = |text: &str| text.parse::<Decimal>().expect("a number");
    let account = FinalAccount {
        cash: decimal("100"),
        equity: decimal("1000"),
        positions: [("MSFT.TW".to_owned(), decimal("5"))].into(),
    };
    let renamed = symbols::back(account.clone());
    assert_eq!(
        renamed.positions,
        [("MSFT".to_owned(), decimal("5"))].into()
    );
    let scaled = money::back(account);
    assert_eq!(
        (scaled.cash, scaled.equity),
        (decimal("10"), decimal("100"))
    );
    assert_eq!(scaled.positions["MSFT.TW"], decimal("0.5"));
}

#[test]
fn strategies_want_together_what_each_wants_alone() {
    let (_, run) = carry_out(&library(), &world()).expect("it is a scenario");
    let together = alone::wanted(&run.journal);
    let twins = alone::twins(&world().0).expect("there are two strategies");
    let each: Vec<_> = twins
        .into_iter()
        .map(|(share, twin)| {
            let (_, run) = carry_out(&library(), &Document(twin)).expect("it is a scenario");
            (share, alone::wanted(&run.journal))
        })
        .collect();
    assert_eq!((together.len(), each.len()), (1, 2));
    assert_eq!(alone::differences(&together, &each), Vec::<String>::new());
    let mut shifted = each.clone();
    shifted[0].0 += Decimal::new(1, 2);
    let told = alone::differences(&together, &shifted);
    assert_eq!(told.len(), 3, "each symbol has another weight: {told:?}");
    shifted[1].1.clear();
    assert!(
        alone::differences(&together, &shifted).is_empty(),
        "one has no signal"
    );
}

#[test]
fn the_twins_of_worlds_of_chance_are_scenarios() {
    let library = library();
    for seed in 0..200 {
        let world = crate::explore::world(&mut Tape::new(seed));
        let nothing = Journal::default();
        let changed = Twin::ALL
            .into_iter()
            .filter_map(|twin| twin.document(&world, &nothing));
        let alone = alone::twins(&world.0).into_iter().flatten();
        for twin in changed.chain(alone.map(|(_, twin)| Document(twin))) {
            if let Err(error) = twin.load(&library, "twin") {
                panic!("seed {seed}: {error}\n{}", twin.write());
            }
        }
    }
}

#[test]
fn strays_come_while_the_system_is_at_work_and_behind_it() {
    let (_, run) = carry_out(&library(), &world()).expect("it is a scenario");
    let twin = strays::twin(&world().0, &run.journal).expect("there is time");
    let actions = twin["when"].as_array().expect("a list");
    let puts = actions.iter().filter(|action| action.get("put").is_some());
    let made = harness::explore::strays(&run.journal, 5).len();
    assert!(made > 30, "{made}");
    assert_eq!(puts.count(), made, "each of them has its time");
    let others = |action: &&Value| action.get("put").is_none() && action.get("advance").is_none();
    assert_eq!(actions.iter().filter(others).count(), 1, "the deposit");
}
