use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::fault::FaultGiven;
use super::mail_script::MailRuleGiven;
use super::{Amount, Fault, Knobs, MailScript, Moment, Span, Start};

/// One scenario file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What the scenario shows, in a sentence.
    pub about: String,
    /// What a backend must be able to do; one without a capability skips the scenario, and says so.
    #[serde(default)]
    pub needs: Vec<Capability>,
    /// Whether it takes long: then it runs only where it is asked for by name.
    #[serde(default)]
    pub long: bool,
    /// What runs as the function.
    #[serde(default)]
    pub lambda: Lambda,
    /// The world before anything happens.
    pub given: Given,
    /// What happens, in order; then the world runs on until nothing is under way.
    pub when: Vec<Action>,
    /// What goes wrong.
    #[serde(default)]
    #[schemars(with = "Vec<FaultGiven>")]
    pub faults: Vec<Fault>,
    /// What must hold in the end, beside all invariants.
    pub expect: Expect,
}

impl Scenario {
    /// What a backend must be able to do.
    pub fn needs(&self) -> impl Iterator<Item = Capability> {
        let programs = (self.lambda == Lambda::Binary).then_some(Capability::Programs);
        self.needs.iter().copied().chain(programs)
    }
}

/// What runs as the function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lambda {
    /// The code of the trading system, within the process of the world.
    #[default]
    InProcess,
    /// The program that is deployed, as a process of its own; it lives on the machine's clock, so `given.clock` is `now`.
    Binary,
}

/// Something that not every backend can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Time that jumps.
    VirtualTime,
    /// Faults at the transport.
    CallFaults,
    /// Faults in the delivery of events.
    DeliveryFaults,
    /// Schedules that fire.
    Schedules,
    /// Archive and replay.
    Replay,
    /// Dead letters of rules and functions.
    DeadLetters,
    /// Alarms.
    Alarms,
    /// Rules that are disabled see nothing.
    DisabledRules,
    /// Input transformers that keep quotes within texts.
    QuotedText,
    /// Time that stands still while somebody outside works: prices that move are met at the same instant.
    ExactTime,
    /// Functions that are programs; `lambda: binary` implies it.
    Programs,
}

impl Capability {
    /// As scenario files write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VirtualTime => "virtual_time",
            Self::CallFaults => "call_faults",
            Self::DeliveryFaults => "delivery_faults",
            Self::Schedules => "schedules",
            Self::Replay => "replay",
            Self::DeadLetters => "dead_letters",
            Self::Alarms => "alarms",
            Self::DisabledRules => "disabled_rules",
            Self::QuotedText => "quoted_text",
            Self::ExactTime => "exact_time",
            Self::Programs => "programs",
        }
    }
}

/// The world before anything happens.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The time in New York; `now` where the function is a program.
    pub clock: Start,
    /// The account's cash in dollars.
    #[serde(default = "default_cash")]
    pub cash: Amount,
    /// Shares held, by symbol.
    #[serde(default)]
    pub positions: BTreeMap<String, Amount>,
    /// Prices and properties of symbols, where the bundled prices are not wanted.
    #[serde(default)]
    pub market: BTreeMap<String, AssetGiven>,
    /// Strategy files by name; the packaged ones where this is absent.
    #[serde(default)]
    pub strategies: BTreeMap<String, StrategyGiven>,
    /// How the broker behaves.
    #[serde(default)]
    pub exchange: ExchangeGiven,
    /// What the mail server does, beside accepting mail.
    #[serde(default)]
    #[schemars(with = "Vec<MailRuleGiven>")]
    pub mail: Vec<MailScript>,
    /// Changes to the template.
    #[serde(default)]
    pub topology: Topology,
    /// What AWS leaves open.
    #[serde(default)]
    pub knobs: Knobs,
}

fn default_cash() -> Amount {
    Amount(rust_decimal::Decimal::ONE_HUNDRED * rust_decimal::Decimal::ONE_THOUSAND)
}

/// One symbol of the market.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetGiven {
    /// The same price on every day.
    pub price: Option<Amount>,
    /// Daily closes, the last one on the session before the clock's.
    #[serde(default)]
    pub closes: Vec<Amount>,
    /// What the data feed shows instead of the market's quote.
    pub quote: Option<QuoteGiven>,
    /// Whether parts of a share can be traded.
    #[serde(default = "yes")]
    pub fractionable: bool,
    /// Whether it can be traded at all.
    #[serde(default = "yes")]
    pub tradable: bool,
}

fn yes() -> bool {
    true
}

/// What the data feed shows.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuoteGiven {
    /// Nobody offers.
    ZeroAsk,
    /// Nobody bids.
    ZeroBid,
    /// No quote at all.
    Missing,
    /// The bid is above the ask by so many dollars.
    Crossed(Amount),
    /// As it was that long ago.
    Stale(Span),
}

/// A strategy file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StrategyGiven {
    /// Its share of the portfolio.
    #[serde(default = "whole")]
    pub share: Amount,
    /// Its text.
    pub source: String,
}

fn whole() -> Amount {
    Amount(rust_decimal::Decimal::ONE)
}

/// How the broker behaves.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExchangeGiven {
    /// How long proceeds of sells do not count as buying power.
    pub settlement_delay: Option<Span>,
    /// How long a look-up does not find a new order.
    pub hide_new_orders_for: Option<Span>,
    /// How long a look-up shows a filled order without its price.
    pub hide_fill_price_for: Option<Span>,
    /// How long a `client_order_id` is refused a second time.
    pub remember_client_order_ids_for: Option<Span>,
    /// The rate limit.
    pub requests_per_minute: Option<u32>,
    /// Whether the broker blocks trading.
    pub trading_blocked: bool,
    /// Whether the market trades around the clock on every day of the week, for worlds on the machine's own clock.
    pub always_open: bool,
    /// What becomes of orders.
    pub orders: Vec<OrderRuleGiven>,
}

