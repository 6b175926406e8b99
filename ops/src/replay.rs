use std::time::Duration;

use alchemiser::timestamp::Timestamp;
use aws_sdk_eventbridge::operation::describe_archive::DescribeArchiveOutput;
use aws_sdk_eventbridge::operation::describe_replay::DescribeReplayOutput;
use aws_sdk_eventbridge::types::{Replay, ReplayDestination, ReplayState};
use aws_smithy_types::DateTime;
use chrono::{TimeDelta, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::Confirmation;
use crate::account::{Account, Bus};
use crate::dlq::DRY_RUN;
use crate::outcome::{Outcome, Problem, failed, unknown};
use crate::queue::progress;
use crate::routes::{Rule, rules_of};
use crate::rules::named;
use crate::table::{facts, table};

/// Events reach an archive about so much later (`archive` of semantics.md).
const ARCHIVE_DELAY: TimeDelta = TimeDelta::minutes(10);
/// How often a replay is asked how far it is.
const POLL: Duration = Duration::from_secs(2);

/// What can be done with replays.
#[derive(Debug, Subcommand)]
pub enum ReplayCommand {
    /// Starts a replay of the stage's archive onto its bus. Steps that were done are not done
    /// again.
    Start(Start),
    /// Shows how far a replay is; all replays of the archive where none is named.
    Status {
        /// The replay.
        name: Option<String>,
    },
}

/// What is to be replayed.
#[derive(Debug, Args)]
pub struct Start {
    /// The time of the first event, such as 2025-10-10T13:30:00Z.
    #[arg(long, value_name = "TIME")]
    from: Timestamp,
    /// The time of the last event; now if not said.
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// Only this rule sees the events; may be said several times. All rules if not said.
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,
    /// The replay's name, which no other one of the last 90 days may have; from the time if not
    /// said.
    #[arg(long)]
    name: Option<String>,
    /// Wait until it is over.
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    confirmation: Confirmation,
}

/// Carries out a command on replays.
pub async fn replay(account: &Account, command: &ReplayCommand) -> Result<Outcome, Problem> {
    match command {
        ReplayCommand::Start(start) => begin(account, start).await,
        ReplayCommand::Status { name: Some(name) } => {
            let found = describe(account, name).await?;
            Ok(Outcome::new(facts_of(&found), object_of(&found)))
        }
        ReplayCommand::Status { name: None } => list(account).await,
    }
}

async fn begin(account: &Account, start: &Start) -> Result<Outcome, Problem> {
    let now = account.now();
    let to = start.to.unwrap_or(now);
    if to <= start.from {
        return Err(Problem::Usage(format!(
            "--from {} must be before --to {to}",
            start.from
        )));
    }
    let name = start
        .name
        .clone()
        .unwrap_or_else(|| format!("ops-{}", now.get().format("%Y%m%dT%H%M%SZ")));
    let bus = account.bus().await?;
    let archive = archive(account).await?;
    let all = rules_of(account, &bus.name).await?;
    let rules = named(account, &all, &start.rules)?;
    let is_real = start.confirmation.yes;
    if is_real {
        ask(
            account,
            &bus,
            &archive,
            &Wish {
                name: &name,
                from: start.from,
                to,
                rules: &rules,
            },
        )
        .await?;
    }
    let state = match is_real {
        true if start.wait => wait(account, &name).await?,
        true => "STARTING".to_owned(),
        false => "not started".to_owned(),
    };
    let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    let text = facts(&[
        ("Replay", Some(name.clone())),
        ("State", Some(state.clone())),
        ("Archive", archive.archive_name().map(str::to_owned)),
        ("Events", Some(format!("{} to {to}", start.from))),
        ("Bus", Some(bus.name.clone())),
        (
            "Rules",
            Some(if names.is_empty() {
                "all".to_owned()
            } else {
                names.join(", ")
            }),
        ),
    ]);
    let json = json!({
        "done": is_real, "replay": name, "state": state, "archive": archive.archive_name(), "bus": bus.name, "from": start.from, "to": to,
        "rules": names,
    });
    let mut notes = blind(&all, rules);
    if to.get() + ARCHIVE_DELAY > now.get() {
        notes.push("Events of the last ten minutes may not be in the archive yet.".to_owned());
    }
    if !is_real {
        notes.push(DRY_RUN.to_owned());
    } else if !start.wait {
        notes.push(format!("How far it is: ops replay status {name}"));
    }
    let refused = (is_real && start.wait && state != "COMPLETED")
        .then(|| format!("the replay {name} ended as {state}"));
    Ok(Outcome::new(text, json).noting(notes).refusing(refused))
}

/// Which of the chosen rules, or of all where none is chosen, will not see the events.
fn blind(all: &[Rule], chosen: Vec<&Rule>) -> Vec<String> {
    let seen = if chosen.is_empty() {
        all.iter()
            .filter(|rule| rule.managed_by.is_none())
            .collect()
    } else {
        chosen
    };
    seen.iter()
        .filter(|rule| !rule.is_enabled)
        .map(|rule| format!("The rule {} is disabled: it will not see them.", rule.name))
        .collect()
}

async fn archive(account: &Account) -> Result<DescribeArchiveOutput, Problem> {
    let name = account.named("event-archive");
    match account
        .events
        .describe_archive()
        .archive_name(&name)
        .send()
        .await
    {
        Ok(found) => Ok(found),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|failure| failure.is_resource_not_found_exception()) =>
        {
            let listed = account
                .events
                .list_archives()
                .send()
                .await
                .map_err(|error| failed("listing the archives", &error))?;
            let names = listed
                .archives()
                .iter()
                .filter_map(|archive| archive.archive_name())
                .map(str::to_owned);
            Err(unknown("archive", &name, &names.collect::<Vec<_>>()))
        }
        Err(error) => Err(failed(&format!("looking for the archive {name}"), &error)),
    }
}

