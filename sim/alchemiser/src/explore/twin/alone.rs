use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::super::shrink::tidied;
use super::walk::entries;
use crate::check::amount;
use crate::projection::puts;
use harness::journal::Journal;

/// What each workflow's signals want: weights by symbol.
type Wanted = BTreeMap<String, BTreeMap<String, Decimal>>;

/// The world with each of its strategies alone, and that one's share. None where there is one, or
/// where one of them is no text.
pub(super) fn twins(document: &Value) -> Option<Vec<(Decimal, Value)>> {
    let strategies = entries(document, "/given/strategies")?;
    let alone = |(name, strategy): (&String, &Value)| {
        let share = Decimal::from_str(strategy["share"].as_str()?).ok()?;
        let source = strategy["source"].as_str()?;
        let mut twin = document.clone();
        twin["given"]["strategies"] = json!({ name: { "share": "1", "source": source } });
        Some((share, twin))
    };
    let twins: Option<Vec<_>> = strategies.iter().map(alone).collect();
    let twins = twins.filter(|twins| twins.len() > 1)?;
    // What is no strategy's any more is traded by nobody.
    let twins = twins.into_iter();
    Some(twins.map(|(share, twin)| (share, tidied(twin))).collect())
}

/// What the signals of a run want.
pub(super) fn wanted(journal: &Journal) -> Wanted {
    let mut wanted = Wanted::new();
    let ours = puts(journal).filter(|put| put.entry.invocation.is_some() && !put.is_replayed);
    for put in ours.filter(|put| put.detail_type == "SignalGenerated") {
        let Some(workflow) = put.workflow() else {
            continue;
        };
        let allocations = put
            .detail
            .at("consolidated_portfolio")
            .at("target_allocations");
        let weights = allocations.members();
        let weights =
            weights.filter_map(|(symbol, weight)| Some((symbol.to_owned(), amount(weight)?)));
        wanted
            .entry(workflow.to_owned())
            .or_insert_with(|| weights.collect());
    }
    wanted
}

/// Where the strategies together want something else than each of them alone, by its share.
pub(super) fn differences(together: &Wanted, alone: &[(Decimal, Wanted)]) -> Vec<String> {
    let mut differences = Vec::new();
    for (workflow, weights) in together {
        let Some(each) = all_of(workflow, alone) else {
            continue;
        };
        let mut sum: BTreeMap<&str, Decimal> = BTreeMap::new();
        for (share, weights) in each {
            for (symbol, weight) in weights {
                *sum.entry(symbol).or_default() += share * weight;
            }
        }
        let symbols = weights
            .keys()
            .map(String::as_str)
            .chain(sum.keys().copied());
        let symbols: BTreeSet<&str> = symbols.collect();
        for symbol in symbols {
            let all = weights.get(symbol).copied().unwrap_or_default();
            let each = sum.get(symbol).copied().unwrap_or_default();
            if (all - each).abs() > ROUNDING {
                let (all, each) = (all.round_dp(4), each.round_dp(4));
                differences.push(format!(
                    "{workflow} wants {all} of {symbol}, and its strategies by themselves {each}"
                ));
            }
        }
    }
    differences
}

/// What all strategies want of a workflow; none where one of them has no signal.
fn all_of<'a>(
    workflow: &str,
    alone: &'a [(Decimal, Wanted)],
) -> Option<Vec<(Decimal, &'a BTreeMap<String, Decimal>)>> {
    let each = alone.iter();
    each.map(|(share, wanted)| Some((*share, wanted.get(workflow)?)))
        .collect()
}

/// Weights are divided.
const ROUNDING: Decimal = Decimal::from_parts(1, 0, 0, false, 6);
