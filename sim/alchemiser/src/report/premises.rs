use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

use crate::check::Premise;
use crate::landmark::missed;
use crate::run::Run;

/// How often each invariant had something to judge in runs, and in how many of them.
fn totals<'a>(runs: impl Iterator<Item = &'a [Premise]>) -> Vec<(&'static str, usize, usize)> {
    let mut totals: Vec<(&'static str, usize, usize)> = Vec::new();
    for premise in runs.flatten() {
        match totals
            .iter_mut()
            .find(|(check, _, _)| *check == premise.check)
        {
            Some((_, times, runs)) => {
                *times += premise.times;
                *runs += usize::from(premise.times > 0);
            }
            None => totals.push((premise.check, premise.times, usize::from(premise.times > 0))),
        }
    }
    totals
}

/// A row an invariant: how often it had something to judge, and in how many runs.
#[must_use]
pub fn premises(runs: &[Run]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    for (check, times, among) in totals(runs.iter().map(|run| run.premises.as_slice())) {
        table.add_row([
            check.to_owned(),
            times.to_string(),
            "times in".to_owned(),
            among.to_string(),
            "runs".to_owned(),
        ]);
    }
    for index in [1, 3] {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// One line: how many landmarks some run came by.
#[must_use]
pub fn landmarks(runs: &[Run]) -> String {
    let all = runs.first().map_or(0, |run| run.landmarks.len());
    let missed = missed(runs.iter().map(|run| run.landmarks.as_slice()));
    format!("\n{} of {all} landmarks passed\n", all - missed.len())
}

/// One line: each invariant with how often it had something to judge.
#[must_use]
pub fn judged(premises: &[Premise]) -> String {
    let parts: Vec<String> = premises
        .iter()
        .map(|premise| format!("{} {}", premise.check, premise.times))
        .collect();
    format!("Judged: {}", parts.join(", "))
}

/// The invariants that had nothing to judge in any of these runs: nobody knows whether they see
/// anything.
#[must_use]
pub fn never_judged<'a>(runs: impl Iterator<Item = &'a [Premise]>) -> Vec<&'static str> {
    totals(runs)
        .into_iter()
        .filter(|(_, times, _)| *times == 0)
        .map(|(check, _, _)| check)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_run_judged_is_judged() {
        let (one, other) = ("one", "other");
        let run = |first: usize, second: usize| {
            [
                Premise {
                    check: one,
                    times: first,
                },
                Premise {
                    check: other,
                    times: second,
                },
            ]
        };
        let (nothing, something) = (run(0, 0), run(0, 3));
        assert_eq!(never_judged([&nothing[..], &something].into_iter()), [one]);
        assert_eq!(
            never_judged([&nothing[..], &nothing].into_iter()),
            [one, other]
        );
        assert_eq!(
            totals([&something[..], &something].into_iter()),
            [(one, 0, 0), (other, 6, 2)]
        );
    }
}
