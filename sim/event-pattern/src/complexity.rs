//! AWS's judgement of wildcards that cost too much to match.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compile::Alternative;
use super::error::Reason;
use super::matcher::Matcher;
use super::wildcard::{Piece, Wildcard};

/// The score from which a wildcard is refused. AWS accepts `/Users/*/dir/dir/dir/dir/dir/doc.txt`
/// (7) and refuses `*:*:*:*:*:event-bus/*` (11); where between them its limit lies is unknown.
const SCORE_LIMIT: usize = 10;

/// Refuses a pattern in which a wildcard scores too high. Wildcards are judged one by one; AWS may
/// add up those of one field, which is not known.
pub(super) fn check(alternatives: &[Alternative]) -> Result<(), Reason> {
    // The alternatives of a `$or` share lists, and judging a long wildcard takes milliseconds.
    let mut judged = BTreeSet::new();
    let is_too_complex = alternatives
        .iter()
        .flat_map(Alternative::lists)
        .filter(|list| judged.insert(Arc::as_ptr(list).cast::<Matcher>()))
        .flat_map(|list| list.iter().flat_map(Matcher::wildcards))
        .any(|wildcard| score(wildcard) >= SCORE_LIMIT);
    if is_too_complex {
        return Err(Reason(
            "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences \
             after a wildcard character"
                .to_owned(),
        ));
    }
    Ok(())
}

/// How many beginnings of the wildcard one value can match at the same time, at worst; at most
/// [`SCORE_LIMIT`].
///
/// Walks all sets of beginnings that can be alive together. A beginning is a number of pieces. What
/// is alive behind the last star depends only on the last bytes of the value, so the sets are about
/// as many as the pieces, times the stars.
fn score(wildcard: &Wildcard) -> usize {
    let pieces = wildcard.pieces();
    if !pieces.contains(&Piece::Star) {
        return 1;
    }
    let first = with_empty_stars(pieces, BTreeSet::from([0]));
    let mut worst = 0;
    let mut seen = BTreeSet::from([first.clone()]);
    let mut unvisited = vec![first];
    while let Some(alive) = unvisited.pop() {
        // The empty beginning is no prefix of its own.
        worst = worst.max(alive.iter().filter(|beginning| **beginning > 0).count());
        if worst >= SCORE_LIMIT {
            return SCORE_LIMIT;
        }
        for byte in next_bytes(pieces, &alive) {
            let following = advance(pieces, &alive, byte);
            if !following.is_empty() && seen.insert(following.clone()) {
                unvisited.push(following);
            }
        }
    }
    worst
}

/// The bytes that make a difference now, and `None` for all others.
fn next_bytes(pieces: &[Piece], alive: &BTreeSet<usize>) -> BTreeSet<Option<u8>> {
    let mut bytes = BTreeSet::from([None]);
    for beginning in alive {
        if let Some(Piece::Byte(byte)) = pieces.get(*beginning) {
            bytes.insert(Some(*byte));
        }
    }
    bytes
}

/// The beginnings alive after one more byte.
fn advance(pieces: &[Piece], alive: &BTreeSet<usize>, byte: Option<u8>) -> BTreeSet<usize> {
    let mut following = BTreeSet::new();
    for beginning in alive {
        if *beginning > 0 && pieces[*beginning - 1] == Piece::Star {
            following.insert(*beginning);
        }
        match pieces.get(*beginning) {
            Some(Piece::Byte(expected)) if byte == Some(*expected) => {
                following.insert(*beginning + 1);
            }
            _ => {}
        }
    }
    with_empty_stars(pieces, following)
}

/// A star may take nothing, so the beginning that ends with it is alive with the one before it.
fn with_empty_stars(pieces: &[Piece], mut alive: BTreeSet<usize>) -> BTreeSet<usize> {
    let stars: Vec<usize> = alive
        .iter()
        .filter(|b| pieces.get(**b) == Some(&Piece::Star))
        .map(|b| b + 1)
        .collect();
    alive.extend(stars);
    alive
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score_of(text: &str) -> usize {
        score(&Wildcard::parse(text).expect("valid wildcard"))
    }

    #[test]
    fn counts_the_beginnings_alive_together() {
        assert_eq!(score_of("a*b*c*d*e*f"), 6);
        assert_eq!(score_of("*a*a*a"), 6);
        assert_eq!(score_of("*ab"), 2);
        assert_eq!(score_of("a*bcb"), 3);
        assert_eq!(score_of("*ab*ad"), 4);
        assert_eq!(score_of("*ab*b*b*"), 7);
        assert_eq!(score_of("/Users/*/dir/dir/dir/dir/dir/doc.txt"), 7);
        assert_eq!(score_of("*:*:*:*:*:event-bus/*"), SCORE_LIMIT);
    }

    #[test]
    fn a_long_wildcard_is_judged_quickly() {
        let text = format!("*{}*{}*", "abcdefghij".repeat(90), "jihgfedcba".repeat(90));
        assert!(score_of(&text) > 1);
    }
}
