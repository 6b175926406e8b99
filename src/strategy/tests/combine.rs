use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::super::combine;
use super::super::weights::sum;
use super::{decimal, written};

fn strategy(shares: &[(&str, &str)]) -> BTreeMap<String, Decimal> {
    shares
        .iter()
        .map(|(symbol, share)| ((*symbol).to_owned(), decimal(share)))
        .collect()
}

fn combined(parts: &[(&str, &[(&str, &str)])]) -> Result<String, String> {
    let parts: Vec<_> = parts
        .iter()
        .map(|(allocation, shares)| (decimal(allocation), strategy(shares)))
        .collect();
    combine(&parts)
        .map(|portfolio| written(&portfolio))
        .map_err(|error| error.to_string())
}

#[test]
fn shares_are_scaled_by_allocation_and_added() {
    let parts: [(&str, &[(&str, &str)]); 3] = [
        ("0.5", &[("SPY", "1")]),
        ("0.3", &[("SPY", "0.5"), ("TLT", "0.5")]),
        ("0.2", &[("cash", "1")]),
    ];
    assert_eq!(combined(&parts).unwrap(), "CASH 0.2, SPY 0.65, TLT 0.15");
}

#[test]
fn a_rounded_sum_is_scaled_to_exactly_one() {
    let third: (&str, &[(&str, &str)]) = ("0.3333", &[("A", "0.5"), ("B", "0.5")]);
    assert_eq!(combined(&[third, third, third]).unwrap(), "A 0.5, B 0.5");
}

#[test]
fn a_typo_in_an_allocation_is_an_error() {
    // Incident 39: .6 for .06 silently rescaled the whole book.
    let parts: [(&str, &[(&str, &str)]); 2] = [("0.94", &[("A", "1")]), ("0.6", &[("B", "1")])];
    assert_eq!(
        combined(&parts).unwrap_err(),
        "the allocations 0.94 + 0.6 sum to 1.54, they must sum to 1 (within 0.0001)"
    );
    let barely: [(&str, &[(&str, &str)]); 1] = [("1.0002", &[("A", "1")])];
    assert!(combined(&barely).is_err());
}

#[test]
fn a_negative_allocation_is_an_error() {
    let parts: [(&str, &[(&str, &str)]); 2] = [("1.1", &[("A", "1")]), ("-0.1", &[("B", "1")])];
    assert_eq!(
        combined(&parts).unwrap_err(),
        "strategy 2 has allocation -0.1, 0 to 1 is allowed"
    );
}

#[test]
fn no_strategy_is_an_error() {
    assert_eq!(
        combined(&[]).unwrap_err(),
        "no strategy to combine, at least one is needed"
    );
}

#[test]
fn a_strategy_that_is_no_whole_is_an_error() {
    let half: [(&str, &[(&str, &str)]); 1] = [("1", &[("A", "0.5")])];
    assert_eq!(
        combined(&half).unwrap_err(),
        "the weights of strategy 1 sum to 0.5, they must sum to 1 (within 0.0001)"
    );
    let empty: [(&str, &[(&str, &str)]); 1] = [("1", &[])];
    assert_eq!(
        combined(&empty).unwrap_err(),
        "strategy 1: the weights sum to 0, at least one must be positive"
    );
    let short: [(&str, &[(&str, &str)]); 1] = [("1", &[("A", "1.5"), ("B", "-0.5")])];
    assert_eq!(
        combined(&short).unwrap_err(),
        "strategy 1: weight -0.5 is negative, 0 or more is allowed"
    );
}

#[test]
fn allocations_too_large_to_add_are_an_error() {
    let huge = "79228162514264337593543950335";
    let parts: [(&str, &[(&str, &str)]); 2] = [(huge, &[("A", "1")]), (huge, &[("B", "1")])];
    assert!(combined(&parts).unwrap_err().contains("must sum to 1"));
}

#[test]
fn a_sum_does_not_depend_on_the_order() {
    // Beside 60 there is room for 27 places, so that each of the small ones alone is rounded, and
    // both together are not.
    let [large, small] = ["60", "0.0000000000000000000000000005"].map(decimal);
    let expected = decimal("60.000000000000000000000000001");
    assert_eq!(sum([&large, &small, &small]), Ok(expected));
    assert_eq!(sum([&small, &large, &small]), Ok(expected));
    assert_eq!(sum([&small, &small, &large]), Ok(expected));
}
