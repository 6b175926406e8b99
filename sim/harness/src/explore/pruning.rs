use std::collections::{BTreeMap, BTreeSet, VecDeque};

use seeded_dice::{Dice, Key};

/// Of a thousand pairs that a rule leaves out so many are run all the same.
const AUDITED_PER_MILLE: usize = 50;
/// How many of them at least.
const LEAST_AUDITED: usize = 60;

/// A first fault of pairs.
#[derive(Clone, Debug)]
pub struct First {
    /// Its name, for the draw of the pairs that are audited.
    pub name: String,
    /// Of which class each rule takes it to be; none where the rule says nothing of it.
    pub classes: Vec<Option<u64>>,
    /// The names of the faults that may follow it.
    pub seconds: Vec<String>,
}

/// A first fault and one that follows it, by their places.
pub type Pair = (usize, usize);

/// What a rule did, and how well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The rule.
    pub rule: &'static str,
    /// How many pairs it had a say on.
    pub considered: usize,
    /// How many of them are run.
    pub run: usize,
    /// How many it left out: another pair of their class stands for each.
    pub pruned: usize,
    /// How many of those were run all the same, as the pair was that stands for them.
    pub audited: usize,
    /// How many of those ended otherwise.
    pub disagreeing: usize,
}

/// Two pairs that a rule took for one, and that end otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The rule.
    pub rule: &'static str,
    /// The pair that was left out.
    pub pruned: Pair,
    /// The pair that stood for it.
    pub instead: Pair,
}

/// Which of all pairs are run, with ends of type `E`. A pair is left out where a rule knows another
/// one of the same class and with the same second fault that is run. A part of what a rule leaves
/// out is run all the same. Where one of those ends otherwise than the pair that stands for it, the
/// rule is off from there on, and what it left out is considered anew by the rules that are left.
#[derive(Clone, Debug)]
pub struct Pruning<E> {
    rules: Vec<&'static str>,
    firsts: Vec<First>,
    seed: u64,
    /// The accounts of the rules that are off, as they were by then.
    off: BTreeMap<usize, Account>,
    disagreements: Vec<Disagreement>,
    ends: BTreeMap<Pair, E>,
    plan: Plan,
}

/// What becomes of the pairs, under the rules that are on.
#[derive(Clone, Debug, Default)]
struct Plan {
    /// What is still to be run, in order: what it takes to know the rules first, for a budget may end
    /// it at any place.
    queue: VecDeque<Pair>,
    /// How many pairs are neither left out nor audited.
    run: usize,
    /// What each rule had a say on, how many of those are run, and what it left out.
    rules: Vec<RulePlan>,
}

#[derive(Clone, Debug, Default)]
struct RulePlan {
    considered: usize,
    run: usize,
    pruned: usize,
    /// The pairs that are run all the same, each with the one that stands for it.
    audits: Vec<(Pair, Pair)>,
}

impl<E: PartialEq> Pruning<E> {
    /// All pairs, of which nothing is known. Each first fault has a class, or none, for each rule.
    #[must_use]
    pub fn new(rules: Vec<&'static str>, firsts: Vec<First>, seed: u64) -> Self {
        let mut pruning = Self {
            rules,
            firsts,
            seed,
            off: BTreeMap::new(),
            disagreements: Vec::new(),
            ends: BTreeMap::new(),
            plan: Plan::default(),
        };
        pruning.plan = pruning.planned();
        pruning
    }

    /// The next pairs to run, at most so many; none where there is nothing left.
    pub fn next(&mut self, most: usize) -> Vec<Pair> {
        self.audit();
        let most = most.min(self.plan.queue.len());
        self.plan.queue.drain(..most).collect()
    }

    /// How a pair ended.
    pub fn take(&mut self, pair: Pair, end: E) {
        self.ends.insert(pair, end);
    }

    /// How many pairs are still to be run.
    #[must_use]
    pub fn left(&self) -> usize {
        self.plan.queue.len()
    }

