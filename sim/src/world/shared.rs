use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::Notify;

use alchemiser::clock::Clock;
use alchemiser::id::{AttemptToken, TokenSource};
use alchemiser_mocks::exchange::{BrokerAction, Exchange, ExchangeSetup};
use alchemiser_mocks::mail::{MailServer, MailSetup};

use super::WorldClock;
use super::doors::Doors;
use crate::fault::{Faults, Meanwhile, Meanwhiles, Phase, ScriptPart, Site, Unmet};
use crate::journal::{Fact, Journal};
use seeded_dice::{Dice, Key};
use simulated_cloud::Cloud;
use simulated_cloud::knobs::Span;
use simulated_cloud::meddler::{DeliveryStep, DeliveryVerdict, Meddler};

/// What all parts of a world share.
pub(super) struct Shared {
    pub clock: WorldClock,
    pub mail: MailServer,
    pub doors: Doors,
    exchange: Arc<Mutex<Exchange>>,
    state: Mutex<State>,
    faults: Mutex<Faults>,
    hands: Mutex<Hands>,
    notify: Notify,
}

/// What others do at the broker.
struct Hands {
    meanwhile: Meanwhiles,
    /// What they do later, by its time and then by the order it was put off in.
    later: BTreeMap<(DateTime<Utc>, u64), Meanwhile>,
    put_off: u64,
    /// What the broker refused them.
    refused: Vec<Unmet>,
}

impl Hands {
    fn put_off(&mut self, at: DateTime<Utc>, one: Meanwhile) {
        self.put_off += 1;
        self.later.insert((at, self.put_off), one);
    }
}

/// Who is at the other end, beside AWS.
pub(super) struct Counterparties {
    pub exchange: Arc<Mutex<Exchange>>,
    pub mail: MailServer,
    /// What others do at the broker in the middle of a run.
    pub meanwhile: Meanwhiles,
}

impl Counterparties {
    pub fn new(exchange: ExchangeSetup, mail: MailSetup, meanwhile: Meanwhiles) -> Self {
        Self {
            exchange: Arc::new(Mutex::new(Exchange::new(exchange))),
            mail: MailServer::new(mail),
            meanwhile,
        }
    }
}

