use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use clap::{Args, ValueEnum};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::LocalSet;

use crate::error::{ArgumentError, CliError};
use crate::output::say;
use alchemiser_binding::text_file::read_text;
use harness::server::{ProgramHost, Server, WireSetup};
use lambda_host::HostedFunction;
use simulated_cloud::knobs::{Knobs, Span};
use simulated_cloud::stack::{Account, Stack};
use simulated_cloud::template::load;

/// What `serve` takes.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 4566)]
    port: u16,
    /// A SAM or CloudFormation template: what is there from the start.
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// The value of a parameter of the template.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    parameters: Vec<(String, String)>,
    /// The program of a function: Lambda's `bootstrap`.
    #[arg(long = "function", value_name = "NAME=PROGRAM", value_parser = pair)]
    functions: Vec<(String, String)>,
    /// An environment variable of the functions, over what the template says: NAME=VALUE. NAME
    /// alone takes the value that it has here, NAME=@FILE what is in the file: neither shows a
    /// secret in a list of processes. NAME=@@TEXT is @TEXT.
    #[arg(long = "variable", value_name = "NAME[=VALUE]", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// What `LAMBDA_TASK_ROOT` is; the folder of the program if not said.
    #[arg(long, value_name = "FOLDER")]
    task_root: Option<PathBuf>,
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
    /// What the cloud may hold, in MiB; beyond it, what would add something is refused.
    #[arg(long, value_name = "MIB", default_value_t = 4096, value_parser = clap::value_parser!(u64).range(64..=1_048_576))]
    memory_limit: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Latency {
    /// They arrive at once.
    None,
    /// As long as on AWS: 40 to 180 ms, and 8 to 60 ms.
    Aws,
}

fn pair(text: &str) -> Result<(String, String), ArgumentError> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or(ArgumentError::NotAPair)
}

fn variable(text: &str) -> Result<(String, String), ArgumentError> {
    let (name, given) = text
        .split_once('=')
        .map_or((text, None), |(name, given)| (name, Some(given)));
    if name.is_empty() {
        return Err(ArgumentError::NotAVariable);
    }
    let value = match given.map(|given| (given, given.strip_prefix('@'))) {
        None => std::env::var(name).map_err(|source| ArgumentError::NotSet {
            name: name.to_owned(),
            source,
        })?,
        Some((given, None)) => given.to_owned(),
        Some((_, Some(text))) if text.starts_with('@') => text.to_owned(),
        Some((_, Some(path))) => in_file(path)?,
    };
    if value.contains('\0') {
        return Err(ArgumentError::Nul(name.to_owned()));
    }
    Ok((name.to_owned(), value))
}

