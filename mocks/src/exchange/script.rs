//! What happens to which order: the scenario's hand at the market.

use std::time::Duration;

use rust_decimal::Decimal;

use super::order::OrderStatus;
use super::side::Side;
use seeded_dice::Key;

/// One line of the script. It is about the orders that match `symbol` and `side`, counted from 1 in
/// the order they arrive (refused ones too, repeated client ids not); `occurrence` picks one of
/// them, `None` takes all.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderRule {
    /// Only this symbol.
    pub symbol: Option<String>,
    /// Only this side.
    pub side: Option<Side>,
    /// Only the n-th such order, from 1.
    pub occurrence: Option<u32>,
    /// What happens to it.
    pub effect: OrderEffect,
}

impl OrderRule {
    /// A rule for every order.
    pub fn every(effect: OrderEffect) -> Self {
        Self {
            symbol: None,
            side: None,
            occurrence: None,
            effect,
        }
    }
}

/// What happens to an order. Of several rules that apply, the first that says how it *fills*, the
/// first that says how it *cancels* and the first that says what it *shows* count.
#[derive(Clone, Debug, PartialEq)]
pub enum OrderEffect {
    /// Fills in full this long after acceptance (or the open): at the opposite quote, or at its
    /// limit where the quote is worse.
    FillAfter(Duration),
    /// A part fills after the usual delay, as [`OrderEffect::FillAfter`] does, the rest `then`
    /// later or never.
    Partial {
        /// How much of the order, 0 to 100; cut to whole shares where the order is in whole shares.
        percent: Decimal,
        /// When the rest fills; `None`: never.
        then: Option<Duration>,
    },
    /// Never fills: rests until it is cancelled or expires.
    Never,
    /// Refused at once with this answer.
    Reject {
        /// The HTTP status.
        status: u16,
        /// Alpaca's code.
        code: u32,
        /// The text.
        message: String,
    },
    /// Accepted, and refused by the market this much later: status `rejected`.
    RejectAfter(Duration),
    /// A cancel request takes this long to be done; the order may fill in the meantime.
    CancelLate(Duration),
    /// It shows a state that orders seldom have: see [`Shown`].
    Show(Shown),
}

/// A state that an order shows for a while.
///
/// `accepted`, `pending_new`, `accepted_for_bidding`, `stopped`, `suspended`, `held`,
/// `pending_review`, `pending_replace`: from its acceptance (or the open), before anything is
/// executed; after that it goes on as another rule says, and where it was stopped it fills.
/// `pending_cancel`: likewise, and then it is cancelled, by nobody. `done_for_day`: in place of the
/// rest of its fills, after what another rule lets fill; until the close, at which it expires, or
/// goes on in the next session where it lives longer. `calculated`: once it is executed in full,
/// and then it is `filled`. Other states mean nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The state.
    pub status: OrderStatus,
    /// How long; `None`: for as long as it lives.
    pub lasting: Option<Duration>,
}

impl OrderEffect {
    /// In words.
    pub fn describe(&self) -> String {
        match self {
            Self::FillAfter(after) => format!("fills after {}", seconds(*after)),
            Self::Partial {
                percent,
                then: None,
            } => format!("fills by {percent} %, and no more"),
            Self::Partial {
                percent,
                then: Some(then),
            } => format!(
                "fills by {percent} %, and the rest {} later",
                seconds(*then)
            ),
            Self::Never => "never fills".to_owned(),
            Self::Reject {
                status, message, ..
            } => format!("is refused with {status}: {message}"),
            Self::RejectAfter(after) => {
                format!("is refused by the market after {}", seconds(*after))
            }
            Self::CancelLate(after) => format!("is cancelled {} late", seconds(*after)),
            Self::Show(Shown {
                status,
                lasting: Some(lasting),
            }) => format!("shows {} for {}", status.as_str(), seconds(*lasting)),
            Self::Show(Shown {
                status,
                lasting: None,
            }) => format!("shows {}", status.as_str()),
        }
    }

    fn is_about_filling(&self) -> bool {
        !matches!(self, Self::CancelLate(_) | Self::Show(_))
    }
}

fn seconds(span: Duration) -> String {
    format!("{} s", span.as_secs_f64())
}

/// What the script says about one order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fate {
    pub(super) fill: Option<OrderEffect>,
    pub(super) cancel_late: Option<Duration>,
    pub(super) show: Option<Shown>,
    /// What the order's own delays are drawn for.
    pub(super) cause: Key,
}

impl Fate {
    /// All that the script says.
    pub(super) fn effects(&self) -> Vec<OrderEffect> {
        let cancel_late = self.cancel_late.map(OrderEffect::CancelLate);
        let show = self.show.map(OrderEffect::Show);
        self.fill
            .iter()
            .chain(&cancel_late)
            .chain(&show)
            .cloned()
            .collect()
    }

    /// What it shows, if that is `status`.
    pub(super) fn shows(&self, status: OrderStatus) -> Option<Shown> {
        self.show.filter(|shown| shown.status == status)
    }
}

/// The rules, and what became of each.
pub(super) struct Script {
    rules: Vec<Line>,
}

struct Line {
    rule: OrderRule,
    /// How many orders it could have been about.
    met: u32,
    /// Whether it decided about one.
    is_used: bool,
}

impl Script {
    pub(super) fn new(rules: Vec<OrderRule>) -> Self {
        Self {
            rules: rules
                .into_iter()
                .map(|rule| Line {
                    rule,
                    met: 0,
                    is_used: false,
                })
                .collect(),
        }
    }

    /// Counts one more order and says what becomes of it.
    pub(super) fn next(&mut self, symbol: &str, side: Side) -> Fate {
        let mut fate = Fate::default();
        for Line { rule, met, is_used } in &mut self.rules {
            let symbol_fits = rule.symbol.as_deref().is_none_or(|wanted| wanted == symbol);
            if !symbol_fits || rule.side.is_some_and(|wanted| wanted != side) {
                continue;
            }
            *met += 1;
            if rule.occurrence.is_some_and(|wanted| wanted != *met) {
                continue;
            }
            match &rule.effect {
                OrderEffect::CancelLate(delay) if fate.cancel_late.is_none() => {
                    fate.cancel_late = Some(*delay)
                }
                OrderEffect::Show(shown) if fate.show.is_none() => fate.show = Some(*shown),
                effect if effect.is_about_filling() && fate.fill.is_none() => {
                    fate.fill = Some(effect.clone())
                }
                _ => continue,
            }
            *is_used = true;
        }
        fate
    }

    /// The places, from 0, of the rules that have decided about no order so far.
    pub(super) fn unused(&self) -> Vec<usize> {
        self.rules
            .iter()
            .enumerate()
            .filter(|(_, line)| !line.is_used)
            .map(|(place, _)| place)
            .collect()
    }
}
