//! Where an item lies in a table or an index.

use std::sync::Arc;

use crate::schema::KeySchema;
use crate::value::{Item, KeyValue};

/// The place of an item in a table or an index: partitions in the order of their hash, items of one
/// partition in the order of the sort key. An entry of an index ends with the key of its item, so
/// that equal keys of an index are different places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    hash: u64,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Value(KeyValue),
    /// Behind every value.
    End,
}

impl Position {
    /// The place of `item` under a table's key, if it has all attributes of it.
    pub fn in_table(key: &KeySchema, item: &Item) -> Option<Self> {
        let mut parts = Vec::with_capacity(key.len());
        add(&mut parts, key, item)?;
        Some(Self {
            hash: hash_of(&parts[..key.hash.len()]),
            parts,
        })
    }

    /// The place of `item` under an index's key, if the index holds it.
    pub fn in_index(key: &KeySchema, table: &KeySchema, item: &Item) -> Option<Self> {
        let mut parts = Vec::with_capacity(key.len() + table.len());
        add(&mut parts, key, item)?;
        let hash = hash_of(&parts[..key.hash.len()]);
        add(&mut parts, table, item)?;
        Some(Self { hash, parts })
    }

    /// The start of all places of a partition whose sort keys start with `sort`.
    pub fn before(partition: &[KeyValue], sort: &[KeyValue]) -> Self {
        let values = partition.iter().chain(sort);
        let parts: Vec<_> = values.cloned().map(Part::Value).collect();
        Self {
            hash: hash_of(&parts[..partition.len()]),
            parts,
        }
    }

    /// The end of all places of a partition whose sort keys start with `sort`.
    pub fn behind(partition: &[KeyValue], sort: &[KeyValue]) -> Self {
        let mut end = Self::before(partition, sort);
        end.parts.push(Part::End);
        end
    }

    /// The start of all places whose hash is at least `hash`.
    pub fn from_hash(hash: u64) -> Self {
        Self {
            hash,
            parts: Vec::new(),
        }
    }

    /// Which of `segments` equal parts of a table this place is in.
    #[cfg(test)]
    pub fn segment(&self, segments: u32) -> u64 {
        ((u128::from(self.hash) * u128::from(segments)) >> 64) as u64
    }
}

fn add(parts: &mut Vec<Part>, key: &KeySchema, item: &Item) -> Option<()> {
    for name in key.names() {
        parts.push(Part::Value(item.get(name)?.as_key()?));
    }
    Some(())
}

/// The first hash of `segment` of `segments` equal parts; `None` is the end.
pub(crate) fn segment_start(segment: u64, segments: u64) -> Option<u64> {
    let whole = 1_u128 << 64;
    let start = (u128::from(segment) * whole).div_ceil(u128::from(segments));
    u64::try_from(start).ok()
}

/// A fixed hash, so that tables are in the same order everywhere: FNV-1a, then mixed so that all
/// bits hang on all bytes.
fn hash_of(parts: &[Part]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        match part {
            Part::Value(KeyValue::S(text)) => take(&mut hash, text.as_bytes()),
            Part::Value(KeyValue::B(bytes)) => take(&mut hash, bytes),
            Part::Value(KeyValue::N(number)) => {
                number.with_text(|text| take(&mut hash, text.as_bytes()));
            }
            Part::End => {}
        }
        take(&mut hash, &[0]);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

fn take(hash: &mut u64, bytes: &[u8]) {
    for byte in bytes {
        *hash = (*hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
}

/// The attributes of `key` of an item.
pub(crate) fn key_of(key: &KeySchema, item: &Item) -> Item {
    let named = key
        .names()
        .filter_map(|name| Some((Arc::clone(name), item.get(name)?.clone())));
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> KeyValue {
        KeyValue::S(text.into())
    }

    #[test]
    fn a_partition_lies_between_its_ends() {
        let place = Position::before(&[text("a")], &[text("1")]);
        assert!(Position::before(&[text("a")], &[]) < place);
        assert!(Position::behind(&[text("a")], &[]) > place);
        assert!(Position::behind(&[text("a")], &[text("1")]) > place);
        assert!(Position::behind(&[text("a")], &[text("0")]) < place);
    }

    #[test]
    fn segments_cover_all_places_once() {
        for segments in [1, 2, 3, 7, 1_000_000] {
            for name in ["a", "b", "c", "d"] {
                let place = Position::before(&[text(name)], &[]);
                let segment = place.segment(segments);
                let start = segment_start(segment, u64::from(segments)).unwrap();
                assert!(Position::from_hash(start) < place);
                if let Some(end) = segment_start(segment + 1, u64::from(segments)) {
                    assert!(place < Position::from_hash(end));
                }
            }
        }
    }
}
