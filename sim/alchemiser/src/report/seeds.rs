use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use serde_json::{Value, json};

use crate::run::Run;

/// One row a scenario, and a closing count; `runs` are in the order of their scenarios, under
/// several seeds each.
#[must_use]
pub fn seeds_summary(runs: &[Run]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    let by_scenario: Vec<&[Run]> = runs
        .chunk_by(|one, other| one.scenario == other.scenario)
        .collect();
    for runs in &by_scenario {
        let failed: Vec<String> = failed(runs).map(|run| run.seed.to_string()).collect();
        let (verdict, under) = if failed.is_empty() {
            ("pass", String::new())
        } else {
            ("FAIL", format!("under {}", failed.join(", ")))
        };
        let milliseconds = runs
            .iter()
            .map(|run| run.wall_time.as_secs_f64() * 1000.0)
            .sum::<f64>();
        let time = format!("{milliseconds:.1} ms");
        table.add_row([
            verdict.to_owned(),
            runs[0].scenario.clone(),
            format!("{} seeds", runs.len()),
            under,
            time,
        ]);
    }
    for index in [2, 4] {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let rows: String = table
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    let failed = failed(runs).count();
    format!(
        "{rows}\n{} scenarios, {} runs: {} passed, {failed} failed\n",
        by_scenario.len(),
        runs.len(),
        runs.len() - failed
    )
}

/// The count for machines, with each scenario and seed that failed.
#[must_use]
pub fn seeds_total(runs: &[Run]) -> Value {
    let failed: Vec<Value> = failed(runs)
        .map(|run| json!({ "scenario": run.scenario, "seed": run.seed }))
        .collect();
    json!({ "runs": runs.len(), "passed": runs.len() - failed.len(), "failed": failed })
}

fn failed(runs: &[Run]) -> impl Iterator<Item = &Run> {
    runs.iter().filter(|run| !run.passed())
}
