use std::collections::BTreeMap;

use alchemiser::visible::{self, cut, lines};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::Confirmation;
use crate::account::{Account, Bus};
use crate::dead_letter::{Content, DeadLetter, Form, Original};
use crate::outcome::{Outcome, Problem, Screen};
use crate::queue::{Queue, progress};
use crate::routes::{Put, Rule, put, rules_of, takers};
use crate::shell::quoted;
use crate::table::{fact, facts, table};

/// The most characters of a body that people are shown.
const LONGEST_BODY: usize = 20_000;
/// The most characters of a command that is printed as one of a shell.
const LONGEST_COMMAND: usize = 4_000;

/// What a dry run ends with.
pub const DRY_RUN: &str = "A dry run: nothing was changed. Say --yes to do it.";

/// What can be done with dead letters.
#[derive(Debug, Subcommand)]
pub enum DlqCommand {
    /// Lists the dead letters. While it reads them, others cannot see them.
    List(Chosen),
    /// Shows all of one dead letter.
    Show {
        /// The id of its message.
        message: String,
        /// The queue; the stage's dead-letter queue if not said.
        #[arg(long, value_name = "NAME")]
        queue: Option<String>,
    },
    /// Puts the original event of dead letters on the bus again, once an event, and deletes the
    /// letters.
    Redrive(Change),
    /// Deletes dead letters. Keep a copy before: `dlq list --json`.
    Purge(Purge),
}

/// What is to be deleted.
#[derive(Debug, Args)]
pub struct Purge {
    /// All letters of the queue.
    #[arg(long, conflicts_with_all = ["messages", "correlation", "detail_type"])]
    all: bool,
    #[command(flatten)]
    change: Change,
}

/// Which letters are meant: all that fit.
#[derive(Debug, Args)]
pub struct Chosen {
    /// The queue; the stage's dead-letter queue if not said.
    #[arg(long, value_name = "NAME")]
    queue: Option<String>,
    /// Only the message of that id; may be said several times.
    #[arg(long = "message", value_name = "ID")]
    messages: Vec<String>,
    /// Only letters of that workflow.
    #[arg(long, value_name = "ID")]
    correlation: Option<String>,
    /// Only letters with events of that type.
    #[arg(long, value_name = "TYPE")]
    detail_type: Option<String>,
}

impl Chosen {
    fn is_everything(&self) -> bool {
        self.messages.is_empty() && self.correlation.is_none() && self.detail_type.is_none()
    }
}

