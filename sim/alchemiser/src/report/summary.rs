use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

use crate::run::Run;

/// One row a scenario, and a closing count.
#[must_use]
pub fn summary(runs: &[Run]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    for run in runs {
        let time = format!("{:.1} ms", run.wall_time.as_secs_f64() * 1000.0);
        let verdict = if run.passed() { "pass" } else { "FAIL" };
        table.add_row([
            verdict.to_owned(),
            run.scenario.clone(),
            format!("{} checks", run.checks),
            lived(run),
            time,
        ]);
    }
    for index in [2, 3, 4] {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let rows: String = table
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    let failed = runs.iter().filter(|run| !run.passed()).count();
    format!(
        "{rows}\n{} scenarios: {} passed, {failed} failed\n",
        runs.len(),
        runs.len() - failed
    )
}

fn lived(run: &Run) -> String {
    let seconds = run.virtual_time.num_seconds();
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
