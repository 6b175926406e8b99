use std::collections::BTreeSet;

use serde_json::Value;

/// A document that shows something, made small.
#[derive(Clone, Debug, PartialEq)]
pub struct Shrunk {
    /// The document.
    pub document: Value,
    /// How often it was asked whether a document still shows it.
    pub runs: usize,
    /// Whether nothing more can be left out: without any one of its parts it shows it no more.
    /// False where the runs were used up before.
    pub is_minimal: bool,
}

/// A step from a value into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// An item of a list.
    Item(usize),
}

/// What a shrinker asks of whoever knows the documents.
pub trait Subject {
    /// Whether a document still shows what it is to show.
    fn shows(&mut self, document: &Value) -> bool;

    /// Values that a person would rather read in this place, the plainest first.
    fn simpler(&self, path: &[Step], value: &Value) -> Vec<Value>;

    /// The document without what nothing in it needs any more, and with what every document needs.
    /// A candidate that has become larger by it is none.
    fn tidy(&self, document: Value) -> Value {
        document
    }
}

/// Makes a document smaller, as long as it shows the same, with at most `most_runs` questions:
/// leaves out keys and items, many at a time at first (delta debugging: Zeller and Hildebrandt,
/// IEEE Transactions on Software Engineering, 2002), and puts plainer values in the place of others.
pub fn shrink(document: Value, subject: &mut dyn Subject, most_runs: usize) -> Shrunk {
    let mut shrinker = Shrinker {
        best: document,
        subject,
        tried: BTreeSet::new(),
        runs: 0,
        most_runs,
    };
    shrinker.tidy_up();
    loop {
        let before = shrinker.best.clone();
        shrinker.leave_out();
        shrinker.simplify();
        let is_done = shrinker.best == before;
        if is_done || shrinker.is_spent() {
            return Shrunk {
                is_minimal: is_done && !shrinker.is_spent(),
                document: shrinker.best,
                runs: shrinker.runs,
            };
        }
    }
}

struct Shrinker<'a> {
    best: Value,
    subject: &'a mut dyn Subject,
    /// Documents that do not show it.
    tried: BTreeSet<String>,
    runs: usize,
    most_runs: usize,
}

impl Shrinker<'_> {
    fn is_spent(&self) -> bool {
        self.runs >= self.most_runs
    }

    /// Begins with a tidy document, so that no candidate seems larger for what it merely lacked.
    fn tidy_up(&mut self) {
        let tidy = self.subject.tidy(self.best.clone());
        self.asks(tidy);
    }

    /// Takes a document if it still shows what it is to show. One that tidying has made larger is
    /// none: it would be made larger again and again.
    fn takes(&mut self, candidate: Value) -> bool {
        let candidate = self.subject.tidy(candidate);
        weight(&candidate) <= weight(&self.best) && self.asks(candidate)
    }

    fn asks(&mut self, candidate: Value) -> bool {
        if self.is_spent() || candidate == self.best || !self.tried.insert(candidate.to_string()) {
            return false;
        }
        self.runs += 1;
        let is_taken = self.subject.shows(&candidate);
        if is_taken {
            self.best = candidate;
        }
        is_taken
    }

    /// Leaves out what can be left out of each map and list, the outer ones first.
    fn leave_out(&mut self) {
        let mut next = 0;
        // What is left out takes the paths below it along.
        while let Some(path) = paths(&self.best, Value::is_object_or_list)
            .get(next)
            .cloned()
        {
            self.leave_out_of(&path);
            next += 1;
        }
    }

    fn leave_out_of(&mut self, path: &[Step]) {
        let mut chunk = at(&self.best, path).map_or(0, size);
        while chunk > 0 {
            let mut start = 0;
            while let Some(inside) = at(&self.best, path) {
                if start >= size(inside) {
                    break;
                }
                let mut candidate = self.best.clone();
                if let Some(inside) = at_mut(&mut candidate, path) {
                    cut(inside, start, chunk);
                }
                if !self.takes(candidate) {
                    start += chunk;
                }
            }
            chunk /= 2;
        }
    }

    /// Puts plainer values in.
    fn simplify(&mut self) {
        let mut next = 0;
        while let Some(path) = paths(&self.best, |_| true).get(next).cloned() {
            next += 1;
            let Some(value) = at(&self.best, &path) else {
                continue;
            };
            for simpler in self.subject.simpler(&path, value) {
                let mut candidate = self.best.clone();
                if let Some(place) = at_mut(&mut candidate, &path) {
                    *place = simpler;
                }
                if self.takes(candidate) {
                    break;
                }
            }
        }
    }
}

trait Container {
    fn is_object_or_list(&self) -> bool;
}

impl Container for Value {
    fn is_object_or_list(&self) -> bool {
        self.is_object() || self.is_array()
    }
}

