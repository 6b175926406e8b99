//! A queue held to a model of it: a plain list that is walked from its beginning for everything.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::json;

use super::{World, arn};
use crate::sqs::{Knobs, NewMessage};

const VISIBILITY_SECONDS: i64 = 30;
const RETENTION_SECONDS: i64 = 300;
const RECEIVES_MAX: u32 = 3;
const IN_FLIGHT_MAX: usize = 6;

#[derive(Clone, Debug)]
enum Step {
    Send { group: u8, delay: u32 },
    Receive { count: usize, visibility: u32 },
    Delete { handle: usize },
    Hide { handle: usize, seconds: u32 },
    Redrive,
    Delay { seconds: u32 },
    Purge,
    Wait { seconds: i64 },
}

/// A message in the list.
#[derive(Clone, Debug)]
struct Listed {
    body: String,
    group: Option<u8>,
    sent_at: DateTime<Utc>,
    visible_at: DateTime<Utc>,
    is_received: bool,
    receives: u32,
}

#[derive(Debug, Default)]
struct Model {
    fifo: bool,
    delay: i64,
    work: Vec<Listed>,
    dead: Vec<Listed>,
    /// The message of each receive, and which receive of it that was.
    handles: Vec<(String, u32)>,
    purged_at: Option<DateTime<Utc>>,
    sent: u32,
}

impl Listed {
    fn is_in_flight(&self, now: DateTime<Utc>) -> bool {
        self.is_received && self.visible_at > now
    }
}

impl Model {
    fn expire(&mut self, now: DateTime<Utc>) {
        let retention = TimeDelta::seconds(RETENTION_SECONDS);
        for list in [&mut self.work, &mut self.dead] {
            list.retain(|message| message.sent_at + retention > now);
        }
    }

    fn receive(&mut self, now: DateTime<Utc>, count: usize, visibility: u32) -> Vec<String> {
        let in_flight = self.work.iter().filter(|one| one.is_in_flight(now));
        let count = count.min(IN_FLIGHT_MAX.saturating_sub(in_flight.clone().count()));
        let mut busy: Vec<Option<u8>> = in_flight.map(|message| message.group).collect();
        let (mut taken, mut dead) = (Vec::new(), Vec::new());
        for message in &mut self.work {
            if taken.len() == count {
                break;
            }
            if self.fifo && busy.contains(&message.group) {
                continue;
            }
            if message.visible_at > now {
                busy.push(message.group);
            } else if message.receives == RECEIVES_MAX {
                dead.push(message.body.clone());
            } else {
                message.receives += 1;
                message.is_received = true;
                message.visible_at = now + TimeDelta::seconds(visibility.into());
                taken.push(message.body.clone());
                self.handles.push((message.body.clone(), message.receives));
            }
        }
        for body in dead {
            let place = self.work.iter().position(|one| one.body == body).unwrap();
            let message = self.work.remove(place);
            let sent_at = if self.fifo { now } else { message.sent_at };
            let (visible_at, is_received) = (now, false);
            self.dead.push(Listed {
                sent_at,
                visible_at,
                is_received,
                receives: 0,
                ..message
            });
        }
        self.expire(now);
        taken
    }

    /// The place of the message that a handle names, where it is in the queue.
    fn place(&self, handle: usize) -> Option<usize> {
        let (body, _) = self.handles.get(handle)?;
        self.work.iter().position(|message| message.body == *body)
    }

    /// Whether the handle is good; none where the queue says so of any handle.
    fn delete(&mut self, now: DateTime<Utc>, handle: usize) -> bool {
        let Some(place) = self.place(handle) else {
            return true;
        };
        let is_latest = self.work[place].receives == self.handles[handle].1;
        if self.fifo && !(is_latest && self.work[place].is_in_flight(now)) {
            return false;
        }
        if is_latest {
            self.work.remove(place);
        }
        true
    }

    fn hide(&mut self, now: DateTime<Utc>, handle: usize, seconds: u32) -> bool {
        let Some(place) = self.place(handle) else {
            return false;
        };
        let message = &mut self.work[place];
        let is_good = message.receives == self.handles[handle].1 && message.is_in_flight(now);
        if is_good {
            message.visible_at = now + TimeDelta::seconds(seconds.into());
        }
        is_good
    }

