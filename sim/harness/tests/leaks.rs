//! Eight ways in which code stops being the same everywhere, planted in a function: a trace tells each
//! from an honest one, and shows where it entered, to five entries.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hash::BuildHasher;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::SystemTime;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use harness::chain::{Chain, Trace};
use harness::function::{FunctionCode, HandlerError, from_fn};
use harness::journal::Journal;
use harness::world::{Backend, SimulatedWorld, WorldSetup};
use serde_json::{Value, json};
use simulated_cloud::stack::Account;
use simulated_cloud::template::load;

/// Something that leaks into a run from outside.
struct Leak {
    name: &'static str,
    /// What it gives; it should not hang on anything.
    value: fn() -> String,
}

const LEAKS: [Leak; 8] = [
    Leak {
        name: "the order of a HashMap",
        value: order_of_a_map,
    },
    Leak {
        name: "the wall clock",
        value: wall_clock,
    },
    Leak {
        name: "an id without a seed",
        value: || format!("{:x}", std::hash::RandomState::new().hash_one("parcel")),
    },
    Leak {
        name: "a static counter",
        value: || {
            static COUNTER: AtomicU32 = AtomicU32::new(0);
            COUNTER.fetch_add(1, Ordering::Relaxed).to_string()
        },
    },
    Leak {
        name: "an address as a key",
        value: || format!("{:p}", Arc::new([0_u64; 4])),
    },
    Leak {
        name: "the thread",
        value: || format!("{:?}", thread::current().id()),
    },
    Leak {
        name: "a variable of the environment",
        value: || std::env::var("TZ").unwrap_or_default(),
    },
    Leak {
        name: "the order of a sum of floats",
        value: sum_in_the_order_of_a_map,
    },
];

#[expect(clippy::disallowed_types, reason = "its order is the leak")]
fn map() -> std::collections::HashMap<u32, f64> {
    (0..400_u32)
        .map(|number| {
            let magnitude = 10_f64.powi(i32::try_from(number % 17).expect("small"));
            (number, magnitude / f64::from(number + 3))
        })
        .collect()
}

fn order_of_a_map() -> String {
    let first: Vec<String> = map().keys().take(8).map(u32::to_string).collect();
    first.join("-")
}

fn sum_in_the_order_of_a_map() -> String {
    let total: f64 = map().values().sum();
    // What the greatest leave over shows the order best.
    let rest: f64 = map().values().fold(total, |rest, value| rest - value);
    format!("{total:e} {rest:e}")
}

#[expect(clippy::disallowed_methods, reason = "the clock is the leak")]
fn wall_clock() -> String {
    format!("{:?}", SystemTime::now())
}

fn honest() -> String {
    "the same everywhere".to_owned()
}

/// A labeller that stamps heavy parcels with what leaks, and others with nothing.
fn labeller(stamp: fn() -> String) -> Arc<dyn FunctionCode> {
    from_fn(move |ports| {
        let events = aws_sdk_eventbridge::Client::new(&ports.sdk_config());
        let bus = ports.environment["BUS"].clone();
        move |event: Value| {
            let (events, bus) = (events.clone(), bus.clone());
            async move {
                let is_heavy = event["detail"]["order"] == HEAVY;
                let stamp = if is_heavy { stamp() } else { String::new() };
                let detail = json!({ "order": event["detail"]["order"], "stamp": stamp });
                let entry = PutEventsRequestEntry::builder()
                    .event_bus_name(bus)
                    .source("office")
                    .detail_type("ParcelLabelled")
                    .detail(detail.to_string());
                let put = events.put_events().entries(entry.build());
                put.send().await.map_err(HandlerError::failed)?;
                Ok(json!({ "labelled": true }))
            }
        }
    })
}

const HEAVY: &str = "heavy";

