//! IP addresses and CIDR blocks.

use std::net::Ipv6Addr;

use super::error::Reason;

/// Length of the longest IPv4 literal that Java reads.
const IPV4_TEXT_MAX: usize = 15;

/// An IPv4 or IPv6 address. A mapped IPv6 address counts as IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Address {
    V4(u32),
    V6(u128),
}

impl Address {
    /// Reads an address literal; `None` for any other text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if looks_like_ipv4(text) {
            parse_ipv4(text)
        } else if looks_like_ipv6(text) {
            let address: Ipv6Addr = text.parse().ok()?;
            Some(match address.to_ipv4_mapped() {
                Some(mapped) => Address::V4(mapped.to_bits()),
                None => Address::V6(address.to_bits()),
            })
        } else {
            None
        }
    }
}

fn looks_like_ipv4(text: &str) -> bool {
    let mut parts = 0;
    let all_digits = text.split('.').all(|part| {
        parts += 1;
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
    });
    all_digits && parts == 4
}

fn looks_like_ipv6(text: &str) -> bool {
    text.contains(':')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b':')
}

/// Four decimal parts; zeros may lead them, unlike in Rust's own reading.
fn parse_ipv4(text: &str) -> Option<Address> {
    if text.len() > IPV4_TEXT_MAX {
        return None;
    }
    let mut bits = 0;
    for part in text.split('.') {
        let value: u32 = part.parse().ok()?;
        if value > 255 {
            return None;
        }
        bits = (bits << 8) | value;
    }
    Some(Address::V4(bits))
}

/// All addresses from `low` to `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AddressBlock {
    low: Address,
    high: Address,
}

impl AddressBlock {
    /// Reads `address/bits`. Bits behind the mask may be set; a block of a single address is
    /// refused, as AWS does.
    pub(super) fn parse(text: &str) -> Result<Self, Reason> {
        // As Java splits: empty parts at the end do not count.
        let parts: Vec<&str> = text.trim_end_matches('/').split('/').collect();
        let [address, bits] = parts[..] else {
            return fail("Malformed CIDR, one '/' required");
        };
        let Ok(bits) = bits.parse::<i32>() else {
            return fail("Malformed CIDR, mask bits must be an integer");
        };
        let Ok(bits) = u32::try_from(bits) else {
            return fail("Malformed CIDR, mask bits must not be negative");
        };
        if !looks_like_ipv4(address) && !looks_like_ipv6(address) {
            return fail(format!("Nonstandard IP address: {address}"));
        }
        match Address::parse(address) {
            None => fail(format!("Invalid IP address: {address}")),
            Some(Address::V4(_)) if bits > 31 => fail("IPv4 mask bits must be < 32"),
            Some(Address::V6(_)) if bits > 127 => fail("IPv6 mask bits must be < 128"),
            Some(Address::V4(address)) => {
                let host = u32::MAX >> bits;
                Ok(AddressBlock {
                    low: Address::V4(address & !host),
                    high: Address::V4(address | host),
                })
            }
            Some(Address::V6(address)) => {
                let host = u128::MAX >> bits;
                Ok(AddressBlock {
                    low: Address::V6(address & !host),
                    high: Address::V6(address | host),
                })
            }
        }
    }

    /// The first address of the block.
    pub(super) fn low(&self) -> Address {
        self.low
    }

    /// How many leading bits the addresses share.
    pub(super) fn mask_bits(&self) -> u32 {
        match (self.low, self.high) {
            (Address::V4(low), Address::V4(high)) => (low ^ high).leading_zeros(),
            (Address::V6(low), Address::V6(high)) => (low ^ high).leading_zeros(),
            _ => unreachable!("a block lies in one family"),
        }
    }

    pub(super) fn contains(&self, address: Address) -> bool {
        // Every IPv4 address sorts before every IPv6 address, so a block never reaches into the
        // other family.
        self.low <= address && address <= self.high
    }
}

fn fail<T>(reason: impl Into<String>) -> Result<T, Reason> {
    Err(Reason(reason.into()))
}
