use clap::{ArgGroup, Args, Subcommand};
use serde_json::json;

use crate::Confirmation;
use crate::account::{Account, Bus};
use crate::dlq::DRY_RUN;
use crate::outcome::{Outcome, Problem, failed, unknown};
use crate::routes::{Rule, rules_of};
use crate::table::table;

/// What can be done with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Lists the rules of the bus.
    List,
    /// Switches rules on.
    Enable(Switch),
    /// Switches rules off. Events that come meanwhile are not queued: nobody gets them.
    Disable(Switch),
}

/// Which rules are to be switched.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("rules").args(["names", "all"]).required(true))]
pub struct Switch {
    /// Rules by name, in full or without the beginning and the ending that all have:
    /// `rebalance-planned`.
    #[arg(value_name = "RULE")]
    names: Vec<String>,
    /// All rules of the bus.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// Carries out a command on rules.
pub async fn rules(account: &Account, command: &RulesCommand) -> Result<Outcome, Problem> {
    let bus = account.bus().await?;
    let all = rules_of(account, &bus.name).await?;
    match command {
        RulesCommand::List => Ok(list(&bus, &all)),
        RulesCommand::Enable(switch) => {
            change(
                account,
                &bus,
                &chosen(account, &all, switch)?,
                true,
                switch.confirmation.yes,
            )
            .await
        }
        RulesCommand::Disable(switch) => {
            change(
                account,
                &bus,
                &chosen(account, &all, switch)?,
                false,
                switch.confirmation.yes,
            )
            .await
        }
    }
}

fn list(bus: &Bus, all: &[Rule]) -> Outcome {
    let remark = |rule: &Rule| {
        rule.managed_by
            .as_ref()
            .map_or_else(|| rule.description.clone(), |by| format!("kept by {by}"))
    };
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|rule| vec![rule.name.clone(), rule.state().to_owned(), remark(rule)])
        .collect();
    let object = |rule: &Rule| json!({ "name": rule.name, "arn": rule.arn, "state": rule.state(), "description": rule.description, "managed_by": rule.managed_by });
    let text = format!(
        "{}on {}\n",
        table(&["RULE", "STATE", "FOR"], &rows),
        bus.name
    );
    Outcome::new(
        text,
        json!({ "bus": bus.name, "rules": all.iter().map(object).collect::<Vec<_>>() }),
    )
}

/// Finds rules by what somebody calls them; those that other services keep are not ours.
pub fn named<'a>(
    account: &Account,
    all: &'a [Rule],
    names: &[String],
) -> Result<Vec<&'a Rule>, Problem> {
    let own: Vec<&Rule> = all
        .iter()
        .filter(|rule| rule.managed_by.is_none())
        .collect();
    let find = |said: &String| {
        let found = own
            .iter()
            .find(|rule| account.is_called(&rule.name, said))
            .copied();
        found.ok_or_else(|| {
            unknown(
                "rule",
                said,
                &own.iter().map(|rule| rule.name.clone()).collect::<Vec<_>>(),
            )
        })
    };
    names.iter().map(find).collect()
}

fn chosen<'a>(
    account: &Account,
    all: &'a [Rule],
    switch: &Switch,
) -> Result<Vec<&'a Rule>, Problem> {
    if switch.all {
        Ok(all
            .iter()
            .filter(|rule| rule.managed_by.is_none())
            .collect())
    } else {
        named(account, all, &switch.names)
    }
}

async fn change(
    account: &Account,
    bus: &Bus,
    rules: &[&Rule],
    enable: bool,
    is_real: bool,
) -> Result<Outcome, Problem> {
    let target = if enable { "ENABLED" } else { "DISABLED" };
    let (mut rows, mut changed) = (Vec::new(), Vec::new());
    for rule in rules {
        let change = if rule.is_enabled == enable {
            "stays".to_owned()
        } else {
            format!("{} -> {target}", rule.state())
        };
        rows.push(vec![rule.name.clone(), change]);
        if rule.is_enabled != enable {
            changed.push(json!(rule.name));
            if is_real {
                switch(account, bus, rule, enable).await?;
            }
        }
    }
    let mut notes = Vec::new();
    if !enable && !changed.is_empty() {
        let since = account.now();
        notes.push(format!("Events for them are not queued. Once they are enabled: ops replay start --from {since} --rule ..."));
    }
    if !is_real {
        notes.push(DRY_RUN.to_owned());
    }
    let json = json!({ "done": is_real, "bus": bus.name, "state": target, "changed": changed });
    Ok(Outcome::new(table(&["RULE", "CHANGE"], &rows), json).noting(notes))
}

async fn switch(account: &Account, bus: &Bus, rule: &Rule, enable: bool) -> Result<(), Problem> {
    let (name, events) = (&rule.name, &account.events);
    if enable {
        let asked = events
            .enable_rule()
            .name(name)
            .event_bus_name(&bus.name)
            .send()
            .await;
        return asked
            .map(|_| ())
            .map_err(|error| failed(&format!("enabling the rule {name}"), &error));
    }
    let asked = events
        .disable_rule()
        .name(name)
        .event_bus_name(&bus.name)
        .send()
        .await;
    asked
        .map(|_| ())
        .map_err(|error| failed(&format!("disabling the rule {name}"), &error))
}