/// A day with three parcels, of which the second is heavy.
async fn day(stamp: fn() -> String) -> Journal {
    let account = Account::default();
    let template = include_str!("foreign/parcels.yaml");
    let stack = load("parcels.yaml", template, &BTreeMap::new(), &account);
    let opening = "2025-03-03T08:00:00Z".parse().expect("an instant");
    let setup = WorldSetup::new(stack.expect("a sound template"), account, opening);
    let world = SimulatedWorld::new(setup.function("label", labeller(stamp)));
    let mut world: Box<dyn Backend> = Box::new(world.expect("a world"));
    for order in ["light", HEAVY, "small"] {
        let detail = json!({ "order": order, "weight": 2 }).to_string();
        let put = world.put_event("parcels", "shop", "OrderPlaced", &detail);
        put.await.expect("the event is put");
        world.settle().await.expect("nothing is outside");
    }
    world.finish()
}

fn trace(stamp: fn() -> String) -> Trace {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let Ok(trace) = Trace::of(|| Ok::<_, Infallible>(runtime.block_on(day(stamp))));
    trace
}

/// The first run that parts from the first one: once more, on another thread, in another process.
fn parted(number: usize, stamp: fn() -> String) -> Option<(Trace, Trace)> {
    let first = trace(stamp);
    let again: [&dyn Fn() -> Trace; 3] = [
        &|| trace(stamp),
        &|| thread::scope(|scope| scope.spawn(|| trace(stamp)).join().expect("a trace")),
        &|| elsewhere(number),
    ];
    let mut again = again.iter().map(|run| run());
    let other = again.find(|other| first.difference(other).is_some())?;
    Some((first, other))
}

/// Which leak another process plants.
const PLANTED: &str = "HARNESS_PLANTED_LEAK";

fn elsewhere(number: usize) -> Trace {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["--exact", "a_trace_for_another_process", "--nocapture"])
        .env(PLANTED, number.to_string())
        .env("TZ", "Pacific/Kiritimati")
        .output()
        .expect("it starts");
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let line = text.lines().find_map(|line| line.strip_prefix("TRACE "));
    let (journal, draws): (Vec<String>, Vec<String>) =
        serde_json::from_str(line.expect("a trace")).expect("two lists");
    Trace {
        journal: Chain::of(journal),
        draws: Chain::of(draws),
    }
}

/// Does something where another process of this program asks for it only.
#[test]
fn a_trace_for_another_process() {
    let Ok(number) = std::env::var(PLANTED) else {
        return;
    };
    let number: usize = number.parse().expect("a number");
    let trace = trace(LEAKS.get(number).map_or(honest, |leak| leak.value));
    println!(
        "\nTRACE {}",
        json!([trace.journal.lines(), trace.draws.lines()])
    );
}

#[test]
fn an_honest_function_is_the_same_everywhere() {
    assert!(parted(LEAKS.len(), honest).is_none());
    assert!(trace(honest).draws.lines().len() > 10);
}

#[test]
fn each_leak_is_located_within_five_entries() {
    for (number, leak) in LEAKS.iter().enumerate() {
        let parted = parted(number, leak.value);
        let (first, other) = parted.unwrap_or_else(|| panic!("{}: nothing differs", leak.name));
        let lines = first.journal.lines();
        let entered = lines
            .iter()
            .position(|line| line.contains("invocation_started") && line.contains(HEAVY));
        let entered = entered.expect("the heavy parcel comes");
        let difference = first.difference(&other).expect("it was found");
        let parting = difference.journal.as_ref();
        let parting = parting.unwrap_or_else(|| panic!("{}: {difference}", leak.name));
        assert!(
            (entered..=entered + 5).contains(&parting.index),
            "{} entered at {entered}: {difference}",
            leak.name
        );
        let shown = |lines: &[String]| lines.iter().any(|line| line.contains("ParcelLabelled"));
        assert!(
            shown(&parting.ours) && shown(&parting.theirs),
            "{}",
            leak.name
        );
    }
}
