use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{CallEffect, CallFault, DeliveryEffect, DeliveryFault, FAULTS, Phase, Site, Unmet};
use seeded_dice::{Dice, Key};
use simulated_cloud::fault_hook::{DeliveryStep, DeliveryVerdict};

/// The faults of a run, and how often each was applied.
#[derive(Debug, Default)]
pub struct Faults {
    calls: Vec<Scripted<CallFault>>,
    deliveries: Vec<Scripted<DeliveryFault>>,
    crashes: Option<Crashes>,
}

/// A fault, its line in the scenario from 0, and how often it was met and applied.
#[derive(Debug)]
struct Scripted<F> {
    fault: F,
    line: usize,
    met: u32,
    applied: u32,
}

impl<F> Scripted<F> {
    fn all(faults: Vec<(usize, F)>) -> Vec<Self> {
        faults
            .into_iter()
            .map(|(line, fault)| Self {
                fault,
                line,
                met: 0,
                applied: 0,
            })
            .collect()
    }

    /// Counts one more thing that the fault is about, and says whether the fault's turn has come:
    /// from the `nth` on, `times` times. Others may take it first; it is counted all the same.
    fn meets(&mut self, nth: u32, times: u32) -> bool {
        self.met += 1;
        self.met >= nth && self.applied < times
    }
}

/// The first of those that are about something and whose turn has come; it counts as applied.
fn first<F>(
    all: &mut [Scripted<F>],
    is_about: impl Fn(&F) -> bool,
    turn: impl Fn(&F) -> (u32, u32),
) -> Option<&F> {
    let mut taken = None;
    for scripted in all.iter_mut().filter(|scripted| is_about(&scripted.fault)) {
        let (nth, times) = turn(&scripted.fault);
        if scripted.meets(nth, times) && taken.is_none() {
            scripted.applied += 1;
            taken = Some(&scripted.fault);
        }
    }
    taken
}

/// Execution environments that die at calls that nobody named.
#[derive(Debug)]
struct Crashes {
    per_mille: u32,
    dice: Dice,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallVerdict {
    /// When.
    pub phase: Phase,
    /// What.
    pub effect: CallEffect,
}

impl Faults {
    /// The faults of a scenario, each with its line there.
    #[must_use]
    pub fn new(calls: Vec<(usize, CallFault)>, deliveries: Vec<(usize, DeliveryFault)>) -> Self {
        Self {
            calls: Scripted::all(calls),
            deliveries: Scripted::all(deliveries),
            crashes: None,
        }
    }

    /// The same, and of a thousand calls so many kill the execution environment, before or after
    /// the work.
    #[must_use]
    pub fn with_crashes(mut self, per_mille: u32, seed: u64) -> Self {
        self.crashes = (per_mille > 0).then(|| Crashes {
            per_mille,
            dice: Dice::new(seed),
        });
        self
    }

    /// The first fault that hits a call at `site` in an attempt now, if any; it counts as applied.
    /// `cause` is what this try of the call is to the dice.
    pub fn on_call(
        &mut self,
        now: DateTime<Utc>,
        site: &Site,
        attempt: u32,
        cause: Key,
    ) -> Option<CallVerdict> {
        let is_about = |fault: &CallFault| {
            fault.until.is_none_or(|until| now < until)
                && fault.at.matches(site)
                && fault.attempt.is_none_or(|wanted| wanted == attempt)
        };
        let named = first(&mut self.calls, is_about, |fault| (fault.nth, fault.times));
        if let Some(fault) = named {
            return Some(CallVerdict {
                phase: fault.phase,
                effect: fault.effect.clone(),
            });
        }
        let Crashes { per_mille, dice } = self.crashes.as_ref()?;
        let phase = if dice.happens(cause.text("crash before"), 500) {
            Phase::Before
        } else {
            Phase::After
        };
        dice.happens(cause.text("crash"), *per_mille)
            .then_some(CallVerdict {
                phase,
                effect: CallEffect::Crash,
            })
    }

    /// What becomes of a delivery.
    pub fn on_delivery(&mut self, step: &DeliveryStep<'_>) -> DeliveryVerdict {
        let wanted = |fault: &DeliveryFault| {
            fault.detail_type == step.detail_type
                && fault
                    .rule
                    .as_deref()
                    .is_none_or(|rule| step.rule.starts_with(rule))
                && fault.effect != DeliveryEffect::FailEntry
        };
        let found = first(&mut self.deliveries, wanted, |fault| {
            (fault.nth, fault.times)
        });
        let Some(fault) = found else {
            return DeliveryVerdict::Pass;
        };
        match fault.effect {
            DeliveryEffect::Duplicate(after) => DeliveryVerdict::Duplicate(after),
            DeliveryEffect::Delay(by) => DeliveryVerdict::Delay(by.max(Duration::from_millis(1))),
            DeliveryEffect::Fail | DeliveryEffect::FailEntry => DeliveryVerdict::Fail("TIMEOUT"),
        }
    }

    /// Whether PutEvents refuses an entry.
    pub fn on_entry(&mut self, detail_type: &str) -> bool {
        let is_about = |fault: &DeliveryFault| {
            fault.detail_type == detail_type && fault.effect == DeliveryEffect::FailEntry
        };
        first(&mut self.deliveries, is_about, |fault| {
            (fault.nth, fault.times)
        })
        .is_some()
    }

    /// The faults that hit nothing: a scenario with one of these tests something else than it says.
    #[must_use]
    pub fn unused(&self) -> Vec<Unmet> {
        let unmet = |line: usize, at: String| {
            Unmet::line(FAULTS, line, format!("the fault at `{at}` hit nothing"))
        };
        let calls = self.calls.iter().filter(|scripted| scripted.applied == 0);
        let deliveries = self
            .deliveries
            .iter()
            .filter(|scripted| scripted.applied == 0);
        let calls = calls.map(|scripted| unmet(scripted.line, scripted.fault.at.to_string()));
        let deliveries = deliveries.map(|scripted| {
            unmet(
                scripted.line,
                format!("delivery of {}", scripted.fault.detail_type),
            )
        });
        calls.chain(deliveries).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::SitePattern;

    #[test]
    fn the_nth_call_is_counted_whoever_took_those_before() {
        let at = SitePattern::parse("* / bank", &["bank"]).expect("a site");
        let fault = |nth, times, effect| CallFault {
            at: at.clone(),
            phase: Phase::Before,
            effect,
            nth,
            times,
            attempt: None,
            until: None,
        };
        let site = Site {
            trigger: "OrderPlaced".to_owned(),
            operation: "bank POST payments".to_owned(),
            number: 1,
        };
        let mut faults = Faults::new(
            vec![
                (0, fault(1, 1, CallEffect::Reset)),
                (1, fault(3, 2, CallEffect::Crash)),
            ],
            Vec::new(),
        );
        let mut call = || {
            let verdict = faults.on_call(DateTime::UNIX_EPOCH, &site, 1, Key::of("call"));
            verdict.map(|verdict| verdict.effect)
        };
        assert_eq!(call(), Some(CallEffect::Reset));
        assert_eq!(call(), None);
        assert_eq!(call(), Some(CallEffect::Crash));
        assert_eq!(call(), Some(CallEffect::Crash));
        assert_eq!(call(), None);
    }
}