/// How many keys or items a value has.
fn size(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.len(),
        Value::Array(items) => items.len(),
        _ => 0,
    }
}

/// How many values there are in a value, with itself.
fn weight(value: &Value) -> usize {
    match value {
        Value::Object(map) => 1 + map.values().map(weight).sum::<usize>(),
        Value::Array(items) => 1 + items.iter().map(weight).sum::<usize>(),
        _ => 1,
    }
}

/// Takes some keys or items out of a value.
fn cut(value: &mut Value, start: usize, count: usize) {
    match value {
        Value::Object(map) => {
            let keys: Vec<String> = map.keys().skip(start).take(count).cloned().collect();
            for key in keys {
                map.remove(&key);
            }
        }
        Value::Array(items) => {
            let end = items.len().min(start + count);
            items.drain(start..end);
        }
        _ => {}
    }
}

fn at<'a>(value: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Item(place) => value.get(place),
    })
}

fn at_mut<'a>(value: &'a mut Value, path: &[Step]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Item(place) => value.get_mut(place),
    })
}

/// The ways to all values that are wanted, outer ones before what is in them.
fn paths(value: &Value, is_wanted: fn(&Value) -> bool) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    let mut next = vec![(Vec::new(), value)];
    while !next.is_empty() {
        let mut below = Vec::new();
        for (path, value) in next {
            let step = |step: Step| {
                let mut path = path.clone();
                path.push(step);
                path
            };
            match value {
                Value::Object(map) => below.extend(
                    map.iter()
                        .map(|(key, value)| (step(Step::Key(key.clone())), value)),
                ),
                Value::Array(items) => below.extend(
                    items
                        .iter()
                        .enumerate()
                        .map(|(place, value)| (step(Step::Item(place)), value)),
                ),
                _ => {}
            }
            if is_wanted(value) {
                found.push(path);
            }
        }
        next = below;
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Shows it while these numbers are in the list, and a word is there.
    struct Wanted(Vec<u64>);

    impl Subject for Wanted {
        fn shows(&mut self, document: &Value) -> bool {
            let list = document["list"].as_array();
            let has = |number: &u64| list.is_some_and(|list| list.contains(&json!(number)));
            self.0.iter().all(has) && document["deep"]["word"].is_string()
        }

        fn simpler(&self, path: &[Step], _: &Value) -> Vec<Value> {
            if path.last() == Some(&Step::Key("word".to_owned())) {
                vec![json!("a")]
            } else {
                Vec::new()
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_left_is_what_it_takes(
            wanted in prop::collection::btree_set(0..60_u64, 0..5),
            others in prop::collection::btree_map("[a-z]{1,3}", 0..9_u32, 0..6),
        ) {
            let document = json!({
                "list": (0..60).collect::<Vec<u64>>(),
                "deep": {"word": "long", "others": others},
                "others": others,
            });
            let wanted: Vec<u64> = wanted.into_iter().collect();
            let shrunk = shrink(document, &mut Wanted(wanted.clone()), 10_000);
            prop_assert!(shrunk.is_minimal);
            let mut smallest = json!({"deep": {"word": "a"}});
            if !wanted.is_empty() {
                smallest["list"] = json!(wanted);
            }
            prop_assert_eq!(shrunk.document, smallest);
        }
    }

    /// Shows it while the list is there, which gets an end where it has none.
    struct Ended;

    impl Subject for Ended {
        fn shows(&mut self, document: &Value) -> bool {
            document["list"].is_array()
        }

        fn simpler(&self, _: &[Step], value: &Value) -> Vec<Value> {
            let is_plain = !value.is_string() || value == "plain";
            (!is_plain).then(|| json!("plain")).into_iter().collect()
        }

        fn tidy(&self, mut document: Value) -> Value {
            if let Some(Value::Array(list)) = document.get_mut("list")
                && list.last().is_none_or(|last| last != "end")
            {
                list.push(json!("end"));
            }
            document
        }
    }

    #[test]
    fn an_end_that_is_made_plainer_does_not_grow_another() {
        let document = json!({"list": ["begin", "go on"]});
        let shrunk = shrink(document, &mut Ended, 1_000);
        assert!(shrunk.is_minimal, "{}", shrunk.document);
        assert_eq!(shrunk.document, json!({"list": ["end"]}));
    }

    #[test]
    fn it_stops_where_the_runs_are_used_up() {
        let document = json!({"list": (0..60).collect::<Vec<u64>>(), "deep": {"word": "long"}});
        let shrunk = shrink(document, &mut Wanted(vec![3, 40]), 5);
        assert_eq!(shrunk.runs, 5);
        assert!(!shrunk.is_minimal);
        let again = shrink(shrunk.document, &mut Wanted(vec![3, 40]), 5_000);
        assert!(again.is_minimal, "it goes on where it was");
    }
}