/// The text in a file, without the line break that editors put at its end.
fn in_file(path: &str) -> Result<String, ArgumentError> {
    let text = std::fs::read_to_string(path).map_err(|source| ArgumentError::File {
        path: path.to_owned(),
        source,
    })?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// Serves until the process is told to end.
pub fn serve(arguments: &ServeArguments) -> Result<bool, CliError> {
    let setup = setup(arguments)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::System)?;
    LocalSet::new().block_on(&runtime, async {
        let host = ProgramHost::new(programs(arguments, &setup.stack)?);
        let server = Server::bind(arguments.port, setup, Rc::new(host)).await?;
        server.limit_memory(arguments.memory_limit * 1024 * 1024);
        let listen = |kind| signal(kind).map_err(CliError::System);
        let (mut interrupt, mut terminate) = (
            listen(SignalKind::interrupt())?,
            listen(SignalKind::terminate())?,
        );
        say(&format!("listening on http://{}\n", server.address()))?;
        tokio::select! {
            () = server.run() => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(true)
    })
}

/// The functions that have a program, with the environment that the template gives them.
fn programs(arguments: &ServeArguments, stack: &Stack) -> Result<Vec<HostedFunction>, CliError> {
    let hosted = |(name, program): &(String, String)| {
        let program = std::fs::canonicalize(program).map_err(|source| CliError::Program {
            name: name.clone(),
            program: program.clone(),
            source,
        })?;
        let known = stack
            .functions
            .iter()
            .find(|function| function.name == *name || function.logical_id == *name);
        let known = known.ok_or_else(|| CliError::UnknownFunction {
            name: name.clone(),
            known: stack
                .functions
                .iter()
                .map(|function| function.logical_id.clone())
                .collect(),
        })?;
        let mut function = HostedFunction::new(&known.name, program);
        function.memory_mb = known.memory_mb;
        function.environment = known.environment.clone();
        function
            .environment
            .extend(arguments.variables.iter().cloned());
        if let Some(root) = &arguments.task_root {
            function.task_root =
                std::fs::canonicalize(root).map_err(|source| CliError::TaskRoot {
                    path: root.clone(),
                    source,
                })?;
        }
        (function.region, function.account) = (arguments.region.clone(), arguments.account.clone());
        Ok(function)
    };
    arguments.functions.iter().map(hosted).collect()
}

fn setup(arguments: &ServeArguments) -> Result<WireSetup, CliError> {
    let account = Account {
        id: arguments.account.clone(),
        region: arguments.region.clone(),
        stack: "alchemiser".to_owned(),
        ..Account::default()
    };
    let stack = match &arguments.template {
        Some(path) => {
            let text = read_text(path).map_err(|source| CliError::Read {
                path: path.clone(),
                source,
            })?;
            let parameters: BTreeMap<String, String> =
                arguments.parameters.iter().cloned().collect();
            load(&path.display().to_string(), &text, &parameters, &account)?
        }
        None => Stack::default(),
    };
    Ok(WireSetup {
        stack,
        account,
        knobs: knobs(arguments.latency),
        seed: arguments.seed,
    })
}

fn knobs(latency: Latency) -> Knobs {
    // Without IAM nobody could make the role that a schedule needs.
    let aws = Knobs {
        unknown_roles_may_everything: true,
        ..Knobs::default()
    };
    match latency {
        Latency::Aws => aws,
        Latency::None => Knobs {
            delivery_latency: Span::millis(0, 0),
            invocation_latency: Span::millis(0, 0),
            sns_latency: Span::millis(0, 0),
            ..aws
        },
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
        let Line { arguments } =
            Line::try_parse_from([&["serve"], line].concat()).expect("the line is sound");
        let knobs = setup(&arguments).expect("a setup").knobs;
        (knobs.delivery_latency, knobs.invocation_latency)
    }

    #[test]
    fn a_variable_comes_from_the_line_the_environment_or_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secret");
        std::fs::write(&file, "from=a file\r\n").expect("a file");
        let of = |text: &str| match variable(text) {
            Ok((name, value)) => Ok(format!("{name}: {value}")),
            Err(error) => Err(error.to_string()),
        };
        let at = |path: &std::path::Path| format!("KEY=@{}", path.display());
        assert_eq!(of("KEY=a=b"), Ok("KEY: a=b".to_owned()));
        assert_eq!(of("KEY="), Ok("KEY: ".to_owned()));
        assert_eq!(of("KEY=@@b"), Ok("KEY: @b".to_owned()));
        assert_eq!(of(&at(&file)), Ok("KEY: from=a file".to_owned()));
        assert_eq!(
            of("CARGO_PKG_NAME"),
            Ok("CARGO_PKG_NAME: alchemiser-sim".to_owned())
        );
        std::fs::write(&file, "a\0b").expect("a file");
        for (text, reason) in [
            ("=a", "NAME, NAME=VALUE or NAME=@FILE is needed"),
            (
                "NOBODY_SET_THIS",
                "NOBODY_SET_THIS in this environment: environment variable not found; set it, or say",
            ),
            (
                "KEY=@nothing-here",
                "nothing-here: No such file or directory",
            ),
            (&at(&file), "the value of KEY has a NUL"),
        ] {
            let error = of(text).expect_err("refused");
            assert!(error.starts_with(reason), "{text}: {error}");
        }
    }

    #[test]
    fn deliveries_take_no_time_unless_asked_to() {
        assert_eq!(latencies(&[]), (Span::millis(0, 0), Span::millis(0, 0)));
        assert_eq!(
            latencies(&["--latency", "aws"]),
            (Span::millis(40, 180), Span::millis(8, 60))
        );
    }
}
