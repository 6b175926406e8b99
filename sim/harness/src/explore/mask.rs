/// A sentence without what differs from run to run: a word with a digit in it, and one of capitals
/// alone, is a star.
#[must_use]
pub fn mask(sentence: &str) -> String {
    let words = sentence.split_whitespace().map(|word| {
        let is_a_name = word.chars().any(|letter| letter.is_ascii_digit());
        let capitals = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        let is_a_symbol =
            !capitals.is_empty() && capitals.chars().all(|letter| letter.is_ascii_uppercase());
        if is_a_name || is_a_symbol { "*" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_numbers_and_symbols_are_masked() {
        let words = "order alch-AAPL-buy-1-b7 for (AAPL) was accepted twice";
        assert_eq!(mask(words), "order * for * was accepted twice");
        assert_eq!(mask("POST orders"), "* orders");
    }
}
