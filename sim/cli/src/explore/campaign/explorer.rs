use std::collections::BTreeMap;

use super::terms::{Item, SweepTerms};
use crate::error::CliError;
use alchemiser_binding::check::check_all;
use alchemiser_binding::explore::{
    Base, Finding, Signature, WildError, fault_line, wander, with_faults, world,
};
use alchemiser_binding::landmark::passed;
use alchemiser_binding::scenario::{Document, Library};
use harness::campaign::{Found, ItemResult};
use harness::check::Violation;
use harness::explore::{Tape, Trial};
use harness::journal::Journal;

/// Tries items, one after another.
pub struct Explorer<'a> {
    library: &'a Library,
    /// The scenario that is swept right now.
    sweep: Option<Sweep<'a>>,
}

struct Sweep<'a> {
    terms: &'a SweepTerms,
    base: Base,
    trials: Vec<Trial>,
}

impl<'a> Explorer<'a> {
    pub fn new(library: &'a Library) -> Self {
        Self {
            library,
            sweep: None,
        }
    }

    /// What becomes of an item.
    pub fn explore(&mut self, item: &Item<'a>) -> Result<ItemResult, CliError> {
        let result = match item {
            Item::Trial { sweep, number } => self.attempt(sweep, *number)?,
            Item::World { seed } => self.wander(*seed)?,
        };
        let item = match result.item.as_str() {
            "" => item.to_string(),
            fault => format!("{item}: {fault}"),
        };
        Ok(ItemResult { item, ..result })
    }

    fn attempt(&mut self, terms: &'a SweepTerms, number: u64) -> Result<ItemResult, CliError> {
        let library = self.library;
        let sweep = self.sweep_of(terms)?;
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        let trial = sweep
            .trials
            .get(place)
            .expect("the plan counted the trials");
        let tried = sweep.base.attempt(library, trial)?;
        // As a sweep does, a trial that strikes nothing is told.
        let unmet = || {
            let words = "the fault of a trial met nothing";
            Signature::of(&Violation::plain("met nothing", words))
        };
        let signature = tried.signature.or_else(|| (!tried.is_met).then(unmet));
        let document = || Document::read(&terms.text).expect("it was read as a scenario before");
        let found = signature.map(|signature| Found {
            signature: signature.to_string(),
            plan: Finding::new(signature, with_faults(document(), &[trial])).file(),
        });
        Ok(ItemResult {
            item: fault_line(trial),
            outcome: tried.outcome.as_str().to_owned(),
            runs: 1,
            found,
            ..shown(&tried.journal)
        })
    }

    /// The sweep of a scenario: what it does without a further fault is looked at once.
    fn sweep_of(&mut self, terms: &'a SweepTerms) -> Result<&Sweep<'a>, CliError> {
        if self.sweep.as_ref().is_none_or(|sweep| sweep.terms != terms) {
            let loaded = terms.load(self.library)?;
            let base = Base::of(self.library, &loaded, terms.seed)?;
            let trials = base.trials()?;
            self.sweep = Some(Sweep {
                terms,
                base,
                trials,
            });
        }
        Ok(self.sweep.as_ref().expect("it was just set"))
    }

    fn wander(&self, seed: u64) -> Result<ItemResult, CliError> {
        match wander(self.library, &mut Tape::new(seed)) {
            Ok(wild) => {
                let signature = wild.judged.signature;
                let found = signature.map(|signature| Found {
                    signature: signature.to_string(),
                    plan: Finding::new(signature, wild.document).file(),
                });
                Ok(ItemResult {
                    outcome: wild.judged.outcome.as_str().to_owned(),
                    runs: wild.runs.into(),
                    found,
                    ..shown(&wild.journal)
                })
            }
            // One world of a million that is none does not end the campaign.
            Err(WildError::World { source, .. }) => {
                let violation = Violation::plain("no scenario", source.to_string());
                Ok(ItemResult {
                    outcome: "no scenario".to_owned(),
                    found: Some(Found {
                        signature: Signature::of(&violation).to_string(),
                        plan: world(&mut Tape::new(seed)).write(),
                    }),
                    ..ItemResult::default()
                })
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What a journal shows of where the run has been.
fn shown(journal: &Journal) -> ItemResult {
    let landmarks = passed(journal).into_iter();
    let landmarks = landmarks.map(|passage| (passage.landmark.to_owned(), passage.times as u64));
    let premises = check_all(journal).premises.into_iter();
    let premises: BTreeMap<String, u64> = premises
        .map(|premise| (premise.check.to_owned(), premise.times as u64))
        .collect();
    ItemResult {
        journal: journal.hash(),
        landmarks: landmarks.collect(),
        premises,
        ..ItemResult::default()
    }
}