/// What becomes of an order.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRuleGiven {
    /// Only for this symbol.
    pub symbol: Option<String>,
    /// Only for this side.
    pub side: Option<SideGiven>,
    /// Only for the n-th order that matches.
    pub occurrence: Option<u32>,
    /// What.
    pub effect: OrderEffectGiven,
}

/// To buy or to sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SideGiven {
    /// Cash for shares.
    Buy,
    /// Shares for cash.
    Sell,
}

/// What becomes of an order.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderEffectGiven {
    /// It is filled after that time.
    FillAfter(Span),
    /// So many percent are filled, the rest never.
    Partial(Amount),
    /// Its cancellation takes that long, and it may be filled meanwhile.
    CancelLate(Span),
    /// It is accepted, and refused by the market after that time.
    RejectAfter(Span),
    /// It rests.
    Never,
    /// It is refused.
    Reject {
        /// The HTTP status.
        status: u16,
        /// The broker's code.
        code: u32,
        /// The broker's words.
        message: String,
    },
}

/// Changes to the template.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Topology {
    /// Values for the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// Resources that are missing, by logical id: a rule, a permission, a queue, a queue policy, a schedule, an archive.
    pub without: Vec<String>,
    /// Rules and schedules that are disabled, by logical id.
    pub disabled: Vec<String>,
    /// Rules whose targets lost their input transformer, by logical id.
    pub untransformed: Vec<String>,
}

/// One thing that happens.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Time passes.
    Advance(Span),
    /// Time passes until a moment in New York.
    AdvanceTo(Moment),
    /// The world runs on until nothing is under way.
    Settle,
    /// A schedule fires out of turn, by name or logical id.
    Fire(String),
    /// The function is invoked with this event.
    Invoke(Value),
    /// An event is put on the bus.
    Put(PutGiven),
    /// The archive is replayed onto the bus.
    Replay(ReplayGiven),
    /// The event dead-letter queue is emptied: each original event goes to the function again.
    Redrive,
    /// A rule is disabled, by logical id or name.
    DisableRule(String),
    /// A rule is enabled, by logical id or name.
    EnableRule(String),
}

/// An event to put.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PutGiven {
    /// The sender.
    pub source: String,
    /// The type.
    pub detail_type: String,
    /// The content: an object, or any text.
    pub detail: Value,
    /// The bus, where it is not the template's first.
    pub bus: Option<String>,
}

/// What to replay.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayGiven {
    /// From this moment in New York.
    pub from: Moment,
    /// To this moment in New York.
    pub to: Moment,
}

/// What must hold in the end.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The account's cash in dollars, to the cent.
    pub cash: Amount,
    /// Shares held, by symbol; all of them.
    pub positions: BTreeMap<String, Amount>,
    /// The mails, in order; all of them.
    pub mails: Vec<MailExpected>,
    /// The orders that reached the broker, refused ones too, in order; all of them.
    pub orders: Option<Vec<OrderExpected>>,
    /// How many workflows were started, completed, failed.
    pub workflows: Option<WorkflowsExpected>,
    /// How many attempts each trigger woke the function for; those named.
    #[serde(default)]
    pub invocations: BTreeMap<String, usize>,
    /// How many events of each type a bus accepted; those named.
    #[serde(default)]
    pub events: BTreeMap<String, usize>,
    /// What was dead-lettered, in order; all of it.
    #[serde(default)]
    pub dead_letters: Vec<DeadLetterExpected>,
    /// The alarms that went off, by a part of their name; those named, and none where the list is empty.
    pub alarms: Option<Vec<String>>,
    /// The alarms that went off and were over in the end, by a part of their name; those named.
    #[serde(default)]
    pub recovered: Vec<String>,
    /// Texts that log lines hold.
    #[serde(default)]
    pub logs: Vec<String>,
    /// Answers of the function.
    #[serde(default)]
    pub responses: Vec<ResponseExpected>,
}

/// A mail.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailExpected {
    /// The whole subject.
    pub subject: String,
    /// Texts that the text part holds.
    #[serde(default)]
    pub contains: Vec<String>,
    /// How many such mails follow each other.
    #[serde(default = "one")]
    pub times: usize,
}

/// An order.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderExpected {
    /// The symbol.
    pub symbol: String,
    /// The side.
    pub side: SideGiven,
    /// Shares ordered.
    pub quantity: Amount,
    /// How it ended: filled, canceled, expired, ...
    pub status: String,
}

/// Numbers of workflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WorkflowsExpected {
    /// With a WorkflowStarted event.
    pub started: usize,
    /// With a WorkflowCompleted event.
    pub completed: usize,
    /// With a WorkflowFailed event.
    pub failed: usize,
}

/// A dead letter.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadLetterExpected {
    /// Who gave up: a part of `rule NAME`, `function NAME`, `schedule NAME`.
    pub from: String,
    /// Why: AWS's code or condition.
    pub reason: String,
    /// A text that the message holds.
    #[serde(default)]
    pub holds: String,
}

/// An answer of the function.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponseExpected {
    /// What woke it.
    pub to: String,
    /// A text that the answer's JSON holds.
    pub holds: String,
    /// How many such answers there are.
    #[serde(default = "one")]
    pub times: usize,
}

fn one() -> usize {
    1
}
