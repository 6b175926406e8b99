/// Whether a text matches a pattern in which `*` stands for any text and `?` for any one character.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    matches_by(pattern, text, |letter, other| letter == other)
}

/// The same without regard to the case of ASCII letters.
pub(crate) fn matches_ignoring_case(pattern: &str, text: &str) -> bool {
    matches_by(pattern, text, |letter, other| {
        letter.eq_ignore_ascii_case(&other)
    })
}

fn matches_by(pattern: &str, text: &str, is_same: impl Fn(char, char) -> bool) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Where to go on with one character more under the last star.
    let mut star = None;
    loop {
        let (mut rest, mut letters) = (pattern.clone(), text.clone());
        match (rest.next(), letters.next()) {
            (Some('*'), _) => {
                star = Some((rest.clone(), text.clone()));
                pattern = rest;
                continue;
            }
            (Some(letter), Some(other)) if letter == '?' || is_same(letter, other) => {
                (pattern, text) = (rest, letters);
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        let Some((behind, mut tried)) = star.take() else {
            return false;
        };
        if tried.next().is_none() {
            return false;
        }
        (pattern, text) = (behind.clone(), tried.clone());
        star = Some((behind, tried));
    }
}

/// The same for ARNs: wildcards do not reach across the first five colons.
pub(crate) fn arn_matches(pattern: &str, arn: &str) -> bool {
    let (mut patterns, mut texts) = (pattern.splitn(6, ':'), arn.splitn(6, ':'));
    loop {
        match (patterns.next(), texts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(text)) if matches(pattern, text) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_backtracks() {
        assert!(matches("a*bc", "abcbc"));
        assert!(matches("*", ""));
        assert!(!matches("a?c", "ac"));
        assert!(matches("a*é?", "aéxéü"));
        assert!(matches("**", "a") && matches("", "") && !matches("", "a") && !matches("?", ""));
        assert!(matches("a*", "a") && !matches("*a", "ab"));
    }

    #[test]
    fn actions_match_in_any_case() {
        assert!(matches_ignoring_case("SQS:send*", "sqs:SendMessage"));
        assert!(!matches("SQS:send*", "sqs:SendMessage"));
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
