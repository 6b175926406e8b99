use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use crate::error::CliError;
use crate::output::say;
use alchemiser_binding::run::invoke_once;
use alchemiser_binding::scenario::Library;
use alchemiser_binding::text_file::read_text;
use simulated_cloud::cloud_event::{CloudEvent, InvocationOutcome};

/// What `invoke` takes.
#[derive(Debug, Args)]
pub struct InvokeArguments {
    /// A file that holds one event as JSON.
    event: PathBuf,
    /// The time in New York.
    #[arg(long, default_value = "2012-03-14 10:00")]
    clock: String,
}

/// Sends one event through the router, in a world with the packaged strategies and an account with
/// cash only, and prints the response. Whatever follows from it is not waited for.
pub fn invoke(arguments: &InvokeArguments) -> Result<bool, CliError> {
    let path = &arguments.event;
    let text = read_text(path).map_err(|source| CliError::Read {
        path: path.clone(),
        source,
    })?;
    let payload: Value = serde_json::from_str(&text).map_err(|source| CliError::Json {
        path: path.clone(),
        source,
    })?;
    let library = Library::of_this_project()?;
    let clock = arguments.clock.parse()?;
    let journal = invoke_once(&library, clock, &payload)?;
    let ended = journal.records().find_map(|(_, record)| match record {
        CloudEvent::InvocationEnded {
            invocation: 1,
            outcome,
            response,
            ..
        } => Some((*outcome, response.clone())),
        _ => None,
    });
    let Some((outcome, response)) = ended else {
        return Err(CliError::NoAnswer);
    };
    say(&format!("{:#}\n", response.view().to_value()))?;
    Ok(outcome == InvocationOutcome::Success
        && response.view().at("status").as_str() != Some("failed"))
}
