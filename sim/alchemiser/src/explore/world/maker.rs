use rust_decimal::Decimal;

use harness::explore::Tape;

/// Makes the choices of a world. Most kinds of things are absent from most worlds, so that what is
/// there has room to matter (swarm testing: Groce and others, ISSTA 2012).
pub(super) struct Maker<'t> {
    pub tape: &'t mut Tape,
    /// Of eight kinds of things so many are there.
    busy: u64,
}

impl<'t> Maker<'t> {
    pub fn new(tape: &'t mut Tape) -> Self {
        let busy = [1, 1, 2, 3, 4][usize::try_from(tape.choose("busy", 5)).unwrap_or_default()];
        Self { tape, busy }
    }

    /// Whether this world has that kind of thing at all.
    pub fn has(&mut self, kind: &str) -> bool {
        let busy = self.busy;
        self.tape.happens(&format!("has {kind}"), busy, 8)
    }

    /// One of these texts.
    pub fn pick<'a>(&mut self, name: &str, among: &[&'a str]) -> &'a str {
        self.tape.pick(name, among)
    }

    /// One of these.
    pub fn one<'a, T>(&mut self, name: &str, among: &'a [T]) -> Option<&'a T> {
        let place = self.tape.choose(name, among.len() as u64);
        usize::try_from(place)
            .ok()
            .and_then(|place| among.get(place))
    }

    /// Either.
    pub fn coin(&mut self, name: &str) -> bool {
        self.tape.happens(name, 1, 2)
    }

    /// An amount from `10^least` to `10^most`, every power of ten as likely as the other.
    pub fn amount(&mut self, name: &str, least: i64, most: i64, places: u32) -> Decimal {
        let powers = u64::try_from(most - least).unwrap_or_default();
        let power = least
            + i64::try_from(self.tape.choose(&format!("{name}/power"), powers)).unwrap_or_default();
        let digits = 100 + self.tape.choose(&format!("{name}/digits"), 900);
        let is_round = self.coin(&format!("{name}/round"));
        let digits = if is_round { digits / 100 * 100 } else { digits };
        let scale = 2 - power;
        let digits = Decimal::from(digits);
        let amount = if scale >= 0 {
            digits / Decimal::from(10_u64.pow(u32::try_from(scale).unwrap_or_default()))
        } else {
            digits * Decimal::from(10_u64.pow(u32::try_from(-scale).unwrap_or_default()))
        };
        let smallest = Decimal::new(1, places);
        amount.round_dp(places).max(smallest)
    }
}

/// An amount of dollars as scenario files write it.
pub(super) fn dollars(amount: Decimal) -> String {
    format!("{:.2}", amount)
}

/// A number of shares as scenario files write it.
pub(super) fn shares(amount: Decimal) -> String {
    amount.normalize().to_string()
}
