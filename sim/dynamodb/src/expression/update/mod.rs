//! Updates, such as `SET a = a + :one REMOVE b[0] ADD c :set`.

mod apply;
mod bind;
mod charge;
mod parse;

use super::error::{ExpressionError, Role, UpdateError};
use super::parser::Symbols;
use super::path::{NamedPath, NamedStep, Path};
use super::placeholders::Placeholders;
use super::projection::BoundProjection;
use crate::value::{Item, Value};
use std::sync::Arc;

/// An update as it is parsed, without the names and values of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    pub(super) actions: Vec<Action>,
    pub(super) symbols: Symbols,
}

/// What an update does at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Set(Path, Term),
    Remove(Path),
    /// Adds the value in this slot.
    Add(Path, u32),
    /// Takes the members of the value in this slot away.
    Delete(Path, u32),
}

impl Action {
    pub fn path(&self) -> &Path {
        match self {
            Action::Set(path, _)
            | Action::Remove(path)
            | Action::Add(path, _)
            | Action::Delete(path, _) => path,
        }
    }
}

/// What `SET` assigns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    Path(Path),
    /// The value in this slot.
    Value(u32),
    /// `+` or `-`.
    Sum(Sign, Box<[Term; 2]>),
    Call(Function, Vec<Term>),
}

/// The sign of the second number of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
}

impl Sign {
    fn symbol(self) -> &'static str {
        match self {
            Sign::Plus => "+",
            Sign::Minus => "-",
        }
    }
}

/// The functions of updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    IfNotExists,
    ListAppend,
}

impl Function {
    fn name(self) -> &'static str {
        match self {
            Function::IfNotExists => "if_not_exists",
            Function::ListAppend => "list_append",
        }
    }
}

/// The name of the function of updates that is called so.
pub(super) fn function_named(name: &str) -> Option<&'static str> {
    [Function::IfNotExists, Function::ListAppend]
        .into_iter()
        .map(Function::name)
        .find(|known| *known == name)
}

/// An update with the names and values of a request.
#[derive(Clone, Debug)]
pub struct BoundUpdate {
    pub(super) update: Arc<Update>,
    pub(super) names: Vec<Arc<str>>,
    pub(super) values: Vec<Value>,
    /// The path of each action.
    pub(super) targets: Vec<NamedPath>,
    /// How stored values of the wrong type are told.
    pub(super) mismatch: UpdateError,
}

impl Update {
    /// Puts in the names and values of a request. Refuses placeholders that are not defined, paths
    /// that overlap or conflict, and operands of wrong types.
    pub fn bind(
        self: Arc<Update>,
        placeholders: &mut Placeholders<'_>,
    ) -> Result<BoundUpdate, ExpressionError> {
        bind::bind(self, placeholders).map_err(|flaw| flaw.within(Role::Update))
    }
}

impl BoundUpdate {
    /// The item after the update, which has to `exist` for a path of `REMOVE` to be refused.
    pub fn apply(&self, item: &Item, exists: bool) -> Result<Item, UpdateError> {
        apply::apply(self, item, exists)
    }

    /// The attributes at the top of the paths that it writes to, in the order of the text.
    pub fn roots(&self) -> impl Iterator<Item = &Arc<str>> {
        self.targets.iter().filter_map(|path| match path.0.first() {
            Some(NamedStep::Name(name)) => Some(name),
            _ => None,
        })
    }

    /// What an item has at the paths that the update writes to: of the item before for
    /// `UPDATED_OLD`, of the item after for `UPDATED_NEW`.
    pub fn updated_part(&self, item: &Item) -> Item {
        BoundProjection::of_paths(self.targets.clone()).project(item)
    }

    /// Whether the update only takes away, so that it does not create an item.
    pub fn only_takes_away(&self) -> bool {
        let mut actions = self.update.actions.iter();
        actions.all(|action| matches!(action, Action::Remove(_) | Action::Delete(..)))
    }

    /// The size that the request is charged for and must not exceed 400 KB: that of its paths and
    /// values, whatever the item holds.
    pub fn charge(&self) -> usize {
        charge::charge(self)
    }
}
