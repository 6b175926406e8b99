//! The story that a run prints can be read where people read it.

use std::process::Command;

use alchemiser_binding::report::{Paper, day};
use alchemiser_binding::run::{Run, run};
use alchemiser_binding::scenario::{Library, load_scenario};

/// Stories with crashes, copies, alarms, dead letters, replays and long texts.
const STORIES: [&str; 7] = [
    "examples/full_day",
    "faults/crash_after_order_accepted",
    "aws/alarm_rules",
    "money/all_cash",
    "faults/smtp_refuses_once",
    "delivery/replay_finished_day",
    "incidents/47-replacement-before-the-cancel",
];

fn ran(name: &str) -> Run {
    let library = Library::of_this_project().expect("the project's files are there");
    let path = library
        .root()
        .join("scenarios")
        .join(format!("{name}.yaml"));
    let loaded = load_scenario(&library, &path, name).expect("a sound scenario");
    run(&library, &loaded, 1).expect("the scenario runs")
}

#[test]
fn a_story_fits_its_paper_and_loses_nothing_on_a_narrow_one() {
    let words = |story: &str| story.split_whitespace().collect::<String>();
    for name in STORIES {
        let run = ran(name);
        let wide = day(&run, Paper::plain(200));
        for width in [80, 120, 200] {
            let story = day(&run, Paper::plain(width));
            for line in story.lines() {
                assert!(line.chars().count() <= width, "{name} at {width}: {line}");
            }
            assert_eq!(words(&story), words(&wide), "{name} at {width}");
        }
        assert!(
            wide.starts_with(&run.about.chars().take(40).collect::<String>()),
            "{wide}"
        );
    }
}

#[test]
fn times_are_those_of_new_york_and_quiet_rows_are_counted() {
    let story = day(&ran("faults/crash_after_order_accepted"), Paper::plain(120));
    assert!(
        story.contains("2012-03-14, Wednesday, New York\n 09:35:00.462 "),
        "{story}"
    );
    assert!(
        story.contains("and 6 observations, 2 quiet watchdogs") && !story.contains("observe "),
        "{story}"
    );
    assert!(
        story.contains("#3 WorkflowStarted of #1 → signal generation: put SignalGenerated"),
        "{story}"
    );
    assert!(
        story.contains("retry        #8 RebalancePlanned of #4, attempt 2"),
        "{story}"
    );
}

#[test]
fn colours_mean_something_and_can_be_had_without() {
    let run = ran("faults/crash_after_order_accepted");
    let coloured = day(
        &run,
        Paper {
            is_coloured: true,
            ..Paper::plain(120)
        },
    );
    for (colour, word) in [
        ("35", "fault"),
        ("31", "failed"),
        ("33", "retry"),
        ("1;33", "alarm"),
        ("32", "alarm over"),
    ] {
        assert!(
            coloured
                .lines()
                .any(|line| line.starts_with(&format!("\u{1b}[{colour}m")) && line.contains(word)),
            "{word}"
        );
    }
    let printed = |variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
        for variable in ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(variable);
        }
        let output = command
            .envs(variables.iter().copied())
            .args(["run", "money/hold_only"])
            .output()
            .expect("the program runs");
        String::from_utf8(output.stdout).expect("text")
    };
    assert!(!printed(&[]).contains('\u{1b}'), "a pipe has no colours");
    assert!(printed(&[("CLICOLOR_FORCE", "1")]).contains('\u{1b}'));
    assert!(!printed(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains('\u{1b}'));
    let narrow = printed(&[("COLUMNS", "80")]);
    assert!(
        narrow.lines().all(|line| line.chars().count() <= 80),
        "{narrow}"
    );
}