/// Which letters are to be changed.
#[derive(Debug, Args)]
pub struct Change {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Chosen {
    fn fits(&self, letter: &DeadLetter) -> bool {
        let has = |wanted: &Option<String>, found: Option<&str>| {
            wanted.is_none() || found == wanted.as_deref()
        };
        (self.messages.is_empty() || self.messages.contains(&letter.message_id))
            && has(&self.correlation, letter.correlation_id())
            && has(
                &self.detail_type,
                letter
                    .original()
                    .map(|original| original.event.detail_type.as_str()),
            )
    }
}

/// Carries out a command on dead letters.
pub async fn dlq(
    account: &Account,
    command: &DlqCommand,
    screen: Screen,
) -> Result<Outcome, Problem> {
    match command {
        DlqCommand::List(chosen) => {
            let queue = Queue::find(account, chosen.queue.as_deref()).await?;
            with_letters(account, &queue, chosen, async |letters| {
                Ok(list(&queue, letters))
            })
            .await
        }
        DlqCommand::Show { message, queue } => {
            let chosen = Chosen {
                queue: queue.clone(),
                messages: vec![message.clone()],
                correlation: None,
                detail_type: None,
            };
            let queue = Queue::find(account, chosen.queue.as_deref()).await?;
            with_letters(account, &queue, &chosen, async |letters| {
                letters
                    .first()
                    .map(|letter| show(letter))
                    .ok_or_else(|| gone(message, &queue))
            })
            .await
        }
        DlqCommand::Redrive(Change {
            chosen,
            confirmation,
        }) => {
            let queue = Queue::find(account, chosen.queue.as_deref()).await?;
            let bus = account.bus().await?;
            with_letters(account, &queue, chosen, async |letters| {
                redrive(account, &queue, &bus, letters, screen, confirmation.yes).await
            })
            .await
        }
        DlqCommand::Purge(Purge {
            all,
            change: Change {
                chosen,
                confirmation,
            },
        }) => {
            if !all && chosen.is_everything() {
                let problem = "say which letters to delete, with --message, --correlation or --detail-type, or --all";
                return Err(Problem::Usage(problem.to_owned()));
            }
            let queue = Queue::find(account, chosen.queue.as_deref()).await?;
            with_letters(account, &queue, chosen, async |letters| {
                purge(account, &queue, letters, screen, confirmation.yes).await
            })
            .await
        }
    }
}

fn gone(message: &str, queue: &Queue) -> Problem {
    Problem::Usage(format!(
        "there is no message {message:?} in {}; `ops dlq list` shows which there are, unless others look at them",
        queue.name
    ))
}

/// Reads the queue, does `work` with the letters that fit, and shows what is left to others again,
/// whatever happened.
async fn with_letters(
    account: &Account,
    queue: &Queue,
    chosen: &Chosen,
    work: impl AsyncFnOnce(&[&DeadLetter]) -> Result<Outcome, Problem>,
) -> Result<Outcome, Problem> {
    let elsewhere = queue.in_flight(account).await?;
    let mut seen = BTreeMap::new();
    let outcome = tokio::select! {
        outcome = read_and_do(account, queue, chosen, &mut seen, work) => outcome,
        Ok(()) = tokio::signal::ctrl_c() => Err(Problem::Failed("interrupted; the letters can be seen again".to_owned())),
    };
    // Those that were deleted meanwhile are gone; SQS ignores them in the batch's answer.
    let released = queue
        .release(account, &seen.values().collect::<Vec<_>>())
        .await;
    let outcome = outcome?;
    released?;
    let hidden = format!(
        "{elsewhere} more cannot be seen: somebody looks at them; they come back within minutes."
    );
    Ok(outcome.noting((elsewhere > 0).then_some(hidden)))
}

async fn read_and_do(
    account: &Account,
    queue: &Queue,
    chosen: &Chosen,
    seen: &mut BTreeMap<String, DeadLetter>,
    work: impl AsyncFnOnce(&[&DeadLetter]) -> Result<Outcome, Problem>,
) -> Result<Outcome, Problem> {
    queue.read(account, seen).await?;
    if let Some(id) = chosen.messages.iter().find(|id| !seen.contains_key(*id)) {
        return Err(gone(id, queue));
    }
    let mut fitting: Vec<&DeadLetter> =
        seen.values().filter(|letter| chosen.fits(letter)).collect();
    fitting
        .sort_by(|left, right| (left.sent, &left.message_id).cmp(&(right.sent, &right.message_id)));
    work(&fitting).await
}

fn rows(letters: &[&DeadLetter]) -> String {
    let row = |letter: &&DeadLetter| {
        let correlation_id = letter.correlation_id().map(str::to_owned);
        let sent = letter
            .sent
            .map(|sent| sent.get().format("%Y-%m-%dT%H:%M:%SZ").to_string())
            .unwrap_or_default();
        vec![
            letter.message_id.clone(),
            sent,
            letter.from(),
            letter.what(),
            correlation_id.unwrap_or_default(),
            letter.reason.clone(),
        ]
    };
    table(
        &["MESSAGE", "SENT", "FROM", "WHAT", "WORKFLOW", "REASON"],
        &letters.iter().map(row).collect::<Vec<_>>(),
    )
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn list(queue: &Queue, letters: &[&DeadLetter]) -> Outcome {
    let count = format!(
        "{} in {}\n",
        counted(letters.len(), "dead letter"),
        queue.name
    );
    let text = if letters.is_empty() {
        count
    } else {
        format!("{}{count}", rows(letters))
    };
    let json = json!({ "queue": queue.name, "letters": letters.iter().map(|letter| letter.to_json()).collect::<Vec<_>>() });
    Outcome::new(text, json)
}

fn show(letter: &DeadLetter) -> Outcome {
    let original = letter.original();
    let head = facts(&[
        ("Message", Some(letter.message_id.clone())),
        ("Sent", letter.sent.map(|sent| sent.to_string())),
        ("From", Some(letter.from())),
        (
            "Reason",
            Some(letter.reason.clone()).filter(|reason| !reason.is_empty()),
        ),
        ("What", Some(letter.what())),
        ("Event", original.map(|original| original.id.clone())),
        ("Workflow", letter.correlation_id().map(str::to_owned)),
    ]);
    let attributes: String = letter
        .attributes
        .iter()
        .map(|(name, value)| format!("  {}: {}\n", fact(name), fact(value)))
        .collect();
    let attributes = if attributes.is_empty() {
        attributes
    } else {
        format!("Attributes\n{attributes}")
    };
    let text = format!(
        "{head}{attributes}Body\n{}\n",
        cut(&body_text(&letter.body), LONGEST_BODY)
    );
    Outcome::new(text, letter.to_json()).noting(by_hand(letter))
}

/// The body for people. Of one that is no JSON each line is set in, so that none can pass for a
/// line of this program.
fn body_text(body: &str) -> String {
    match serde_json::from_str::<Value>(body).and_then(|value| serde_json::to_string_pretty(&value))
    {
        Ok(pretty) => lines(&pretty),
        Err(_) => lines(body)
            .lines()
            .map(|line| format!("  {line}"))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

/// What gives a command to the function again, which the bus does not carry.
fn by_hand(letter: &DeadLetter) -> Option<String> {
    let Content::Command(command) = &letter.content else {
        return None;
    };
    let function = match letter.form {
        Form::Schedule => letter.attributes.get("TARGET_ARN").cloned(),
        _ => Some(letter.sender.clone()),
    };
    let function = function
        .filter(|name| is_function_name(name))
        .unwrap_or_else(|| "FUNCTION".to_owned());
    let command = visible::json(command.to_string());
    if command.len() > LONGEST_COMMAND {
        return Some(
            "A command, not an event, and too long for a command line: its text is in the body."
                .to_owned(),
        );
    }
    Some(format!(
        "A command, not an event. To give it to the function again:\n  aws lambda invoke --function-name {function} --invocation-type Event \
         --cli-binary-format raw-in-base64-out --payload {} answer.json",
        quoted(&command)
    ))
}

/// Whether it can be the name or the ARN of a function: a letter of somebody's own making may hold
/// anything.
fn is_function_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_:$".contains(&byte))
}

/// One event and all the letters that hold it.
struct Group<'a> {
    original: &'a Original,
    letters: Vec<&'a DeadLetter>,
}

impl Group<'_> {
    fn ids(&self) -> Vec<&str> {
        self.letters
            .iter()
            .map(|letter| letter.message_id.as_str())
            .collect()
    }

    fn refusal(&self, reason: &str) -> String {
        format!(
            "{} {} ({}): {reason}",
            self.original.event.detail_type,
            self.original.id,
            self.ids().join(", ")
        )
    }
}

/// Groups the letters by their original event, in the order of the first of each; those without one
/// are refused.
fn grouped<'a>(letters: &[&'a DeadLetter], refused: &mut Vec<String>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut places: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for letter in letters {
        let why = match (&letter.content, letter.form) {
            (_, Form::Other) => {
                "it is not a dead letter of EventBridge, Scheduler or Lambda".to_owned()
            }
            (Content::Command(_), _) => format!(
                "it holds a command, which the bus does not carry; see ops dlq show {}",
                letter.message_id
            ),
            (Content::Unreadable(reason), _) => reason.to_string(),
            (Content::Event(original) | Content::Observation(original), _) => {
                let event = &original.event;
                let place = places
                    .entry((&event.source, &event.detail_type, &event.detail))
                    .or_insert(groups.len());
                match groups.get_mut(*place) {
                    Some(group) => group.letters.push(letter),
                    None => groups.push(Group {
                        original,
                        letters: vec![letter],
                    }),
                }
                continue;
            }
        };
        refused.push(format!("{}: {why}", letter.message_id));
    }
    groups
}

