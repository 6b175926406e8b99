use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::counted;
use crate::error::CliError;
use crate::output::say;
use crate::parallel::{Jobs, in_order};
use crate::progress::progress;
use crate::run::lacks;
use crate::selection::Selection;
use alchemiser_binding::explore::{ALPHABET, Combinations, Outcome, Swept};
use alchemiser_binding::run::{BackendKind, run};
use alchemiser_binding::scenario::{Library, Loaded};
use alchemiser_binding::text_file::read_text;
use harness::explore::{Column, Coverage, Place, Row, points, struck};

/// What `explore matrix` takes.
#[derive(Debug, Args)]
pub struct MatrixArguments {
    /// The scenarios: names, parts of them, globs, or paths; all where none is named.
    scenarios: Vec<String>,
    /// The seed of the worlds.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    jobs: Jobs,
    /// Count the runs of sweeps too: a file of what `explore sweep --json` printed.
    #[arg(long, value_name = "FILE")]
    swept: Vec<PathBuf>,
    /// Name the cells that nobody has tried.
    #[arg(long)]
    untried: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

type Matrix = harness::explore::Matrix<Outcome>;

/// Shows what was tried of all that may go wrong, and which knobs go with which actions.
pub fn matrix(arguments: &MatrixArguments) -> Result<bool, CliError> {
    let library = Library::of_this_project()?;
    let mut scenarios = Selection::sound(&library, &arguments.scenarios)?;
    scenarios.retain(|loaded| lacks(&BackendKind::Virtual, loaded).is_none());
    let mut matrix = Matrix::new(ALPHABET);
    let mut combinations = Combinations::none();
    let jobs = arguments.jobs.get();
    let bar = progress(scenarios.len(), arguments.json, "{eta} left");
    let work = |loaded: &Loaded| {
        let run = run(&library, loaded, arguments.seed)?;
        Ok::<_, CliError>((points(&run.journal), struck(&run.journal)))
    };
    in_order(&scenarios, jobs, work, |loaded, found| {
        bar.inc(1);
        let (points, struck) = found?;
        for point in &points {
            matrix.know(&loaded.name, point)?;
        }
        for (point, effect) in &struck {
            matrix.tried(&loaded.name, point, effect, None)?;
        }
        Ok(combinations.add(loaded)?)
    })?;
    bar.finish_and_clear();
    let mut swept = 0;
    for path in &arguments.swept {
        swept += count_swept(&mut matrix, path)?;
    }
    if arguments.json {
        let told = as_json(&matrix, &combinations, scenarios.len(), swept);
        say(&format!("{told}\n"))?;
        return Ok(true);
    }
    say(&format!(
        "{} (seed {}) with the faults that are written in them, {} of sweeps\n{}{}{}",
        counted(scenarios.len(), "scenario"),
        arguments.seed,
        counted(swept, "run"),
        as_text(&matrix),
        knobs(&combinations),
        covered(&matrix)
    ))?;
    if arguments.untried {
        say(&untried(&matrix))?;
    }
    Ok(true)
}

/// A line a place, with what nobody has tried there.
fn untried(matrix: &Matrix) -> String {
    let mut text = String::new();
    for (place, row) in matrix.rows() {
        let cells = row.cells.iter().filter(|(_, cell)| cell.tried() == 0);
        let names: Vec<String> = cells.map(|(column, _)| name(column)).collect();
        if !names.is_empty() {
            text.push_str(&format!("untried: {place}: {}\n", names.join(", ")));
        }
    }
    text
}

/// Counts the runs of a sweep, and says how many there are.
fn count_swept(matrix: &mut Matrix, path: &Path) -> Result<usize, CliError> {
    let text = read_text(path).map_err(|source| CliError::Read {
        path: path.to_owned(),
        source,
    })?;
    let mut runs = 0;
    for (place, line) in text.lines().enumerate() {
        let swept = Swept::read(line).map_err(|source| CliError::Swept {
            path: path.to_owned(),
            line: place + 1,
            source,
        })?;
        let Swept {
            scenario,
            trial,
            outcome,
            is_met,
        } = swept;
        runs += 1;
        if !is_met {
            continue;
        }
        matrix.tried(&scenario, &trial.point, &trial.effect, Some(outcome))?;
    }
    Ok(runs)
}

/// A title, and the places below it.
type Table = (&'static str, fn(&Place) -> bool);

/// The kinds of places, each with a table of its own.
const TABLES: [Table; 3] = [
    ("Calls", |place| matches!(place, Place::Call { .. })),
    ("Deliveries", |place| {
        matches!(place, Place::Delivery { .. })
    }),
    ("Entries of PutEvents", |place| {
        matches!(place, Place::Entry { .. })
    }),
];

fn as_text(matrix: &Matrix) -> String {
    let mut text = String::new();
    for (title, is_of) in TABLES {
        let columns = matrix.columns(is_of);
        let head = columns.iter().map(|column| name(column));
        let head = [title.to_owned(), "points".to_owned()]
            .into_iter()
            .chain(head);
        let mut rows = vec![head.collect::<Vec<_>>()];
        for (place, row) in matrix.rows().filter(|(place, _)| is_of(place)) {
            let cells = columns.iter().map(|column| cell(row, column));
            let lead = [place.to_string(), row.points().to_string()];
            rows.push(lead.into_iter().chain(cells).collect());
        }
        if rows.len() > 1 {
            text.push_str(&format!("\n{}", table(&rows)));
        }
    }
    text
}

/// `.` where the effect is not legal, nothing where it was never tried; else at how many points it
/// was, and how the worst run ended.
fn cell(row: &Row<Outcome>, column: &Column) -> String {
    match row.cells.get(column) {
        None => ".".to_owned(),
        Some(cell) if cell.tried() == 0 => String::new(),
        Some(cell) => format!("{}{}", cell.tried(), letter(cell.worst)),
    }
}

/// What stands for the worst end of a cell.
fn letter(worst: Option<Outcome>) -> char {
    match worst {
        None => 'h',
        Some(Outcome::Golden) => 'g',
        Some(Outcome::Copied) => 'c',
        Some(Outcome::Told) => 't',
        Some(Outcome::Silent) => 'S',
        Some(Outcome::Violated) => 'V',
    }
}

/// A column in a word: what strikes after the work has a `+`.
fn name(column: &Column) -> String {
    let after = if column.is_after { "+" } else { "" };
    format!("{after}{}", column.effect)
}

fn knobs(combinations: &Combinations) -> String {
    let head = std::iter::once("Knobs").chain(combinations.actions.iter().map(String::as_str));
    let mut rows = vec![head.map(str::to_owned).collect::<Vec<_>>()];
    for knob in &combinations.knobs {
        let cells =
            combinations
                .actions
                .iter()
                .map(|action| match combinations.times(knob, action) {
                    0 => String::new(),
                    times => times.to_string(),
                });
        rows.push(std::iter::once(knob.clone()).chain(cells).collect());
    }
    format!("\n{}", table(&rows))
}

/// Columns as wide as their widest text; the first to the left, the others to the right.
fn table(rows: &[Vec<String>]) -> String {
    let width = |place: usize| {
        let texts = rows.iter().filter_map(|row| row.get(place));
        texts
            .map(|text| text.chars().count())
            .max()
            .unwrap_or_default()
    };
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate();
        let line: String = cells
            .map(|(place, (cell, width))| match place {
                0 => format!("{cell:width$}"),
                _ => format!("  {cell:>width$}"),
            })
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn covered(matrix: &Matrix) -> String {
    let Coverage { legal, tried } = matrix.coverage();
    let share = tried * 100 / legal.max(1);
    let beyond = match matrix.beyond() {
        0 => String::new(),
        many => format!(
            "; {} that the alphabet does not have there",
            counted(many, "fault")
        ),
    };
    format!("\n{tried} of {legal} legal cells tried ({share} %){beyond}\n")
}

fn as_json(matrix: &Matrix, combinations: &Combinations, scenarios: usize, swept: usize) -> Value {
    let place = |(place, row): (&Place, &Row<Outcome>)| {
        let cells = row.cells.iter().map(|(column, cell)| {
            json!({
                "effect": column.effect,
                "after": column.is_after,
                "tried": cell.tried(),
                "worst": cell.worst.map(Outcome::as_str),
            })
        });
        let cells: Vec<Value> = cells.collect();
        json!({ "place": place.to_string(), "points": row.points(), "cells": cells })
    };
    let knob = |knob: &String| {
        let actions = combinations.actions.iter();
        let times = actions.map(|action| (action.clone(), combinations.times(knob, action)));
        let times: serde_json::Map<String, Value> = times
            .map(|(action, times)| (action, times.into()))
            .collect();
        json!({ "knob": knob, "actions": times })
    };
    let Coverage { legal, tried } = matrix.coverage();
    json!({
        "scenarios": scenarios,
        "swept": swept,
        "places": matrix.rows().map(place).collect::<Vec<_>>(),
        "legal": legal,
        "tried": tried,
        "beyond": matrix.beyond(),
        "knobs": combinations.knobs.iter().map(knob).collect::<Vec<_>>(),
    })
}
