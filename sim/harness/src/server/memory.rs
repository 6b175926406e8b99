use std::cell::Cell;

use simulated_cloud::api::error::ServiceError;
use simulated_cloud::api::operation::Access;

/// What may be held where nothing else is said.
const DEFAULT_LIMIT: u64 = 4 * 1024 * 1024 * 1024;
/// It is counted again once requests of so many bytes have come.
const BYTES_BETWEEN_COUNTS: u64 = 1024 * 1024;
/// What a request counts beside its body.
const REQUEST_BYTES: u64 = 1024;

/// How much the cloud holds, counted from time to time: messages, archives, tables and events under
/// way have no bound of their own.
#[derive(Debug)]
pub(super) struct Memory {
    limit: Cell<u64>,
    /// Bytes of requests since the last count.
    since: Cell<u64>,
    held: Cell<u64>,
}

impl Memory {
    pub fn new() -> Self {
        Self {
            limit: Cell::new(DEFAULT_LIMIT),
            since: Cell::new(BYTES_BETWEEN_COUNTS),
            held: Cell::new(0),
        }
    }

    pub fn limit(&self, bytes: u64) {
        self.limit.set(bytes);
    }

    /// Refuses an operation that adds something where too much is held already, as `count` tells.
    ///
    /// # Errors
    /// How much is held, how much may be, and what to do.
    pub fn admit(
        &self,
        access: Access,
        request_bytes: usize,
        count: impl FnOnce() -> u64,
    ) -> Result<(), ServiceError> {
        self.since
            .set(self.since.get() + REQUEST_BYTES + request_bytes as u64);
        if access != Access::Adds {
            return Ok(());
        }
        if self.since.get() >= BYTES_BETWEEN_COUNTS || self.held.get() > self.limit.get() {
            self.since.set(0);
            self.held.set(count());
        }
        let (held, limit) = (self.held.get(), self.limit.get());
        if held <= limit {
            return Ok(());
        }
        let mib = |bytes: u64| bytes / (1024 * 1024);
        let message = format!(
            "The simulated cloud holds {} MiB, and may hold {} MiB: purge or delete something, POST /_sim/reset, or serve with a larger --memory-limit.",
            mib(held),
            mib(limit)
        );
        Err(ServiceError {
            status: 503,
            ..ServiceError::client("ServiceUnavailable", message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_adds_is_refused_beyond_the_limit_and_what_frees_is_not() {
        let memory = Memory::new();
        memory.limit(1000);
        assert!(memory.admit(Access::Adds, 100, || 1000).is_ok());
        assert!(
            memory
                .admit(Access::Adds, 100, || unreachable!(
                    "so little has come since"
                ))
                .is_ok()
        );
        assert!(
            memory
                .admit(Access::Adds, 2 * 1024 * 1024, || 1001)
                .is_err_and(|error| error.message.contains("--memory-limit"))
        );
        assert!(
            memory
                .admit(Access::Frees, 100, || unreachable!("it frees"))
                .is_ok()
        );
        assert!(
            memory
                .admit(Access::Reads, 100, || unreachable!("it frees"))
                .is_ok()
        );
        assert!(
            memory.admit(Access::Adds, 100, || 10).is_ok(),
            "what is held is counted again"
        );
    }
}