/// Why the event must not be put just now: a rule that is disabled would miss it, and the letter
/// would be gone.
async fn hindrance(
    account: &Account,
    rules: &[Rule],
    original: &Original,
) -> Result<Option<String>, Problem> {
    let taking = takers(account, rules, &original.event).await?;
    if let Some(rule) = taking.iter().find(|rule| !rule.is_enabled) {
        return Ok(Some(format!(
            "the rule {} takes it and is disabled; enable it first: ops rules enable {0}",
            rule.name
        )));
    }
    Ok(taking.is_empty().then(|| "no rule takes it".to_owned()))
}

/// Puts each event once and deletes its letters. What keeps one from being put keeps no other.
async fn redrive(
    account: &Account,
    queue: &Queue,
    bus: &Bus,
    letters: &[&DeadLetter],
    screen: Screen,
    is_real: bool,
) -> Result<Outcome, Problem> {
    let mut refused = Vec::new();
    let rules = rules_of(account, &bus.name).await?;
    let mut groups = Vec::new();
    for group in grouped(letters, &mut refused) {
        match hindrance(account, &rules, group.original).await? {
            Some(reason) => refused.push(group.refusal(&reason)),
            None => groups.push(group),
        }
    }
    let row = |group: &Group<'_>| {
        vec![
            group.original.event.detail_type.clone(),
            group.original.id.clone(),
            counted(group.letters.len(), "letter"),
        ]
    };
    let events = if groups.is_empty() {
        String::new()
    } else {
        table(
            &["EVENT", "ID", "LETTERS"],
            &groups.iter().map(row).collect::<Vec<_>>(),
        )
    };
    let whole: Vec<Value> = groups
        .iter()
        .flat_map(|group| &group.letters)
        .map(|letter| letter.to_json())
        .collect();
    let first = screen.begin(
        events,
        json!({ "queue": queue.name, "bus": bus.name, "letters": whole }),
        is_real && !groups.is_empty(),
    )?;
    let bar = progress(Some(groups.len()), "events");
    let mut done = Vec::new();
    for group in &groups {
        bar.inc(1);
        match put_again(account, queue, bus, group, is_real).await {
            Ok(put_as) => done.push(json!({
                "event_id": group.original.id, "detail_type": group.original.event.detail_type, "messages": group.ids(), "put_as": put_as,
            })),
            Err(error) => refused.push(group.refusal(&error.to_string())),
        }
    }
    bar.finish_and_clear();
    let verb = if is_real { "Put on" } else { "Would be put on" };
    let text = format!("{verb} {}: {}\n", bus.name, counted(done.len(), "event"));
    let outcome = Outcome::new(text, json!({ "done": is_real, "events": done })).after(first);
    Ok(outcome
        .refusing(refused)
        .noting((!is_real).then(|| DRY_RUN.to_owned())))
}

