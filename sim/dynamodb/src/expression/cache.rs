//! Parsed expressions, kept by their text.

use super::condition::Condition;
use super::error::{ExpressionError, Flaw, Role};
use super::projection::Projection;
use super::update::Update;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many expressions of a kind are kept. A program has few; one that writes values into its
/// texts, instead of placeholders, must not fill the memory.
const MOST_KEPT: usize = 1000;

/// Expressions that were parsed before.
#[derive(Clone, Debug, Default)]
pub struct Expressions {
    conditions: Kept<Condition>,
    projections: Kept<Projection>,
    updates: Kept<Update>,
}

impl Expressions {
    /// The parsed condition of this text; `role` says which parameter it stands in.
    pub fn condition(&mut self, role: Role, text: &str) -> Result<Arc<Condition>, ExpressionError> {
        self.conditions
            .get(text, Condition::parse)
            .map_err(|flaw| flaw.within(role))
    }

    /// The parsed projection of this text.
    pub fn projection(&mut self, text: &str) -> Result<Arc<Projection>, ExpressionError> {
        let parsed = self.projections.get(text, Projection::parse);
        parsed.map_err(|flaw| flaw.within(Role::Projection))
    }

    /// The parsed update of this text.
    pub fn update(&mut self, text: &str) -> Result<Arc<Update>, ExpressionError> {
        self.updates
            .get(text, Update::parse)
            .map_err(|flaw| flaw.within(Role::Update))
    }
}

/// Expressions of one kind by text.
#[derive(Clone, Debug)]
struct Kept<T>(BTreeMap<Box<str>, Arc<T>>);

impl<T> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept(BTreeMap::new())
    }
}

impl<T> Kept<T> {
    fn get(&mut self, text: &str, parse: fn(&str) -> Result<T, Flaw>) -> Result<Arc<T>, Flaw> {
        if let Some(parsed) = self.0.get(text) {
            return Ok(parsed.clone());
        }
        let parsed = Arc::new(parse(text)?);
        if self.0.len() >= MOST_KEPT {
            self.0.clear();
        }
        self.0.insert(Box::from(text), parsed.clone());
        Ok(parsed)
    }
}
