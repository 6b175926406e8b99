use std::collections::BTreeMap;

use super::account::Account;
use super::attachment::Attachment;
use super::identity::{Identity, Known};
use super::position::Position;
use super::stack::Stack;

/// What the reader of one resource needs to know and to fill.
pub(super) struct Context<'a> {
    /// The resource's logical id.
    pub(super) id: &'a str,
    /// Where the resource's logical id is written.
    pub(super) position: Position,
    pub(super) account: &'a Account,
    pub(super) stack: &'a mut Stack,
    pub(super) identities: &'a mut BTreeMap<String, Known>,
    /// What has to be attached once every resource is read.
    pub(super) later: &'a mut Vec<Attachment>,
}

impl Context<'_> {
    /// Makes a logical id known to later references.
    pub(super) fn identify(&mut self, id: &str, identity: Identity) {
        self.identities
            .insert(id.to_owned(), Known::Created(identity));
    }

    /// The same stack, seen from a resource that SAM generates.
    pub(super) fn generated<'b>(&'b mut self, id: &'b str, position: Position) -> Context<'b> {
        Context {
            id,
            position,
            account: self.account,
            stack: self.stack,
            identities: self.identities,
            later: self.later,
        }
    }

    pub(super) fn generated_name(&self, limit: usize) -> String {
        self.account.generated_name(self.id, limit)
    }
}
