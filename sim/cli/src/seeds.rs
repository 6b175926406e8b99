use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::error::ArgumentError;

/// A range of seeds, both ends included: `1..50`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds(pub RangeInclusive<u64>);

impl FromStr for Seeds {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ends = text
            .split_once("..")
            .and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
        match ends {
            Some((first, last)) if first <= last => Ok(Self(first..=last)),
            _ => Err(ArgumentError::NotARange),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_a_range_of_seeds() {
        let seeds = |text: &str| {
            text.parse::<Seeds>()
                .map(|seeds| seeds.0.collect::<Vec<_>>())
                .ok()
        };
        assert_eq!(seeds("2..4"), Some(vec![2, 3, 4]));
        assert_eq!(seeds("7..7"), Some(vec![7]));
        for mistake in [
            "4..2", "1-3", "3", "..3", "1..", "1..=3", "-1..3", "a..b", "",
        ] {
            assert_eq!(seeds(mistake), None, "{mistake:?}");
        }
    }
}
