/// What AWS leaves open or to chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knobs {
    /// Probability that a short poll of a standard queue misses a given visible message; 0 by default.
    pub short_poll_miss_rate: f64,
    /// Probability that a message received from a standard queue stays visible, and so is delivered twice; 0 by default.
    pub duplicate_rate: f64,
    /// A standard queue's message is deleted even by the handle of an earlier receive; false by default, because AWS
    /// answers success and may keep the message.
    pub stale_deletes_work: bool,
    /// Messages in flight at once in one queue; 120,000 by default.
    pub in_flight_maximum: usize,
    /// Messages a second that a move task moves unless the request says.
    pub moves_per_second: u32,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            short_poll_miss_rate: 0.0,
            duplicate_rate: 0.0,
            stale_deletes_work: false,
            in_flight_maximum: 120_000,
            moves_per_second: 500,
        }
    }
}
