//! A decision depends on what a strategy names, and on nothing beside it: not on how much more was
//! asked for, nor on the order or the names of things. On real prices.

use std::collections::BTreeMap;

use crate::support::json::cases;
use crate::support::strategies::{
    Closes, SYMBOLS, closes_before, days, holding, holding_without_ties,
};
use alchemiser::strategy::{
    Decision, Evaluation, Expression, ExpressionKind, Indicator, combine, data_needs, evaluate,
    parse,
};
use fastrand::Rng;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

/// What renaming may move from one symbol to another: the last digit of a share goes to the first
/// of equals by name.
const ROUNDING: Decimal = Decimal::from_parts(1, 0, 0, false, 20);

fn read(source: &str) -> Expression {
    parse(source).unwrap_or_else(|error| panic!("{error}: {source}"))
}

/// The packaged strategies, by file name.
fn packaged() -> BTreeMap<String, String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/strategies");
    let files = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("a file").path());
    let read = |path: std::path::PathBuf| {
        (
            path.display().to_string(),
            std::fs::read_to_string(&path).expect("a text"),
        )
    };
    let files: BTreeMap<String, String> = files.map(read).collect();
    assert!(files.len() >= 7, "{} files", files.len());
    files
}

/// The closes with `more` beyond what is needed at most; a symbol that is not needed is not there.
fn needed(closes: &Closes, needs: &BTreeMap<String, usize>, more: usize) -> Closes {
    let cut = |(symbol, bars): (&String, &usize)| {
        let series = &closes[symbol];
        (
            symbol.clone(),
            series[series.len().saturating_sub(bars + more)..].to_vec(),
        )
    };
    needs.iter().map(cut).collect()
}

/// The strategy with the parts whose order means nothing in another order.
fn shuffled(expression: &Expression, rng: &mut Rng) -> Expression {
    let kind = match &expression.kind {
        ExpressionKind::List(children) => {
            let mut children: Vec<Expression> =
                children.iter().map(|child| shuffled(child, rng)).collect();
            match expression.as_call().map(|(name, _)| name) {
                None => rng.shuffle(&mut children),
                Some("weight-equal") => rng.shuffle(&mut children[1..]),
                Some("weight-inverse-volatility") => rng.shuffle(&mut children[2..]),
                Some("weight-specified") => rng.shuffle(children[1..].as_chunks_mut::<2>().0),
                Some(_) => {}
            }
            ExpressionKind::List(children)
        }
        other => other.clone(),
    };
    Expression {
        position: expression.position,
        kind,
    }
}

/// The source and the closes with every symbol renamed.
fn renamed(source: &str, closes: &Closes, name: impl Fn(&str) -> String) -> (String, Closes) {
    let mut text = source.to_owned();
    for symbol in SYMBOLS {
        text = text.replace(&format!("\"{symbol}\""), &format!("\"#{symbol}\""));
    }
    for symbol in SYMBOLS {
        text = text.replace(&format!("\"#{symbol}\""), &format!("\"{}\"", name(symbol)));
    }
    (
        text,
        closes
            .iter()
            .map(|(symbol, series)| (name(symbol), series.clone()))
            .collect(),
    )
}

fn largest_difference(
    one: &BTreeMap<String, Decimal>,
    other: &BTreeMap<String, Decimal>,
) -> Decimal {
    let symbols = one.keys().chain(other.keys());
    let share = |of: &BTreeMap<String, Decimal>, symbol: &String| {
        of.get(symbol).copied().unwrap_or_default()
    };
    symbols
        .map(|symbol| (share(one, symbol) - share(other, symbol)).abs())
        .max()
        .unwrap_or_default()
}

/// The value of the only candidate of the only filter that was recorded.
fn score(evaluation: &Evaluation) -> Option<Decimal> {
    evaluation
        .trace
        .iter()
        .find_map(|step| match &step.decision {
            Decision::Filter { kept, .. } => kept.first().map(|(_, score)| *score),
            _ => None,
        })
}

