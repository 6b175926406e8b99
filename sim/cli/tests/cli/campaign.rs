//! A campaign is the same whoever does its parts, and says what is missing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use super::explore::WEAK;
use super::{folder, sim, snapshot, told};

fn campaign(folder: &Path, arguments: &[&str]) -> Output {
    sim(folder, &[&["explore", "campaign"], arguments].concat())
}

/// A folder with a scenario of sixteen trials.
fn begun(test: &str) -> std::path::PathBuf {
    let folder = folder(test);
    fs::write(folder.join("weak.yaml"), WEAK).expect("the file can be written");
    folder
}

const TINY: [&str; 8] = [
    "--sweep",
    "weak.yaml",
    "--worlds-a-round",
    "6",
    "--parts",
    "3",
    "--seed",
    "1",
];

fn run<'a>(name: &'a str, jobs: &'a str) -> Vec<&'a str> {
    let more = ["--rounds", "2", "--jobs", jobs];
    [&["run", name], &TINY[..], &more].concat()
}

/// What is the same whatever landmarks there are, and whatever happens in a world of chance.
fn lasting(output: &Output) -> String {
    let is_lasting = |line: &&str| !line.starts_with("NEVER");
    let text = told(output);
    let lines = text.lines().filter(is_lasting).map(|line| {
        let is_digest = line.starts_with("digest ");
        let line = if is_digest { "digest [digest]" } else { line };
        format!("{line}\n")
    });
    lines.collect()
}

fn digest(output: &Output) -> String {
    let text = told(output);
    let digest = text.lines().find(|line| line.starts_with("digest "));
    digest.expect("a digest is told").to_owned()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn a_campaign_is_the_same_on_one_core_and_on_three() {
    let folder = begun("campaign");
    let one = campaign(&folder, &run("one", "1"));
    let three = campaign(&folder, &run("three", "3"));
    assert_eq!(told(&one), told(&three));
    snapshot("campaign", &lasting(&one));
    for round in 0..2 {
        for index in 0..3 {
            let part = |of: &str| {
                let file = format!("{of}/round-{round}/part-{index}.jsonl");
                fs::read(folder.join(file)).expect("the part is there")
            };
            assert_eq!(part("one"), part("three"), "{round} {index}");
        }
    }
    let again = campaign(&folder, &run("one", "2"));
    assert_eq!(digest(&again), digest(&one), "there is nothing left to do");
    let other = campaign(&folder, &["run", "one", "--seed", "2"]);
    snapshot("campaign_of_another_seed", &told(&other));
    let json = campaign(&folder, &["status", "one", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).expect("one object");
    assert_eq!(
        (&json["round"], &json["total"]["items"]),
        (&1.into(), &22.into())
    );
    assert_eq!(
        format!("digest {}", json["digest"].as_str().expect("a text")),
        digest(&one)
    );
}

#[test]
fn what_is_never_passed_can_be_allowed() {
    let folder = begun("campaign_allowed");
    let first = campaign(
        &folder,
        &["run", "it", "--worlds-a-round", "2", "--parts", "1"],
    );
    assert_eq!(code(&first), Some(1));
    let text = told(&first);
    let missed = text.lines().filter(|line| line.starts_with("NEVER "));
    let allowed: String = missed
        .map(|line| format!("{line}: two worlds are few\n"))
        .collect();
    let file = folder.join("it/explore.allow");
    fs::write(&file, &allowed).expect("the file can be written");
    let clean = campaign(&folder, &["status", "it"]);
    assert_eq!(code(&clean), Some(0), "{}", told(&clean));
    assert!(told(&clean).contains("\nALLOWED NEVER PASSED "));
    assert_eq!(digest(&clean), digest(&first));
    fs::write(&file, "NEVER PASSED this: ''\n").expect("the file can be written");
    snapshot(
        "campaign_allow_mistaken",
        &told(&campaign(&folder, &["status", "it"])),
    );
}

#[test]
fn a_part_is_done_once_and_again_where_it_is_torn() {
    let folder = begun("campaign_parts");
    snapshot(
        "campaign_none",
        &told(&campaign(&folder, &["status", "it"])),
    );
    let plan = || campaign(&folder, &[&["plan", "it"], &TINY[..]].concat());
    let part = |index: &str| campaign(&folder, &["part", "it", "--index", index]);
    let mut said = vec![told(&plan()), told(&part("0")), told(&plan())];
    let file = folder.join("it/round-0/part-0.jsonl");
    let whole = fs::read(&file).expect("the part is there");
    said.push(told(&part("0")));
    for torn in [&whole[..whole.len() / 2], &[]] {
        fs::write(&file, torn).expect("the file can be written");
        said.push(told(&part("0")));
        assert_eq!(fs::read(&file).expect("the part is there"), whole);
    }
    said.push(lasting(&campaign(&folder, &["status", "it"])));
    said.extend([told(&part("3")), told(&campaign(&folder, &["part", "it"]))]);
    snapshot("campaign_parts", &said.join("\n"));
    for (variable, index) in [
        ("JOB_COMPLETION_INDEX", "1"),
        ("AWS_BATCH_JOB_ARRAY_INDEX", "2"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
        let command = command.args(["explore", "campaign", "part", "it"]);
        let done = command.current_dir(&folder).env(variable, index).output();
        let done = told(&done.expect("the program runs"));
        assert!(
            done.contains(&format!("part {index} of round 0: ")),
            "{done}"
        );
    }
    assert!(told(&plan()).contains("round 1: 6 items in 3 parts"));
    fs::copy(&file, folder.join("it/round-1/part-0.jsonl")).expect("the file can be copied");
    let stray = part("0");
    assert_eq!(code(&stray), Some(2), "{}", told(&stray));
}

#[test]
fn another_program_is_refused() {
    let folder = begun("campaign_other");
    assert_eq!(
        code(&campaign(&folder, &[&["plan", "it"], &TINY[..]].concat())),
        Some(0)
    );
    let other = folder.join("other");
    let mut bytes = fs::read(env!("CARGO_BIN_EXE_sim")).expect("the program is there");
    bytes.push(0);
    fs::write(&other, bytes).expect("the file can be written");
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).expect("they can be set");
    let mut command = Command::new(&other);
    let command = command.args(["explore", "campaign", "part", "it", "--index", "0"]);
    let refused = command
        .current_dir(&folder)
        .output()
        .expect("the program runs");
    let words = "this is not what the campaign began with: this program has SHA-256 ";
    assert!(told(&refused).contains(words), "{}", told(&refused));
    assert_eq!(code(&refused), Some(2));
    assert!(!folder.join("it/round-0/part-0.jsonl").exists());
}
