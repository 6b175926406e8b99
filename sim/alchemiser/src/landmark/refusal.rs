use super::{logged, logged_with, told};
use harness::landmark::Landmark;

/// Each "no" of production: of a start, of a step, of an input.
pub(super) const LANDMARKS: &[Landmark] = &[
    start_skipped(
        "another run has the session",
        "another run has this session",
    ),
    start_skipped(
        "a command was handled before",
        "this command was handled before",
    ),
    start_skipped("the market is closed that day", "the market is closed on"),
    start_skipped("a command comes before the open", "has not begun"),
    start_skipped("a command of another day comes", "is over; it closed at"),
    start_refused("a run that was due comes after the close", "came later"),
    start_refused("the account may not trade", "the broker blocks trading"),
    start_refused(
        "a command is for the other deployment",
        "the command expects",
    ),
    logged(
        "a start by hand is refused",
        "a WorkflowStarted event was refused",
    ),
    ignored(
        "an event of a failed workflow is ignored",
        "the workflow is failed",
    ),
    failed("a plan is stale", "stale: the session of"),
    failed("a plan is for another session", "the plan is for session"),
    failed(
        "a session is bound to another plan",
        "the session is bound to another plan",
    ),
    failed(
        "a plan is overtaken too often",
        "the plan was overtaken by other runs",
    ),
    failed(
        "a strategy's symbol has no closes",
        "has no value: no closes",
    ),
    failed(
        "a strategy's symbol has too few closes",
        "closes are needed and",
    ),
    failed("a strategy has no price at all", "there is no price of"),
    failed("there are no prices before the session", "no prices before"),
    failed(
        "the newest prices are not of the last session",
        "the newest prices are of",
    ),
    failed(
        "an account without money cannot be planned",
        "the account holds nothing",
    ),
    told(
        "a workflow is ended by hand",
        "WorkflowFailed",
        "ended by hand",
    ),
    warned("a candidate is skipped", "candidate skipped: "),
    warned("an asset is skipped", "asset skipped: "),
    warned(
        "a text is compared as a number",
        "is compared as the number",
    ),
    warned("weights are no whole", "the weights sum to"),
    input(
        "a type of event is unknown",
        "is no event that this function handles",
    ),
    input("an input is no command", "a command must be a JSON object"),
    input("a command has an unknown field", "unknown field"),
    input("a command has no mode", "field `mode` is missing"),
    input("a command's mode is unknown", "is none of "),
    input("a command's mode is not supported", "gives signals only"),
    input("a command has a null", "null says nothing"),
    input("a schedule has no input", "has an empty detail"),
    input("a detail is no JSON", "the detail is text that is not JSON"),
    input("a key is there twice", "is there twice in one object"),
];

const fn start_skipped(name: &'static str, holds: &'static str) -> Landmark {
    logged_with(name, "start skipped", "reason", holds)
}

const fn start_refused(name: &'static str, holds: &'static str) -> Landmark {
    logged_with(name, "start refused", "reason", holds)
}

const fn ignored(name: &'static str, holds: &'static str) -> Landmark {
    logged_with(name, "event ignored", "reason", holds)
}

const fn failed(name: &'static str, holds: &'static str) -> Landmark {
    logged_with(name, "workflow failed", "reason", holds)
}

const fn warned(name: &'static str, holds: &'static str) -> Landmark {
    logged_with(name, "strategy warning", "warning", holds)
}

const fn input(name: &'static str, holds: &'static str) -> Landmark {
    logged_with(name, "input refused", "error", holds)
}
