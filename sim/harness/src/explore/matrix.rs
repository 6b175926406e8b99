use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use super::{Alphabet, Effect, Point, UnknownOperation};
use crate::fault::{CallEffect, DeliveryEffect, Phase};
use crate::journal::{Journal, JournalEvent};
use simulated_cloud::cloud_event::{CloudEvent, Disturbance};

/// A row of the matrix: the points that differ in their numbers alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Calls of one operation, in what one trigger woke.
    Call {
        /// What woke the function.
        trigger: String,
        /// Who is called, and for what.
        operation: String,
    },
    /// Deliveries of one type by one rule.
    Delivery {
        /// The events' type.
        detail_type: String,
        /// The rule's name.
        rule: String,
    },
    /// Entries of one type.
    Entry {
        /// The events' type.
        detail_type: String,
    },
}

impl From<&Point> for Place {
    fn from(point: &Point) -> Self {
        match point {
            Point::Call { site, .. } => Self::Call {
                trigger: site.trigger.clone(),
                operation: site.operation.clone(),
            },
            Point::Delivery {
                detail_type, rule, ..
            } => Self::Delivery {
                detail_type: detail_type.clone(),
                rule: rule.clone(),
            },
            Point::Entry { detail_type, .. } => Self::Entry {
                detail_type: detail_type.clone(),
            },
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { trigger, operation } => write!(formatter, "{trigger} / {operation}"),
            Self::Delivery { detail_type, rule } => {
                write!(formatter, "delivery of {detail_type} by {rule}")
            }
            Self::Entry { detail_type } => write!(formatter, "entry of {detail_type}"),
        }
    }
}

/// A column of the matrix: what may strike, and when. Statuses are one column, but for 429.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    /// Whether it strikes after the work: deliveries and entries have no such phases.
    pub is_after: bool,
    /// What strikes.
    pub effect: String,
}

impl Column {
    /// The column of an effect.
    #[must_use]
    pub fn of(effect: &Effect) -> Self {
        let (is_after, effect) = match effect {
            Effect::Call(phase, effect) => (*phase == Phase::After, name_of_call(effect)),
            Effect::Delivery(effect) => (false, name_of_delivery(effect)),
        };
        Self { is_after, effect }
    }
}

fn name_of_call(effect: &CallEffect) -> String {
    match effect {
        CallEffect::Status(429) => "429".to_owned(),
        CallEffect::Status(_) => "status".to_owned(),
        CallEffect::Reset => "reset".to_owned(),
        CallEffect::Hang => "hang".to_owned(),
        CallEffect::Crash => "crash".to_owned(),
        CallEffect::TimeOut => "time-out".to_owned(),
        CallEffect::Delay(by) => span(*by),
        CallEffect::Late(by) => format!("arrives {}", span(*by)),
        CallEffect::Pace(_) => "slow".to_owned(),
        CallEffect::PowerLoss => "power loss".to_owned(),
    }
}

fn name_of_delivery(effect: &DeliveryEffect) -> String {
    match effect {
        DeliveryEffect::Duplicate(after) => format!("copy {}", span(*after)),
        DeliveryEffect::Delay(by) => format!("late {}", span(*by)),
        DeliveryEffect::Fail | DeliveryEffect::FailEntry => "fail".to_owned(),
    }
}