/// What holding a group for so many sessions earned, in percent, where the group is evaluated anew
/// on each day with the closes up to that day; none where it could not be.
fn earned(group: &Expression, closes: &Closes, sessions: usize) -> Option<Decimal> {
    let mut level = Decimal::ONE;
    for back in (1..=sessions).rev() {
        let known: Closes = closes
            .iter()
            .map(|(symbol, series)| (symbol.clone(), series[..series.len() - back].to_vec()))
            .collect();
        let held = evaluate(group, &known).ok()?.allocation;
        let change = |symbol: &String| {
            let next = closes[symbol].len() - back;
            closes[symbol][next] / closes[symbol][next - 1] - Decimal::ONE
        };
        level *= Decimal::ONE
            + held
                .iter()
                .map(|(symbol, share)| share * change(symbol))
                .sum::<Decimal>();
    }
    Some((level - Decimal::ONE) * Decimal::ONE_HUNDRED)
}

#[test]
fn more_closes_change_nothing_for_any_packaged_strategy() {
    for day in days() {
        let closes = closes_before(day);
        for (file, source) in packaged() {
            let expression = read(&source);
            let needs = data_needs(&expression);
            let of_needed = evaluate(&expression, &needed(&closes, &needs, 0));
            assert!(of_needed.is_ok(), "{file} on {day}: {of_needed:?}");
            for more in [1, 52, 500] {
                assert_eq!(
                    evaluate(&expression, &needed(&closes, &needs, more)),
                    of_needed,
                    "{file} on {day} with {more} closes more"
                );
            }
            assert_eq!(
                evaluate(&expression, &closes),
                of_needed,
                "{file} on {day} with all closes"
            );
        }
    }
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn closes_before_those_required_change_no_indicator(
        (indicator, window) in (select(Indicator::ALL.to_vec()), 2..260_usize),
        older in prop::collection::vec(-1..100_000_i64, 1..300),
        (day, symbol) in (select(days()), select(vec!["AAPL", "IBM", "MSFT"])),
    ) {
        let all = closes_before(day).remove(symbol).unwrap_or_default();
        let seen = all[all.len().saturating_sub(indicator.bars_required(window))..].to_vec();
        let value = indicator.compute(&seen, window);
        prop_assert!(value.is_ok());
        prop_assert_eq!(&indicator.compute(&all, window), &value);
        // Closes that are no prices do not matter either, where nobody looks.
        let longer: Vec<Decimal> = older.into_iter().map(|cents| Decimal::new(cents, 2)).chain(seen).collect();
        prop_assert_eq!(indicator.compute(&longer, window), value);
    }
}

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn what_others_ask_for_changes_no_decision(source in holding(), day in select(days()), more in 1..600_usize) {
        let expression = read(&source);
        let closes = closes_before(day);
        let needs = data_needs(&expression);
        let of_needed = evaluate(&expression, &needed(&closes, &needs, 0));
        prop_assert_eq!(&evaluate(&expression, &needed(&closes, &needs, more)), &of_needed, "{} closes more: {}", more, source);
        prop_assert_eq!(&evaluate(&expression, &closes), &of_needed, "all closes: {}", source);
    }

    #[test]
    fn a_session_of_the_past_decides_as_it_did_on_its_day(source in holding(), day in select(days()), sessions in 1..6_usize) {
        // With a second symbol it is a group whatever it is, and its past is simulated.
        let group = format!("(group \"G\" (weight-equal [{source} (asset \"IBM\") (asset \"MSFT\")]))");
        let filter = format!("(weight-equal (filter (cumulative-return {{:window {sessions}}}) [{group}]))");
        let closes = closes_before(day);
        let score = evaluate(&read(&filter), &closes).ok().and_then(|evaluation| score(&evaluation));
        match (score, earned(&read(&group), &closes, sessions)) {
            (Some(score), Some(expected)) => prop_assert!((score - expected).abs() < ROUNDING, "{score} and not {expected}: {filter}"),
            // A stock is too young for one of the days, so that the group has no past.
            (score, expected) => prop_assert_eq!(score, expected, "{}", filter),
        }
    }

    #[test]
    fn the_order_of_children_and_candidates_changes_no_weight(source in holding(), day in select(days()), seed in any::<u64>()) {
        let closes = closes_before(day);
        let expression = read(&source);
        let other = read(&shuffled(&expression, &mut Rng::with_seed(seed)).to_string());
        let allocation = |expression: &Expression| evaluate(expression, &closes).map(|evaluation| evaluation.allocation).map_err(|error| *error.problem);
        prop_assert_eq!(allocation(&expression), allocation(&other), "{}\n{}", expression, other);
    }

    #[test]
    fn names_in_the_same_order_change_nothing(source in holding(), day in select(days())) {
        let closes = closes_before(day);
        let (text, others) = renamed(&source, &closes, |symbol| format!("Q{symbol}"));
        let back = |allocation: BTreeMap<String, Decimal>| -> BTreeMap<String, Decimal> {
            allocation.into_iter().map(|(symbol, share)| (symbol.replacen('Q', "", 1), share)).collect()
        };
        let given = evaluate(&read(&source), &closes).map(|evaluation| evaluation.allocation).ok();
        let other = evaluate(&read(&text), &others).map(|evaluation| back(evaluation.allocation)).ok();
        prop_assert_eq!(given, other, "{}", source);
    }

    #[test]
    fn any_names_change_nothing_but_ties(source in holding_without_ties(), day in select(days()), order in Just(SYMBOLS.to_vec()).prop_shuffle()) {
        let closes = closes_before(day);
        let name = |symbol: &str| {
            let place = SYMBOLS.iter().position(|known| *known == symbol).unwrap_or_default();
            format!("Z{}", order[place])
        };
        let (text, others) = renamed(&source, &closes, name);
        let given = evaluate(&read(&source), &closes).expect("an evaluation");
        let other = evaluate(&read(&text), &others).expect("an evaluation");
        let expected: BTreeMap<String, Decimal> = given.allocation.into_iter().map(|(symbol, share)| (name(&symbol), share)).collect();
        prop_assert!(largest_difference(&expected, &other.allocation) < ROUNDING, "{:?} and not {expected:?}: {source}", other.allocation);
    }
}

