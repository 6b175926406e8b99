//! Words of a closed list: those that mean something here, those that mean something at Alpaca
//! only, and all others.

use crate::exchange::refusal::Refusal;
use crate::exchange::service::Service;

/// The words that one field or parameter takes.
pub(super) struct Words<'a, T> {
    /// The field's name.
    pub(super) name: &'a str,
    /// What this exchange knows.
    pub(super) simulated: &'a [(&'a str, T)],
    /// What Alpaca knows as well.
    pub(super) known: &'a [&'a str],
}

impl<T: Copy> Words<'_, T> {
    /// What `word` means. What Alpaca knows and this exchange does not is refused as that, so that
    /// nobody looks for a mistake in a request that has none; `None` is a word that Alpaca does not
    /// know either.
    pub(super) fn meaning(&self, service: Service, word: &str) -> Result<Option<T>, Refusal> {
        if let Some((_, meaning)) = self.simulated.iter().find(|(known, _)| *known == word) {
            return Ok(Some(*meaning));
        }
        if self.known.contains(&word) {
            let simulated: Vec<&str> = self
                .simulated
                .iter()
                .map(|(known, _)| *known)
                .filter(|known| !known.is_empty())
                .collect();
            return Err(Refusal::not_simulated(
                service,
                &format!("{} {word}", self.name),
                &simulated.join(", "),
            ));
        }
        Ok(None)
    }
}
