//! Settings from the environment (rules.md 4.4). A wrong value is refused at the start, by
//! name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rust_decimal::Decimal;
use tracing::level_filters::LevelFilter;

use crate::decimal::decimal_from_text;

/// Everything that a deployment decides.
#[derive(Clone, PartialEq)]
pub struct Settings {
    /// `APP__STAGE`: dev, prod or ephemeral.
    pub stage: String,
    /// `APP__SESSION_SCOPE`: what one run a session means.
    pub session_scope: SessionScope,
    /// `IDEMPOTENCY_TABLE_NAME`
    pub idempotency_table: String,
    /// `WORKFLOW_TABLE_NAME`
    pub workflow_table: String,
    /// `EVENTBRIDGE__*`
    pub event_bus: EventBusSettings,
    /// `ALPACA__*`
    pub alpaca: AlpacaSettings,
    /// `EMAIL__*`
    pub email: EmailSettings,
    /// `STRATEGY__DSL_FILES` with `STRATEGY__DSL_ALLOCATIONS`: file name and its share of the
    /// portfolio.
    pub strategies: Vec<(String, Decimal)>,
    /// `LOGGING__LEVEL`: the least severe level that is logged.
    pub log_level: LevelFilter,
}

/// What one run an account and session means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionScope {
    /// One run a New York date.
    Day,
    /// One run an occurrence of the schedule: the five-minute profile.
    Occurrence,
}

/// Where events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventBusSettings {
    /// `EVENTBRIDGE__USE_EVENTBRIDGE`
    pub use_eventbridge: bool,
    /// `EVENTBRIDGE__ENABLE_DUAL_PUBLISH`
    pub enable_dual_publish: bool,
    /// `EVENTBRIDGE__EVENT_BUS_NAME`, or `EVENTBRIDGE_BUS_NAME`
    pub event_bus_name: String,
    /// `EVENTBRIDGE__SOURCE_PREFIX`
    pub source_prefix: String,
    /// `EVENTBRIDGE__MAX_RETRY_ATTEMPTS`: tries of one PutEvents call.
    pub max_retry_attempts: u32,
    /// `EVENTBRIDGE__MAX_PAYLOAD_SIZE_BYTES`: a larger detail is refused before AWS is called.
    pub max_payload_size_bytes: usize,
}

/// Real money or not. Live only where it is said by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradingMode {
    /// Alpaca's paper account.
    Paper,
    /// Real money.
    Live,
}

impl TradingMode {
    /// As responses carry it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Live => "live",
        }
    }

    /// As sentences begin with it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Paper => "Paper",
            Self::Live => "Live",
        }
    }

    /// As mails carry it.
    #[must_use]
    pub fn upper(self) -> &'static str {
        match self {
            Self::Paper => "PAPER",
            Self::Live => "LIVE",
        }
    }
}

/// The broker.
#[derive(Clone, PartialEq, Eq)]
pub struct AlpacaSettings {
    /// `ALPACA__ENDPOINT`, without a trailing `/v2`.
    pub endpoint: String,
    /// `ALPACA__DATA_ENDPOINT`
    pub data_endpoint: String,
    /// `ALPACA__KEY`
    pub key: String,
    /// `ALPACA__SECRET`
    pub secret: String,
    /// `ALPACA__TRADING_MODE`; must agree with the endpoint.
    pub trading_mode: TradingMode,
    /// `ALPACA__BORROWING_LIMIT`: dollars that buys may borrow from the broker; 0 unless said.
    pub borrowing_limit: Decimal,
    /// `ALPACA__PRICE_TOLERANCE_PERCENT`: how far above the plan's price a buy may be before it
    /// gets fewer shares; as a part of the price, 0.01 unless said.
    pub price_tolerance: Decimal,
}

