use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Part, Tally};
use crate::chain::sha256;

/// What is known of a campaign. [`Merged::join`] is commutative, associative and idempotent: whoever
/// joins whatever part files in whatever order, and as often as he likes, comes to the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    rounds: BTreeMap<u64, Round>,
    /// The smallest scenario that shows each finding.
    plans: BTreeMap<String, String>,
}

/// What is known of a round. Two tallies of one thing contradict each other: the program did not
/// do the same twice. Both are kept, or the order would matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Round {
    /// Parts by their index.
    Open(BTreeMap<u64, BTreeSet<Tally>>),
    /// All of it, summed up: a campaign of a million parts need not keep them apart.
    Closed(BTreeSet<Tally>),
}

impl Merged {
    /// What one part says.
    #[must_use]
    pub fn of(part: &Part) -> Self {
        let tally = BTreeSet::from([part.tally.clone()]);
        let round = Round::Open(BTreeMap::from([(part.index, tally)]));
        Self {
            rounds: BTreeMap::from([(part.round, round)]),
            plans: part.plans.clone(),
        }
    }

    /// What either knows.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        for (number, theirs) in other.rounds {
            let joined = match self.rounds.remove(&number) {
                Some(ours) => ours.join(theirs),
                None => theirs,
            };
            self.rounds.insert(number, joined);
        }
        for (signature, plan) in other.plans {
            keep_smaller(&mut self.plans, signature, plan);
        }
        self
    }

    /// Sums a round up, where all its `parts` are there and none contradicts itself.
    #[must_use]
    pub fn close(mut self, round: u64, parts: u64) -> Self {
        if let Some(Round::Open(known)) = self.rounds.get(&round) {
            let agreed = known.values().filter(|tallies| tallies.len() == 1);
            let are_all = (0..parts).all(|index| known.contains_key(&index));
            if are_all && agreed.count() == known.len() {
                let sum = Tally::sum(known.values().flatten());
                let closed = Round::Closed(BTreeSet::from([sum]));
                self.rounds.insert(round, closed);
            }
        }
        self
    }

    /// What is known of each round.
    #[must_use]
    pub fn rounds(&self) -> &BTreeMap<u64, Round> {
        &self.rounds
    }

    /// The smallest scenario that shows each finding.
    #[must_use]
    pub fn plans(&self) -> &BTreeMap<String, String> {
        &self.plans
    }

    /// The sum of all rounds.
    #[must_use]
    pub fn total(&self) -> Tally {
        Tally::sum(self.rounds.values().flat_map(Round::tallies))
    }

    /// SHA-256 over all of it, in hexadecimal.
    ///
    /// # Panics
    /// Never: all keys are texts or numbers.
    #[must_use]
    pub fn digest(&self) -> String {
        sha256(&serde_json::to_vec(self).expect("all keys are texts or numbers"))
    }
}

impl Round {
    fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Open(mut ours), Self::Open(theirs)) => {
                for (index, tallies) in theirs {
                    ours.entry(index).or_default().extend(tallies);
                }
                Self::Open(ours)
            }
            (Self::Closed(mut ours), Self::Closed(theirs)) => {
                ours.extend(theirs);
                Self::Closed(ours)
            }
            // Whoever closed it knew all parts.
            (closed @ Self::Closed(_), Self::Open(_))
            | (Self::Open(_), closed @ Self::Closed(_)) => closed,
        }
    }

    /// All that is known of it, in the order of the parts.
    pub fn tallies(&self) -> impl Iterator<Item = &Tally> {
        let (open, closed) = match self {
            Self::Open(parts) => (Some(parts), None),
            Self::Closed(tallies) => (None, Some(tallies)),
        };
        let parts = open.into_iter().flat_map(BTreeMap::values).flatten();
        parts.chain(closed.into_iter().flatten())
    }

    /// Whether something was done twice, with two results.
    #[must_use]
    pub fn contradicts_itself(&self) -> bool {
        match self {
            Self::Open(parts) => parts.values().any(|tallies| tallies.len() > 1),
            Self::Closed(tallies) => tallies.len() > 1,
        }
    }
}

