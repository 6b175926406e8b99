use std::time::Duration;

use super::{ALPHABET, Base, Tried};
use crate::run::{BackendKind, RunError};
use crate::scenario::{Action, Library, LoadError, Moment, ReplaySpec, Span, account_with, change};
use harness::explore::{Effect, Trial, UnknownOperation};
use harness::fault::CallEffect;
use simulated_cloud::stack::Stack;

/// What becomes of a system whose every execution environment dies in one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grade {
    /// It comes to a sound end by itself: every workflow of the undisturbed run has an end, and a
    /// mail of it.
    ByItself,
    /// It does once an operator has done what these runbooks say.
    ByRunbooks(Vec<&'static str>),
    /// Neither.
    Never,
}

/// What came of a loss of power.
#[derive(Clone, Debug)]
pub struct Fate {
    /// The grade.
    pub grade: Grade,
    /// The run in which nobody helped.
    pub alone: Tried,
}

impl Fate {
    /// What is wrong where nobody helps.
    #[must_use]
    pub fn trouble(&self) -> String {
        let violation = self.alone.violations.first();
        violation.map_or_else(
            || "somebody is told, and a workflow has no end or no mail".to_owned(),
            ToString::to_string,
        )
    }
}

/// A page of `docs/runbooks`, and what an operator does who follows it. Each takes a little longer
/// than it takes to be told.
#[derive(Clone, Debug)]
struct Runbook {
    page: &'static str,
    actions: Vec<Action>,
}

/// The runbooks that bring a system on, each so that the next finds done what it needs: the watchdog's
/// mail is no use where the rule of mails is off. What has no queue is not redriven, and what has no
/// archive not replayed.
fn runbooks(stack: &Stack, from: Moment, to: Moment) -> Vec<Runbook> {
    let hour = || Action::Advance(Span(Duration::from_secs(3_600)));
    let mut targets = stack.rules.iter().flat_map(|rule| &rule.targets);
    let has_letters = targets.any(|target| target.dead_letter_arn.is_some());
    let rules = stack.rules.iter().filter(|rule| rule.pattern.is_some());
    let enabled = rules.map(|rule| Action::EnableRule(rule.logical_id.clone()));
    let replay = Action::Replay(ReplaySpec { from, to });
    let replay = (!stack.archives.is_empty()).then_some(replay);
    let watchdog = Action::Invoke(serde_json::json!({"mode": "watchdog"}));
    let page = |page, actions: Vec<Action>| Runbook {
        page,
        actions: actions.into_iter().chain([hour()]).collect(),
    };
    let letters = has_letters.then(|| page("dead-letters", vec![Action::Redrive]));
    letters
        .into_iter()
        .chain([
            page("replay", enabled.chain(replay).collect()),
            page("stuck-workflow", vec![watchdog]),
        ])
        .collect()
}

impl Base {
    /// A loss of power wherever an execution environment may crash: before each call of the run and
    /// after it, in their order.
    ///
    /// # Errors
    /// An operation of which nobody has said what may happen to it.
    pub fn power_losses(&self) -> Result<Vec<Trial>, UnknownOperation> {
        let mut losses = Vec::new();
        for point in &self.points {
            for effect in ALPHABET.effects(point)? {
                if let Effect::Call(phase, CallEffect::Crash) = effect {
                    losses.push(Trial {
                        point: point.clone(),
                        effect: Effect::Call(phase, CallEffect::PowerLoss),
                    });
                }
            }
        }
        Ok(losses)
    }

    /// Lets the power fail, and sees what becomes of it: alone, and where that is not well, with
    /// each runbook, and with all of them.
    ///
    /// # Errors
    /// A mistake in the scenario.
    pub fn fate(&self, library: &Library, loss: &Trial) -> Result<Fate, RunError> {
        let alone = self.attempt(library, loss)?;
        if self.is_well(&alone) {
            let grade = Grade::ByItself;
            return Ok(Fate { grade, alone });
        }
        let books = self.runbooks(library, &alone)?;
        let alone_or_all = books.iter().map(std::slice::from_ref).chain([&books[..]]);
        for books in alone_or_all {
            let actions = books.iter().flat_map(|book| book.actions.clone());
            let helped = self.with_help(actions).attempt(library, loss)?;
            if self.is_well(&helped) {
                let pages = books.iter().map(|book| book.page).collect();
                let grade = Grade::ByRunbooks(pages);
                return Ok(Fate { grade, alone });
            }
        }
        let grade = Grade::Never;
        Ok(Fate { grade, alone })
    }

    fn runbooks(&self, library: &Library, alone: &Tried) -> Result<Vec<Runbook>, LoadError> {
        let given = &self.scenario().given;
        let account = account_with(BackendKind::Virtual.account());
        let mut stack = library.stack(&given.parameters(), &account)?;
        // The run before this one was made with the same changes: there is no mistake in them.
        change(&mut stack, &given.topology);
        let entries = alone.journal.entries();
        let at = |entry: Option<&harness::journal::Entry>| {
            Moment(entry.map_or_else(|| given.clock.instant(), |entry| entry.at))
        };
        Ok(runbooks(&stack, at(entries.first()), at(entries.last())))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A page that brings nothing on: it takes things back.
    const BRAKE: &str = "rollback.md";

    #[test]
    fn every_page_of_the_runbooks_is_followed() {
        let library = Library::of_this_project().expect("the project's files are there");
        let stack = library
            .stack(&Default::default(), &account_with("123456789012"))
            .expect("the template is sound");
        let clock = Moment(chrono::DateTime::UNIX_EPOCH);
        let followed: BTreeSet<String> = runbooks(&stack, clock, clock)
            .iter()
            .map(|book| format!("{}.md", book.page))
            .collect();
        let folder = library.root().join("docs/runbooks");
        let pages = std::fs::read_dir(folder).expect("the folder can be read");
        let pages: BTreeSet<String> = pages
            .map(|page| {
                page.expect("a file")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .filter(|page| page != "README.md" && page != BRAKE)
            .collect();
        assert_eq!(followed, pages);
    }
}
