//! The operator's program against LocalStack, after a trading day there. Redrives and replays are
//! tested against the simulated cloud: LocalStack neither replays nor keeps the functions that
//! events would go to.

mod endpoint;

use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use alchemiser::aws::AwsSetup;
use alchemiser_binding::run::BackendKind;
use alchemiser_binding::run::run_on;
use alchemiser_binding::scenario::{Library, load_scenario};
use aws_sdk_sqs::types::MessageAttributeValue;
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use self::endpoint::{Endpoint, Endpoints, block_on, clients};

const WORKFLOW: &str = "daily-trading-dev@2012-03-14T13:35:00Z";

fn main() -> ExitCode {
    endpoint::run("the operator's program against LocalStack", trials)
}

/// A trial for each group of commands.
fn trials(endpoints: &Arc<Endpoints>) -> Vec<Trial> {
    vec![
        trial("ops_workflow", endpoints, workflow),
        trial("ops_rules", endpoints, rules),
        trial("ops_publish", endpoints, publish),
        trial("ops_dlq", endpoints, dead_letters),
    ]
}

fn trial(
    name: &str,
    endpoints: &Arc<Endpoints>,
    tried: fn(&Operator) -> Result<(), Failed>,
) -> Trial {
    let endpoints = Arc::clone(endpoints);
    let test = move || {
        let operator = Operator {
            endpoint: endpoints.take(),
        };
        operator.trading_day()?;
        tried(&operator)
    };
    Trial::test(name, test).with_kind("ops")
}

struct Operator {
    endpoint: Endpoint,
}

impl Operator {
    /// Makes everything anew and trades.
    fn trading_day(&self) -> Result<(), Failed> {
        let library = Library::of_this_project()?;
        let loaded = load_scenario(
            &library,
            &library.root().join("scenarios/examples/full_day.yaml"),
            "examples/full_day",
        )?;
        let run = run_on(
            &BackendKind::Endpoint(self.endpoint.url.clone()),
            &library,
            &loaded,
            1,
        )?;
        if run.passed() {
            Ok(())
        } else {
            Err(format!("the trading day failed: {:?}", run.violations).into())
        }
    }

    /// The object that the program prints; it must succeed.
    fn ops(&self, arguments: &[&str]) -> Result<Value, Failed> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ops"));
        command
            .args(arguments)
            .arg("--json")
            .env_clear()
            .stdin(Stdio::null());
        command.envs([
            ("AWS_ENDPOINT_URL", self.endpoint.url.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
        ]);
        let output = command.output()?;
        if !output.status.success() {
            return Err(format!(
                "ops {arguments:?}: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )
            .into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    fn clients(&self) -> AwsSetup {
        clients(&self.endpoint.url)
    }
}

fn expect(holds: bool, told: impl std::fmt::Debug) -> Result<(), Failed> {
    if holds {
        Ok(())
    } else {
        Err(format!("{told:?}").into())
    }
}

fn workflow(operator: &Operator) -> Result<(), Failed> {
    let shown = operator.ops(&["workflow", "show", WORKFLOW])?;
    let orders = shown["orders"].as_array().map_or(0, Vec::len);
    expect(shown["state"] == "completed" && orders == 2, shown)
}

fn rules(operator: &Operator) -> Result<(), Failed> {
    let state = |name: &str| -> Result<Value, Failed> {
        let listed = operator.ops(&["rules", "list"])?;
        let rule = listed["rules"]
            .as_array()
            .and_then(|rules| rules.iter().find(|rule| rule["name"] == name));
        Ok(rule.map_or(Value::Null, |rule| rule["state"].clone()))
    };
    let name = "alchemiser-rebalance-planned-dev";
    operator.ops(&["rules", "disable", "rebalance-planned"])?;
    expect(state(name)? == "ENABLED", "a dry run changed a rule")?;
    operator.ops(&["rules", "disable", "rebalance-planned", "--yes"])?;
    expect(state(name)? == "DISABLED", "the rule was not disabled")?;
    operator.ops(&["rules", "enable", "rebalance-planned", "--yes"])?;
    expect(state(name)? == "ENABLED", "the rule was not enabled")
}

fn publish(operator: &Operator) -> Result<(), Failed> {
    let dry = operator.ops(&["publish", "--example", "trade", "--correlation", "by-hand"])?;
    expect(dry["done"] == false, dry)?;
    let put = operator.ops(&[
        "publish",
        "--example",
        "trade",
        "--correlation",
        "by-hand",
        "--yes",
    ])?;
    expect(put["done"] == true, put)
}

fn dead_letters(operator: &Operator) -> Result<(), Failed> {
    block_on(send_letter(operator.clients().sqs()))?;
    let listed = operator.ops(&["dlq", "list"])?;
    let letters = listed["letters"].as_array().cloned().unwrap_or_default();
    expect(
        letters.len() == 1 && letters[0]["what"] == "command trade",
        &listed,
    )?;
    let id = letters[0]["message_id"].as_str().unwrap_or_default();
    let shown = operator.ops(&["dlq", "show", id])?;
    expect(shown.to_string().contains("Rate exceeded"), shown)?;
    operator.ops(&["dlq", "purge", "--all", "--yes"])?;
    let left = operator.ops(&["dlq", "list"])?;
    expect(left["letters"].as_array().is_some_and(Vec::is_empty), left)
}

/// A letter as Scheduler leaves it.
async fn send_letter(sqs: aws_sdk_sqs::Client) -> Result<(), Failed> {
    let url = sqs
        .get_queue_url()
        .queue_name("alchemiser-event-dlq-dev")
        .send()
        .await?
        .queue_url
        .unwrap_or_default();
    let arn = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/the-alchemiser-daily-trading-dev";
    let mut letter = sqs
        .send_message()
        .queue_url(url)
        .message_body(r#"{"mode":"trade","correlation_id":"a-day"}"#);
    for (name, value) in [
        ("SCHEDULE_ARN", arn),
        ("ERROR_CODE", "THROTTLING"),
        ("ERROR_MESSAGE", "Rate exceeded"),
    ] {
        letter = letter.message_attributes(
            name,
            MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()?,
        );
    }
    letter.send().await?;
    Ok(())
}