/// Weights of up to five files, with their shares of the whole.
fn files() -> impl Strategy<Value = Vec<(Decimal, BTreeMap<String, Decimal>)>> {
    let weights = prop::collection::btree_map(select(SYMBOLS.to_vec()), 1..1_000_i64, 1..5)
        .prop_map(|parts| {
            let total: i64 = parts.values().sum();
            parts
                .into_iter()
                .map(|(symbol, part)| {
                    (
                        symbol.to_owned(),
                        Decimal::from(part) / Decimal::from(total),
                    )
                })
                .collect()
        });
    prop::collection::vec((1..100_i64, weights), 1..5).prop_map(
        |files: Vec<(i64, BTreeMap<String, Decimal>)>| {
            let total: i64 = files.iter().map(|(share, _)| share).sum();
            files
                .into_iter()
                .map(|(share, weights)| (Decimal::from(share) / Decimal::from(total), weights))
                .collect()
        },
    )
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn the_order_of_files_changes_no_weight((given, other) in files().prop_flat_map(|files| (Just(files.clone()), Just(files).prop_shuffle()))) {
        prop_assert_eq!(combine(&given), combine(&other));
    }

    #[test]
    fn a_file_takes_its_share_and_leaves_the_others_as_they_are(given in files(), beside in files(), percent in 0..=100_i64) {
        let alone = combine(&given).expect("a portfolio");
        let neighbour = combine(&beside).expect("a portfolio");
        let share = Decimal::new(percent, 2);
        let scaled = |files: &[(Decimal, BTreeMap<String, Decimal>)], by: Decimal| {
            files.iter().map(|(share, weights)| (share * by, weights.clone())).collect::<Vec<_>>()
        };
        let both = combine(&[scaled(&given, share), scaled(&beside, Decimal::ONE - share)].concat()).expect("a portfolio");
        let mut expected: BTreeMap<String, Decimal> = BTreeMap::new();
        for (part, weights) in [(share, alone), (Decimal::ONE - share, neighbour)] {
            for (symbol, weight) in weights {
                *expected.entry(symbol).or_default() += part * weight;
            }
        }
        prop_assert!(largest_difference(&expected, &both) < ROUNDING, "{both:?} and not {expected:?}");
    }
}
