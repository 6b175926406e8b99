//! What the steps of a workflow recorded: each claim holds the events that its step brought about,
//! and each event's id leads to the claim of the next step.

use std::collections::{BTreeSet, VecDeque};

use alchemiser::bus::BusEntry;
use alchemiser::event::{DetailType, Event};
use alchemiser::store::{Item, get_number, get_text, ordered, text};
use serde_json::Value;

use crate::account::Account;
use crate::outcome::{Problem, failed};

/// One step's claim.
#[derive(Clone, Debug)]
pub struct Claim {
    /// `execution#EVENT_ID`.
    pub key: String,
    /// `claimed` while it is worked on, `recorded` before its events are out, `completed`.
    pub state: String,
    /// The end of the lease, in milliseconds.
    pub lease_until: i64,
    /// How often it was taken.
    pub fence: i64,
    /// The events that the step brought about.
    pub events: Vec<BusEntry>,
}

impl Claim {
    fn read(item: &Item) -> Result<Self, Problem> {
        let key = get_text(item, "claim_key").unwrap_or_default();
        let events = get_text(item, "events").unwrap_or_else(|| "[]".to_owned());
        let events = serde_json::from_str(&events).map_err(|error| {
            Problem::Failed(format!("the claim {key} holds unreadable events: {error}"))
        })?;
        Ok(Self {
            state: get_text(item, "state").unwrap_or_default(),
            lease_until: get_number(item, "lease_until").unwrap_or_default(),
            fence: get_number(item, "fence").unwrap_or_default(),
            events,
            key,
        })
    }
}

/// The claim of the step that an event brings about.
fn next_step(entry: &BusEntry) -> Option<String> {
    let step = DetailType::from_name(&entry.detail_type)?.step()?;
    Some(format!("{step}#{}", entry.event_id))
}

/// The event in an entry, if it can be read.
pub fn event_of(entry: &BusEntry) -> Option<Event> {
    Event::parse(&entry.detail_type, &Value::String(entry.detail.clone())).ok()
}

/// The claims of a workflow in the order of cause and effect, from its start and from the watchdog;
/// `known` are events of which its record tells.
pub async fn claim_chain(
    account: &Account,
    correlation_id: &str,
    known: &[BusEntry],
) -> Result<Vec<Claim>, Problem> {
    let mut chain = Chain {
        account,
        seen: BTreeSet::new(),
        found: Vec::new(),
    };
    chain
        .follow([
            format!("start#{correlation_id}"),
            format!("watchdog#{correlation_id}"),
        ])
        .await?;
    if !chain
        .found
        .iter()
        .any(|claim| claim.key.starts_with("start#"))
    {
        // Begun by an event that somebody put by hand: only the claims themselves tell which.
        chain
            .follow(mentioning(account, correlation_id).await?)
            .await?;
    }
    chain.follow(known.iter().filter_map(next_step)).await?;
    Ok(chain.found)
}

/// What was found so far.
struct Chain<'a> {
    account: &'a Account,
    seen: BTreeSet<String>,
    found: Vec<Claim>,
}

impl Chain<'_> {
    /// Goes from claims to those of the steps that their events brought about.
    async fn follow(&mut self, from: impl IntoIterator<Item = String>) -> Result<(), Problem> {
        let mut open = VecDeque::from_iter(from);
        while let Some(key) = open.pop_front() {
            if !self.seen.insert(key.clone()) {
                continue;
            }
            if let Some(claim) = load(self.account, &key).await? {
                open.extend(claim.events.iter().filter_map(next_step));
                self.found.push(claim);
            }
        }
        Ok(())
    }
}

async fn load(account: &Account, key: &str) -> Result<Option<Claim>, Problem> {
    let table = account.named("idempotency");
    let asked = account
        .dynamodb
        .get_item()
        .table_name(&table)
        .key("claim_key", text(key))
        .consistent_read(true)
        .send()
        .await;
    let answer = asked.map_err(|error| failed(&format!("reading {key} in {table}"), &error))?;
    answer
        .item
        .map(|item| Claim::read(&ordered(item)))
        .transpose()
}

/// The keys of all claims whose events name the workflow.
async fn mentioning(account: &Account, correlation_id: &str) -> Result<Vec<String>, Problem> {
    let table = account.named("idempotency");
    let (mut keys, mut next) = (Vec::new(), None);
    loop {
        let asked = account
            .dynamodb
            .scan()
            .table_name(&table)
            .filter_expression("contains(events, :workflow)")
            .expression_attribute_values(
                ":workflow",
                text(format!("correlation:{correlation_id}\"")),
            )
            .set_exclusive_start_key(next)
            .send()
            .await;
        let page = asked.map_err(|error| failed(&format!("searching {table}"), &error))?;
        next = page.last_evaluated_key.clone();
        keys.extend(
            page.items
                .unwrap_or_default()
                .into_iter()
                .filter_map(|item| get_text(&ordered(item), "claim_key")),
        );
        if next.is_none() {
            keys.sort();
            return Ok(keys);
        }
    }
}
