/// Whether a text matches a pattern in which `*` stands for any text and `?` for any one character.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at, place));
            at += 1;
        } else if pattern
            .get(at)
            .is_some_and(|letter| *letter == '?' || *letter == text[place])
        {
            at += 1;
            place += 1;
        } else if let Some((star_at, tried)) = star {
            star = Some((star_at, tried + 1));
            at = star_at + 1;
            place = tried + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

/// The same for ARNs: wildcards do not reach across the first five colons.
pub(super) fn arn_matches(pattern: &str, arn: &str) -> bool {
    let parts = |text: &str| text.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
    let (patterns, texts) = (parts(pattern), parts(arn));
    patterns.len() == texts.len()
        && patterns
            .iter()
            .zip(&texts)
            .all(|(pattern, text)| matches(pattern, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_backtracks() {
        assert!(matches("a*bc", "abcbc"));
        assert!(matches("*", ""));
        assert!(!matches("a?c", "ac"));
    }

    #[test]
    fn a_star_stays_within_one_part_of_an_arn() {
        assert!(arn_matches(
            "arn:aws:events:*:*:rule/bus/*",
            "arn:aws:events:us-east-1:1:rule/bus/x"
        ));
        assert!(!arn_matches(
            "arn:aws:events:*",
            "arn:aws:events:us-east-1:1:rule/x"
        ));
    }
}