/// What changes as the world lives.
pub(super) struct State {
    pub cloud: Cloud,
    pub journal: Journal,
    pub dice: Dice,
    /// Seeds what draws by itself within an invocation: the jitter of the SDK and of the broker's
    /// client.
    pub jitter: Dice,
    pub call_latency: Span,
    /// The orders of each step, by their ids, in the order of their first post.
    pub orders: BTreeMap<String, Vec<String>>,
    pub tokens: u64,
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub fn new(
        clock: WorldClock,
        counterparties: Counterparties,
        doors: Doors,
        faults: Faults,
        state: State,
    ) -> Self {
        let Counterparties {
            exchange,
            mail,
            meanwhile,
        } = counterparties;
        let hands = Mutex::new(Hands {
            meanwhile,
            later: BTreeMap::new(),
            put_off: 0,
            refused: Vec::new(),
        });
        Self {
            clock,
            mail,
            doors,
            exchange,
            state: Mutex::new(state),
            faults: Mutex::new(faults),
            hands,
            notify: Notify::new(),
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn with<T>(&self, use_state: impl FnOnce(&mut State) -> T) -> T {
        use_state(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Uses the broker.
    pub fn exchange<T>(&self, use_exchange: impl FnOnce(&mut Exchange) -> T) -> T {
        use_exchange(&mut self.exchange.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn with_faults<T>(&self, use_faults: impl FnOnce(&mut Faults) -> T) -> T {
        use_faults(&mut self.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until something may have become due earlier than before.
    pub async fn changed(&self) {
        self.notify.notified().await;
    }

    pub fn push(&self, invocation: Option<u64>, fact: Fact) {
        let now = self.now();
        self.with(|state| state.journal.push(now, invocation, fact));
    }

    /// Moves what cloud, exchange and mail server have to tell into the journal; not what the
    /// broker tells while it is called from elsewhere, for that is the caller's.
    pub fn collect(&self, invocation: Option<u64>) {
        let now = self.now();
        let (reports, mails) = self.mail.take_reports();
        self.with(|state| {
            for record in state.cloud.take_records() {
                state.journal.push(now, invocation, Fact::Cloud { record });
            }
        });
        if !self.doors.is_broker_called() {
            self.collect_from_broker(invocation);
        }
        self.with(|state| {
            for report in reports {
                state.journal.push(now, invocation, Fact::Mail { report });
            }
            for mail in mails {
                state.journal.push(
                    now,
                    invocation,
                    Fact::MailContent {
                        subject: mail.subject.unwrap_or_default(),
                        recipients: mail.recipients,
                        message_id: mail.message_id.unwrap_or_default(),
                        text: mail.text.unwrap_or_default(),
                        html: mail.html.unwrap_or_default(),
                    },
                );
            }
        });
    }

    /// Moves what the broker has to tell into the journal.
    pub fn collect_from_broker(&self, invocation: Option<u64>) {
        let now = self.now();
        let reports = self.exchange(Exchange::take_reports);
        self.with(|state| {
            for report in reports {
                state
                    .journal
                    .push(now, invocation, Fact::Exchange { report });
            }
        });
    }

    /// Lets others do at the broker what they do in that phase of a call of an invocation.
    pub fn meanwhile(&self, invocation: u64, attempt: u32, site: &Site, phase: Phase) {
        let due = self.with_hands(|hands| hands.meanwhile.take(site, phase, attempt));
        for one in due {
            if one.delay.is_zero() {
                self.act_at_broker(Some(invocation), Some(one.line), &one.action, &one.words);
            } else {
                let at = self.now() + one.delay;
                self.with_hands(|hands| hands.put_off(at, one));
                self.wake();
            }
        }
    }

    /// When others do something next of what has been put off.
    pub fn next_hand(&self) -> Option<DateTime<Utc>> {
        self.with_hands(|hands| hands.later.first_key_value().map(|((at, _), _)| *at))
    }

    /// Lets others do what they have put off until now.
    pub fn hands_due(&self) {
        let now = self.now();
        while let Some(one) = self.with_hands(|hands| {
            hands
                .later
                .first_entry()
                .filter(|due| due.key().0 <= now)
                .map(|due| due.remove())
        }) {
            self.act_at_broker(None, Some(one.line), &one.action, &one.words);
        }
    }

    /// Lets somebody else than the function do something at the broker, outside of any invocation:
    /// what the one under way has caused so far is told before. `line` is that of the scenario's
    /// `meanwhile`, if it is one of those.
    pub fn act_at_broker(
        &self,
        under_way: Option<u64>,
        line: Option<usize>,
        action: &BrokerAction,
        words: &str,
    ) {
        let now = self.now();
        self.exchange(|exchange| exchange.advance(now));
        self.collect(under_way);
        self.push(
            None,
            Fact::Action {
                what: format!("at the broker: {words}"),
            },
        );
        if let Err(refusal) = self.exchange(|exchange| exchange.act(now, action)) {
            let part = if line.is_some() {
                ScriptPart::Meanwhile
            } else {
                ScriptPart::Broker
            };
            let words = format!("the broker refused to {words}: {}", refusal.message);
            self.with_hands(|hands| hands.refused.push(Unmet { part, line, words }));
        }
        self.collect(None);
        self.wake();
    }

    /// What others were to do at the broker and met no call, or was refused them.
    pub fn unused_at_broker(&self) -> Vec<Unmet> {
        let undone = |one: &Meanwhile| {
            Unmet::line(
                ScriptPart::Meanwhile,
                one.line,
                format!("{} was put off for too long", one.words),
            )
        };
        self.with_hands(|hands| {
            hands
                .meanwhile
                .unused()
                .into_iter()
                .chain(hands.later.values().map(undone))
                .chain(hands.refused.iter().cloned())
                .collect()
        })
    }

    fn with_hands<T>(&self, use_hands: impl FnOnce(&mut Hands) -> T) -> T {
        use_hands(&mut self.hands.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How the account stands.
    pub fn account(&self) -> Fact {
        let now = self.now();
        self.exchange(|exchange| {
            let view = exchange.account(now);
            let positions = exchange.positions().into_iter().map(|(symbol, quantity)| {
                (symbol, Value::String(quantity.normalize().to_string()))
            });
            Fact::Account {
                cash: view.cash.round_dp(2).to_string(),
                equity: view.equity.round_dp(2).to_string(),
                positions: Value::Object(positions.collect()),
            }
        })
    }

    /// Wakes the driver: something may be due earlier than it thinks.
    pub fn wake(&self) {
        self.notify.notify_one();
    }

    /// How long a call takes one way.
    pub fn latency(&self, way: Key) -> Duration {
        self.with(|state| state.call_latency.draw(state.dice, way))
    }
}

/// Tokens that the same run always gives in the same order.
#[derive(Debug)]
pub(super) struct WorldTokens(pub std::sync::Arc<Shared>);

impl TokenSource for WorldTokens {
    fn fresh(&self) -> AttemptToken {
        self.0.with(|state| {
            state.tokens += 1;
            AttemptToken(format!("attempt-{}", state.tokens))
        })
    }
}

/// The faults' say in what the cloud does.
#[derive(Debug)]
pub(super) struct FaultMeddler(pub Weak<Shared>);

impl Meddler for FaultMeddler {
    fn on_delivery(&mut self, step: &DeliveryStep<'_>) -> DeliveryVerdict {
        self.0.upgrade().map_or(DeliveryVerdict::Pass, |shared| {
            shared.with_faults(|faults| faults.on_delivery(step))
        })
    }

    fn on_entry(&mut self, detail_type: &str) -> Option<(&'static str, &'static str)> {
        let refuses = self
            .0
            .upgrade()
            .is_some_and(|shared| shared.with_faults(|faults| faults.on_entry(detail_type)));
        refuses.then_some((
            "InternalFailure",
            "The request processing has failed because of an unknown error.",
        ))
    }
}