fn span(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds >= 60 && seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// What is known of one effect at one place.
#[derive(Clone, Debug)]
pub struct Cell<O> {
    tried: BTreeSet<String>,
    /// The worst end of a run with it; none where nobody has held one against the run without.
    pub worst: Option<O>,
}

impl<O> Cell<O> {
    /// At how many points it was tried.
    #[must_use]
    pub fn tried(&self) -> usize {
        self.tried.len()
    }
}

/// One place, with all that may strike there.
#[derive(Clone, Debug)]
pub struct Row<O> {
    points: BTreeSet<String>,
    /// What is legal there.
    pub cells: BTreeMap<Column, Cell<O>>,
}

impl<O> Row<O> {
    /// How many points of it are known.
    #[must_use]
    pub fn points(&self) -> usize {
        self.points.len()
    }
}

/// What was tried of all that may go wrong: places by effects. `O` is how a run ends, the worst last.
#[derive(Clone, Debug)]
pub struct Matrix<O> {
    alphabet: Alphabet,
    rows: BTreeMap<Place, Row<O>>,
    beyond: usize,
}

impl<O: Ord + Copy> Matrix<O> {
    /// An empty matrix: nothing is known yet.
    #[must_use]
    pub fn new(alphabet: Alphabet) -> Self {
        Self {
            alphabet,
            rows: BTreeMap::new(),
            beyond: 0,
        }
    }

    /// The places that are known, in their order.
    pub fn rows(&self) -> impl Iterator<Item = (&Place, &Row<O>)> {
        self.rows.iter()
    }

    /// The columns that rows of these places have, in the order of the alphabet, first those before
    /// the work.
    #[must_use]
    pub fn columns(&self, of: fn(&Place) -> bool) -> Vec<&Column> {
        let known = self.alphabet.all_effects();
        let known: Vec<Column> = known.iter().map(Column::of).collect();
        let rows = self.rows.iter().filter(|(place, _)| of(place));
        let columns: BTreeSet<&Column> = rows.flat_map(|(_, row)| row.cells.keys()).collect();
        let mut columns: Vec<&Column> = columns.into_iter().collect();
        columns.sort_by_key(|column| {
            let place = known.iter().position(|one| one == *column);
            (column.is_after, place)
        });
        columns
    }

    /// How many faults struck that the alphabet does not have there, nor any like them.
    #[must_use]
    pub fn beyond(&self) -> usize {
        self.beyond
    }

    /// Learns of a point of the run `run`.
    ///
    /// # Errors
    /// [`UnknownOperation`]
    pub fn know(&mut self, run: &str, point: &Point) -> Result<(), UnknownOperation> {
        let legal = self.alphabet.effects(point)?;
        let row = self.rows.entry(Place::from(point)).or_insert_with(|| Row {
            points: BTreeSet::new(),
            cells: BTreeMap::new(),
        });
        row.points.insert(format!("{run}: {point}"));
        for effect in &legal {
            row.cells.entry(Column::of(effect)).or_insert_with(|| Cell {
                tried: BTreeSet::new(),
                worst: None,
            });
        }
        Ok(())
    }

    /// Learns that an effect struck a point of the run `run`, and how that ended. One that the
    /// alphabet does not have counts for the nearest that it has.
    ///
    /// # Errors
    /// [`UnknownOperation`]
    pub fn tried(
        &mut self,
        run: &str,
        point: &Point,
        effect: &Effect,
        outcome: Option<O>,
    ) -> Result<(), UnknownOperation> {
        self.know(run, point)?;
        let Some(effect) = self.alphabet.nearest(point, effect)? else {
            self.beyond += 1;
            return Ok(());
        };
        let row = self.rows.get_mut(&Place::from(point));
        let cell = row.and_then(|row| row.cells.get_mut(&Column::of(&effect)));
        if let Some(cell) = cell {
            cell.tried.insert(format!("{run}: {point}"));
            cell.worst = cell.worst.max(outcome);
        }
        Ok(())
    }

    /// How many cells are legal, and how many of them were tried.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let cells = || self.rows.values().flat_map(|row| row.cells.values());
        Coverage {
            legal: cells().count(),
            tried: cells().filter(|cell| cell.tried() > 0).count(),
        }
    }
}

/// How much of the matrix was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Cells that are legal at a place that is known.
    pub legal: usize,
    /// Those of them in which something was tried.
    pub tried: usize,
}

