use alchemiser_mocks::exchange::Hours;
use rust_decimal::Decimal;
use serde::Serialize;

/// What a run is set to, as far as checks need it: they read nothing but the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Dollars that the function may owe the broker.
    pub borrowing_limit: Decimal,
    /// How far above the plan's price a buy may be before it gets fewer shares: a part of it. Not
    /// written where it is the usual one.
    #[serde(skip_serializing_if = "is_usual")]
    pub price_tolerance: Decimal,
    /// How the function hands on its events.
    pub bus: BusMode,
    /// Whether the market trades around the clock.
    pub around_the_clock: bool,
    /// Whether a session has one run, and not each occurrence one. Not written where it is so.
    #[serde(skip_serializing_if = "Clone::clone")]
    pub one_run_a_session: bool,
}

impl Settings {
    /// When the market trades.
    #[must_use]
    pub fn hours(&self) -> Hours {
        if self.around_the_clock {
            Hours::Always
        } else {
            Hours::Regular
        }
    }
}

/// The price tolerance where none is set.
const USUAL_TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

fn is_usual(tolerance: &Decimal) -> bool {
    *tolerance == USUAL_TOLERANCE
}

/// How the function hands on its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BusMode {
    /// By EventBridge: each step is an invocation of its own.
    EventBridge,
    /// In memory: one invocation does the whole day.
    Memory,
    /// In memory, and as a copy by EventBridge, of which a failure stops nothing.
    Both,
}

impl Default for Settings {
    /// No borrowing, EventBridge, regular sessions.
    fn default() -> Self {
        Self {
            borrowing_limit: Decimal::ZERO,
            price_tolerance: USUAL_TOLERANCE,
            bus: BusMode::EventBridge,
            around_the_clock: false,
            one_run_a_session: true,
        }
    }
}