    /// Visible, in flight, delayed.
    fn counts(list: &[Listed], now: DateTime<Utc>) -> [usize; 3] {
        let count =
            |wanted: &dyn Fn(&Listed) -> bool| list.iter().filter(|one| wanted(one)).count();
        [
            count(&|one| one.visible_at <= now),
            count(&|one| one.is_in_flight(now)),
            count(&|one| !one.is_received && one.visible_at > now),
        ]
    }

    fn next_visible(&self) -> Option<DateTime<Utc>> {
        let free_at = |message: &Listed| {
            let group = self.work.iter().filter(|one| one.group == message.group);
            let first = group.clone().next().unwrap().visible_at;
            let held = group
                .filter(|one| one.is_received)
                .map(|one| one.visible_at);
            held.fold(first, DateTime::max)
        };
        let times = self.work.iter().map(|message| match self.fifo {
            true => free_at(message),
            false => message.visible_at,
        });
        times.min()
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_u8, prop_oneof![Just(0_u32), 1..60_u32])
            .prop_map(|(group, delay)| Step::Send { group, delay }),
        4 => (1..5_usize, prop_oneof![Just(0_u32), Just(30), 1..90_u32])
            .prop_map(|(count, visibility)| Step::Receive { count, visibility }),
        3 => (0..12_usize).prop_map(|handle| Step::Delete { handle }),
        2 => (0..12_usize, 0..90_u32).prop_map(|(handle, seconds)| Step::Hide { handle, seconds }),
        1 => Just(Step::Redrive),
        1 => (0..60_u32).prop_map(|seconds| Step::Delay { seconds }),
        1 => Just(Step::Purge),
        3 => (1..70_i64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// A queue and its model, which must not come apart.
struct Pair {
    world: World,
    model: Model,
    queue: &'static str,
    dead: &'static str,
    handles: Vec<String>,
}

impl Pair {
    fn new(fifo: bool) -> Self {
        let (queue, dead) = if fifo {
            ("q.fifo", "d.fifo")
        } else {
            ("q", "d")
        };
        let mut world = World::new();
        world.sqs.set_knobs(Knobs {
            in_flight_maximum: IN_FLIGHT_MAX,
            moves_per_second: 1_000,
            ..Knobs::default()
        });
        let mut attributes = json!({"MessageRetentionPeriod": RETENTION_SECONDS.to_string()});
        if fifo {
            attributes["FifoQueue"] = "true".into();
            attributes["ContentBasedDeduplication"] = "true".into();
        }
        world.create(dead, attributes.clone());
        attributes["VisibilityTimeout"] = VISIBILITY_SECONDS.to_string().into();
        attributes["RedrivePolicy"] = super::policy(dead, RECEIVES_MAX).into();
        world.create(queue, attributes);
        let model = Model {
            fifo,
            ..Model::default()
        };
        Self {
            world,
            model,
            queue,
            dead,
            handles: Vec::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        let (now, fifo) = (self.world.now, self.model.fifo);
        match *step {
            Step::Send { group, delay } => self.send(group, delay),
            Step::Receive { count, visibility } => {
                let received =
                    self.world
                        .sqs
                        .receive(now, &arn(self.queue), count, Some(visibility));
                let received = received.unwrap();
                let bodies: Vec<String> = received
                    .iter()
                    .map(|one| one.message.body.to_string())
                    .collect();
                assert_eq!(bodies, self.model.receive(now, count, visibility));
                self.handles
                    .extend(received.into_iter().map(|one| one.receipt_handle));
            }
            Step::Delete { handle } => {
                if let Some(text) = self.handles.get(handle) {
                    let deleted = self.world.sqs.delete(now, &arn(self.queue), text);
                    assert_eq!(deleted.is_ok(), self.model.delete(now, handle));
                }
            }
            Step::Hide { handle, seconds } => {
                if let Some(text) = self.handles.get(handle) {
                    let hidden =
                        self.world
                            .sqs
                            .change_visibility(now, &arn(self.queue), text, seconds);
                    assert_eq!(hidden.is_ok(), self.model.hide(now, handle, seconds));
                }
            }
            Step::Redrive => self.redrive(),
            Step::Delay { seconds } => {
                let attributes = json!({"DelaySeconds": seconds.to_string()});
                let input = json!({"queue": self.queue, "Attributes": attributes});
                self.world.ok("SetQueueAttributes", input);
                if fifo && self.model.delay != i64::from(seconds) {
                    let waiting = self.model.work.iter_mut();
                    for one in waiting.filter(|one| !one.is_received && one.visible_at > now) {
                        one.visible_at = one.sent_at + TimeDelta::seconds(seconds.into());
                    }
                }
                self.model.delay = seconds.into();
            }
            Step::Purge => {
                let is_early = self
                    .model
                    .purged_at
                    .is_some_and(|at| at + TimeDelta::seconds(60) > now);
                let purged = self.world.call("PurgeQueue", json!({"queue": self.queue}));
                assert_eq!(purged.is_err(), is_early);
                if !is_early {
                    self.model.purged_at = Some(now);
                    self.model.work.clear();
                }
            }
            Step::Wait { seconds } => {
                self.world.wait(seconds);
                self.model.expire(self.world.now);
            }
        }
    }

    fn send(&mut self, group: u8, delay: u32) {
        let (now, fifo) = (self.world.now, self.model.fifo);
        self.model.sent += 1;
        let body = format!("message {}", self.model.sent);
        let message = NewMessage {
            group_id: fifo.then(|| group.to_string()),
            delay_seconds: (!fifo && delay > 0).then_some(delay),
            ..NewMessage::new(body.as_str())
        };
        self.world.sqs.send(now, &arn(self.queue), message).unwrap();
        let own = (!fifo && delay > 0).then_some(i64::from(delay));
        let delay = TimeDelta::seconds(own.unwrap_or(self.model.delay));
        self.model.work.push(Listed {
            body,
            group: fifo.then_some(group),
            sent_at: now,
            visible_at: now + delay,
            is_received: false,
            receives: 0,
        });
    }

    /// All dead letters go back, one each millisecond: ten seconds are enough.
    fn redrive(&mut self) {
        self.world
            .ok("StartMessageMoveTask", json!({"SourceArn": arn(self.dead)}));
        let (begun, delay) = (self.world.now, TimeDelta::seconds(self.model.delay));
        let moved = std::mem::take(&mut self.model.dead);
        for (place, message) in (1..).zip(moved) {
            let now = begun + TimeDelta::milliseconds(place);
            let (sent_at, visible_at) = (now, now + delay);
            self.model.work.push(Listed {
                sent_at,
                visible_at,
                ..message
            });
        }
        self.world.wait(10);
        self.model.expire(self.world.now);
        // Their handles name other messages: the bodies are the same, the ids are not.
        let bodies = self.model.work.iter().filter(|one| one.receives == 0);
        let revived: Vec<&str> = bodies.map(|one| one.body.as_str()).collect();
        for (body, _) in &mut self.model.handles {
            if revived.contains(&body.as_str()) {
                body.insert_str(0, "before its redrive: ");
            }
        }
    }

    fn compare(&self) {
        let (sqs, now) = (&self.world.sqs, self.world.now);
        for (queue, list) in [
            (self.queue, &self.model.work),
            (self.dead, &self.model.dead),
        ] {
            let arn = arn(queue);
            let bodies: Vec<&str> = sqs.messages(&arn).iter().map(|one| &*one.body).collect();
            let listed: Vec<&str> = list.iter().map(|one| one.body.as_str()).collect();
            assert_eq!(bodies, listed, "{queue}");
            let counted = [
                sqs.visible(now, &arn),
                sqs.in_flight(now, &arn),
                sqs.delayed(now, &arn),
            ];
            assert_eq!(counted, Model::counts(list, now), "{queue}");
        }
        assert_eq!(
            sqs.next_visible(&arn(self.queue)),
            self.model.next_visible()
        );
        let sent = self
            .model
            .work
            .iter()
            .chain(&self.model.dead)
            .map(|one| one.sent_at);
        let due = sent
            .min()
            .map(|at| at + TimeDelta::seconds(RETENTION_SECONDS));
        assert_eq!(sqs.next_due(), due);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_queue_does_what_a_list_would(
        fifo in any::<bool>(),
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut pair = Pair::new(fifo);
        for step in &steps {
            pair.take(step);
            pair.compare();
        }
    }
}