/// What faults struck in a run, and where, whoever wrote them. A point that is struck has the number
/// of the fault's entry for its own.
#[must_use]
pub fn struck(journal: &Journal) -> Vec<(Point, Effect)> {
    let mut found = Vec::new();
    for (nth, entry) in (1..).zip(journal.entries()) {
        match &entry.fact {
            JournalEvent::Fault {
                site,
                phase,
                effect,
                ..
            } => {
                let site = site.clone();
                let effect = Effect::Call(*phase, effect.clone());
                found.push((Point::Call { site, nth }, effect));
            }
            JournalEvent::Cloud {
                record:
                    CloudEvent::DeliveryDisturbed {
                        detail_type,
                        rule,
                        disturbance,
                        ..
                    },
            } => {
                let point = Point::Delivery {
                    detail_type: detail_type.clone(),
                    rule: rule.clone(),
                    nth,
                };
                found.push((point, Effect::Delivery(effect_of(*disturbance))));
            }
            JournalEvent::Cloud {
                record:
                    CloudEvent::EventRefused {
                        detail_type,
                        is_injected: true,
                        ..
                    },
            } => {
                let detail_type = detail_type.clone();
                let effect = Effect::Delivery(DeliveryEffect::FailEntry);
                found.push((Point::Entry { detail_type, nth }, effect));
            }
            _ => {}
        }
    }
    found
}

fn effect_of(disturbance: Disturbance) -> DeliveryEffect {
    match disturbance {
        Disturbance::Delayed { by_ms } => DeliveryEffect::Delay(Duration::from_millis(by_ms)),
        Disturbance::Duplicated { after_ms } => {
            DeliveryEffect::Duplicate(Duration::from_millis(after_ms))
        }
        Disturbance::Failed => DeliveryEffect::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ANY_CALL, BOTH_PHASES, CallRow, Operations};
    use super::*;
    use crate::fault::Site;

    const ALPHABET: Alphabet = Alphabet {
        calls: &[
            CallRow {
                party: "bank",
                operations: Operations::All,
                phases: BOTH_PHASES,
                effects: &[CallEffect::Status(503)],
            },
            CallRow {
                party: "bank",
                operations: Operations::All,
                phases: &[Phase::Before],
                effects: ANY_CALL,
            },
        ],
        reads: &[],
        writes: &["bank POST payments"],
        deliveries: Alphabet::DELIVERIES,
    };

    fn call(nth: u32) -> Point {
        let site = Site {
            trigger: "OrderPlaced".to_owned(),
            operation: "bank POST payments".to_owned(),
            number: 1,
        };
        Point::Call { site, nth }
    }

    fn cell(matrix: &Matrix<u8>, is_after: bool, effect: &str) -> (usize, Option<u8>) {
        let effect = effect.to_owned();
        let (_, row) = matrix.rows().next().expect("a row");
        let cell = &row.cells[&Column { is_after, effect }];
        (cell.tried(), cell.worst)
    }

    #[test]
    fn a_fault_counts_for_the_nearest_effect_of_the_alphabet_at_its_place() {
        let mut matrix: Matrix<u8> = Matrix::new(ALPHABET);
        for nth in [1, 2, 2] {
            matrix.know("day", &call(nth)).expect("the bank is known");
        }
        let mut tried = |nth, phase, effect, outcome| {
            let effect = Effect::Call(phase, effect);
            matrix
                .tried("day", &call(nth), &effect, outcome)
                .expect("the bank is known");
        };
        tried(1, Phase::Before, CallEffect::Status(504), Some(1));
        tried(2, Phase::Before, CallEffect::Status(503), Some(3));
        tried(2, Phase::Before, CallEffect::Status(503), Some(2));
        let ten_seconds = Duration::from_secs(10);
        tried(3, Phase::Before, CallEffect::Delay(ten_seconds), None);
        tried(1, Phase::After, CallEffect::Crash, None);
        assert_eq!(cell(&matrix, false, "status"), (2, Some(3)));
        assert_eq!(cell(&matrix, false, "3s"), (1, None));
        assert_eq!(cell(&matrix, false, "50s"), (0, None));
        assert_eq!(cell(&matrix, true, "status"), (0, None));
        assert_eq!(matrix.beyond(), 1, "the bank does not crash afterwards");
        assert_eq!(matrix.coverage(), Coverage { legal: 8, tried: 2 });
        let (place, row) = matrix.rows().next().expect("a row");
        assert_eq!(place.to_string(), "OrderPlaced / bank POST payments");
        assert_eq!(row.points(), 3);
    }
}
