//! One page of a query or a scan.

use std::sync::Arc;

use serde::Serialize;

use super::source::Source;
use super::start_key;
use crate::expression::{BoundCondition, BoundProjection};
use crate::operation::answer::Written;
use crate::operation::capacity::{Axis, Consumed, Mode, Units, read_units};
use crate::request::Whole;
use crate::value::{Item, item_size};

/// What is read at most before a page ends.
const PAGE_BYTES: usize = 1 << 20;

/// What is done with the rows.
#[derive(Debug)]
pub(super) struct Plan<'r, 't> {
    pub source: Source<'t>,
    pub filter: Option<&'r BoundCondition>,
    pub projection: Option<&'r BoundProjection>,
    /// Whether whole items are fetched from the table.
    pub fetches: bool,
    pub counts: bool,
    pub limit: Option<Whole>,
    pub consistent: bool,
}

/// Rows that were read.
#[derive(Debug, Default)]
pub(super) struct Page {
    items: Vec<Written>,
    count: usize,
    scanned: usize,
    /// The last row, where more may follow.
    last: Option<Written>,
    /// The bytes that were read where the rows are.
    bytes: usize,
    /// The units of what was fetched.
    fetched: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<Written>>,
    count: usize,
    scanned_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_evaluated_key: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Consumed<'a>>,
}

impl Plan<'_, '_> {
    /// Reads rows until the page is full.
    pub fn page<'t>(&self, rows: impl Iterator<Item = &'t Arc<Item>>) -> Page {
        let mut page = Page::default();
        let limit = self
            .limit
            .map(|Whole(limit)| usize::try_from(limit).unwrap_or(1));
        for row in rows {
            let copy = self.source.copy(row);
            let seen = if self.fetches { row } else { &copy };
            let bytes = item_size(&copy);
            if page.scanned > 0 && page.bytes + bytes > PAGE_BYTES {
                return page;
            }
            page.bytes += bytes;
            page.scanned += 1;
            if self.fetches {
                page.fetched += read_units(item_size(row), self.consistent);
            }
            if self.filter.is_none_or(|filter| filter.holds(seen)) {
                page.count += 1;
                if !self.counts {
                    page.items.push(Written(match self.projection {
                        None => Arc::clone(seen),
                        Some(projection) => Arc::new(projection.project(seen)),
                    }));
                }
            }
            page.last = Some(Written(Arc::new(start_key::of(row, &self.source))));
            if limit.is_some_and(|limit| page.scanned >= limit) {
                return page;
            }
        }
        page.last = None;
        page
    }

    /// The answer, of a table named as the request names it.
    pub fn answer<'a>(&self, page: Page, name: &'a str, mode: Mode) -> Answer<'a> {
        let read = read_units(page.bytes, self.consistent);
        let mut units = Units::default();
        match self.source.index {
            None => units.table = read,
            Some(index) => {
                units.table = page.fetched;
                units.add_index(index, read);
            }
        }
        Answer {
            items: (!self.counts).then_some(page.items),
            count: page.count,
            scanned_count: page.scanned,
            last_evaluated_key: page.last,
            consumed_capacity: units.consumed(name, mode, Axis::Untold),
        }
    }
}