/// What a replay is started with.
struct Wish<'a> {
    name: &'a str,
    from: Timestamp,
    to: Timestamp,
    rules: &'a [&'a Rule],
}

async fn ask(
    account: &Account,
    bus: &Bus,
    archive: &DescribeArchiveOutput,
    wish: &Wish<'_>,
) -> Result<(), Problem> {
    let filter: Vec<String> = wish.rules.iter().map(|rule| rule.arn.clone()).collect();
    let destination = ReplayDestination::builder()
        .arn(&bus.arn)
        .set_filter_arns((!filter.is_empty()).then_some(filter))
        .build();
    let destination = destination.expect("all required members are set");
    let asked = account
        .events
        .start_replay()
        .replay_name(wish.name)
        .event_source_arn(archive.archive_arn().unwrap_or_default())
        .event_start_time(DateTime::from_secs(wish.from.get().timestamp()))
        .event_end_time(DateTime::from_secs(wish.to.get().timestamp()))
        .destination(destination);
    asked
        .send()
        .await
        .map(|_| ())
        .map_err(|error| failed(&format!("starting the replay {}", wish.name), &error))
}

/// Waits for the end of a replay, and gives its last state.
async fn wait(account: &Account, name: &str) -> Result<String, Problem> {
    let bar = progress(None, "");
    loop {
        let found = describe(account, name).await?;
        let state = state_of(found.state());
        let at = found
            .event_last_replayed_time()
            .map(instant)
            .unwrap_or_default();
        bar.set_message(format!("{state} {at}"));
        bar.tick();
        if !matches!(
            found.state(),
            Some(ReplayState::Starting | ReplayState::Running | ReplayState::Cancelling)
        ) {
            bar.finish_and_clear();
            return Ok(state);
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn replays(account: &Account) -> Result<Vec<Replay>, Problem> {
    let archive = archive(account).await?;
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let asked = account
            .events
            .list_replays()
            .event_source_arn(archive.archive_arn().unwrap_or_default())
            .set_next_token(next);
        let page = asked
            .send()
            .await
            .map_err(|error| failed("listing the replays", &error))?;
        next = page.next_token.clone();
        found.extend(page.replays.unwrap_or_default());
        if next.is_none() {
            return Ok(found);
        }
    }
}

async fn describe(account: &Account, name: &str) -> Result<DescribeReplayOutput, Problem> {
    match account
        .events
        .describe_replay()
        .replay_name(name)
        .send()
        .await
    {
        Ok(found) => Ok(found),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|failure| failure.is_resource_not_found_exception()) =>
        {
            let names = replays(account)
                .await?
                .iter()
                .filter_map(|replay| replay.replay_name())
                .map(str::to_owned)
                .collect::<Vec<_>>();
            Err(unknown("replay", name, &names))
        }
        Err(error) => Err(failed(&format!("looking for the replay {name}"), &error)),
    }
}

async fn list(account: &Account) -> Result<Outcome, Problem> {
    let found = replays(account).await?;
    let shown = |time: Option<&DateTime>| time.map(instant).unwrap_or_default();
    let row = |replay: &Replay| {
        vec![
            replay.replay_name().unwrap_or_default().to_owned(),
            state_of(replay.state()),
            shown(replay.event_start_time()),
            shown(replay.event_end_time()),
            shown(replay.event_last_replayed_time()),
        ]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    let object = |row: &Vec<String>| json!({ "replay": row[0], "state": row[1], "from": row[2], "to": row[3], "last_replayed": row[4] });
    let text = if rows.is_empty() {
        "No replays\n".to_owned()
    } else {
        table(&["REPLAY", "STATE", "FROM", "TO", "REACHED"], &rows)
    };
    Ok(Outcome::new(
        text,
        json!({ "replays": rows.iter().map(object).collect::<Vec<_>>() }),
    ))
}

fn state_of(state: Option<&ReplayState>) -> String {
    state.map_or("unknown", ReplayState::as_str).to_owned()
}

fn instant(time: &DateTime) -> String {
    let seconds = chrono::DateTime::<Utc>::from_timestamp(time.secs(), 0);
    seconds
        .map(|seconds| Timestamp::new(seconds).to_string())
        .unwrap_or_default()
}

/// The names of the rules that alone see a replay.
fn rules_seeing(found: &DescribeReplayOutput) -> Vec<String> {
    let arns = found
        .destination()
        .map(ReplayDestination::filter_arns)
        .unwrap_or_default();
    arns.iter()
        .map(|arn| arn.rsplit('/').next().unwrap_or(arn).to_owned())
        .collect()
}

fn facts_of(found: &DescribeReplayOutput) -> String {
    let rules = rules_seeing(found);
    let times = [found.event_start_time(), found.event_end_time()]
        .map(|time| time.map(instant).unwrap_or_default());
    facts(&[
        ("Replay", found.replay_name().map(str::to_owned)),
        ("State", Some(state_of(found.state()))),
        ("Because", found.state_reason().map(str::to_owned)),
        ("Events", Some(times.join(" to "))),
        ("Reached", found.event_last_replayed_time().map(instant)),
        (
            "Rules",
            Some(if rules.is_empty() {
                "all".to_owned()
            } else {
                rules.join(", ")
            }),
        ),
    ])
}

fn object_of(found: &DescribeReplayOutput) -> Value {
    json!({
        "replay": found.replay_name(), "state": state_of(found.state()), "reason": found.state_reason(),
        "from": found.event_start_time().map(instant), "to": found.event_end_time().map(instant),
        "last_replayed": found.event_last_replayed_time().map(instant), "rules": rules_seeing(found),
    })
}
