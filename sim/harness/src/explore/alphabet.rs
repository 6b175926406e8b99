use std::time::Duration;

use super::{Effect, Point, Tape, Trial};
use crate::fault::{CallEffect, DeliveryEffect, Phase, Site};

/// Which calls of a party a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operations {
    /// All of them.
    All,
    /// Those that change something there.
    Writes,
}

/// What may happen to calls of one party.
#[derive(Clone, Debug)]
pub struct CallRow {
    /// Who is called, as sites name it.
    pub party: &'static str,
    /// For what.
    pub operations: Operations,
    /// When a fault may strike: a connection has no answer that could be lost.
    pub phases: &'static [Phase],
    /// What may strike then.
    pub effects: &'static [CallEffect],
}

impl CallRow {
    fn effects(&self) -> impl Iterator<Item = Effect> {
        let of_phase = |phase: &Phase| {
            let phase = *phase;
            let effects = self.effects.iter();
            effects.map(move |effect| Effect::Call(phase, effect.clone()))
        };
        self.phases.iter().flat_map(of_phase)
    }
}

/// What AWS and the counterparties are allowed to do: the table that a sweep goes through.
#[derive(Clone, Debug)]
pub struct Alphabet {
    /// The operations that change nothing at whom they call.
    pub reads: &'static [&'static str],
    /// The operations that do.
    pub writes: &'static [&'static str],
    /// The rows of calls: for each operation at least one.
    pub calls: &'static [CallRow],
    /// What may happen to a delivery of a rule.
    pub deliveries: &'static [DeliveryEffect],
}

/// An operation that the table does not know: nothing may be left out in silence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the alphabet of faults does not say what may happen to calls of {0:?}")]
pub struct UnknownOperation(pub String);

/// Both sides of a call's work.
pub const BOTH_PHASES: &[Phase] = &[Phase::Before, Phase::After];

/// What may strike any call and any connection, whoever is called. The short delay is within all
/// time limits, the long one beyond a lease.
pub const ANY_CALL: &[CallEffect] = &[
    CallEffect::Reset,
    CallEffect::Hang,
    CallEffect::Crash,
    CallEffect::TimeOut,
    CallEffect::Delay(Duration::from_secs(3)),
    CallEffect::Delay(Duration::from_secs(50)),
];

/// From any call on an invocation may be slow: so slow that a short one outlasts a lease.
pub const SLOW: &[CallEffect] = &[CallEffect::Pace(60)];

/// What may strike a call that changes something: the request arrives after its caller has seen a
/// broken connection, within all time limits or beyond a lease.
pub const LATE: &[CallEffect] = &[
    CallEffect::Late(Duration::from_secs(5)),
    CallEffect::Late(Duration::from_secs(50)),
];

impl Alphabet {
    /// What may happen to a delivery of EventBridge: it comes twice, late (beyond a lease, beyond a
    /// time limit), or after a failure.
    pub const DELIVERIES: &'static [DeliveryEffect] = &[
        DeliveryEffect::Duplicate(Duration::from_secs(2)),
        DeliveryEffect::Duplicate(Duration::from_secs(50)),
        DeliveryEffect::Duplicate(Duration::from_secs(20 * 60)),
        DeliveryEffect::Delay(Duration::from_secs(50)),
        DeliveryEffect::Delay(Duration::from_secs(20 * 60)),
        DeliveryEffect::Fail,
    ];

    /// What may strike a point.
    ///
    /// # Errors
    /// [`UnknownOperation`]
    pub fn effects(&self, point: &Point) -> Result<Vec<Effect>, UnknownOperation> {
        match point {
            Point::Call { site, .. } => self.effects_of_call(site),
            Point::Delivery { .. } => {
                let effects = self.deliveries.iter().cloned();
                Ok(effects.map(Effect::Delivery).collect())
            }
            Point::Entry { .. } => Ok(vec![Effect::Delivery(DeliveryEffect::FailEntry)]),
        }
    }

    /// None, one, or a few faults at points of a run.
    ///
    /// # Errors
    /// [`UnknownOperation`]
    pub fn of_chance(
        &self,
        tape: &mut Tape,
        points: &[Point],
    ) -> Result<Vec<Trial>, UnknownOperation> {
        let count = if tape.happens("has faults", 2, 3) {
            tape.few("faults", 1, 5)
        } else {
            0
        };
        let mut faults = Vec::new();
        for number in 0..count {
            let place = tape.choose(&format!("fault {number}/point"), points.len() as u64);
            let Some(point) = usize::try_from(place)
                .ok()
                .and_then(|place| points.get(place))
            else {
                break;
            };
            let effects = self.effects(point)?;
            let place = tape.choose(&format!("fault {number}/effect"), effects.len() as u64);
            let effect = usize::try_from(place)
                .ok()
                .and_then(|place| effects.get(place));
            faults.extend(effect.map(|effect| Trial {
                point: point.clone(),
                effect: effect.clone(),
            }));
        }
        Ok(faults)
    }

    /// All effects of the table, in its order; some are there more than once.
    pub(super) fn all_effects(&self) -> Vec<Effect> {
        let calls = self.calls.iter().flat_map(CallRow::effects);
        let deliveries = self.deliveries.iter().cloned().map(Effect::Delivery);
        let entry = Effect::Delivery(DeliveryEffect::FailEntry);
        calls.chain(deliveries).chain([entry]).collect()
    }

    /// The effect that is most like another of those that may strike a point: itself, or one of its
    /// kind with another status or span; none where nothing of its kind may strike there.
    ///
    /// # Errors
    /// [`UnknownOperation`]
    pub fn nearest(
        &self,
        point: &Point,
        effect: &Effect,
    ) -> Result<Option<Effect>, UnknownOperation> {
        let legal = self.effects(point)?.into_iter();
        let alike = legal.filter_map(|one| Some((one.distance(effect)?, one)));
        let nearest = alike.min_by_key(|(distance, _)| *distance);
        Ok(nearest.map(|(_, one)| one))
    }

    fn effects_of_call(&self, site: &Site) -> Result<Vec<Effect>, UnknownOperation> {
        let is_write = self.writes.contains(&site.operation.as_str());
        let is_known = is_write || self.reads.contains(&site.operation.as_str());
        let is_meant = |row: &&CallRow| {
            row.party == site.party() && (is_write || row.operations == Operations::All)
        };
        let rows = self.calls.iter().filter(is_meant);
        let effects: Vec<Effect> = rows.flat_map(CallRow::effects).collect();
        if !is_known || effects.is_empty() {
            return Err(UnknownOperation(site.operation.clone()));
        }
        Ok(effects)
    }

    /// Every fault at every point: all that one fault can do to a run. The effects take turns, so
    /// that every kind is seen soon.
    ///
    /// # Errors
    /// [`UnknownOperation`]
    pub fn trials(&self, points: &[Point]) -> Result<Vec<Trial>, UnknownOperation> {
        let all = points.iter().map(|point| self.effects(point));
        let all: Vec<Vec<Effect>> = all.collect::<Result<_, _>>()?;
        let most = all.iter().map(Vec::len).max().unwrap_or_default();
        let mut trials = Vec::new();
        for turn in 0..most {
            for (point, effects) in points.iter().zip(&all) {
                trials.extend(effects.get(turn).map(|effect| Trial {
                    point: point.clone(),
                    effect: effect.clone(),
                }));
            }
        }
        Ok(trials)
    }
}
