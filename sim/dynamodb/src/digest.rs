//! A digest of all that the tables hold.

use std::hash::{Hash, Hasher};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::place::Place;
use crate::table::Table;
use crate::tables::Tables;
use crate::value::Attributes;

/// A hash that is the same in every process, unlike those of the standard library.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl std::io::Write for Fnv {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Hasher::write(self, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Fnv {
    fn add(&mut self, value: &impl Serialize) {
        serde_json::to_writer(&mut *self, value).expect("a hash takes all bytes");
        0xff_u8.hash(self);
    }
}

impl Tables {
    /// A number that is the same for the same content: tables with their settings, items, and
    /// records of streams that are still kept at `now`. It is the same on every machine.
    #[must_use]
    pub fn digest(&self, now: DateTime<Utc>) -> u64 {
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        for (place, tables) in self.places() {
            for table in tables.values().filter(|table| !table.is_gone(now)) {
                add_table(&mut hash, place, table, now);
            }
        }
        hash.finish()
    }
}

fn add_table(hash: &mut Fnv, place: &Place, table: &Table, now: DateTime<Utc>) {
    hash.add(&table.described(place, now));
    hash.add(&table.ttl.attribute.as_deref());
    hash.add(&table.settings.tags);
    for item in table.items().values() {
        hash.add(&Attributes(item));
    }
    for record in table.streams.iter().flat_map(|stream| stream.after(0, now)) {
        hash.add(&record.json(&place.region));
    }
}
