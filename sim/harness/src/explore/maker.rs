use super::Tape;

/// Makes the choices of a world. Most kinds of things are absent from most worlds, so that what is
/// there has room to matter (swarm testing: Groce and others, ISSTA 2012).
#[derive(Debug)]
pub struct Maker<'t> {
    /// The tape that they are on.
    pub tape: &'t mut Tape,
    /// Of eight kinds of things so many are there.
    busy: u64,
}

impl<'t> Maker<'t> {
    /// Makes a world on this tape.
    #[must_use]
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
}