/// Keeps the shorter plan, or of two of one length the first by the alphabet.
pub(super) fn keep_smaller(plans: &mut BTreeMap<String, String>, signature: String, plan: String) {
    let size = |plan: &String| (plan.len(), plan.clone());
    match plans.get_mut(&signature) {
        Some(known) if size(known) <= size(&plan) => {}
        Some(known) => *known = plan,
        None => {
            plans.insert(signature, plan);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::campaign::{Found, ItemResult};

    const PARTS: u64 = 3;

    fn any_part() -> impl Strategy<Value = Part> {
        let result = ("[ab]", "[xy]", prop::option::of(("[pq]", "[a-c]{1,3}")));
        let results = prop::collection::vec(result, 0..3);
        (0..2_u64, 0..PARTS, results).prop_map(|(round, index, results)| {
            let mut part = Part::new(round, index, "plan");
            for (item, journal, found) in results {
                part.take(&ItemResult {
                    item,
                    journal,
                    outcome: "golden".to_owned(),
                    found: found.map(|(signature, plan)| Found { signature, plan }),
                    ..ItemResult::default()
                });
            }
            part
        })
    }

    /// Also such as were closed on the way.
    fn any_merged() -> impl Strategy<Value = Merged> {
        (prop::collection::vec(any_part(), 0..7), any::<bool>()).prop_map(|(parts, is_closed)| {
            let merged = all(&parts);
            if is_closed { closed(merged) } else { merged }
        })
    }

    fn all(parts: &[Part]) -> Merged {
        let joined = |merged: Merged, part: &Part| merged.join(Merged::of(part));
        parts.iter().fold(Merged::default(), joined)
    }

    fn closed(merged: Merged) -> Merged {
        (0..2).fold(merged, |merged, round| merged.close(round, PARTS))
    }

    proptest! {
        #[test]
        fn joining_does_not_mind_order_nor_repetition(
            a in any_merged(), b in any_merged(), c in any_merged()
        ) {
            let join = |one: &Merged, other: &Merged| one.clone().join(other.clone());
            prop_assert_eq!(join(&a, &b), join(&b, &a));
            prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
            prop_assert_eq!(&join(&a, &a), &a);
            prop_assert_eq!(&join(&a, &Merged::default()), &a);
            let ab = join(&a, &b);
            prop_assert_eq!(&join(&ab, &a), &ab, "what is known already adds nothing");
        }

        #[test]
        fn parts_give_one_digest_in_any_order(
            parts in prop::collection::vec(any_part(), 0..9).prop_shuffle(),
            turn in 0..9_usize, twice in 0..9_usize,
        ) {
            let mut turned = parts.clone();
            turned.rotate_left(turn.min(parts.len()));
            turned.extend(parts.get(twice).cloned());
            let digest = |parts: &[Part]| closed(all(parts)).digest();
            prop_assert_eq!(digest(&parts), digest(&turned));
        }
    }

    fn part(index: u64, journal: &str, plan: &str) -> Part {
        let mut part = Part::new(0, index, "plan");
        part.take(&ItemResult {
            item: format!("item {index}"),
            outcome: "violated".to_owned(),
            runs: 2,
            journal: journal.to_owned(),
            found: Some(Found {
                signature: "broken".to_owned(),
                plan: plan.to_owned(),
            }),
            ..ItemResult::default()
        });
        part
    }

    #[test]
    fn a_finding_keeps_its_smallest_plan_and_its_count() {
        let parts = [part(0, "x", "long"), part(1, "y", "b"), part(2, "z", "a")];
        let open = all(&parts);
        assert!(matches!(open.rounds()[&0], Round::Open(_)));
        let merged = open.clone().close(0, 3);
        assert!(matches!(merged.rounds()[&0], Round::Closed(_)));
        assert_eq!(open.clone().close(0, 4), open, "one is missing");
        assert_eq!(merged.plans()["broken"], "a");
        let total = merged.total();
        assert_eq!(
            (total.items, total.runs, total.findings["broken"]),
            (3, 6, 3)
        );
        assert_ne!(merged.digest(), all(&parts[..2]).digest());
    }

    #[test]
    fn two_results_of_one_part_contradict_each_other() {
        let parts = [part(0, "x", "a"), part(0, "y", "a")];
        let merged = all(&parts).close(0, 1);
        assert!(merged.rounds()[&0].contradicts_itself());
        assert!(!all(&parts[..1]).close(0, 1).rounds()[&0].contradicts_itself());
    }
}
