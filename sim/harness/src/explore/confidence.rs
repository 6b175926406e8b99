/// How sure is sure enough: the chance that so many clean runs are mere luck is no more than this.
const LUCK: f64 = 0.05;

/// How many clean runs it takes until one may say, with 95 % confidence, that what was shown by this
/// share of runs is not there any more: `ln 0.05 / ln (1 - share)`. One at least.
#[must_use]
pub fn clean_runs(share: f64) -> u64 {
    let runs = LUCK.ln() / (1.0 - share.clamp(f64::EPSILON, 1.0)).ln();
    // Where all showed it, one that does not is enough.
    runs.ceil().max(1.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rarer_the_more_runs() {
        let cases = [
            (1.0, 1),
            (0.96, 1),
            (0.9, 2),
            (0.5, 5),
            (0.1, 29),
            (0.01, 299),
        ];
        for (share, runs) in cases {
            assert_eq!(clean_runs(share), runs, "{share}");
        }
        assert!(
            clean_runs(0.0) > 1_000_000,
            "what never was there never goes"
        );
    }
}
