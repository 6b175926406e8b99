//! Errors that Lambda itself reports where the function cannot: a process that died, was killed or
//! never started, and an answer that is too large.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::{Value, json};

use simulated_cloud::lambda::InvocationResult;

/// The result of a function that gave this error.
pub(super) fn failed(error: Value) -> (InvocationResult, Value) {
    let text = |name: &str| {
        error
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    (
        InvocationResult::Failed {
            error_type: text("errorType"),
            message: text("errorMessage"),
        },
        error,
    )
}

/// A process that ended with an event in hand, or before it took one.
pub(super) fn exited(request_id: &str, status: ExitStatus) -> Value {
    let how = match (status.code(), status.signal()) {
        (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, signal) => {
            let dumped = if status.core_dumped() {
                " (core dumped)"
            } else {
                ""
            };
            format!(
                "Runtime exited with error: signal: {}{dumped}",
                signal_name(signal.unwrap_or_default())
            )
        }
    };
    json!({ "errorType": "Runtime.ExitError", "errorMessage": format!("RequestId: {request_id} Error: {how}") })
}

/// A process that was killed because its time was up.
pub(super) fn timed_out(request_id: &str, limit: Duration) -> Value {
    let seconds = limit.as_secs_f64();
    json!({
        "errorType": "Sandbox.Timedout",
        "errorMessage": format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds"),
    })
}

/// A program that cannot be started.
pub(super) fn no_program(request_id: &str, program: &Path, error: &io::Error) -> Value {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    json!({
        "errorType": "Runtime.InvalidEntrypoint",
        "errorMessage": format!("RequestId: {request_id} Error: fork/exec {}: {reason}", program.display()),
    })
}

/// An answer larger than Lambda takes.
pub(super) fn too_large(limit_bytes: usize) -> Value {
    json!({
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": format!("Response payload size exceeded maximum allowed payload size ({limit_bytes} bytes)."),
    })
}

/// As the Go runtime, which Lambda's own words come from, names signals.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        11 => "segmentation fault",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}