/// The mail server and the people.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailSettings {
    /// `EMAIL__SMTP_SERVER`
    pub server: String,
    /// `EMAIL__SMTP_PORT`
    pub port: u16,
    /// `EMAIL__FROM_EMAIL`, also the login.
    pub from: String,
    /// `EMAIL__TO_EMAIL`
    pub to: String,
    /// `EMAIL__PASSWORD`
    pub password: String,
    /// `EMAIL__NEUTRAL_MODE`: no money figures in mails.
    pub neutral_mode: bool,
    /// `EMAIL__CA_FILE`: certificates to trust beside the public ones, in PEM; for a mail server of
    /// one's own.
    pub ca_file: Option<String>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Secrets never reach a log.
        formatter
            .debug_struct("Settings")
            .field("stage", &self.stage)
            .field("event_bus", &self.event_bus)
            .finish_non_exhaustive()
    }
}

/// Every setting that is wrong, by name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("configuration: {}", .0.join("; "))]
pub struct ConfigError(pub Vec<String>);

/// The first words of our settings' names, however many underscores follow; every other variable is
/// somebody else's.
const WORDS: &[&str] = &[
    "APP",
    "EVENTBRIDGE",
    "ALPACA",
    "EMAIL",
    "SMTP",
    "STRATEGY",
    "LOGGING",
    "IDEMPOTENCY",
    "WORKFLOW",
];

/// More than anybody lends to such an account: a larger limit is a mistake of units.
const MOST_BORROWED: Decimal = Decimal::from_parts(10_000_000, 0, 0, false, 0);
/// Percent. A buy at a price that is off by more is no more what the plan meant.
const WIDEST_TOLERANCE: Decimal = Decimal::from_parts(10, 0, 0, false, 0);

const LIVE_ENDPOINT: &str = "https://api.alpaca.markets";

impl Settings {
    /// Reads the settings from environment variables.
    ///
    /// # Errors
    /// [`ConfigError`] lists every setting that is missing, wrong or unknown.
    pub fn from_environment(environment: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let mut reader = Reader {
            environment,
            asked: BTreeSet::new(),
            problems: Vec::new(),
        };
        let stage = reader.text(&["APP__STAGE"], "dev");
        let settings = Self {
            session_scope: reader.choice(
                "APP__SESSION_SCOPE",
                "day",
                &[
                    ("day", SessionScope::Day),
                    ("occurrence", SessionScope::Occurrence),
                ],
            ),
            idempotency_table: reader.text(
                &["IDEMPOTENCY_TABLE_NAME"],
                &format!("alchemiser-idempotency-{stage}"),
            ),
            workflow_table: reader.text(
                &["WORKFLOW_TABLE_NAME"],
                &format!("alchemiser-workflow-{stage}"),
            ),
            event_bus: reader.event_bus(),
            alpaca: reader.alpaca(),
            email: reader.email(),
            strategies: reader.strategies(),
            log_level: reader.choice("LOGGING__LEVEL", "INFO", LEVELS),
            stage,
        };
        reader.refuse_unknown();
        if reader.problems.is_empty() {
            Ok(settings)
        } else {
            Err(ConfigError(reader.problems))
        }
    }
}

/// The names that Python's logging has, which the template offers, and our own.
const LEVELS: &[(&str, LevelFilter)] = &[
    ("DEBUG", LevelFilter::DEBUG),
    ("INFO", LevelFilter::INFO),
    ("WARNING", LevelFilter::WARN),
    ("WARN", LevelFilter::WARN),
    ("ERROR", LevelFilter::ERROR),
];