    /// What each rule did.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        let accounts = (0..self.rules.len()).map(|rule| match self.off.get(&rule) {
            Some(account) => account.clone(),
            None => self.account(rule),
        });
        accounts.collect()
    }

    /// Where rules were wrong. A rule that is among them is off.
    #[must_use]
    pub fn disagreements(&self) -> &[Disagreement] {
        &self.disagreements
    }

    /// Puts rules off that an audit has refuted, until there is none among those that are left.
    fn audit(&mut self) {
        loop {
            let mut found = Vec::new();
            for rule in 0..self.rules.len() {
                let wrong = self.disagreeing(rule);
                if !wrong.is_empty() {
                    let account = self.account(rule);
                    self.off.insert(rule, account);
                    found.extend(wrong);
                }
            }
            if found.is_empty() {
                return;
            }
            self.disagreements.extend(found);
            self.plan = self.planned();
        }
    }

    fn account(&self, rule: usize) -> Account {
        let plan = &self.plan.rules[rule];
        Account {
            rule: self.rules[rule],
            considered: plan.considered,
            run: plan.run,
            pruned: plan.pruned,
            audited: self.compared(rule).count(),
            disagreeing: self.disagreeing(rule).len(),
        }
    }

    /// The audits of a rule of which both ends are known, with whether they are the same.
    fn compared(&self, rule: usize) -> impl Iterator<Item = (Pair, Pair, bool)> + '_ {
        let audits = self.plan.rules[rule].audits.iter();
        audits.filter_map(|(pruned, instead)| {
            let (one, other) = (self.ends.get(pruned)?, self.ends.get(instead)?);
            Some((*pruned, *instead, one == other))
        })
    }

    fn disagreeing(&self, rule: usize) -> Vec<Disagreement> {
        let wrong = self.compared(rule).filter(|(_, _, is_same)| !is_same);
        let disagreement = |(pruned, instead, _)| Disagreement {
            rule: self.rules[rule],
            pruned,
            instead,
        };
        wrong.map(disagreement).collect()
    }

    /// Goes through all pairs in their order, and lets each rule that is on have its say.
    fn planned(&self) -> Plan {
        let mut plan = Plan {
            rules: vec![RulePlan::default(); self.rules.len()],
            ..Plan::default()
        };
        // The first pair that is run of each class and second fault, by rule.
        let mut seen: Vec<BTreeMap<(u64, &str), Pair>> = vec![BTreeMap::new(); self.rules.len()];
        let mut pruned: Vec<Vec<(Pair, Pair)>> = vec![Vec::new(); self.rules.len()];
        let mut wanted = BTreeSet::new();
        for (place, first) in self.firsts.iter().enumerate() {
            let classes = first.classes.iter().enumerate();
            let has_a_say = |(rule, _): &(usize, &Option<u64>)| !self.off.contains_key(rule);
            let classes: Vec<(usize, u64)> = classes
                .filter(has_a_say)
                .filter_map(|(rule, class)| Some((rule, (*class)?)))
                .collect();
            for (number, second) in first.seconds.iter().enumerate() {
                let pair = (place, number);
                let mut considered = 0;
                let by = classes.iter().find_map(|(rule, class)| {
                    considered += 1;
                    let instead = seen[*rule].get(&(*class, second.as_str()))?;
                    Some((*rule, *instead))
                });
                for (rule, _) in &classes[..considered] {
                    plan.rules[*rule].considered += 1;
                }
                if let Some((rule, instead)) = by {
                    pruned[rule].push((pair, instead));
                    continue;
                }
                plan.run += 1;
                wanted.insert(pair);
                for (rule, class) in &classes {
                    plan.rules[*rule].run += 1;
                    seen[*rule].entry((*class, second)).or_insert(pair);
                }
            }
        }
        for (of_rule, pruned) in plan.rules.iter_mut().zip(pruned) {
            of_rule.pruned = pruned.len();
            of_rule.audits = self.sample(pruned);
            wanted.extend(of_rule.audits.iter().map(|(pair, _)| *pair));
        }
        let mut taken: BTreeSet<Pair> = self.ends.keys().copied().collect();
        let first = plan.rules.iter().flat_map(|rule| {
            let audits = rule.audits.iter().take(LEAST_AUDITED);
            audits.flat_map(|(pruned, instead)| [*instead, *pruned])
        });
        let queue = first.chain(wanted).filter(|pair| taken.insert(*pair));
        plan.queue = queue.collect();
        plan
    }

    /// The pairs that are run although a rule leaves them out.
    fn sample(&self, mut pruned: Vec<(Pair, Pair)>) -> Vec<(Pair, Pair)> {
        let count = (pruned.len() * AUDITED_PER_MILLE).div_ceil(1_000);
        let dice = Dice::new(self.seed);
        pruned.sort_by_cached_key(|((first, second), _)| {
            let first = &self.firsts[*first];
            let key = Key::of("audit").text(&first.name);
            dice.seed(key.text(&first.seconds[*second]))
        });
        pruned.truncate(count.max(LEAST_AUDITED));
        pruned
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// First faults with the class that the only rule takes each to be of, and as many seconds.
    fn firsts(classes: &[Option<u64>], seconds: usize) -> Vec<First> {
        let first = |(place, class): (usize, &Option<u64>)| First {
            name: format!("first {place}"),
            classes: vec![*class],
            seconds: (0..seconds)
                .map(|second| format!("second {second}"))
                .collect(),
        };
        classes.iter().enumerate().map(first).collect()
    }

    /// Runs all that is to be run; the end of a pair is what `end` says.
    fn run_all(
        pruning: &mut Pruning<usize>,
        most: usize,
        end: impl Fn(Pair) -> usize,
    ) -> Vec<Pair> {
        let mut all = Vec::new();
        loop {
            let pairs = pruning.next(most);
            if pairs.is_empty() {
                return all;
            }
            for pair in pairs {
                pruning.take(pair, end(pair));
                all.push(pair);
            }
        }
    }

    #[test]
    fn a_rule_that_is_right_leaves_out_what_is_alike() {
        let classes: Vec<_> = (0..100).map(|place| Some(place % 4)).collect();
        let mut pruning = Pruning::new(vec!["four"], firsts(&classes, 30), 1);
        let all = run_all(&mut pruning, 7, |(first, second)| first % 4 * 100 + second);
        // Four first faults of a hundred stand for the others.
        let account = Account {
            rule: "four",
            considered: 3_000,
            run: 120,
            pruned: 2_880,
            audited: 144,
            disagreeing: 0,
        };
        assert_eq!(pruning.accounts(), [account]);
        assert_eq!((all.len(), pruning.left()), (120 + 144, 0));
        assert!(pruning.disagreements().is_empty());
    }

    #[test]
    fn a_small_budget_says_how_good_a_rule_is() {
        let classes: Vec<_> = (0..100).map(|place| Some(place / 50)).collect();
        let mut pruning = Pruning::new(vec!["half"], firsts(&classes, 100), 1);
        for pair in pruning.next(2 * LEAST_AUDITED) {
            pruning.take(pair, 0);
        }
        assert!(pruning.accounts()[0].audited >= LEAST_AUDITED);
    }

    #[test]
    fn a_rule_that_is_too_coarse_is_off_and_all_is_run() {
        let classes = vec![Some(0); 40];
        let mut pruning = Pruning::new(vec!["all alike"], firsts(&classes, 20), 1);
        let mut all = run_all(&mut pruning, 50, |(first, _)| first % 2);
        let [account] = &pruning.accounts()[..] else {
            panic!("one rule, one account");
        };
        assert_eq!(
            (account.considered, account.run, account.pruned),
            (800, 20, 780)
        );
        assert!(account.disagreeing > 0 && account.disagreeing <= account.audited);
        assert_eq!(account.disagreeing, pruning.disagreements().len());
        all.sort_unstable();
        let every: Vec<Pair> = (0..40)
            .flat_map(|first| (0..20).map(move |second| (first, second)))
            .collect();
        assert_eq!(all, every, "each once");
    }

    proptest! {
        /// Whatever two rules say: nothing is run twice, and where none of them is off, each pair that
        /// was not run has one of its class that was.
        #[test]
        fn what_is_not_run_is_stood_for(
            classes in prop::collection::vec((prop::option::of(0..5_u64), prop::option::of(0..3_u64)), 1..30),
            seconds in 1..12_usize,
            modulus in 1..4_usize,
        ) {
            let one: Vec<Option<u64>> = classes.iter().map(|(one, _)| *one).collect();
            let mut firsts = firsts(&one, seconds);
            for (first, (_, other)) in firsts.iter_mut().zip(&classes) {
                first.classes.push(*other);
            }
            let known = firsts.clone();
            let mut pruning = Pruning::new(vec!["one", "other"], firsts, 1);
            let all = run_all(&mut pruning, 10, |(first, _)| first % modulus);
            let run: BTreeSet<Pair> = all.iter().copied().collect();
            prop_assert_eq!(run.len(), all.len());
            for (place, first) in known.iter().enumerate() {
                for second in 0..seconds {
                    let is_alike = |other: &First| (0..2).any(|rule| {
                        let is_on = !pruning.off.contains_key(&rule);
                        is_on && first.classes[rule].is_some() && first.classes[rule] == other.classes[rule]
                    });
                    let mut stands = known.iter().enumerate().filter(|(_, other)| is_alike(other));
                    prop_assert!(
                        run.contains(&(place, second))
                            || stands.any(|(other, _)| run.contains(&(other, second)))
                    );
                }
            }
        }
    }
}
