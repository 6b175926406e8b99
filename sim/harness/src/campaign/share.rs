use std::ops::Range;

/// The items of part `index`, where `items` are cut into `parts`: no two parts differ by more than
/// one. There is none where there is no such part.
#[must_use]
pub fn share(items: u64, parts: u64, index: u64) -> Range<u64> {
    if index >= parts {
        return 0..0;
    }
    let edge = |index: u64| {
        let edge = u128::from(items) * u128::from(index) / u128::from(parts);
        u64::try_from(edge).unwrap_or(items)
    };
    edge(index)..edge(index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_in_one_part() {
        for (items, parts) in [(0, 3), (2, 5), (7, 3), (1_000, 16), (u64::MAX, 7)] {
            let mut next = 0;
            for index in 0..parts {
                let share = share(items, parts, index);
                assert_eq!(share.start, next);
                assert!(share.end - share.start <= items / parts + 1);
                next = share.end;
            }
            assert_eq!(next, items);
            assert!(share(items, parts, parts).is_empty());
        }
    }
}
