use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use clap::{Args, ValueEnum};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::LocalSet;

use super::{Mistake, say};
use crate::cloud::knobs::{Knobs, Span};
use crate::cloud::template::{Pseudo, Stack, load};
use crate::wire::{NoHost, Server, WireSetup};

/// What `serve` takes.
#[derive(Debug, Args)]
pub(super) struct ServeArguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 4566)]
    port: u16,
    /// A SAM or CloudFormation template: what is there from the start.
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// The value of a parameter of the template.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    parameters: Vec<(String, String)>,
    /// The account.
    #[arg(long, default_value = "123456789012")]
    account: String,
    /// The region.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// The seed of ids and of what is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long events and asynchronous invocations are on their way.
    #[arg(long, value_enum, default_value_t = Latency::None)]
    latency: Latency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Latency {
    /// They arrive at once.
    None,
    /// As long as on AWS: 40 to 180 ms, and 8 to 60 ms.
    Aws,
}

fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(|| "NAME=VALUE is needed".to_owned())
}

/// Serves until the process is told to end.
pub(super) fn serve(arguments: &ServeArguments) -> Result<bool, Mistake> {
    let setup = setup(arguments)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    LocalSet::new().block_on(&runtime, async {
        let server = Server::bind(arguments.port, setup, Rc::new(NoHost)).await?;
        let listen = |kind| signal(kind).map_err(|error| error.to_string());
        let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        say(&format!("listening on http://{}\n", server.address()))?;
        tokio::select! {
            () = server.run() => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(true)
    })
}

fn setup(arguments: &ServeArguments) -> Result<WireSetup, Mistake> {
    let pseudo = Pseudo {
        account: arguments.account.clone(),
        region: arguments.region.clone(),
        partition: "aws".to_owned(),
        stack_name: "alchemiser".to_owned(),
    };
    let stack = match &arguments.template {
        Some(path) => {
            let shown = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
            let parameters: BTreeMap<String, String> = arguments.parameters.iter().cloned().collect();
            load(&shown, &text, &parameters, &pseudo)
                .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?
        }
        None => Stack::default(),
    };
    Ok(WireSetup { stack, pseudo, knobs: knobs(arguments.latency), seed: arguments.seed })
}

fn knobs(latency: Latency) -> Knobs {
    // Without IAM nobody could make the role that a schedule needs.
    let aws = Knobs { unknown_roles_may_everything: true, ..Knobs::default() };
    match latency {
        Latency::Aws => aws,
        Latency::None => Knobs { delivery_latency: Span::millis(0, 0), invocation_latency: Span::millis(0, 0), ..aws },
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: ServeArguments,
    }

    fn latencies(line: &[&str]) -> (Span, Span) {
        let Line { arguments } = Line::try_parse_from([&["serve"], line].concat()).expect("the line is sound");
        let knobs = setup(&arguments).expect("a setup").knobs;
        (knobs.delivery_latency, knobs.invocation_latency)
    }

    #[test]
    fn deliveries_take_no_time_unless_asked_to() {
        assert_eq!(latencies(&[]), (Span::millis(0, 0), Span::millis(0, 0)));
        assert_eq!(latencies(&["--latency", "aws"]), (Span::millis(40, 180), Span::millis(8, 60)));
    }
}