struct Reader<'a> {
    environment: &'a BTreeMap<String, String>,
    /// Every name looked for: the names that there are.
    asked: BTreeSet<String>,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    fn find(&mut self, names: &[&str]) -> Option<&'a str> {
        self.asked
            .extend(names.iter().map(|name| (*name).to_owned()));
        names
            .iter()
            .find_map(|name| self.environment.get(*name))
            .map(|value| value.trim())
    }

    /// A setting that nothing reads is a typo: what it was to change stays as it is, unseen.
    fn refuse_unknown(&mut self) {
        let is_ours = |name: &&String| {
            name.split_once('_')
                .is_some_and(|(word, _)| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
        };
        let squeezed = |name: &str| name.replace('_', "").to_uppercase();
        for name in self
            .environment
            .keys()
            .filter(is_ours)
            .filter(|name| !self.asked.contains(*name))
        {
            let meant = self
                .asked
                .iter()
                .find(|known| squeezed(known) == squeezed(name));
            let hint = meant
                .map(|known| format!(" (did you mean {known}?)"))
                .unwrap_or_default();
            self.problems.push(format!("unknown setting {name}{hint}"));
        }
    }

    fn text(&mut self, names: &[&str], default: &str) -> String {
        self.find(names).unwrap_or(default).to_owned()
    }

    fn required(&mut self, names: &[&str]) -> String {
        match self.find(names) {
            Some(value) if !value.is_empty() => value.to_owned(),
            _ => {
                self.problems.push(format!("{} is not set", names[0]));
                String::new()
            }
        }
    }

    fn choice<T: Copy>(&mut self, name: &str, default: &str, allowed: &[(&str, T)]) -> T {
        let value = self.find(&[name]).unwrap_or(default).to_owned();
        if let Some((_, chosen)) = allowed
            .iter()
            .find(|(text, _)| text.eq_ignore_ascii_case(&value))
        {
            return *chosen;
        }
        let names: Vec<&str> = allowed.iter().map(|(text, _)| *text).collect();
        self.problems.push(format!(
            "{name}: invalid value {value:?}: expected one of {names:?}"
        ));
        allowed[0].1
    }

    fn flag(&mut self, name: &str) -> bool {
        self.choice(
            name,
            "false",
            &[("false", false), ("true", true), ("0", false), ("1", true)],
        )
    }

    fn number(&mut self, name: &str, default: u32) -> u32 {
        match self.find(&[name]).map(str::parse) {
            None => default,
            Some(Ok(number)) => number,
            Some(Err(_)) => {
                self.problems.push(format!(
                    "{name}: invalid number {:?}: expected digits such as 3",
                    self.environment[name]
                ));
                default
            }
        }
    }

    /// An exact decimal from 0 to `most`.
    fn amount(&mut self, name: &str, default: Decimal, most: Decimal) -> Decimal {
        let Some(text) = self.find(&[name]) else {
            return default;
        };
        match decimal_from_text(text) {
            Ok(amount) if (Decimal::ZERO..=most).contains(&amount) => amount,
            Ok(amount) => {
                self.problems.push(format!(
                    "{name}: invalid amount {amount}: expected 0 to {most}"
                ));
                default
            }
            Err(reason) => {
                self.problems.push(format!("{name}: {reason}"));
                default
            }
        }
    }

    fn event_bus(&mut self) -> EventBusSettings {
        EventBusSettings {
            use_eventbridge: self.flag("EVENTBRIDGE__USE_EVENTBRIDGE"),
            enable_dual_publish: self.flag("EVENTBRIDGE__ENABLE_DUAL_PUBLISH"),
            event_bus_name: self.text(
                &["EVENTBRIDGE__EVENT_BUS_NAME", "EVENTBRIDGE_BUS_NAME"],
                "alchemiser-trading-events",
            ),
            source_prefix: self.text(&["EVENTBRIDGE__SOURCE_PREFIX"], "alchemiser"),
            max_retry_attempts: self.number("EVENTBRIDGE__MAX_RETRY_ATTEMPTS", 3),
            max_payload_size_bytes: self.number("EVENTBRIDGE__MAX_PAYLOAD_SIZE_BYTES", 200_000)
                as usize,
        }
    }

    fn alpaca(&mut self) -> AlpacaSettings {
        let endpoint = self.text(
            &["ALPACA__ENDPOINT", "ALPACA_ENDPOINT"],
            "https://paper-api.alpaca.markets",
        );
        let endpoint = endpoint
            .trim_end_matches('/')
            .trim_end_matches("/v2")
            .to_owned();
        let trading_mode = self.choice(
            "ALPACA__TRADING_MODE",
            "paper",
            &[("paper", TradingMode::Paper), ("live", TradingMode::Live)],
        );
        let is_live = endpoint == LIVE_ENDPOINT;
        // Any spelling of the live host counts against paper trading.
        let host = LIVE_ENDPOINT.trim_start_matches("https://");
        let looks_live = endpoint
            .to_ascii_lowercase()
            .split(['/', ':', '@'])
            .any(|part| part.trim_end_matches('.') == host);
        if (trading_mode == TradingMode::Live) != is_live || looks_live != is_live {
            self.problems.push(format!(
                "ALPACA__TRADING_MODE is {:?} but ALPACA__ENDPOINT is {endpoint:?}: live trading needs both to be live, and only {LIVE_ENDPOINT} is",
                trading_mode.as_str()
            ));
        }
        AlpacaSettings {
            endpoint,
            data_endpoint: self.text(&["ALPACA__DATA_ENDPOINT"], "https://data.alpaca.markets"),
            key: self.required(&["ALPACA__KEY", "ALPACA_KEY"]),
            secret: self.required(&["ALPACA__SECRET", "ALPACA_SECRET"]),
            trading_mode,
            borrowing_limit: self.amount("ALPACA__BORROWING_LIMIT", Decimal::ZERO, MOST_BORROWED),
            price_tolerance: self.amount(
                "ALPACA__PRICE_TOLERANCE_PERCENT",
                Decimal::ONE,
                WIDEST_TOLERANCE,
            ) / Decimal::ONE_HUNDRED,
        }
    }

    fn email(&mut self) -> EmailSettings {
        let port = self.number("EMAIL__SMTP_PORT", 587);
        EmailSettings {
            server: self.text(&["EMAIL__SMTP_SERVER"], "smtp.mail.me.com"),
            port: u16::try_from(port).unwrap_or_else(|_| {
                self.problems.push(format!(
                    "EMAIL__SMTP_PORT: invalid port {port}: expected 0 to 65535"
                ));
                587
            }),
            from: self.required(&["EMAIL__FROM_EMAIL"]),
            to: self.required(&["EMAIL__TO_EMAIL"]),
            password: self.required(&[
                "EMAIL__PASSWORD",
                "EMAIL_PASSWORD",
                "EMAIL__SMTP_PASSWORD",
                "SMTP_PASSWORD",
            ]),
            neutral_mode: self.flag("EMAIL__NEUTRAL_MODE"),
            ca_file: self.find(&["EMAIL__CA_FILE"]).map(str::to_owned),
        }
    }

    /// Files as a JSON array or a list; allocations as a JSON object or a `k=v` list. Every file
    /// needs an allocation and they must sum to 1: a typo must not rescale the book (incident 39).
    fn strategies(&mut self) -> Vec<(String, Decimal)> {
        let files = list(self.find(&["STRATEGY__DSL_FILES"]).unwrap_or_default());
        let given = pairs(
            self.find(&["STRATEGY__DSL_ALLOCATIONS"])
                .unwrap_or_default(),
        );
        if files.is_empty() {
            self.problems
                .push("STRATEGY__DSL_FILES names no strategy".to_owned());
            return Vec::new();
        }
        let mut strategies = Vec::new();
        for file in &files {
            let allocation = match given.get(file) {
                Some(text) => decimal_from_text(text).map_err(|error| error.to_string()),
                None if files.len() == 1 && given.is_empty() => Ok(Decimal::ONE),
                None => Err(format!(
                    "STRATEGY__DSL_ALLOCATIONS has no entry for {file:?}"
                )),
            };
            match allocation {
                Ok(share) if share > Decimal::ZERO => strategies.push((file.clone(), share)),
                Ok(share) => self.problems.push(format!(
                    "STRATEGY__DSL_ALLOCATIONS: {file:?} has {share}, which is not positive"
                )),
                Err(reason) => self.problems.push(reason),
            }
        }
        for name in given.keys().filter(|name| !files.contains(name)) {
            self.problems.push(format!(
                "STRATEGY__DSL_ALLOCATIONS names {name:?}, which is not in STRATEGY__DSL_FILES"
            ));
        }
        let sum: Decimal = strategies.iter().map(|(_, share)| *share).sum();
        if strategies.len() == files.len() && sum != Decimal::ONE {
            self.problems
                .push(format!("STRATEGY__DSL_ALLOCATIONS sum to {sum}, not to 1"));
        }
        strategies
    }
}

fn list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| {
        text.split([',', '\n'])
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect()
    })
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    if let Ok(object) = serde_json::from_str::<BTreeMap<String, serde_json::Value>>(text) {
        return object
            .into_iter()
            .map(|(name, value)| {
                (
                    name,
                    value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned),
                )
            })
            .collect();
    }
    text.split([',', '\n'])
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests;
