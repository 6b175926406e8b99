use std::time::Duration;

use super::{MEANWHILE, Phase, Site, SitePattern, Unmet};
use crate::counterparty::PartyAction;

/// What somebody does at a counterparty in the middle of a run: at the first call that matches.
#[derive(Clone, Debug)]
pub struct Meanwhile {
    /// Its line in the scenario, from 0.
    pub line: usize,
    /// Where.
    pub at: SitePattern,
    /// When, relative to the call's work.
    pub phase: Phase,
    /// Only in this attempt of the step.
    pub attempt: Option<u32>,
    /// So much later.
    pub delay: Duration,
    /// What.
    pub action: PartyAction,
}

/// All that is to happen in the middle of a run.
#[derive(Debug, Default)]
pub struct Meanwhiles {
    waiting: Vec<Meanwhile>,
}

impl Meanwhiles {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(waiting: Vec<Meanwhile>) -> Self {
        Self { waiting }
    }

    /// Takes what happens in that phase of a call, in the order it was written.
    pub fn take(&mut self, site: &Site, phase: Phase, attempt: u32) -> Vec<Meanwhile> {
        let is_now = |one: &mut Meanwhile| {
            one.phase == phase
                && one.at.matches(site)
                && one.attempt.is_none_or(|wanted| wanted == attempt)
        };
        self.waiting.extract_if(.., is_now).collect()
    }

    /// What has met no call.
    #[must_use]
    pub fn unused(&self) -> Vec<Unmet> {
        let unmet = |one: &Meanwhile| {
            Unmet::line(
                MEANWHILE,
                one.line,
                format!("{} at `{}` met no call", one.action.words, one.at),
            )
        };
        self.waiting.iter().map(unmet).collect()
    }
}
