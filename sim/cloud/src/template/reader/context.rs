use std::collections::BTreeMap;

use crate::stack::{Account, Position, Stack};
use crate::template::reader::identity::{Identity, Known};
use crate::template::resource::attachment::Attachment;

/// What the reader of one resource needs to know and to fill.
pub(in crate::template) struct Context<'a> {
    /// The resource's logical id.
    pub(in crate::template) id: &'a str,
    /// Where the resource's logical id is written.
    pub(in crate::template) position: Position,
    pub(in crate::template) account: &'a Account,
    pub(in crate::template) stack: &'a mut Stack,
    pub(in crate::template) identities: &'a mut BTreeMap<String, Known>,
    /// What has to be attached once every resource is read.
    pub(in crate::template) later: &'a mut Vec<Attachment>,
}

impl Context<'_> {
    /// Makes a logical id known to later references.
    pub(in crate::template) fn identify(&mut self, id: &str, identity: Identity) {
        self.identities
            .insert(id.to_owned(), Known::Created(identity));
    }

    /// The same stack, seen from a resource that SAM generates.
    pub(in crate::template) fn generated<'b>(
        &'b mut self,
        id: &'b str,
        position: Position,
    ) -> Context<'b> {
        self.stack.places.insert(id.to_owned(), position);
        Context {
            id,
            position,
            account: self.account,
            stack: self.stack,
            identities: self.identities,
            later: self.later,
        }
    }

    pub(in crate::template) fn generated_name(&self, limit: usize) -> String {
        self.account.generated_name(self.id, limit)
    }
}
