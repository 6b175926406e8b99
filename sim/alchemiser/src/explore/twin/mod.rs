//! Twins: the world of a scenario, changed in a way that must not matter. What does not hold by
//! itself in any one run may show between two: no invariant knows what the right end of a run is,
//! but a twin must come to the same one.

mod alone;
mod day;
mod files;
mod money;
mod strays;
mod symbols;
mod walk;

use super::random::carry_out;
use super::sweep::golden;
use super::{Ending, Judged, Outcome, Signature};
use crate::run::RunError;
use crate::scenario::{Document, Library, Scenario};
use harness::check::Violation;
use harness::explore::Tape;
use harness::journal::Journal;

/// A way to change a world that must not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Twin {
    /// All symbols have other names, in the same order.
    Symbols,
    /// The strategies are read in another order, and so are what they weigh.
    Files,
    /// There is ten times as much money, and there are ten times as many shares.
    Money,
    /// All happens whole weeks later.
    Day,
    /// Each strategy has the world for itself.
    Alone,
    /// Events come that nobody asked for: copies, spoiled ones, and such as a rule nearly matches.
    Strays,
}

/// What differs between a world and its twin.
const OTHERWISE: &str = "the twin ends otherwise";

impl Twin {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Symbols,
        Self::Files,
        Self::Money,
        Self::Day,
        Self::Alone,
        Self::Strays,
    ];

    /// In a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Symbols => "symbols",
            Self::Files => "files",
            Self::Money => "money",
            Self::Day => "day",
            Self::Alone => "alone",
            Self::Strays => "strays",
        }
    }

    /// For one world in eight, one of the twins that it has.
    pub(super) fn of_chance(tape: &mut Tape, document: &Document) -> Option<Self> {
        if !tape.happens("has a twin", 1, 8) {
            return None;
        }
        let all = Self::ALL.into_iter();
        let there: Vec<Self> = all.filter(|twin| twin.is_there(document)).collect();
        let place = usize::try_from(tape.choose("twin", there.len() as u64)).ok()?;
        there.get(place).copied()
    }

    fn check(self) -> String {
        format!("twin {}", self.as_str())
    }

    /// The twin that a finding is about, if it is about one.
    #[must_use]
    pub fn of(signature: &Signature) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|twin| signature.is_of(&twin.check()))
    }

    /// Whether a world has this twin: where the change would matter, there is none.
    #[must_use]
    pub fn is_there(self, document: &Document) -> bool {
        match self {
            Self::Strays => strays::is_there(&document.0),
            _ => self.document(document, &Journal::default()).is_some(),
        }
    }

    /// The changed world, or the first of some; none where the change would matter. The journal is that
    /// of the first world.
    #[must_use]
    pub fn document(self, document: &Document, journal: &Journal) -> Option<Document> {
        let changed = match self {
            Self::Symbols => symbols::twin(&document.0),
            Self::Files => files::twin(&document.0),
            Self::Money => money::twin(&document.0),
            Self::Day => day::twin(&document.0),
            Self::Alone => {
                let twins = alone::twins(&document.0)?;
                twins.into_iter().next().map(|(_, twin)| twin)
            }
            Self::Strays => strays::twin(&document.0, journal),
        };
        changed.map(Document)
    }

    /// How the first world ended, in the terms of this twin.
    fn there(self, scenario: &Scenario, journal: &Journal) -> Ending {
        match self {
            Self::Strays => golden(scenario, &strays::of_the_system(journal)).without_losses(),
            _ => golden(scenario, journal),
        }
    }

    /// How the changed world ended, in the terms of the first.
    fn here(self, scenario: &Scenario, journal: &Journal) -> Ending {
        let ending = self.there(scenario, journal);
        match self {
            Self::Symbols => ending.with_account(symbols::back),
            Self::Money => ending.with_account(money::back),
            Self::Files | Self::Day | Self::Alone | Self::Strays => ending,
        }
    }

    /// Runs the changed world, and holds its end against that of the first, which is sound. None
    /// where the change would matter. What the changed world breaks is found in it, and not between
    /// the two.
    ///
    /// # Errors
    /// The changed world is no scenario.
    pub fn judge(
        self,
        library: &Library,
        document: &Document,
        (scenario, journal): (&Scenario, &Journal),
    ) -> Result<Option<Compared>, RunError> {
        if self == Self::Alone {
            return judge_alone(library, document, journal);
        }
        let Some(changed) = self.document(document, journal) else {
            return Ok(None);
        };
        let (of_changed, run) = carry_out(library, &changed)?;
        let judged = Judged::of(&run, None);
        if judged.signature.is_some() {
            return Ok(Some(Compared {
                document: changed,
                judged,
            }));
        }
        let here = self.here(&of_changed, &run.journal);
        Ok(Some(Compared {
            document: document.clone(),
            judged: self.compared(&here.differences(&self.there(scenario, journal))),
        }))
    }

    fn compared(self, differences: &[String]) -> Judged {
        if differences.is_empty() {
            return Judged {
                outcome: Outcome::Golden,
                violations: Vec::new(),
                signature: None,
            };
        }
        let check = self.check();
        let words = format!("{OTHERWISE}: {}", differences.join("; "));
        Judged {
            outcome: Outcome::Silent,
            violations: vec![Violation::plain(&check, words)],
            signature: Some(Signature::of(&Violation::plain(&check, OTHERWISE))),
        }
    }
}

/// Runs each of a world's strategies alone: together they want what each of them wants, by its
/// share.
fn judge_alone(
    library: &Library,
    document: &Document,
    journal: &Journal,
) -> Result<Option<Compared>, RunError> {
    let Some(twins) = alone::twins(&document.0) else {
        return Ok(None);
    };
    let together = alone::wanted(journal);
    let mut each = Vec::new();
    for (share, twin) in twins {
        let changed = Document(twin);
        let (_, run) = carry_out(library, &changed)?;
        let judged = Judged::of(&run, None);
        if judged.signature.is_some() {
            return Ok(Some(Compared {
                document: changed,
                judged,
            }));
        }
        each.push((share, alone::wanted(&run.journal)));
    }
    Ok(Some(Compared {
        document: document.clone(),
        judged: Twin::Alone.compared(&alone::differences(&together, &each)),
    }))
}

/// What a world and its twin came to.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The world that shows it: the first one, where the two end otherwise.
    pub document: Document,
    /// What they show.
    pub judged: Judged,
}

/// Runs a world, and its twin: none where there is no such twin, or where it does not hold by itself.
///
/// # Errors
/// A mistake in the scenario.
pub fn judged_with_twin(
    library: &Library,
    document: &Document,
    twin: Twin,
) -> Result<Option<Judged>, RunError> {
    if !twin.is_there(document) {
        return Ok(None);
    }
    let (scenario, run) = carry_out(library, document)?;
    if Judged::of(&run, None).signature.is_some() {
        return Ok(None);
    }
    let compared = twin.judge(library, document, (&scenario, &run.journal))?;
    Ok(compared.map(|compared| compared.judged))
}

#[cfg(test)]
mod tests;