/// Why an event was not put again, or not for good.
#[derive(Debug, thiserror::Error)]
enum NotRedriven {
    #[error(transparent)]
    Put(#[from] Problem),
    #[error("EventBridge refused it: {0}")]
    Refused(String),
    #[error("it was put as {id}, but its letter is still there: {problem}")]
    LetterKept { id: String, problem: Problem },
}

/// Puts one event and deletes its letters; gives the id that EventBridge gave it, none in a dry
/// run.
async fn put_again(
    account: &Account,
    queue: &Queue,
    bus: &Bus,
    group: &Group<'_>,
    is_real: bool,
) -> Result<Option<String>, NotRedriven> {
    if !is_real {
        return Ok(None);
    }
    let id = match put(account, &bus.name, &group.original.event).await? {
        Put::Accepted(id) => id,
        Put::Refused(reason) => return Err(NotRedriven::Refused(reason)),
    };
    // Only now: a letter that is deleted before its event is on the bus could be the last trace of
    // it.
    for letter in &group.letters {
        if let Err(problem) = queue.delete(account, letter).await {
            return Err(NotRedriven::LetterKept { id, problem });
        }
    }
    Ok(Some(id))
}

async fn purge(
    account: &Account,
    queue: &Queue,
    letters: &[&DeadLetter],
    screen: Screen,
    is_real: bool,
) -> Result<Outcome, Problem> {
    let text = if letters.is_empty() {
        String::new()
    } else {
        rows(letters)
    };
    let whole: Vec<Value> = letters.iter().map(|letter| letter.to_json()).collect();
    let first = screen.begin(
        text,
        json!({ "queue": queue.name, "letters": whole }),
        is_real && !letters.is_empty(),
    )?;
    let bar = progress(Some(letters.len()), "letters");
    let mut refused = Vec::new();
    for letter in letters.iter().filter(|_| is_real) {
        if let Err(problem) = queue.delete(account, letter).await {
            refused.push(problem.to_string());
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let verb = if is_real {
        "Deleted from"
    } else {
        "Would be deleted from"
    };
    let text = format!(
        "{verb} {}: {}\n",
        queue.name,
        counted(letters.len() - refused.len(), "dead letter")
    );
    let outcome = Outcome::new(text, json!({ "done": is_real })).after(first);
    Ok(outcome
        .refusing(refused)
        .noting((!is_real).then(|| DRY_RUN.to_owned())))
}
