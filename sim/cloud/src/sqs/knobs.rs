/// What AWS leaves open or to chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// Of a thousand visible messages of a standard queue, a short poll misses so many; 0 by
    /// default.
    pub short_poll_misses_per_mille: u32,
    /// Of a thousand messages received from a standard queue, so many stay visible, and so are
    /// delivered twice; 0 by default.
    pub duplicates_per_mille: u32,
    /// A standard queue's message is deleted even by the handle of an earlier receive; false by
    /// default, because AWS answers success and may keep the message.
    pub stale_deletes_work: bool,
    /// Messages in flight at once in one queue; 120,000 by default.
    pub in_flight_maximum: usize,
    /// Messages a second that a move task moves unless the request says.
    pub moves_per_second: u32,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            short_poll_misses_per_mille: 0,
            duplicates_per_mille: 0,
            stale_deletes_work: false,
            in_flight_maximum: 120_000,
            moves_per_second: 500,
        }
    }
}
