//! Every landmark is passed in some scenario, and whatever production warns of is a landmark.

use std::collections::BTreeSet;
use std::fs::{read_dir, read_to_string};
use std::path::Path;

use alchemiser_binding::landmark::{landmarks, missed};
use harness::landmark::Evidence;

use super::runs;

#[test]
fn every_landmark_is_passed_in_some_scenario() {
    let passages = runs().iter().map(|run| run.landmarks.as_slice());
    assert!(passages.clone().all(|all| all.len() > 100));
    let missed = missed(passages);
    assert_eq!(missed, Vec::<&str>::new(), "landmarks that no run passes");
}

#[test]
fn a_landmark_has_a_name_of_its_own() {
    let landmarks = landmarks();
    let names: BTreeSet<&str> = landmarks.iter().map(|landmark| landmark.name).collect();
    assert_eq!(names.len(), landmarks.len());
}

/// The messages of the warnings and errors in a source file: each is the last text of its call.
fn warnings(text: &str) -> Vec<String> {
    let calls = ["tracing::warn!(", "tracing::error!("];
    let calls = calls.iter().flat_map(|call| text.split(call).skip(1));
    let mut found = Vec::new();
    for rest in calls {
        let mut depth = 1_u32;
        let end = rest.find(|letter| {
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let call = &rest[..end.expect("a call ends")];
        found.extend(call.rsplit('"').nth(1).map(str::to_owned));
    }
    found
}

/// All of a folder, but for programs: what they say when they cannot start is in no journal.
fn all_warnings(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.ends_with("src/bin") {
            continue;
        }
        if path.is_dir() {
            all_warnings(&path, found);
        } else {
            found.extend(warnings(&read_to_string(&path).expect("readable")));
        }
    }
}

#[test]
fn whatever_production_warns_of_is_a_landmark() {
    let mut said = BTreeSet::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    all_warnings(&source, &mut said);
    assert!(said.len() > 25, "{said:?}");
    let landmarks = landmarks();
    let known = landmarks
        .iter()
        .filter_map(|landmark| match landmark.evidence {
            Evidence::Logged(message) | Evidence::LoggedWith { message, .. } => Some(message),
            _ => None,
        });
    let known: BTreeSet<&str> = known.collect();
    let unknown = said
        .iter()
        .filter(|message| !known.contains(message.as_str()));
    assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&String>::new());
}
